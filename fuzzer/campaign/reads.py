"""Asking native runs of a core what they read."""

from collections.abc import Iterator, Sequence

import msgspec

from fuzzer.campaign.program import Program
from fuzzer.execute.executor import Executor
from fuzzer.execute.protocol import run_frame
from fuzzer.generate.reads import KnownReads, known_reads
from fuzzer.model import NATIVE, Case, Limits, Outcome

_MOST_ASKED = 64
"""Inputs that are run for it; more would tell little that is new."""
_WALL_MS = 2_000


def ask_reads(program: Program, inputs: Sequence[Sequence[bytes]], limits: Limits) -> KnownReads:
    """What a core reads, as its native runs of these inputs tell; one run without input where there are none.

    Raises:
        RunnerError: the native runner does not start.
    """
    asked = list(dict.fromkeys(map(tuple, inputs)))[:_MOST_ASKED] or [()]
    return known_reads(list(_told(program, asked, limits)), inputs)


def _told(
    program: Program, inputs: Sequence[tuple[bytes, ...]], limits: Limits
) -> Iterator[tuple[bytes, ...]]:
    # Without a planted fault: the core is what is asked about.
    commands = [
        msgspec.structs.replace(command, fault="") for command in program.commands if command.target == NATIVE
    ]
    limits = msgspec.structs.replace(limits, wall_ms=min(limits.wall_ms, _WALL_MS))
    cases = (Case(core=program.core.name, input_name="", buffers=buffers) for buffers in inputs)
    frames = ((None, run_frame(case, limits, number, reads=True)) for number, case in enumerate(cases))
    with Executor(commands, limits=limits) as executor:
        for answered in executor.ask(frames):
            outcome = answered and answered[1].get(NATIVE)
            if isinstance(outcome, Outcome):
                yield outcome.reads
