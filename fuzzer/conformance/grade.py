"""Which cases a target passes. Runs programs through a function that it is given, and does nothing else.

All cases of an opcode go into one program. Where that does not come to its end, it is halved and run again,
until the cases that spoil it stand alone: one bad case costs no other its grade.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum

import msgspec

from fuzzer.conformance.case import FrozenCase, Observed, wanted, watched
from fuzzer.conformance.programs import Program, observed, pack
from fuzzer.isa.encoding import decode
from fuzzer.isa.opcodes import REGISTERS
from fuzzer.model import Outcome, Status

RunPrograms = Callable[[Sequence[bytes]], Sequence[Outcome]]
"""Takes ELF files and gives what a target did with each."""

_NO_VERDICT = {Status.UNSUPPORTED, Status.ERROR, Status.OOM}
_MOST_TIMEOUTS = 3
"""Of one opcode; further programs of it that do not end are not halved any more: that could take for ever."""
_SHOWN_WORDS = 6
_SHOWN_BYTES = 32


class Grade(StrEnum):
    """What became of a case."""

    PASSED = "pass"
    FAILED = "fail"
    NOT_COMPARED = "not compared"


class Graded(msgspec.Struct, frozen=True, kw_only=True):
    """A case with its grade on one target."""

    frozen: FrozenCase
    xlen: int
    grade: Grade
    why: str = ""
    """What was expected and what came instead, one line; empty where it passed."""


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """The grades of an opcode in one width."""

    op: str
    xlen: int
    passed: int
    failed: int
    not_compared: int

    @property
    def compared(self) -> int:
        """Cases that have a verdict."""
        return self.passed + self.failed


def grade(cases: Sequence[FrozenCase], xlen: int, run: RunPrograms) -> list[Graded]:
    """Each case of one width with its grade, in the order given."""
    graded: dict[int, Graded] = {}
    pending = _by_program(cases)
    timeouts: Counter[str] = Counter()
    while pending:
        programs = [pack([cases[index].case for index in group], xlen) for group in pending]
        outcomes = run([program.elf for program in programs])
        halves = []
        for group, program, outcome in zip(pending, programs, outcomes, strict=True):
            op = cases[group[0]].case.op
            timeouts[op] += outcome.status is Status.TIMEOUT
            found = observed(program, outcome)
            if found is None and len(group) > 1 and timeouts[op] <= _MOST_TIMEOUTS:
                middle = len(group) // 2
                halves += [group[:middle], group[middle:]]
                continue
            for place, index in enumerate(group):
                seen = found[place] if found else None
                graded[index] = _graded(cases[index], xlen, seen, program, outcome)
        pending = halves
    return [graded[index] for index in range(len(cases))]


def _by_program(cases: Sequence[FrozenCase]) -> list[list[int]]:
    """Places of cases that share a program: those of an opcode, but each that ends its program alone."""
    together: dict[tuple[str, int], list[int]] = {}
    for index, frozen in enumerate(cases):
        alone = index + 1 if frozen.case.halts else 0
        together.setdefault((frozen.case.op, alone), []).append(index)
    return list(together.values())


def _graded(
    frozen: FrozenCase, xlen: int, seen: Observed | None, program: Program, outcome: Outcome
) -> Graded:
    if outcome.status in _NO_VERDICT:
        why = f"{outcome.status}: {outcome.message}"
        return Graded(frozen=frozen, xlen=xlen, grade=Grade.NOT_COMPARED, why=why)
    if seen is None:
        return Graded(frozen=frozen, xlen=xlen, grade=Grade.FAILED, why=_no_end(program, outcome))
    expected = wanted(frozen, xlen)
    if seen == expected:
        return Graded(frozen=frozen, xlen=xlen, grade=Grade.PASSED)
    return Graded(frozen=frozen, xlen=xlen, grade=Grade.FAILED, why=_difference(frozen, expected, seen))


def _no_end(program: Program, outcome: Outcome) -> str:
    if outcome.status is Status.OK:
        return f"{len(outcome.stream)} bytes committed, where {len(program.results)} were to be"
    code = "" if outcome.exit_code is None else f", exit code {outcome.exit_code}"
    others = f" (with {len(program.cases) - 1} other cases)" if len(program.cases) > 1 else ""
    return f"the program ended with {outcome.status}{code}{others}: {outcome.message or 'no message'}"


def _difference(frozen: FrozenCase, expected: Observed, seen: Observed) -> str:
    """The first thing that is not as it must be."""
    if expected.exit_code != seen.exit_code:
        return f"exit code: expected {expected.exit_code}, got {seen.exit_code}"
    for what, wished, got in (
        ("committed", expected.stream, seen.stream),
        ("memory", expected.window, seen.window),
    ):
        if wished != got:
            return f"{what}: expected {_hex(wished)}, got {_hex(got)}"
    pairs = zip(watched(frozen.case), expected.registers, seen.registers, strict=True)
    number, base, left, right = next((*register, a, b) for register, a, b in pairs if a != b)
    start = f"{base} + " if base else ""
    return f"{REGISTERS[number]}: expected {start}{left:#x}, got {start}{right:#x}"


def _hex(content: bytes) -> str:
    cut = "…" if len(content) > _SHOWN_BYTES else ""
    return f"{content[:_SHOWN_BYTES].hex() or 'nothing'}{cut}"


def described(frozen: FrozenCase, xlen: int) -> str:
    """A case for people: its instructions, and what its registers and its memory hold before."""
    case = frozen.case
    shown = [str(decode(word, xlen) or f"{word:#010x}") for word in case.code[:_SHOWN_WORDS]]
    if len(case.code) > _SHOWN_WORDS:
        shown.append(f"… ({len(case.code):,} instructions)")
    values = []
    for number, value in case.inputs:
        start = f"{value.base} + " if value.base else ""
        values.append(f"{REGISTERS[number]} = {start}{value.number:#x}")
    if case.window:
        values.append(f"memory {_hex(case.window)}")
    return "; ".join(shown) + (f"  with {', '.join(values)}" if values else "")


def tallies(graded: Iterable[Graded]) -> list[Tally]:
    """Grades by opcode and width, in the order in which they come."""
    counts: dict[tuple[str, int], Counter[Grade]] = {}
    for one in graded:
        counts.setdefault((one.frozen.case.op, one.xlen), Counter())[one.grade] += 1
    return [
        Tally(
            op=op,
            xlen=xlen,
            passed=count[Grade.PASSED],
            failed=count[Grade.FAILED],
            not_compared=count[Grade.NOT_COMPARED],
        )
        for (op, xlen), count in counts.items()
    ]
