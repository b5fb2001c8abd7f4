"""Is it the body of a program at all that parts executors? Where it is not, another program says what does.

The instructions of the layout set registers and publish them. Executors that get those wrong differ on all
kinds of programs, at whatever is published first. So this looks further only where the body has no part in
it: where something else was executed since executors agreed, or a program without a body differs as well.
"""

from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from fuzzer.campaign.hunt.laboratory import Laboratory, Subject, differing
from fuzzer.campaign.hunt.part import Parting
from fuzzer.generate.program import Block, InstructionProgram
from fuzzer.model import Case
from fuzzer.reduce.parts import taken_apart
from fuzzer.reduce.programs import started_at
from fuzzer.reduce.spoken import spoken

_AT_ONCE = 32
_LATE = 1_000
"""Executed instructions."""


def part_elsewhere(
    lab: Laboratory, subject: Subject, case: Case, parting: Parting | None
) -> tuple[Subject, Parting] | None:
    """A smaller program that shows what parts executors, if that is not where they were seen to part."""
    program = subject.program
    apart = differing(case, parting.outcomes if parting else lab.run(subject))
    if parting is None:
        bare = [subject, *lab.laid_out([replace(program, blocks=())])]
        held = [at for one in bare if (at := lab.first_that_differs(one))]
    elif parting.after is None:
        return None
    else:
        held = [parting.after]
        states = [started_at(program, (), registers=at.registers, memory=at.memory) for at in held]
        bare = list(_that_part(lab, case, states, apart))
        if not bare and (late := _late(lab, case, states[0], parting, apart)):
            return late
        is_of_the_body = parting.executed == parting.location.step + 1
        # Memory may be where no segment can be: then it cannot be told that the body has a part in it.
        if not bare and is_of_the_body and lab.that_end(case, lab.laid_out(states)):
            return None
    said = [
        spoken(program, registers=at.registers, memory=at.memory, frame=frame)
        for at in held
        for frame in _frames(program)
    ]
    for other in _that_part(lab, case, map(taken_apart, said), apart):
        if found := lab.part(other, case):
            return other, found
    for other in _that_part(lab, case, lab.frame_alone(bare[0]) if bare else (), apart):
        without = replace(other.program, blocks=(Block(0),))
        if next(_that_part(lab, case, [without], apart), None) is None and (found := lab.part(other, case)):
            return other, found
    return None


def _late(
    lab: Laboratory, case: Case, state: InstructionProgram, parting: Parting, apart: Sequence[str]
) -> tuple[Subject, Parting] | None:
    """A program that only publishes, behind as many executed instructions, where these are what matters."""
    if parting.executed < _LATE:
        return None
    for other in _that_part(lab, case, lab.behind(state, parting.executed), apart):
        if found := lab.part(other, case):
            return other, found
    return None


def _frames(program: InstructionProgram) -> Iterator[tuple[int, int]]:
    """The registers that the layout uses, and two others: what happens to those of the layout shows then."""
    address, link = program.frame_registers
    yield address, link
    first, second, *_ = (number for number in (9, 8, 19, 18) if number not in (address, link))
    yield first, second


def _that_part(
    lab: Laboratory, case: Case, programs: Iterable[InstructionProgram], apart: Sequence[str]
) -> Iterator[Subject]:
    """Those on which the same targets differ."""
    every = list(programs)
    for first in range(0, len(every), _AT_ONCE):
        subjects = lab.that_end(case, lab.laid_out(every[first : first + _AT_ONCE]))
        for subject, outcomes in zip(subjects, lab.run_quickly(subjects), strict=True):
            if differing(case, outcomes) == apart:
                yield subject
