"""From an instruction program that differs to a finding: located, confirmed, reduced, described."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Self

import msgspec

from fuzzer.campaign.allowances import with_allowances
from fuzzer.campaign.care import Care
from fuzzer.campaign.confirm import (
    confirm,
    diverges,
    is_one_sided_timeout,
    result_of,
    result_with_hangs,
    retry_alone,
    run_fresh,
)
from fuzzer.campaign.events import CaseFinished, Confirming, Event, SeenBefore
from fuzzer.campaign.hunt.part import Parting, find_parting
from fuzzer.campaign.program import ProgramTargets
from fuzzer.execute.generator import GeneratorProcess, Source
from fuzzer.execute.programs import ProgramRunners
from fuzzer.generate.program import InstructionProgram, Layout
from fuzzer.model import (
    RVREF,
    Case,
    CaseResult,
    Generator,
    Limits,
    Outcome,
    Provenance,
    Status,
    VerdictKind,
)
from fuzzer.reduce.programs import reduce_program, started_at
from fuzzer.reduce.substitutes import ARITHMETIC, substitutes
from fuzzer.store.artifact_store import ArtifactFile
from fuzzer.store.finding import PROGRAM_NAME
from fuzzer.store.guest_crate import guest_crate
from fuzzer.store.program_record import ProgramRecord
from fuzzer.store.run_log import Details
from fuzzer.triage.signature import signature

_CANDIDATES = 32
"""Candidates of a reduction that are tried in one go."""
_CANDIDATE_MS = 200
"""Wall limit of one of them, and of prefixes: what is left out may be what ended a loop."""


ENDED = frozenset({Status.OK, Status.PANIC})
"""Programs that are as they should be end by themselves, with whatever exit code."""


class _Subject(msgspec.Struct, frozen=True):
    """A program with its bytes."""

    program: InstructionProgram
    layout: Layout


def case_of(source: Source, index: int) -> Case:
    """The case that a generated program is."""
    return Case(
        core="riscv",
        input_name=f"{source.generator}-{source.xlen}/{source.seed}/{index}",
        buffers=(),
        provenance=Provenance(generator=source.generator, rng_seed=f"{source.seed}:{index}"),
    )


class Examiner:
    """Looks into programs that differ; it has runners and a generator of its own."""

    def __init__(
        self,
        targets: ProgramTargets,
        care: Care,
        *,
        clock: Callable[[], float],
        known: Mapping[str, str] | None = None,
    ) -> None:
        self._targets = targets
        self._care = care
        self._clock = clock
        self._known: dict[str, str] = dict(known or {})
        """Signatures of programs as they were generated, and those of the findings that came of them."""
        with ExitStack() as undo:
            self._generator = undo.enter_context(GeneratorProcess(targets.generator))
            self._runners = undo.enter_context(ProgramRunners(targets.commands, limits=care.limits))
            shorter = msgspec.structs.replace(care.limits, wall_ms=_CANDIDATE_MS)
            self._reference = undo.enter_context(ProgramRunners(targets.commands[:1], limits=shorter))
            self._quick = undo.enter_context(ProgramRunners(targets.commands, limits=shorter))
            self._undo = undo.pop_all()

    def __enter__(self) -> Self:
        """Nothing more is started."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the processes."""
        self.close()

    def close(self) -> None:
        """End the processes; may be called again."""
        self._undo.close()

    def examine(self, source: Source, index: int, seen: CaseResult) -> Iterator[Event]:
        """What becomes of a program that differs: a finding, one that was seen before, or a flaky one.

        `seen` is how it differed among other programs.
        """
        case = case_of(source, index)
        subject = self._laid_out(self._generator.describe(source, index))
        parting = self._part(subject, case)
        # What takes long at no certain place may only be slow today: that is looked into each time.
        first = result_with_hangs(case, parting.outcomes) if parting else result_of(case, self._run(subject))
        name = signature(first, place=_place(parting))
        if name and name in self._known:
            yield SeenBefore(case, self._known[name])
            return
        yield Confirming(first, f"{self._care.confirmations} times in fresh processes")
        confirmed, limits = self._confirmed(subject, case)
        if not diverges(confirmed):
            confirmed = self._vanished(seen)
        if not any(entry.is_finding for entry in confirmed.comparisons):
            yield self._finished(subject, subject, confirmed, limits, parting)
            return
        self._known[name] = name
        yield Confirming(confirmed, "smaller and smaller")
        smallest, later = self._reduced(subject, case, parting)
        result, longer = self._confirmed(smallest, case)
        if any(entry.is_finding for entry in result.comparisons):
            smaller = signature(result, place=_place(later))
            reported = self._known.get(smaller, smaller)
            self._known[name] = reported
            if smaller != name and smaller in self._known:
                yield SeenBefore(case, reported)
                return
            also = self._also(smallest, case, result, later)
            # Programs that differ at one of these are not looked into: they would show the same.
            for place in (_place(later), *also):
                self._known.setdefault(signature(first, place=place), smaller)
                self._known.setdefault(signature(result, place=place), smaller)
            yield self._finished(subject, smallest, result, longer, later, also=also)
        else:  # the original never gets lost
            yield self._finished(subject, subject, confirmed, limits, parting)

    def _vanished(self, result: CaseResult) -> CaseResult:
        """A difference that did not show again at all."""
        comparisons = tuple(
            msgspec.structs.replace(entry, confirmed=0, attempts=self._care.confirmations)
            if entry.verdict.kind is VerdictKind.DIVERGE
            else entry
            for entry in result.comparisons
        )
        return msgspec.structs.replace(result, comparisons=comparisons)

    def _laid_out(self, program: InstructionProgram) -> _Subject:
        return _Subject(program, self._generator.layout([program])[0])

    def _part(self, subject: _Subject, case: Case) -> Parting | None:
        """Where executors part; where that is in code executed again, in the program without its loops."""
        parting = self._part_once(subject, case)
        if parting is None or parting.unrolled is None:
            return parting
        row = parting.unrolled
        program = started_at(subject.program, row.row, registers=row.registers, memory=row.memory)
        unrolled = self._laid_out(program)
        return (None if unrolled.layout.error else self._part_once(unrolled, case)) or parting

    def _part_once(self, subject: _Subject, case: Case) -> Parting | None:
        return find_parting(
            subject.program,
            subject.layout,
            case=case,
            runners=self._quick,
            rvref=self._targets.rvref,
        )

    def _confirmed(self, subject: _Subject, case: Case) -> tuple[CaseResult, Limits]:
        """The result in processes of its own, with how often it repeated."""
        program = self._targets.program(subject.layout.elf)
        limits = self._care.limits
        result = result_of(case, run_fresh(program, case, limits))
        if is_one_sided_timeout(result):
            result, limits = retry_alone(program, result, limits)
        if diverges(result):
            result = confirm(program, result, limits, self._care.confirmations)
            result = with_allowances(program, result, self._care.allowed, self._care.today)
        return result, limits

    def _reduced(
        self, subject: _Subject, case: Case, parting: Parting | None
    ) -> tuple[_Subject, Parting | None]:
        """The smallest program that was found in time, at the same instruction, and where it parts."""
        place = _place(parting)
        deadline = self._clock() + self._care.reduce_s
        best = self._reduce(subject, case, parting, deadline, place="")
        now = self._part(best, case)
        if _place(now) != place and place:
            # It slipped to another difference on the way: once more, with a look at each step.
            best = self._reduce(subject, case, parting, deadline, place=place)
            now = self._part(best, case)
        return best, now

    def _reduce(
        self, subject: _Subject, case: Case, parting: Parting | None, deadline: float, *, place: str
    ) -> _Subject:
        best, only = subject, next(iter(_differing(case, self._run(subject))), "")
        wanted = _key(case, self._run(subject), only=only)
        if parting:
            # What the executors part on, not what comes of it later.
            late = self._late_start(subject, case, parting, place)
            if late:
                best, wanted, only = late, _key(case, self._run(late)), ""
        if not wanted:
            return best
        steps = reduce_program(best.program, self._widths)
        try:
            candidates = next(steps)
            while self._clock() < deadline:
                found = self._first_that_shows(candidates, case, wanted, place, only=only)
                best = found or best
                chosen = next((n for n, one in enumerate(candidates) if found and one is found.program), None)
                candidates = steps.send(chosen)
        except StopIteration:
            pass
        return best

    def _widths(self, program: InstructionProgram) -> list[int]:
        """How many instructions each op takes; all 1 where the program cannot be laid out."""
        (layout,) = self._generator.layout([program])
        return [count for *_, count in layout.places] if not layout.error else [1] * program.size

    def _also(
        self, subject: _Subject, case: Case, result: CaseResult, parting: Parting | None
    ) -> tuple[str, ...]:
        """Other operations that show the same difference in the place of the one at which executors part."""
        if parting is None:
            return ()
        others = substitutes(subject.program, subject.layout, int(parting.location.pc, 16))
        layouts = self._generator.layout(list(others.values()))
        apart = [entry.target for entry in result.comparisons if entry.is_finding]
        names = []
        for (name, program), layout in zip(others.items(), layouts, strict=True):
            other = _Subject(program, layout)
            if layout.error or not self._that_end(case, [other]):
                continue
            if _differing(case, self._run(other)) == apart:
                names.append(name)
        # What each of the arithmetic operations shows is not theirs.
        return () if len(names) == len(others) and parting.location.mnemonic in ARITHMETIC else tuple(names)

    def _late_start(self, subject: _Subject, case: Case, parting: Parting, place: str) -> _Subject | None:
        """The shortest program of the last ops before executors part on which the same ones part."""
        programs = [
            started_at(subject.program, start.row, registers=start.registers, memory=start.memory)
            for start in parting.starts
        ]
        for program, layout in zip(programs, self._generator.layout(programs), strict=True):
            late = _Subject(program, layout)
            if layout.error or not self._that_end(case, [late]):
                continue
            same = _differing(case, self._run(late)) == _differing(case, parting.outcomes)
            if same and (not place or _place(self._part(late, case)) == place):
                return late
        return None

    def _first_that_shows(
        self,
        candidates: Sequence[InstructionProgram],
        case: Case,
        wanted: str,
        place: str,
        *,
        only: str = "",
    ) -> _Subject | None:
        """The first candidate with the wanted key, and at the wanted instruction where one is given."""
        for first in range(0, len(candidates), _CANDIDATES):
            piece = candidates[first : first + _CANDIDATES]
            laid_out = zip(piece, self._generator.layout(piece), strict=True)
            subjects = self._that_end(
                case, [_Subject(program, layout) for program, layout in laid_out if not layout.error]
            )
            outcomes = self._quick.run([subject.layout.elf for subject in subjects])
            for number, subject in enumerate(subjects):
                of = {target: outcome[number] for target, outcome in outcomes.items()}
                if _key(case, of, only=only) == wanted and (
                    not place or _place(self._part(subject, case)) == place
                ):
                    return subject
        return None

    def _that_end(self, case: Case, subjects: Sequence[_Subject]) -> list[_Subject]:
        """Those that the reference runs to their end, as it must; of forbidden programs, all."""
        if case.provenance.generator == Generator.RISCV_NEGATIVE:
            return list(subjects)
        outcomes = self._reference.run([subject.layout.elf for subject in subjects])[RVREF]
        return [
            subject for subject, outcome in zip(subjects, outcomes, strict=True) if outcome.status in ENDED
        ]

    def _run(self, subject: _Subject) -> dict[str, Outcome]:
        outcomes = self._runners.run([subject.layout.elf])
        return {target: of[0] for target, of in outcomes.items()}

    def _finished(
        self,
        original: _Subject,
        smallest: _Subject,
        result: CaseResult,
        limits: Limits,
        parting: Parting | None,
        *,
        also: tuple[str, ...] = (),
    ) -> CaseFinished:
        (layout,) = self._generator.layout([smallest.program], listing=True)
        location = parting.location if parting else None
        blocks = smallest.program.blocks
        padding = sum(count for block, op, _, count in layout.places if blocks[block].ops[op]["op"] == "pad")
        record = ProgramRecord(
            xlen=smallest.program.xlen,
            instructions=layout.instructions - padding,
            padding=padding,
            original_instructions=original.layout.instructions,
            published_bytes=smallest.program.record_bytes,
            checkpoint=_checkpoint(result, smallest.program),
            location=location,
            also=also,
            listing=layout.listing,
        )
        title = signature(result, place=_place(parting))
        files = (
            *guest_crate(layout.elf, title=title, assembly=_assembly(layout.listing)),
            ArtifactFile(PROGRAM_NAME, layout.elf, exact=True),
            ArtifactFile("program.json", smallest.program.encode(), exact=True),
            ArtifactFile("program.txt", layout.listing.encode()),
            ArtifactFile("original.elf", original.layout.elf, exact=True),
            ArtifactFile("original.json", original.program.encode(), exact=True),
        )
        program = self._targets.program(layout.elf)
        return CaseFinished(program, result, limits, Details(record=record, files=files), counted=True)


