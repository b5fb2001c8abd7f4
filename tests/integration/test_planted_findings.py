"""What findings of planted faults come down to: how many there are of one fault, where, and how small."""

import time
from collections.abc import Callable

import msgspec
import pytest

from fuzzer.build.plan import build
from fuzzer.build.steps import Silent
from fuzzer.campaign.budget import Budget
from fuzzer.campaign.care import Care
from fuzzer.campaign.events import CaseFinished
from fuzzer.campaign.hunt.engine import hunt
from fuzzer.campaign.program import ProgramTargets, program_targets
from fuzzer.execute.faults import known_faults
from fuzzer.execute.generator import Source
from fuzzer.home import Home
from fuzzer.model import RVREF, RVREF_FAULTY, Generator, Limits
from fuzzer.triage.signature import signature

pytestmark = pytest.mark.real

SOURCE = Source(generator=Generator.RISCV, xlen=64, seed=1)
CARE = Care(limits=Limits(wall_ms=500, output_mb=4), confirmations=2, reduce_s=10.0)
Findings = dict[str, int]
"""Instructions by what the signature says behind the targets."""


@pytest.fixture(scope="module")
def hunted(home: Home) -> Callable[[str, int], Findings]:
    """Runs so many programs on a fault."""
    built = build(home, cores=[], targets=[RVREF, RVREF_FAULTY], progress=Silent(), generator=True)
    targets = program_targets(built, plants={})
    known = known_faults(targets.commands[1].binary)

    def run(name: str, programs: int) -> Findings:
        planted = with_fault(targets, known[name].name)
        found = {}
        for event in hunt(planted, SOURCE, Budget(cases=programs), CARE, clock=time.monotonic):
            if isinstance(event, CaseFinished) and event.details:
                title = signature(event.result, place=event.details.place)
                found[title.rpartition(": ")[2]] = event.details.record.instructions
        return found

    return run


def with_fault(targets: ProgramTargets, fault: str) -> ProgramTargets:
    reference, faulty = targets.commands
    planted = msgspec.structs.replace(targets.targets[RVREF_FAULTY], planted=fault)
    commands = (reference, msgspec.structs.replace(faulty, fault=fault))
    return msgspec.structs.replace(
        targets, commands=commands, targets={**targets.targets, RVREF_FAULTY: planted}
    )


@pytest.mark.parametrize(
    ("fault", "programs", "place", "most"),
    [
        # A branch that goes wrong over instructions that change nothing.
        ("bgeu-signed", 40, "wrong way at bgeu", 4),
        # A register of the layout's own is wrong.
        ("load-to-base", 64, "output at ld", 1),
        # The layout's own instructions are wrong, or what is published.
        ("auipc-lost-carry", 40, "output at auipc", 1),
        ("commit-page-order", 50, "output at I/O ecall", 6),
        ("commit-once", 120, "output at I/O ecall", 7),
        ("write-clobbers-t6", 60, "output at I/O ecall", 1),
        # Only that so much was executed before, or that a branch goes so far.
        ("result-behind-4096", 560, "output at any instruction", 3),
        ("branch-far-back", 820, "wrong way at blt", 10),
        # A loop around nothing is at fault itself.
        ("blt-of-x0", 60, "wrong way at blt", 6),
        # What becomes of the first use of x0 is another thing each time.
        ("x0-written-by-mulh", 100, "wrong x0 at mulh", 1),
        # Loads of several sizes behind stores that suit them, and whatever is stored.
        ("store-4096-bytes-away", 120, "output at lwu", 2),
        ("unwritten-memory", 40, "output at ld", 10),
        # In a loop, and on the second way through it.
        ("lb-zero-extended", 30, "output at lb", 1),
    ],
)
def test_findings_of_a_fault_are_one_and_small(
    hunted: Callable[[str, int], Findings], fault: str, programs: int, place: str, most: int
) -> None:
    found = hunted(fault, programs)
    assert list(found) == [place]
    assert found[place] <= most
