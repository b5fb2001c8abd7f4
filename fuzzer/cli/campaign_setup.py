"""From a request to what a campaign runs with: cores and runners are built, inputs and formats read."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import msgspec

from fuzzer.build.plan import Built
from fuzzer.campaign.care import Care
from fuzzer.campaign.earlier import earlier_inputs
from fuzzer.campaign.program import (
    Program,
    check_faults,
    parse_plants,
    program_targets,
    programs,
)
from fuzzer.campaign.reads import ask_reads
from fuzzer.campaign.search.corpus import Earlier
from fuzzer.campaign.search.engine import Plan, SearchedCore
from fuzzer.campaign.search.programs import Programs
from fuzzer.campaign.selection import KnownCore, checked_targets, seeds_of, select
from fuzzer.cli.building import build_for
from fuzzer.cli.campaign_request import KEPT, Request
from fuzzer.cli.session import Session
from fuzzer.config import RunSettings, overridden
from fuzzer.errors import UsageError
from fuzzer.execute.generator import Source
from fuzzer.execute.runner import RunnerCommand
from fuzzer.generate.forms import load_dictionary, load_schema
from fuzzer.generate.structure import RAW, InputFormat
from fuzzer.model import NATIVE, RVREF, RVREF_FAULTY, Case, Limits, TargetInfo
from fuzzer.report.words import counted
from fuzzer.store.artifact_store import LocalStore

_PROGRAM_LIMITS = Limits(wall_ms=500, memory_mb=2_048, output_mb=4)
"""Of one instruction program; it ends within a few thousand instructions."""
_MOST_S = 5.0
"""Wall limit of a case of a core where the call has none: a campaign has better to do than to wait."""

EarlierByCore = Mapping[str, Sequence[Earlier]]
"""Inputs that earlier campaigns have kept."""


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """What is known before anything is built."""

    request: Request
    run: RunSettings
    cores: tuple[KnownCore, ...]
    seeds: tuple[tuple[Case, ...], ...]
    """Of each core."""
    forms: tuple[InputFormat | None, ...]
    """Of each core's schema; None where it has none."""
    targets: tuple[str, ...]
    """What cores are run on beside native, and programs beside the reference."""
    plants: Mapping[str, str]
    runs_programs: bool


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a campaign needs."""

    cores: tuple[SearchedCore, ...]
    plan: Plan
    rvref: Path

    @property
    def targets(self) -> tuple[TargetInfo, ...]:
        """All of them, the references first."""
        infos: dict[str, TargetInfo] = {}
        for core in self.cores[:1]:
            infos |= core.program.targets
        if self.plan.programs:
            infos |= {**self.plan.programs.targets.targets, **infos}
        order = {NATIVE: 0, RVREF: 1 if self.plan.programs else 2}
        return tuple(sorted(infos.values(), key=lambda info: order.get(info.name, 2)))

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of what has its turns."""
        names = [core.name for core in self.cores]
        return (*names, self.plan.programs.source.generator) if self.plan.programs else tuple(names)


def prepare(session: Session, request: Request) -> Prepared:
    """Everything that may be wrong with a call, found before minutes of building.

    Raises:
        FuzzerError: something is.
    """
    request.check()
    usual = session.settings.run
    usual = msgspec.structs.replace(usual, timeout_s=min(usual.timeout_s, _MOST_S))
    run = overridden(usual, timeout_s=request.timeout, jobs=request.jobs)
    named = checked_targets(session.home, request.targets, session.settings.run.targets)
    others = [name for name in named if name != RVREF]
    runs_programs = bool(request.of_programs)
    if runs_programs and not others:
        if request.generators:
            raise UsageError(f"there is nothing to compare `{RVREF}` with", hint="add the target sp1")
        runs_programs = False
    if wide := [name for name in others if request.xlen == 32 and not name.startswith(RVREF)]:  # noqa: PLR2004 - bits
        raise UsageError(
            f"`{wide[0]}` runs 64-bit programs only", hint=f"--xlen 32 goes with {RVREF_FAULTY} today"
        )
    cores: list[KnownCore] = []
    if request.of_inputs:
        paths = [session.project.root / path for path in request.core_paths]
        cores = select(request.cores, paths, session.cores, default=session.default_cores)
    plants = parse_plants(request.plants, named if cores else others, reference=NATIVE if cores else RVREF)
    seeds = [_seeds(session, core) for core in cores]
    return Prepared(
        request=request,
        run=run,
        cores=tuple(cores),
        seeds=tuple(seeds),
        forms=tuple(load_schema(core.format_folder, core.name) for core in cores),
        targets=tuple(named),
        plants=plants,
        runs_programs=runs_programs,
    )


