"""From an instruction program that differs to a finding: located, confirmed, reduced, described."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Self

import msgspec
from msgspec.structs import replace

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
from fuzzer.campaign.hunt.elsewhere import part_elsewhere
from fuzzer.campaign.hunt.laboratory import Laboratory, Subject, differing, key
from fuzzer.campaign.hunt.part import Parting
from fuzzer.campaign.program import ProgramTargets
from fuzzer.execute.generator import Source
from fuzzer.generate.program import InstructionProgram
from fuzzer.model import (
    Case,
    CaseResult,
    Limits,
    Provenance,
    VerdictKind,
)
from fuzzer.reduce.programs import reduce_program, started_at, with_all_registers
from fuzzer.reduce.substitutes import ARITHMETIC, substitutes
from fuzzer.store.artifact_store import ArtifactFile
from fuzzer.store.finding import PROGRAM_NAME
from fuzzer.store.guest_crate import guest_crate
from fuzzer.store.program_record import ProgramRecord
from fuzzer.store.run_log import Details
from fuzzer.triage.signature import signature, zero_of

_CANDIDATES = 32
"""Candidates of a reduction that are tried in one go."""


class _Begun(msgspec.Struct, frozen=True):
    """A program from which a reduction begins."""

    subject: Subject
    wanted: str
    """The key of what it shows."""
    only: str = ""
    """What only this target does counts."""


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
        self._lab = Laboratory(targets, care.limits)

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
        self._lab.close()

    def examine(self, source: Source, index: int, seen: CaseResult) -> Iterator[Event]:
        """What becomes of a program that differs: a finding, one that was seen before, or a flaky one.

        `seen` is how it differed among other programs.
        """
        case = case_of(source, index)
        original = self._lab.described(source, index)
        subject = self._lab.taken_apart(original)
        parting = self._lab.part(subject, case)
        if elsewhere := part_elsewhere(self._lab, subject, case, parting):
            subject, parting = elsewhere
        # What takes long at no certain place may only be slow today: that is looked into each time.
        outcomes = parting.outcomes if parting else self._lab.run(subject)
        first = result_with_hangs(case, outcomes) if parting else result_of(case, outcomes)
        name = signature(first, place=_place(parting))
        if name and name in self._known:
            yield SeenBefore(case, self._known[name])
            return
        yield Confirming(first, f"{self._care.confirmations} times in fresh processes")
        confirmed, limits = self._confirmed(subject, case)
        if not diverges(confirmed):
            confirmed = self._vanished(seen)
        if not any(entry.is_finding for entry in confirmed.comparisons):
            yield self._finished(original, subject, confirmed, limits, parting)
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
            yield self._finished(original, smallest, result, longer, later, also=also)
        else:  # the original never gets lost
            yield self._finished(original, subject, confirmed, limits, parting)

    def _vanished(self, result: CaseResult) -> CaseResult:
        """A difference that did not show again at all."""
        comparisons = tuple(
            replace(entry, confirmed=0, attempts=self._care.confirmations)
            if entry.verdict.kind is VerdictKind.DIVERGE
            else entry
            for entry in result.comparisons
        )
        return replace(result, comparisons=comparisons)

    def _confirmed(self, subject: Subject, case: Case) -> tuple[CaseResult, Limits]:
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
        self, subject: Subject, case: Case, parting: Parting | None
    ) -> tuple[Subject, Parting | None]:
        """The smallest program that was found in time, at the same instruction, and where it parts."""
        place = _instruction(parting)
        deadline = self._clock() + self._care.reduce_s
        begun = self._begun(subject, case, parting, place="")
        watched = place if parting and parting.is_sure else ""
        best, there = self._reduce(begun, case, deadline, watched=watched)
        now = self._lab.part(best, case)
        surer = parting and now and now.is_sure and not parting.is_sure
        if _instruction(now) != place and place and not surer:
            # It slipped to another difference on the way: once more, with a look at each step.
            again = (
                replace(begun, subject=there) if there else self._begun(subject, case, parting, place=place)
            )
            best, _ = self._reduce(again, case, deadline, place=place)
            now = self._lab.part(best, case)
        if now and (earlier := self._earlier(best, case, now)):
            wide, seen = earlier
            best, _ = self._reduce(self._begun(wide, case, seen, place=""), case, deadline)
            now = self._lab.part(best, case)
        return best, now

    def _earlier(self, subject: Subject, case: Case, parting: Parting) -> tuple[Subject, Parting] | None:
        """The program with all registers published, if the same targets part before they were seen to.

        All that is left of it is needed: what is wrong earlier and is not published is the cause.
        """
        for wide in self._lab.laid_out([with_all_registers(subject.program)]):
            found = self._lab.part(wide, case)
            if (
                found
                and found.executed < parting.executed
                and _instruction(found) != _instruction(parting)
                and differing(case, found.outcomes) == differing(case, parting.outcomes)
            ):
                return wide, found
        return None

    def _begun(self, subject: Subject, case: Case, parting: Parting | None, *, place: str) -> _Begun:
        """What to make smaller, and what it must keep showing."""
        if parting and (late := self._late_start(subject, case, parting, place)):
            # What the executors part on, not what comes of it later.
            return _Begun(late, key(case, self._lab.run(late)))
        outcomes = self._lab.run(subject)
        only = next(iter(differing(case, outcomes)), "")
        return _Begun(subject, key(case, outcomes, only=only), only)

    def _reduce(
        self, begun: _Begun, case: Case, deadline: float, *, place: str = "", watched: str = ""
    ) -> tuple[Subject, Subject | None]:
        """The smallest program, and the last one that was seen to part at the place to watch.

        With `place`, each step is looked at. That takes long: with `watched`, only when half of the program
        is gone, and it ends where another place is reached.
        """
        best, there, size = begun.subject, None, begun.subject.program.size
        if not begun.wanted:
            return best, there
        steps = reduce_program(best.program, self._lab.widths)
        try:
            candidates = next(steps)
            while self._clock() < deadline:
                found = self._first_that_shows(candidates, case, begun.wanted, place, only=begun.only)
                best = found or best
                if watched and 2 * best.program.size <= size:
                    if _instruction(self._lab.part(best, case)) != watched:
                        return best, there
                    there, size = best, best.program.size
                chosen = next((n for n, one in enumerate(candidates) if found and one is found.program), None)
                candidates = steps.send(chosen)
        except StopIteration:
            pass
        return best, there

    def _also(
        self, subject: Subject, case: Case, result: CaseResult, parting: Parting | None
    ) -> tuple[str, ...]:
        """Other operations that show the same difference in the place of the one at which executors part."""
        if parting is None:
            return ()
        pc = int(parting.location.pc, 16)
        others = substitutes(subject.program, subject.layout, pc)
        apart = [entry.target for entry in result.comparisons if entry.is_finding]
        names = self._lab.that_show_the_same(
            case, subject.program, others, number=subject.layout.number_at(pc) or 0, apart=apart
        )
        name = parting.location.mnemonic
        # What each of the arithmetic operations shows is not theirs.
        if len(names) == len(others) and name in ARITHMETIC:
            return ()
        # Behind "x0 of" stands the operation.
        return tuple(name.removesuffix(name.rpartition(" ")[2]) + other for other in names)

    def _late_start(self, subject: Subject, case: Case, parting: Parting, place: str) -> Subject | None:
        """The shortest program of the last ops before executors part on which the same ones part."""
        programs = [parting.alone] if parting.alone else []
        programs += [
            started_at(subject.program, start.row, registers=start.registers, memory=start.memory)
            for start in parting.starts
        ]
        programs += self._lab.in_place(subject, parting)
        for late in self._lab.that_end(case, self._lab.laid_out(programs)):
            same = differing(case, self._lab.run(late)) == differing(case, parting.outcomes)
            if same and (not place or _instruction(self._lab.part(late, case)) == place):
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
    ) -> Subject | None:
        """The first candidate with the wanted key, and at the wanted instruction where one is given."""
        for first in range(0, len(candidates), _CANDIDATES):
            piece = candidates[first : first + _CANDIDATES]
            subjects = self._lab.that_end(case, self._lab.laid_out(piece))
            for subject, outcomes in zip(subjects, self._lab.run_quickly(subjects), strict=True):
                if key(case, outcomes, only=only) == wanted and (
                    not place or _instruction(self._lab.part(subject, case)) == place
                ):
                    return subject
        return None

    def _finished(
        self,
        original: Subject,
        smallest: Subject,
        result: CaseResult,
        limits: Limits,
        parting: Parting | None,
        *,
        also: tuple[str, ...] = (),
    ) -> CaseFinished:
        (layout,) = self._lab.generator.layout([smallest.program], listing=True)
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


def _instruction(parting: Parting | None) -> str:
    """The place, whether or not it is seen that it is about x0: a smaller program shows that more often."""
    return _place(parting).removeprefix(zero_of(""))


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
