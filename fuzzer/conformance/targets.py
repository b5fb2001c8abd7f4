"""Which targets run bare programs, and of which width; and cases run on one of them."""

from collections.abc import Sequence
from pathlib import Path

from fuzzer.conformance.case import FrozenCase
from fuzzer.conformance.files import CaseFile
from fuzzer.conformance.grade import Graded, grade
from fuzzer.errors import UsageError, closest
from fuzzer.execute.programs import ProgramRunners
from fuzzer.execute.runner import RunnerCommand
from fuzzer.model import Limits, Outcome

DEFAULT = "rvref"
_WIDTHS = {"rvref": (32, 64), "sp1": (64,), "sp1-portable": (64,)}
"""Targets by name without a version."""
NAMES = tuple(_WIDTHS)
"""The targets that run bare programs."""
_LIMITS = Limits(wall_ms=4_000, memory_mb=1_024, output_mb=16)
"""No program here takes a second; the longest have 1 MiB of text."""


def widths_of(target: str) -> tuple[int, ...]:
    """The widths whose programs a target runs; a version behind `@` does not matter.

    Raises:
        UsageError: it has no instruction-level mode, or there is no such target.
    """
    name, _, _ = target.partition("@")
    if name not in _WIDTHS:
        raise UsageError(
            f"the target `{target}` has no instruction-level mode: it does not run bare RISC-V programs",
            hint=closest(name, _WIDTHS),
        )
    return _WIDTHS[name]


def opcode_names(files: Sequence[CaseFile]) -> list[str]:
    """Every opcode that the files have cases of."""
    return list(dict.fromkeys(frozen.case.op for file in files for frozen in file.cases))


def chosen_cases(files: Sequence[CaseFile], xlen: int, ops: Sequence[str]) -> list[FrozenCase]:
    """The cases of a width, of some opcodes or, without any, of all."""
    mine = (file for file in files if file.xlen == xlen)
    return [frozen for file in mine for frozen in file.cases if not ops or frozen.case.op in ops]


def grade_target(
    target: str, binary: Path, files: Sequence[CaseFile], *, xlens: Sequence[int], ops: Sequence[str]
) -> list[Graded]:
    """The cases of the widths that a target has, graded on it.

    Raises:
        RunnerError: its runner does not start, or does not take whole programs.
    """
    command = RunnerCommand(target=target, binary=binary)
    graded: list[Graded] = []
    with ProgramRunners([command], limits=_LIMITS) as runners:

        def run(programs: Sequence[bytes]) -> list[Outcome]:
            return runners.run(programs)[target]

        for xlen in xlens:
            if xlen in widths_of(target):
                graded += grade(chosen_cases(files, xlen, ops), xlen, run)
    return graded