def _seeds(session: Session, core: KnownCore) -> tuple[Case, ...]:
    return tuple(seeds_of(core, project=session.project, names=list(session.cores)))


def _form(session: Session, program: Program, seeds: Sequence[Case]) -> InputFormat:
    """What a core without a schema reads: what its native runs tell, else what its seeds show."""
    reads = ask_reads(program, [case.buffers for case in seeds], session.settings.run.limits)
    for unknown in reads.unknown:
        session.warn(f"core `{program.core.name}` reads a type whose form is not known: {unknown}")
    return reads.form if reads.form.buffers else InputFormat(buffers=(RAW,))


def earlier_of(session: Session, store: LocalStore, prepared: Prepared) -> dict[str, Sequence[Earlier]]:
    """What earlier campaigns have left of each core; what cannot be used of it is a warning.

    Raises:
        StoreError: it was written by a newer `fuzz`.
    """
    with_kept = prepared.request.corpus == KEPT
    found = {
        core.name: earlier_inputs(store, core.name, seeds, with_kept=with_kept)
        for core, seeds in zip(prepared.cores, prepared.seeds, strict=True)
    }
    for problem, *others in (one.problems for one in found.values() if one.problems):
        more = f", and {len(others):,} others" if others else ""
        session.warn(f"{session.artifacts}/{problem}{more}; passed over")
    regressions = sum(len(one.regressions) for one in found.values())
    if kept := sum(len(one.kept) for one in found.values()):
        session.note(f"Runs {counted(kept, 'input')} first that earlier campaigns have kept")
    if regressions:
        session.note(f"Runs the inputs of {counted(regressions, 'regression test')} first")
    return {name: one.inputs for name, one in found.items()}


def make_ready(session: Session, prepared: Prepared, earlier: EarlierByCore, today: date) -> Ready:
    """Build what is not there yet.

    Raises:
        FuzzerError: something does not build, or a fault is not known.
    """
    request, run = prepared.request, prepared.run
    others = [name for name in prepared.targets if name != RVREF]
    built, _ = build_for(
        session,
        prepared.cores,
        [RVREF, *others],
        generator=prepared.runs_programs,
        counted=request.native_coverage,
    )
    care = Care(
        limits=run.limits,
        confirmations=run.confirmations,
        reduce_s=request.reduce_s,
        jobs=run.parallel,
        allowed=session.allowed,
        today=today,
    )
    rvref = next(runner for runner in built.runners if runner.target == RVREF)
    plan = Plan(
        seed=request.seed,
        generators=request.of_inputs,
        care=care,
        budget=request.budget,
        programs=_programs(prepared, built) if prepared.runs_programs else None,
        probe=TargetInfo(name=RVREF, version=rvref.version, runner_sha256=rvref.sha256)
        if prepared.cores
        else None,
    )
    return Ready(cores=_searched(session, prepared, built, earlier), plan=plan, rvref=rvref.path)


def _programs(prepared: Prepared, built: Built) -> Programs:
    targets = program_targets(built, plants=prepared.plants)
    check_faults(targets)
    request = prepared.request
    source = Source(generator=request.of_programs, xlen=request.xlen, seed=request.seed)
    return Programs(targets=targets, source=source, limits=_PROGRAM_LIMITS)


def _searched(
    session: Session, prepared: Prepared, built: Built, earlier: EarlierByCore
) -> tuple[SearchedCore, ...]:
    rvref = next(runner for runner in built.runners if runner.target == RVREF)
    asked = tuple(runner for runner in built.runners if runner.target in prepared.targets)
    own = msgspec.structs.replace(built, runners=asked)
    ready = programs(own, project=session.project.root, plants=prepared.plants)
    known = zip(prepared.forms, ready, prepared.seeds, strict=True)
    forms = [form or _form(session, program, seeds) for form, program, seeds in known]
    return tuple(
        SearchedCore(
            program=program,
            form=form,
            dictionary=load_dictionary(core.format_folder, core.name, [case.buffers for case in seeds], form),
            seeds=seeds,
            earlier=earlier.get(core.name, ()),
            probe=RunnerCommand(target=RVREF, binary=rvref.path, program=_elf(program)),
            counted=of_core.counted,
        )
        for core, of_core, program, seeds, form in zip(
            prepared.cores, built.cores, ready, prepared.seeds, forms, strict=True
        )
    )


def _elf(program: Program) -> Path | None:
    return next((command.program for command in program.commands if command.program), None)
