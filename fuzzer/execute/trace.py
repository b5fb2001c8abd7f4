"""What the reference executor executes, instruction by instruction."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import msgspec

from fuzzer.errors import RunnerError

_LIMIT = 50_000
_TIMEOUT_S = 60.0


class TraceStep(msgspec.Struct, frozen=True):
    """An instruction that was executed."""

    pc: int
    word: int
    assembly: str


def trace(rvref: Path, elf: bytes, *, limit: int = _LIMIT) -> Sequence[TraceStep]:
    """The first `limit` instructions that a program executes on the runner `rvref`.

    Raises:
        RunnerError: the runner does not start, or what it prints is no trace.
    """
    command = [str(rvref), "trace", "/dev/stdin", "--limit", str(limit)]
    try:
        done = subprocess.run(command, input=elf, capture_output=True, timeout=_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RunnerError(f"rvref cannot trace a program: {error}") from error
    if done.returncode:
        raise RunnerError("rvref cannot trace a program", details=done.stderr.decode(errors="replace"))
    try:
        # The last line says how the run ended.
        return [_step(line) for line in done.stdout.decode().splitlines()[:-1]]
    except ValueError as error:
        raise RunnerError(f"what rvref printed is no trace: {error}") from error


def _step(line: str) -> TraceStep:
    pc, word, rest = line.split(" ", 2)
    # What the instruction left in its register stands behind two spaces or more.
    return TraceStep(int(pc, 16), int(word, 16), rest.split("  ", 1)[0].strip())
