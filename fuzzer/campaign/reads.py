"""Asking native runs of a core what they read."""

from collections.abc import Sequence
from random import Random

import msgspec

from fuzzer.campaign.program import Program
from fuzzer.execute.executor import Executor
from fuzzer.execute.protocol import run_frame
from fuzzer.generate.generated import InputGenerator
from fuzzer.generate.infer import infer_format
from fuzzer.generate.reads import KnownReads, known_reads
from fuzzer.generate.structure import Bincode, InputFormat
from fuzzer.model import NATIVE, Case, Limits, Outcome

_MOST_ASKED = 64
"""Inputs that are run for it; more would tell little that is new."""
_WALL_MS = 2_000
_MADE_UP = 16
_MOST_READS = 16
"""Of a core without inputs."""


def ask_reads(program: Program, inputs: Sequence[tuple[bytes, ...]], limits: Limits) -> KnownReads:
    """What a core reads, as its native runs of these inputs tell; without inputs, of made-up ones.

    Raises:
        RunnerError: the native runner does not start.
    """
    asked = list(dict.fromkeys(inputs))[:_MOST_ASKED]
    return known_reads(_told(program, asked, limits), inputs) if asked else _ask_blindly(program, limits)


def _ask_blindly(program: Program, limits: Limits) -> KnownReads:
    """What a core without inputs reads: a run tells what comes first, the next ones what is behind it."""
    rng = Random(0)  # noqa: S311 -- the same inputs at each call
    inputs: list[tuple[bytes, ...]] = [()]
    while True:
        runs = _told(program, inputs, limits)
        known = known_reads(runs, inputs)
        reads = max(map(len, runs), default=0)
        if not len(inputs[0]) < reads <= _MOST_READS:
            typed = any(isinstance(form, Bincode) for form in known.form.buffers)
            return known if typed else msgspec.structs.replace(known, form=infer_format([]))
        made = InputGenerator(InputFormat(buffers=tuple(map(known.form.of, range(reads)))))
        inputs = [made.generate(rng) for _ in range(_MADE_UP)]


def _told(program: Program, inputs: Sequence[tuple[bytes, ...]], limits: Limits) -> list[tuple[bytes, ...]]:
    """What each run tells, in order."""
    # Without a planted fault: the core is what is asked about.
    commands = [
        msgspec.structs.replace(command, fault="") for command in program.commands if command.target == NATIVE
    ]
    limits = msgspec.structs.replace(limits, wall_ms=min(limits.wall_ms, _WALL_MS))
    cases = (Case(core=program.core.name, input_name="", buffers=buffers) for buffers in inputs)
    frames = ((None, run_frame(case, limits, number, reads=True)) for number, case in enumerate(cases))
    with Executor(commands, limits=limits) as executor:
        answers = [answered[1][NATIVE] for answered in executor.ask(frames) if answered]
    return [answer.reads for answer in answers if isinstance(answer, Outcome)]
