"""Where in an instruction program do executors part? Runs its prefixes and says what was executed between."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

import msgspec

from fuzzer.campaign.confirm import diverges, result_with_hangs
from fuzzer.execute.programs import ProgramRunners
from fuzzer.execute.trace import TraceStep, trace
from fuzzer.generate.program import InstructionProgram, Layout
from fuzzer.model import Case, Outcome, Status
from fuzzer.reduce.alone import alone, decoded, is_load, is_store
from fuzzer.reduce.parts import SYSCALLS
from fuzzer.reduce.programs import Executed
from fuzzer.store.program_record import Location
from fuzzer.triage.locate import Prefix, peeks, prefixes, published_registers
from fuzzer.triage.signature import target_of

_AT_ONCE = 128
"""Prefixes that are run in one go; of a longer program first some, then those between two of them."""
_AT_ONCE_THAT_HANG = 6
"""The same where the program hangs: each prefix that does takes as long as it may."""
_PEEKS_AT_ONCE = 32
_AROUND = 8
"""Lines of the trace that are shown up to the instruction."""
_REGISTERS = (
    *("zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1"),
    *(f"a{number}" for number in range(8)),
    *(f"s{number}" for number in range(2, 12)),
    *("t3", "t4", "t5", "t6"),
)
"""Names of the calling convention, by number."""


_MOST_UNROLLED = 2_000
_JUMPS = frozenset({"jal", "jalr"})
_ECALL = "ecall"
_T0 = 5
"""The register of a syscall's number (RISC-V calling convention)."""
_LATE_STARTS = (1, 2, 3, 4, 6, 9, 14, 20)
"""How many ops, up to the one at which executors part, a program is cut down to at first."""


class Start(msgspec.Struct, frozen=True):
    """How everything was shortly before executors part, and the ops that were executed from there on."""

    row: tuple[Executed, ...]
    registers: Mapping[int, int]
    memory: tuple[bytes, ...]


class Parting(msgspec.Struct, frozen=True):
    """The first instruction at which executors part."""

    location: Location
    outcomes: Mapping[str, Outcome]
    """What the targets did with the program up to there: how they part, whatever comes of it later."""
    after: Start | None
    """How everything was behind the instruction, as far as that was published."""
    executed: int
    """How many instructions the reference had executed then, those of the layout among them."""
    alone: InstructionProgram | None
    """The instruction and what it needs of registers; None where that is not all that it takes."""
    starts: tuple[Start, ...]
    """The latest first."""
    unrolled: tuple[Start, ...]
    """Everything since executors last agreed, and everything at all, where code was executed again in
    between: no prefix shows which time it was that they parted, as it ends where its instruction is reached
    for the first time."""
    is_sure: bool
    """False where code was executed again in between."""
    passes_time: bool
    """Whether the instruction has no effect but that it is executed, in a pad or in an empty loop."""


class _Reached(msgspec.Struct, frozen=True):
    prefix: Prefix
    outcomes: Mapping[str, Outcome]


