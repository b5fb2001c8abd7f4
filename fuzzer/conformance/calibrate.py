"""rvref against other executors: the directed cases one by one, and whole random programs.

A disagreement is our bug until the ISA manual says otherwise. Values are frozen only when there is none.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec

from fuzzer.conformance.case import Case, Expected, FrozenCase, Observed
from fuzzer.conformance.cases.groups import groups
from fuzzer.conformance.files import CaseFile
from fuzzer.conformance.grade import RunPrograms, described
from fuzzer.conformance.programs import Program, observed, pack_all
from fuzzer.conformance.reference import Reference
from fuzzer.model import Outcome, Status

OURS = "rvref"
THREADS = 2
_ENDED = (Status.OK, Status.PANIC)
"""Random programs are made to end by themselves; one that does not is no agreement, whoever sees it alike."""


class Disagreement(msgspec.Struct, frozen=True, kw_only=True):
    """Something that rvref and another executor do not do alike."""

    what: str
    """Name of the program, fit for a file: `rv64-add`, `rv32-random-1-17`."""
    reference: str
    ours: str
    theirs: str
    program: bytes


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """How much was compared, by reference, and what was not alike."""

    total: int
    compared: Mapping[str, int]
    disagreements: tuple[Disagreement, ...]


def run_all(reference: Reference, programs: Sequence[bytes]) -> list[Outcome]:
    """What a reference makes of programs, several at a time."""
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(reference.run, programs))


def directed(
    xlen: int, rvref: RunPrograms, references: Sequence[Reference], versions: Mapping[str, str]
) -> tuple[list[CaseFile], Compared]:
    """The cases of a width with what rvref makes of them, and where the references see it otherwise.

    Args:
        xlen: 32 or 64.
        rvref: runs programs on it.
        references: who is asked beside it.
        versions: of rvref and the references, for the files.
    """
    files: list[CaseFile] = []
    disagreements: list[Disagreement] = []
    counts = dict.fromkeys((reference.name for reference in references), 0)
    for group, cases in groups(xlen).items():
        programs = [program for same in _by_opcode(cases) for program in pack_all(same, xlen)]
        ours = _seen(programs, rvref([program.elf for program in programs]))
        for reference in references:
            theirs = _seen(programs, run_all(reference, [program.elf for program in programs]))
            for program, left, right in zip(programs, ours, theirs, strict=True):
                counts[reference.name] += len(program.cases)
                disagreements += _unlike(program, reference.name, left, right)
        frozen = [
            one
            for program, seen in zip(programs, ours, strict=True)
            if not isinstance(seen, Outcome)
            for one in map(_frozen, program.cases, seen)
        ]
        files.append(CaseFile(xlen=xlen, group=group, references=versions, cases=tuple(frozen)))
    total = sum(len(file.cases) for file in files)
    return files, Compared(total=total, compared=counts, disagreements=tuple(disagreements))


def _by_opcode(cases: Sequence[Case]) -> list[list[Case]]:
    by: dict[str, list[Case]] = {}
    for case in cases:
        by.setdefault(case.op, []).append(case)
    return list(by.values())


def _seen(programs: Sequence[Program], outcomes: Sequence[Outcome]) -> list[list[Observed] | Outcome]:
    """What each program gave; the outcome itself where it did not come to its end."""
    pairs = zip(programs, outcomes, strict=True)
    return [observed(program, outcome) or outcome for program, outcome in pairs]


def _unlike(
    program: Program, reference: str, ours: list[Observed] | Outcome, theirs: list[Observed] | Outcome
) -> Iterator[Disagreement]:
    """A program that either of them does not finish agrees with nothing: each case must end well."""
    what = f"rv{program.xlen}-{program.cases[0].op}"
    if isinstance(ours, Outcome) or isinstance(theirs, Outcome):
        yield Disagreement(
            what=what, reference=reference, ours=_word(ours), theirs=_word(theirs), program=program.elf
        )
        return
    for case, left, right in zip(program.cases, ours, theirs, strict=True):
        if left != right:
            shown = described(FrozenCase(case, Expected()), program.xlen)
            yield Disagreement(
                what=what,
                reference=reference,
                ours=f"{shown}: {left}",
                theirs=str(right),
                program=program.elf,
            )


def _word(seen: list[Observed] | Outcome) -> str:
    if isinstance(seen, Outcome):
        return f"{seen.status}, {len(seen.stream)} bytes: {seen.message}"
    return "came to its end"


def _frozen(case: Case, seen: Observed) -> FrozenCase:
    expected = Expected(
        registers=seen.registers[: len(case.outputs)],
        window=seen.window,
        exit_code=seen.exit_code,
        stream=seen.stream,
    )
    return FrozenCase(case, expected)


def random_programs(
    names: Sequence[str], programs: Sequence[bytes], rvref: RunPrograms, references: Sequence[Reference]
) -> Compared:
    """Whole programs, all of them made to end well: status, exit code and every committed byte.

    What a reference does not support, such as a precompile, is not compared with it.

    Args:
        names: for disagreements.
        programs: ELF files.
        rvref: runs programs on it.
        references: who is asked beside it.
    """
    ours = rvref(programs)
    counts = dict.fromkeys((reference.name for reference in references), 0)
    disagreements = []
    for reference in references:
        theirs = run_all(reference, programs)
        for name, program, left, right in zip(names, programs, ours, theirs, strict=True):
            if right.status is Status.UNSUPPORTED:
                continue
            counts[reference.name] += 1
            if left.status not in _ENDED or _essence(left) != _essence(right):
                disagreements.append(
                    Disagreement(
                        what=name,
                        reference=reference.name,
                        ours=_told(left),
                        theirs=_told(right),
                        program=program,
                    )
                )
    return Compared(total=len(programs), compared=counts, disagreements=tuple(disagreements))


def _essence(outcome: Outcome) -> tuple[Status, int | None, bytes]:
    return outcome.status, outcome.exit_code, outcome.stream


def _told(outcome: Outcome) -> str:
    code = "" if outcome.exit_code is None else f" {outcome.exit_code}"
    return f"{outcome.status}{code}, {len(outcome.stream)} bytes {outcome.stream.hex()} {outcome.message}"
