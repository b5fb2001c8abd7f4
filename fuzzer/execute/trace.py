"""What the reference executor executes, instruction by instruction."""

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import msgspec

from fuzzer.errors import RunnerError

_LIMIT = 50_000
_TIMEOUT_S = 60.0
_FAULT = re.compile(r"(?P<what>.+) at pc (?P<pc>0x[0-9a-f]+)")
_ADDRESS = re.compile(r"0x[0-9a-f]+")


class TraceStep(msgspec.Struct, frozen=True):
    """An instruction that was executed."""

    pc: int
    word: int
    assembly: str
    """What it is; of one that could not be executed, only why."""
    fault: str = ""
    """Why the program could not go on from it, without addresses; empty where it could."""
    result: int | None = None
    """What it left in its register, if it has one."""


def trace(rvref: Path, elf: bytes, *, limit: int = _LIMIT) -> Sequence[TraceStep]:
    """The first `limit` instructions that a program executes on the runner `rvref`; none if it does not load.

    Raises:
        RunnerError: the runner does not start, or what it prints is no trace.
    """
    command = [str(rvref), "trace", "/dev/stdin", "--limit", str(limit)]
    try:
        done = subprocess.run(command, input=elf, capture_output=True, timeout=_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RunnerError(f"rvref cannot trace a program: {error}") from error
    if done.returncode:
        return []
    try:
        *lines, ending = done.stdout.decode().splitlines()
        return _with_fault([_step(line) for line in lines], ending)
    except ValueError as error:
        raise RunnerError(f"what rvref printed is no trace: {error}") from error


def _with_fault(steps: list[TraceStep], ending: str) -> list[TraceStep]:
    """The steps and the one that could not be executed, which only the last line tells of."""
    match = _FAULT.fullmatch(ending)
    if match is None:
        return steps
    fault = " ".join(_ADDRESS.sub("", match["what"]).split())
    pc = int(match["pc"], 16)
    if steps and steps[-1].pc == pc:
        return [*steps[:-1], msgspec.structs.replace(steps[-1], fault=fault)]
    return [*steps, TraceStep(pc, 0, fault, fault)]


def _step(line: str) -> TraceStep:
    pc, word, rest = line.split(" ", 2)
    # What the instruction left in its register stands behind two spaces or more.
    assembly, _, left = rest.partition("  ")
    _, _, value = left.strip().partition("=")
    return TraceStep(int(pc, 16), int(word, 16), assembly.strip(), result=int(value, 16) if value else None)
