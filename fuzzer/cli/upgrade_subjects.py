"""What `fuzz upgrade` runs: the cases of cores and generated programs, with the runners of both versions."""

from collections.abc import Mapping, Sequence

import msgspec

from fuzzer.build.plan import Built
from fuzzer.build.runners import TargetSpec
from fuzzer.campaign.program import Program, program_targets, programs
from fuzzer.campaign.selection import KnownCore
from fuzzer.campaign.upgrade import Subject, UpgradeCase
from fuzzer.cli.building import build_for
from fuzzer.cli.session import Session
from fuzzer.execute.generator import GeneratorProcess, Source
from fuzzer.execute.programs import BATCH
from fuzzer.model import RVREF, Case, Generator, Limits, Provenance, TargetInfo
from fuzzer.store.upgrade import Side
from fuzzer.store.upgrade_case import case_ids

_PROGRAM_LIMITS = Limits(wall_ms=500, memory_mb=2_048, output_mb=4)
"""Of one instruction program; it ends within a few thousand instructions."""
_EXECUTORS = {"sp1": "sp1@{}/jit", "sp1-portable": "sp1@{}/portable"}
"""How the contract's `base_url` names a target with several executors."""


class Version(msgspec.Struct, frozen=True):
    """One side: the target, and the fault that is planted in it."""

    spec: TargetSpec
    fault: str

    @property
    def url(self) -> str:
        """The target's identifier."""
        return url_of(self.spec.name, self.spec.kind.version)


def built_for(
    session: Session, cores: Sequence[KnownCore], versions: Mapping[Side, Version], *, generator: bool
) -> Built:
    """Everything built, the reference of programs too where there are some."""
    targets = dict.fromkeys(str(version.spec) for version in versions.values())
    if generator:
        targets = {RVREF: None, **targets}
    built, _ = build_for(session, cores, list(targets), generator=generator)
    return built


def core_subjects(
    session: Session, built: Built, versions: Mapping[Side, Version], cases: Sequence[Sequence[Case]]
) -> list[Subject]:
    """Each core with its cases."""
    ready = programs(built, project=session.project.root, plants={})
    return [_core_subject(program, versions, own) for program, own in zip(ready, cases, strict=True)]


def _core_subject(program: Program, versions: Mapping[Side, Version], cases: Sequence[Case]) -> Subject:
    commands = {command.target: command for command in program.commands}
    reference = program.commands[0]
    return Subject(
        cases=tuple(UpgradeCase(case_id="", case=case) for case in cases),
        reference=reference,
        reference_info=program.targets[reference.target],
        sides={
            side: msgspec.structs.replace(commands[str(version.spec)], fault=version.fault)
            for side, version in versions.items()
        },
    )


def program_subject(built: Built, versions: Mapping[Side, Version], seed: int, count: int) -> Subject:
    """So many generated programs."""
    ready = program_targets(built, plants={})
    commands = {command.target: command for command in ready.commands}
    source = Source(generator=Generator.RISCV, xlen=64, seed=seed)
    with GeneratorProcess(ready.generator) as generator:
        batches = list(generator.batches(source, first=0, count=count, size=BATCH))
    elves = [(first + place, elf) for first, batch in batches for place, elf in enumerate(batch)]
    return Subject(
        cases=tuple(
            UpgradeCase(
                case_id="",
                elf=elf,
                case=Case(
                    core="riscv",
                    input_name=f"{source.generator}-{source.xlen}/{seed}/{index}",
                    buffers=(),
                    provenance=Provenance(generator=Generator.RISCV, rng_seed=f"{seed}:{index}"),
                ),
            )
            for index, elf in elves
        ),
        reference=commands[RVREF],
        reference_info=ready.targets[RVREF],
        sides={
            side: msgspec.structs.replace(commands[str(version.spec)], fault=version.fault)
            for side, version in versions.items()
        },
        limits=_PROGRAM_LIMITS,
    )


def with_ids(subjects: Sequence[Subject]) -> list[Subject]:
    """The same with an id for every case, all different."""
    names = [(entry.case.core, entry.case.input_name) for subject in subjects for entry in subject.cases]
    ids = iter(case_ids(names))
    return [
        msgspec.structs.replace(
            subject,
            cases=tuple(msgspec.structs.replace(entry, case_id=next(ids)) for entry in subject.cases),
        )
        for subject in subjects
    ]


def info_of(version: Version, built: Built) -> TargetInfo:
    """The target of a version, as documents name it."""
    runner = next(runner for runner in built.runners if runner.target == str(version.spec))
    return TargetInfo(
        name=version.spec.name,
        version=runner.version,
        runner_sha256=runner.sha256,
        planted=version.fault,
    )


def url_of(name: str, version: str) -> str:
    """The identifier of a target, as `sp1@6.10.0/jit`."""
    return _EXECUTORS.get(name, f"{name}@{{}}").format(version)