def _assembly(listing: str) -> dict[int, str]:
    """Assembly language by address, from the lines `0x78000000 00000513 addi a0, zero, 0`."""
    lines = (line.split(" ", 2) for line in listing.splitlines() if line.startswith("0x"))
    return {int(parts[0], 16): parts[2] for parts in lines if len(parts) > 2}  # noqa: PLR2004 - address, word, text


def _key(case: Case, outcomes: Mapping[str, Outcome], *, only: str = "") -> str:
    """Who differs from whom and on what; empty when the reference itself did not end as it should.

    With `only`, what that target does alone: a program in which several differ on different things is reduced
    to one of them.
    """
    if outcomes[RVREF].status not in ENDED and case.provenance.generator != Generator.RISCV_NEGATIVE:
        return ""
    of = {target: outcome for target, outcome in outcomes.items() if target in (RVREF, only) or not only}
    return signature(result_with_hangs(case, of), place="*")


def _differing(case: Case, outcomes: Mapping[str, Outcome]) -> list[str]:
    """The targets that differ from the reference."""
    comparisons = result_with_hangs(case, outcomes).comparisons
    return [entry.target for entry in comparisons if entry.verdict.kind is VerdictKind.DIVERGE]


def _place(parting: Parting | None) -> str:
    return parting.location.mnemonic if parting else ""


def _checkpoint(result: CaseResult, program: InstructionProgram) -> int | None:
    """The first checkpoint that differs; programs that publish other things in between have no numbers."""
    differences = [entry.verdict.first_difference for entry in result.comparisons]
    offsets = [difference.offset for difference in differences if difference]
    writes = any(op["op"] == "write" for block in program.blocks for op in block.ops)
    if not offsets or writes or not program.record_bytes:
        return None
    return min(offsets) // program.record_bytes + 1
