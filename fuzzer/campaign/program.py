"""A program that is ready to run: a core's builds and the runners of the targets."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from fuzzer.build.cores import BuiltCore
from fuzzer.build.plan import Built
from fuzzer.errors import UsageError, closest
from fuzzer.execute.runner import RunnerCommand
from fuzzer.model import NATIVE, CoreInfo, TargetInfo

FAULTS = ("drop-commit", "extra-commit", "flip-bit", "lose-exit-code", "short-read")
"""Faults that every runner can be told to commit (`runners/protocol/src/plant.rs`)."""


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """A core with the command that starts each target's runner for it, `native` first."""

    core: CoreInfo
    commands: tuple[RunnerCommand, ...]
    targets: Mapping[str, TargetInfo]
    sources: Path
    """A copy of everything that the core is built from; `core.snapshot` is the crate's folder in it."""


def programs(built: Built, *, project: Path, plants: Mapping[str, str]) -> list[Program]:
    """The programs of what was built, in its order; `plants` names the fault to plant by target."""
    return [_program(core, built, project, plants) for core in built.cores]


def _program(core: BuiltCore, built: Built, project: Path, plants: Mapping[str, str]) -> Program:
    native = TargetInfo(
        name=NATIVE,
        version=core.host.rustc,
        runner_sha256=core.host.sha256,
        planted=plants.get(NATIVE, ""),
    )
    commands = [RunnerCommand(target=NATIVE, binary=core.native, fault=native.planted)]
    targets = {NATIVE: native}
    for runner in built.runners:
        fault = plants.get(runner.target, "")
        commands.append(
            RunnerCommand(target=runner.target, binary=runner.path, program=core.guest_elf, fault=fault)
        )
        targets[runner.target] = TargetInfo(
            name=runner.target, version=runner.version, runner_sha256=runner.sha256, planted=fault
        )
    return Program(
        core=core.info(project), commands=tuple(commands), targets=targets, sources=core.source.guest_copy
    )


def parse_plants(specifications: Sequence[str], targets: Sequence[str]) -> dict[str, str]:
    """The faults of `--plant TARGET:FAULT`, by target.

    Raises:
        UsageError: no such target takes part, or no such fault exists.
    """
    plants: dict[str, str] = {}
    for specification in specifications:
        target, _, fault = specification.partition(":")
        if target not in (NATIVE, *targets):
            raise UsageError(
                f"--plant {specification}: `{target}` takes no part", hint=closest(target, (NATIVE, *targets))
            )
        if fault not in FAULTS:
            raise UsageError(f"--plant {specification}: no fault `{fault}`", hint=closest(fault, FAULTS))
        plants[target] = fault
    return plants
