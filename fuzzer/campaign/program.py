"""A program that is ready to run: a core's builds and the runners of the targets."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from fuzzer.build.cores import BuiltCore
from fuzzer.build.plan import Built
from fuzzer.errors import UsageError, closest
from fuzzer.execute.faults import known_faults
from fuzzer.execute.runner import RunnerCommand
from fuzzer.model import NATIVE, RVREF, RVREF_FAULTY, CoreInfo, Generator, TargetInfo

FAULTS = ("drop-commit", "extra-commit", "flip-bit", "lose-exit-code", "short-read")
"""Faults that every runner can be told to commit (`runners/protocol/src/plant.rs`)."""


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """A core with the command that starts each target's runner for it, `native` first."""

    core: CoreInfo
    commands: tuple[RunnerCommand, ...]
    targets: Mapping[str, TargetInfo]
    instructions: bytes | None = None
    """The ELF file of an instruction program: its runners load and run it in one go."""
    sources: Path | None = None
    """A copy of everything that a core is built from; `core.crate` is the crate's folder in it."""


class ProgramTargets(msgspec.Struct, frozen=True, kw_only=True):
    """What runs instruction programs: the reference first, then the targets that are held against it."""

    commands: tuple[RunnerCommand, ...]
    """Without a program: they take batches of them."""
    targets: Mapping[str, TargetInfo]
    rvref: Path
    """The reference's runner, which also traces."""
    generator: Path
    """What makes programs."""
    rustc: str
    generator_sha256: str = ""

    def program(self, elf: bytes) -> Program:
        """One program for runs in processes of its own."""
        core = CoreInfo(
            name=Generator.RISCV,
            path="",
            sources_sha256="",
            guest_elf_sha256=hashlib.sha256(elf).hexdigest(),
            sp1_zkvm_version="",
            rustc_version=self.rustc,
            guest_rustc_version="",
        )
        return Program(core=core, commands=self.commands, targets=self.targets, instructions=elf)


def program_targets(built: Built, *, plants: Mapping[str, str]) -> ProgramTargets:
    """The runners for instruction programs, `rvref` first whatever the order in which they were built."""
    runners = sorted(built.runners, key=lambda runner: runner.target != RVREF)
    return ProgramTargets(
        commands=tuple(
            RunnerCommand(target=runner.target, binary=runner.path, fault=plants.get(runner.target, ""))
            for runner in runners
        ),
        targets={
            runner.target: TargetInfo(
                name=runner.target,
                version=runner.version,
                runner_sha256=runner.sha256,
                planted=plants.get(runner.target, ""),
            )
            for runner in runners
        },
        rvref=runners[0].path,
        generator=built.generator or Path(),
        generator_sha256=_digest(built.generator) if built.generator else "",
        rustc=built.host.version,
    )


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check_faults(targets: ProgramTargets) -> None:
    """See that the faults of `rvref-faulty` are some that it knows.

    Raises:
        UsageError: one is not.
        RunnerError: the runner does not tell which it knows.
    """
    for command in targets.commands:
        if command.target != RVREF_FAULTY or not command.fault:
            continue
        known = known_faults(command.binary)
        if command.fault not in known:
            raise UsageError(
                f"--plant {command.target}:{command.fault}: no fault `{command.fault}`",
                hint=closest(command.fault, known),
            )


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


def parse_plants(
    specifications: Sequence[str], targets: Sequence[str], *, reference: str = NATIVE
) -> dict[str, str]:
    """The faults of `--plant TARGET:FAULT`, by target. Those of `rvref-faulty` are its own to know.

    Raises:
        UsageError: no such target takes part, or no such fault exists.
    """
    plants: dict[str, str] = {}
    for specification in specifications:
        target, _, fault = specification.partition(":")
        if target not in (reference, *targets):
            raise UsageError(
                f"--plant {specification}: `{target}` takes no part",
                hint=closest(target, (reference, *targets)),
            )
        if not fault or (fault not in FAULTS and target != RVREF_FAULTY):
            raise UsageError(f"--plant {specification}: no fault `{fault}`", hint=closest(fault, FAULTS))
        plants[target] = fault
    return plants