def find_parting(
    program: InstructionProgram, layout: Layout, *, case: Case, runners: ProgramRunners, rvref: Path
) -> Parting | None:
    """Run prefixes on all targets until the instruction is known; None when no prefix differs."""
    steps = trace(rvref, layout.elf)
    body = layout.body
    found = list(prefixes(layout.elf, dump=layout.dump, path=[step.pc for step in steps], body=body))
    inside = [number for number, step in enumerate(steps) if step.pc in body]
    if not inside:
        return None
    # The whole program is its own last prefix.
    found.append(Prefix(inside[-1] + 1, layout.elf))
    reached = _up_to_the_first_that_differs(found, case=case, runners=runners)
    if reached is None:
        return None
    *before, after = reached
    culprit = max(number for number in inside if number < after.prefix.step)
    peek = _first_peek(program, layout, steps[: culprit + 1], body, case=case, runners=runners)
    agreed = [prefix for prefix in found if peek and prefix.step < peek.prefix.step][-_AT_ONCE // 2 :]
    if peek and agreed:
        before, after, culprit = _run(agreed, runners), peek, peek.prefix.step - 1
    path = steps[: culprit + 1]
    passes_time = _passes_time(program, layout, steps[culprit].pc)
    is_sure = passes_time or culprit <= before[-1].prefix.step
    return Parting(
        _location(program, steps, culprit, before[-1], after),
        after.outcomes,
        None if after.prefix.is_silent else published(program, next(iter(after.outcomes.values())).stream),
        after.prefix.step,
        _alone(program, path),
        tuple(_starts(program, layout, path, before)),
        () if is_sure else tuple(_unrolled(program, layout, path, before)),
        is_sure,
        passes_time,
    )


def _up_to_the_first_that_differs(
    found: Sequence[Prefix], *, case: Case, runners: ProgramRunners
) -> list[_Reached] | None:
    """The first prefix on which targets differ, behind those in front of it, at least one."""
    first, end = 0, len(found)
    whole = runners.run([found[-1].elf])
    hangs = any(of[0].status is Status.TIMEOUT for of in whole.values())
    at_once = _AT_ONCE_THAT_HANG if hangs else _AT_ONCE
    while True:
        stride = max(1, (end - first) // at_once)
        chosen = [*range(first, end - 1, stride), end - 1]
        reached = _run([found[number] for number in chosen], runners)
        differing = next((place for place, at in enumerate(reached) if _differs(case, at)), None)
        if not differing:  # none, or the very first: then it is not the body that differs
            return None
        if stride == 1:
            return reached[: differing + 1]
        # With some in front of them, to start from.
        first, end = max(0, chosen[differing - 1] - at_once // 2), chosen[differing] + 1


def _run(prefixes_: Sequence[Prefix], runners: ProgramRunners) -> list[_Reached]:
    outcomes = runners.run([prefix.elf for prefix in prefixes_])
    return [
        _Reached(prefix, {target: of[place] for target, of in outcomes.items()})
        for place, prefix in enumerate(prefixes_)
    ]


def _first_peek(
    program: InstructionProgram,
    layout: Layout,
    steps: Sequence[TraceStep],
    body: AbstractSet[int],
    *,
    case: Case,
    runners: ProgramRunners,
) -> _Reached | None:
    """The first of what published registers do not show on which targets differ."""
    path = [(step.pc, step.word) for step in steps]
    frame, shown = program.frame_registers, _stand_in(program)
    found = list(peeks(layout.elf, dump=layout.dump, path=path, body=body, frame=frame, shown=shown))
    for first in range(0, len(found), _PEEKS_AT_ONCE):
        for reached in _run(found[first : first + _PEEKS_AT_ONCE], runners):
            if _differs(case, reached):
                return reached
    return None


def _stand_in(program: InstructionProgram) -> int:
    """The published register in the place of which one of the layout is shown; 0 where there is none."""
    frame = program.frame_registers
    return next((number for number in program.publish.registers if number and number not in frame), 0)


def _differs(case: Case, reached: _Reached) -> bool:
    return diverges(result_with_hangs(case, reached.outcomes))


def _passes_time(program: InstructionProgram, layout: Layout, pc: int) -> bool:
    """Whether an instruction is a part of a pad, or of a loop around nothing."""
    number = layout.number_at(pc)
    if number is None:
        return False
    block_number, place, *_ = layout.places[number]
    block = program.blocks[block_number]
    op = block.ops[place]
    return op["op"] == "pad" or (op["op"] == "loop_end" and op["to"] == block.id and place == 0)


def _location(
    program: InstructionProgram, steps: Sequence[TraceStep], culprit: int, before: _Reached, after: _Reached
) -> Location:
    step = steps[culprit]
    held = _registers(program, next(iter(before.outcomes.values())).stream)
    now = {target: _shown(program, after.prefix, outcome) for target, outcome in after.outcomes.items()}
    changed = {
        number
        for number in {*held, after.prefix.register}
        if len({values.get(number) for values in now.values() if values} | {held.get(number)}) > 1
    }
    name = step.fault or step.assembly.split()[0]
    if name in _JUMPS and _goes_elsewhere(step, after, now):
        name = target_of(name)
    elif name == _ECALL:
        name = _asking(steps[:culprit])
    return Location(
        instruction=step.assembly,
        mnemonic=name,
        pc=hex(step.pc),
        word=f"{step.word:08x}",
        step=culprit,
        before={_REGISTERS[number]: hex(value) for number, value in held.items() if value},
        after={
            target: {
                _REGISTERS[number]: hex(values[number]) for number in sorted(changed) if number in values
            }
            for target, values in now.items()
        },
        around=tuple(
            f"{line.pc:#010x} {line.word:08x} {line.assembly}"
            for line in steps[max(0, culprit - _AROUND) : culprit + 1]
        ),
    )


def _asking(before: Sequence[TraceStep]) -> str:
    """The ECALL behind these steps, by what it asks for: what one syscall does says nothing of the others."""
    left = (step.result for step in reversed(before) if step.word >> 7 & 31 == _T0)
    number = next((result for result in left if result is not None), 0)
    return f"{SYSCALLS.get(number, hex(number))} {_ECALL}"


def _goes_elsewhere(step: TraceStep, after: _Reached, now: Mapping[str, Mapping[int, int]]) -> bool:
    """Whether a jump leads executors apart, and not only its link register is another one."""
    outcomes = list(after.outcomes.values())
    if len({(outcome.status, len(outcome.stream)) for outcome in outcomes}) > 1:
        return True
    link = step.assembly.split()[1].rstrip(",")
    every = list(now.values())
    differing = {_REGISTERS[number] for number in every[0] if len({of.get(number) for of in every}) > 1}
    return differing != {link}


def _shown(program: InstructionProgram, prefix: Prefix, outcome: Outcome) -> dict[int, int]:
    """What a prefix shows of registers."""
    held = {} if prefix.is_silent else _registers(program, outcome.stream)
    if prefix.register and held:
        held[prefix.register] = held.pop(_stand_in(program))
    return held


def _registers(program: InstructionProgram, stream: bytes) -> dict[int, int]:
    return published_registers(
        stream,
        program.publish.registers,
        record_bytes=program.record_bytes,
        xlen=program.xlen,
    )


def _alone(program: InstructionProgram, path: Sequence[TraceStep]) -> InstructionProgram | None:
    """The last instruction of a path as a program of its own."""
    *before, last = path
    op = decoded(last.word, program.xlen)
    if op is None or last.fault:
        return None
    # What an instruction leaves is told of all but those that ask the host.
    held = {step.word >> 7 & 31: step.result for step in before if step.result is not None}
    # Of a load to x0 it is not told what it got.
    loaded = last.result if is_load(op) and op["rd"] else None
    return alone(program, op, pc=last.pc, registers=held, loaded=loaded)


def each_alone(
    program: InstructionProgram, steps: Sequence[TraceStep], body: AbstractSet[int]
) -> list[InstructionProgram]:
    """Each instruction outside of the body, the first time that it is executed, as a program of its own.

    Without those that store: what they change may not be published.
    """
    first: dict[int, int] = {}
    for number, step in enumerate(steps):
        first.setdefault(step.pc, number)
    paths = (steps[: number + 1] for pc, number in first.items() if pc not in body)
    made = [_alone(program, path) for path in paths]
    return [one for one in made if one and not is_store(one.blocks[0].ops[0])]


def published(program: InstructionProgram, stream: bytes) -> Start | None:
    """What the last checkpoint of a stream says of registers and memory; None when it is cut off."""
    registers = _registers(program, stream)
    return Start((), registers, _memory(program, stream)) if len(stream) >= program.record_bytes else None


def _starts(
    program: InstructionProgram, layout: Layout, path: Sequence[TraceStep], before: Sequence[_Reached]
) -> Iterator[Start]:
    """States from which the last few ops of a path lead to where executors part."""
    begun = _begun(program, layout, path)
    stopped = {reached.prefix.step: reached for reached in before}
    for length in _LATE_STARTS:
        if length > len(begun):
            return
        reached = stopped.get(begun[-length][0])
        if reached is not None:
            yield _start(program, [executed for _, executed in begun[-length:]], reached)


def _unrolled(
    program: InstructionProgram, layout: Layout, path: Sequence[TraceStep], before: Sequence[_Reached]
) -> Iterator[Start]:
    """What was executed since the last prefix that ends at an op, and all of it, if it is not too much."""
    begun = _begun(program, layout, path)
    steps = {step for step, _ in begun}
    reached = next((one for one in reversed(before) if one.prefix.step in steps), None)
    if reached is not None:
        row = [executed for step, executed in begun if step >= reached.prefix.step]
        if len(row) <= _MOST_UNROLLED:
            yield _start(program, row, reached)
    if len(begun) <= _MOST_UNROLLED:
        registers = {int(number): int(value, 16) for number, value in program.registers.items()}
        yield Start(tuple(executed for _, executed in begun), registers, ())


def _begun(
    program: InstructionProgram, layout: Layout, path: Sequence[TraceStep]
) -> list[tuple[int, Executed]]:
    """The ops of a path, in order, and the steps at which they begin."""
    places = [place for place in layout.places if place[3]]
    at = {pc: number for number, (_, _, pc, _) in enumerate(places)}
    begun = [(step, at[executed.pc]) for step, executed in enumerate(path) if executed.pc in at]
    following = [number for _, number in begun[1:]] + [None]
    return [
        (step, Executed(program.blocks[places[number][0]].ops[places[number][1]], then == number + 1))
        for (step, number), then in zip(begun, following, strict=True)
    ]


def _start(program: InstructionProgram, row: Sequence[Executed], reached: _Reached) -> Start:
    reference = next(iter(reached.outcomes.values()))
    return Start(tuple(row), _registers(program, reference.stream), _memory(program, reference.stream))


def _memory(program: InstructionProgram, stream: bytes) -> tuple[bytes, ...]:
    """What the last checkpoint of a stream says of the windows."""
    at = len(stream) - program.record_bytes + len(program.publish.registers) * program.xlen // 8
    windows = []
    for window in program.publish.windows:
        size = int(window["size"])
        windows.append(stream[at : at + size])
        at += size
    return tuple(windows)
