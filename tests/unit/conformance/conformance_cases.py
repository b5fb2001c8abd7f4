"""A target for tests that gives what frozen cases want, or what a test puts in its place."""

from collections.abc import Callable, Mapping, Sequence

from fuzzer.conformance.case import Base, Case, Expected, FrozenCase, Observed, Value, wanted
from fuzzer.conformance.programs import Program, pack
from fuzzer.isa.encoding import Instruction, encode
from fuzzer.model import Outcome, Status

Reaction = Callable[[Program, Outcome], Outcome]


def added(number: int) -> FrozenCase:
    """`add` of a number and 1."""
    case = Case(
        op="add",
        code=(encode(Instruction("add", 10, 11, 12)),),
        inputs=((11, Value(number)), (12, Value(1))),
        outputs=((10, Base.ABSOLUTE),),
    )
    return FrozenCase(case, Expected(registers=(number + 1,)))


def halting(exit_code: int) -> FrozenCase:
    """A case that ends its program."""
    words = (Instruction("addi", 5), Instruction("addi", 10, imm=exit_code), Instruction("ecall"))
    code = tuple(encode(word) for word in words)
    return FrozenCase(Case(op="ecall", code=code, halts=True), Expected(exit_code=exit_code))


def right_outcome(program: Program, expected: Mapping[Case, Observed]) -> Outcome:
    """What a target without faults does with a program."""
    if program.cases[0].halts:
        want = expected[program.cases[0]]
        status = Status.PANIC if want.exit_code else Status.OK
        return Outcome(status=status, exit_code=want.exit_code, stream=want.stream)
    width, stream = program.xlen // 8, bytearray(len(program.results))
    for case, place in zip(program.cases, program.places, strict=True):
        want = expected[case]
        at = place.data - program.results.start
        stream[at : at + len(want.window)] = want.window
        at = place.outputs - program.results.start
        for number in want.registers:
            stream[at : at + width] = number.to_bytes(width, "little")
            at += width
    return Outcome(status=Status.OK, exit_code=0, stream=bytes(stream))


class FakeTarget:
    """Runs the programs of some cases, whichever halves of them are packed."""

    def __init__(self, cases: Sequence[FrozenCase], react: Reaction = lambda _, outcome: outcome) -> None:
        self._expected = {frozen.case: wanted(frozen, 64) for frozen in cases}
        self._programs: dict[bytes, Program] = {}
        self._react = react
        self.runs = 0
        self._learn([frozen.case for frozen in cases if not frozen.case.halts])
        for frozen in cases:
            if frozen.case.halts:
                self._learn([frozen.case])

    def _learn(self, cases: Sequence[Case]) -> None:
        if not cases:
            return
        program = pack(cases, 64)
        self._programs[program.elf] = program
        if len(cases) > 1:
            middle = len(cases) // 2
            self._learn(cases[:middle])
            self._learn(cases[middle:])

    def run(self, programs: Sequence[bytes]) -> list[Outcome]:
        """The reaction to each program."""
        self.runs += len(programs)
        known = [self._programs[elf] for elf in programs]
        return [self._react(program, right_outcome(program, self._expected)) for program in known]
