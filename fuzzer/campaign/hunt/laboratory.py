"""What programs are looked into with: they are laid out, run, and it is seen where executors part."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import pairwise

import msgspec
from msgspec.structs import replace

from fuzzer.campaign.confirm import result_with_hangs
from fuzzer.campaign.hunt.part import Parting, Start, each_alone, find_parting, published
from fuzzer.campaign.program import ProgramTargets
from fuzzer.execute.generator import GeneratorProcess, Source
from fuzzer.execute.programs import ProgramRunners
from fuzzer.execute.trace import trace
from fuzzer.generate.program import Block, InstructionProgram, Layout
from fuzzer.model import RVREF, Case, Generator, Limits, Outcome, Status, VerdictKind
from fuzzer.reduce.parts import taken_apart
from fuzzer.reduce.programs import started_at, started_in_place
from fuzzer.reduce.runs import op_at, unfolded, unused_registers, with_op
from fuzzer.reduce.substitutes import controls
from fuzzer.triage.signature import signature, zero_of

_CANDIDATE_MS = 200
"""Wall limit of a candidate, and of prefixes: what is left out may be what ended a loop."""
ANY = "any instruction"
"""The place where it only matters that so much was executed before: what is executed there has no effect."""
_LONGEST_PAD = 50_000
"""Instructions; a program with more takes long to lay out, and each of its prefixes does."""
ENDED = frozenset({Status.OK, Status.PANIC})
"""Programs that are as they should be end by themselves, with whatever exit code."""


class Subject(msgspec.Struct, frozen=True):
    """A program with its bytes."""

    program: InstructionProgram
    layout: Layout


class Laboratory:
    """A generator and runners of its own."""

    def __init__(self, targets: ProgramTargets, limits: Limits) -> None:
        self._rvref = targets.rvref
        with ExitStack() as undo:
            self.generator = undo.enter_context(GeneratorProcess(targets.generator))
            self._runners = undo.enter_context(ProgramRunners(targets.commands, limits=limits))
            shorter = replace(limits, wall_ms=_CANDIDATE_MS)
            self._reference = undo.enter_context(ProgramRunners(targets.commands[:1], limits=shorter))
            self._quick = undo.enter_context(ProgramRunners(targets.commands, limits=shorter))
            self._undo = undo.pop_all()

    def close(self) -> None:
        """End the processes; may be called again."""
        self._undo.close()

    def described(self, source: Source, index: int) -> Subject:
        """A program of the generator."""
        program = self.generator.describe(source, index)
        return Subject(program, self.generator.layout([program])[0])

    def laid_out(self, programs: Sequence[InstructionProgram]) -> list[Subject]:
        """Programs with their bytes, without those that cannot be laid out."""
        layouts = self.generator.layout(programs) if programs else []
        return [
            Subject(program, layout)
            for program, layout in zip(programs, layouts, strict=True)
            if not layout.error
        ]

    def taken_apart(self, subject: Subject) -> Subject:
        """The same bytes, of smaller ops."""
        for smaller in self.laid_out([taken_apart(subject.program)]):
            if smaller.layout.elf == subject.layout.elf:
                return smaller
        return subject

    def widths(self, program: InstructionProgram) -> list[int]:
        """How many instructions each op takes; all 1 where the program cannot be laid out."""
        (layout,) = self.generator.layout([program])
        return [count for *_, count in layout.places] if not layout.error else [1] * program.size

    def run(self, subject: Subject) -> dict[str, Outcome]:
        """What each target does with a program."""
        outcomes = self._runners.run([subject.layout.elf])
        return {target: of[0] for target, of in outcomes.items()}

    def run_quickly(self, subjects: Sequence[Subject]) -> list[dict[str, Outcome]]:
        """The same of several programs, each with little time."""
        outcomes = self._quick.run([subject.layout.elf for subject in subjects]) if subjects else {}
        return [{target: of[place] for target, of in outcomes.items()} for place, _ in enumerate(subjects)]

    def that_end(self, case: Case, subjects: Sequence[Subject]) -> list[Subject]:
        """Those that the reference runs to their end, as it must; of forbidden programs, all."""
        if case.provenance.generator == Generator.RISCV_NEGATIVE or not subjects:
            return list(subjects)
        outcomes = self._reference.run([subject.layout.elf for subject in subjects])[RVREF]
        return [
            subject for subject, outcome in zip(subjects, outcomes, strict=True) if outcome.status in ENDED
        ]

    def part(self, subject: Subject, case: Case) -> Parting | None:
        """Where executors part; where that is in code executed again, in the program without its loops."""
        parting = self._part_once(subject, case)
        if parting is None:
            return None
        if parting.passes_time and self._is_any(subject, parting, case):
            return _at(parting, ANY)
        if self._is_x0(subject, parting, case):
            return _at(parting, zero_of(parting.location.mnemonic))
        rows = [
            started_at(subject.program, start.row, registers=start.registers, memory=start.memory)
            for start in parting.unrolled
        ]
        unrolled = (self._part_once(one, case) for one in self.laid_out(rows))
        return next((found for found in unrolled if found), parting)

    def _is_any(self, subject: Subject, parting: Parting, case: Case) -> bool:
        """Whether executors part without the loop, too, and not at the instruction as such."""
        return self._differ([unfolded(subject.program)], case) and not self._differ(
            [parting.alone] if parting.alone else [], case
        )

    def _is_x0(self, subject: Subject, parting: Parting, case: Case) -> bool:
        """Whether the instruction shows with x0 as its destination and with no other, alone or in place."""
        if parting.alone is None or parting.alone.blocks[0].ops[0].get("rd") != 0:
            return False
        number = subject.layout.number_at(int(parting.location.pc, 16))
        places = [(parting.alone, 0), *([] if number is None else [(subject.program, number)])]
        for program, place in places:
            free = unused_registers(program, besides=program.frame_registers)[:1]
            others = [with_op(program, place, {**op_at(program, place), "rd": other}) for other in free]
            if self._differing(case, others) == [[]] and self._differ([program], case):
                return True
        return False

    def _differ(self, programs: Sequence[InstructionProgram], case: Case) -> bool:
        subjects = self.that_end(case, self.laid_out(programs))
        return any(differing(case, outcomes) for outcomes in self.run_quickly(subjects))

    def that_show_the_same(
        self,
        case: Case,
        program: InstructionProgram,
        others: Mapping[str, Sequence[InstructionProgram]],
        *,
        number: int,
        apart: Sequence[str],
    ) -> tuple[str, ...]:
        """The names of operations in whose programs the same targets differ, and for the same reason.

        Args:
            case: What the programs are reported as.
            program: A smallest program.
            others: What is like it, by the name of another operation.
            number: The op that is another one in them.
            apart: The targets that differ on the program.
        """
        quiet = [differ == [] for differ in self._differing(case, controls(program, number))]
        same: dict[str, None] = {}
        # A few at first: those that hang take long.
        for first, end in pairwise((0, 1, 4, 16, max(map(len, others.values()), default=0))):
            tries = [
                (name, one)
                for name, variants in others.items()
                for one in variants[first:end]
                if name not in same
            ]
            found = self._differing(case, [one for _, one in tries])
            for (name, one), differ in zip(tries, found, strict=True):
                if differ == apart and name not in same and not self._shows_more(case, one, number, quiet):
                    same[name] = None
        return tuple(name for name in others if name in same)

    def _shows_more(
        self, case: Case, program: InstructionProgram, number: int, quiet: Sequence[bool]
    ) -> bool:
        """Whether a program shows something in a control in which nothing should."""
        differ = self._differing(case, controls(program, number))
        return any(differs and is_quiet for differs, is_quiet in zip(differ, quiet, strict=False))

    def _differing(self, case: Case, programs: Sequence[InstructionProgram]) -> list[list[str] | None]:
        """The targets that differ on each program; None for one that is none, or does not end as it must."""
        layouts = self.generator.layout(programs) if programs else []
        subjects = [Subject(*pair) for pair in zip(programs, layouts, strict=True)]
        proper = self.that_end(case, [one for one in subjects if not one.layout.error])
        found = {
            id(one): differing(case, of) for one, of in zip(proper, self.run_quickly(proper), strict=True)
        }
        return [found.get(id(one)) for one in subjects]

    def in_place(self, subject: Subject, parting: Parting) -> list[InstructionProgram]:
        """The program begun at the op at which executors part, which lies where it was: addresses stay right.

        None where it is not known for certain how everything was before that op.
        """
        pc, program = int(parting.location.pc, 16), subject.program
        number = next((n for n, (_, _, begin, _) in enumerate(subject.layout.places) if begin == pc), None)
        if number is None or not parting.starts:
            return []
        start = parting.starts[0]
        begun = started_in_place(program, number, registers=start.registers, memory=start.memory)
        moved = []
        for laid in self.laid_out([begun]):
            # The jump to the op is an op, too.
            base = int(program.text_base, 16) + pc - laid.layout.places[number + 1][2]
            moved.append(replace(begun, text_base=hex(base)))
        return moved

    def behind(self, program: InstructionProgram, executed: int) -> Iterator[InstructionProgram]:
        """The program behind a pad, so that its first op comes after that many executed instructions."""
        blocks = (Block(0, ({"op": "pad", "count": 1},)), *program.blocks)
        for laid in self.laid_out([replace(program, blocks=blocks)]):
            begin = laid.layout.places[0][2]
            steps = trace(self._rvref, laid.layout.elf)
            first = next((number for number, step in enumerate(steps) if step.pc == begin), executed)
            if 0 < executed - first <= _LONGEST_PAD:
                pad = Block(0, ({"op": "pad", "count": executed - first},))
                yield replace(program, blocks=(pad, *program.blocks))

    def frame_alone(self, subject: Subject) -> list[InstructionProgram]:
        """Each instruction of the layout that a program executes as a program of its own."""
        return each_alone(subject.program, trace(self._rvref, subject.layout.elf), subject.layout.body)

    def first_that_differs(self, subject: Subject) -> Start | None:
        """What the first checkpoint publishes on which targets differ; of a program without one, the end."""
        expected, *others = (outcome.stream for outcome in self.run(subject).values())
        size = subject.program.record_bytes
        same = min((_common(expected, other) for other in others), default=0)
        end = (same // size + 1) * size if size and len(expected) % size == 0 else len(expected)
        return published(subject.program, expected[:end])

    def _part_once(self, subject: Subject, case: Case) -> Parting | None:
        return find_parting(
            subject.program, subject.layout, case=case, runners=self._quick, rvref=self._rvref
        )


def _at(parting: Parting, place: str) -> Parting:
    return replace(parting, location=replace(parting.location, mnemonic=place))


def _common(one: bytes, other: bytes) -> int:
    """How many bytes are the same from the start on."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (left, right) in pairs if left != right), min(len(one), len(other)))


def key(case: Case, outcomes: Mapping[str, Outcome], *, only: str = "") -> str:
    """Who differs from whom and on what; empty when the reference itself did not end as it should.

    With `only`, what that target does alone: a program in which several differ on different things is reduced
    to one of them.
    """
    if outcomes[RVREF].status not in ENDED and case.provenance.generator != Generator.RISCV_NEGATIVE:
        return ""
    of = {target: outcome for target, outcome in outcomes.items() if target in (RVREF, only) or not only}
    return signature(result_with_hangs(case, of), place="*")


def differing(case: Case, outcomes: Mapping[str, Outcome]) -> list[str]:
    """The targets that differ from the reference."""
    comparisons = result_with_hangs(case, outcomes).comparisons
    return [entry.target for entry in comparisons if entry.verdict.kind is VerdictKind.DIVERGE]
