"""`fuzz upgrade`: the same cases on two versions of a target, and whether the new one may be taken."""

import platform
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec
from msgspec import UNSET
from rich.text import Text

from fuzzer import __version__
from fuzzer.build.plan import Built
from fuzzer.build.runners import parse_target
from fuzzer.campaign.program import FAULTS
from fuzzer.campaign.selection import KnownCore, cases_of, select
from fuzzer.campaign.upgrade import (
    RETRIED,
    Compared,
    Subject,
    UpgradeRules,
    run_upgrade,
)
from fuzzer.campaign.upgrade_evaluation import evaluate
from fuzzer.cli.interrupts import Interrupts
from fuzzer.cli.options import core_options, json_option, timeout_option
from fuzzer.cli.session import Session
from fuzzer.cli.upgrade_subjects import (
    Version,
    built_for,
    core_subjects,
    info_of,
    program_subject,
    url_of,
    with_ids,
)
from fuzzer.config import overridden
from fuzzer.errors import ExitCode, UsageError, closest
from fuzzer.model import TargetInfo
from fuzzer.report.upgrade_page import render_upgrade
from fuzzer.store.tree import read_tree
from fuzzer.store.upgrade import (
    COMPARISON_NAME,
    SIDES,
    Evaluation,
    RetryPolicy,
    Side,
    UpgradeLimits,
    UpgradeRun,
    UpgradeStats,
)
from fuzzer.store.upgrade_case import CaseRun
from fuzzer.store.upgrade_folder import UpgradeFolder
from fuzzer.store.upgrade_inputs import corpus_case
from fuzzer.triage.upgrade import Change, Thresholds, error_class_of


@click.command()
@click.option("--baseline", required=True, metavar="TARGET", help="What is in use: sp1@6.2.0.")
@click.option("--new", "new", required=True, metavar="TARGET", help="What may be taken: sp1@6.10.0.")
@core_options
@click.option(
    "--input",
    "inputs",
    multiple=True,
    metavar="FILE|DIR",
    type=click.Path(readable=False, path_type=Path),
    help="An input file, or a folder of them, instead of the core's own. Can be repeated.",
)
@click.option(
    "--programs",
    "program_count",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Generated RISC-V programs to run besides.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=1, show_default=True, metavar="N", help="Of the programs."
)
@timeout_option
@click.option("--jobs", type=click.IntRange(min=0), metavar="N", help="Runners; 0 is one per processor.")
@click.option(
    "--retries",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    metavar="N",
    help="After a timeout or a runner's death.",
)
@click.option(
    "--repeat",
    type=click.IntRange(min=1),
    default=1,
    metavar="N",
    help="Run every case N times; its least time counts.",
)
@click.option(
    "--cycles",
    "cycles_percent",
    type=click.FloatRange(min=0),
    default=5.0,
    show_default=True,
    metavar="PERCENT",
    help="By how much the cycles of a case may grow.",
)
@click.option(
    "--slower",
    "time_percent",
    type=click.FloatRange(min=0),
    metavar="PERCENT",
    help="By how much the time of all cases may grow; without it, time decides nothing.",
)
@click.option(
    "--plant", "plants", multiple=True, metavar="SIDE:FAULT", help="Make `baseline` or `new` misbehave."
)
@json_option
def upgrade(
    baseline: str,
    new: str,
    cores: Sequence[str],
    core_paths: Sequence[Path],
    inputs: Sequence[Path],
    program_count: int,
    seed: int,
    timeout: float | None,
    jobs: int | None,
    retries: int,
    repeat: int,
    cycles_percent: float,
    time_percent: float | None,
    plants: Sequence[str],
    *,
    as_json: bool,
) -> int:
    """Run the same cases on two versions of a target, and say what changed.

    Exit code 0: nothing changed for the worse. 1: something did, or is not steady.
    """
    session = Session(as_json=as_json)
    faults = _plants(plants)
    versions: dict[Side, Version] = {
        "baseline": Version(parse_target(session.home, baseline), faults.get("baseline", "")),
        "new": Version(parse_target(session.home, new), faults.get("new", "")),
    }
    chosen = _chosen(session, cores, core_paths, without=program_count > 0)
    if inputs and len(chosen) != 1:
        raise UsageError("--input goes with one core", hint="name it with --core NAME or --core-path DIR")
    cases = [cases_of(core, inputs, project=session.project, names=list(session.cores)) for core in chosen]
    settings = overridden(session.settings.run, timeout_s=timeout, jobs=jobs)
    rules = UpgradeRules(
        limits=settings.limits,
        jobs=settings.parallel,
        retries=retries,
        confirmations=settings.confirmations,
        rounds=repeat,
        now=_now,
        sleep=time.sleep,
    )
    thresholds = Thresholds(cycles_percent=cycles_percent, time_percent=time_percent)
    if faults:
        session.warn(f"planted on purpose: {', '.join(plants)}; what changes now is no real finding")
    built = built_for(session, chosen, versions, generator=program_count > 0)
    subjects = core_subjects(session, built, versions, cases)
    if program_count:
        subjects.append(program_subject(built, versions, seed, program_count))
    gate = _Upgrade(session, versions, built, rules, seed if program_count else None)
    return gate.run(with_ids(subjects), thresholds)


def _plants(plants: Sequence[str]) -> dict[str, str]:
    faults: dict[str, str] = {}
    for specification in plants:
        side, _, fault = specification.partition(":")
        if side not in SIDES:
            raise UsageError(f"--plant {specification}: no side `{side}`", hint=closest(side, SIDES))
        if fault not in FAULTS:
            raise UsageError(f"--plant {specification}: no fault `{fault}`", hint=closest(fault, FAULTS))
        faults[side] = fault
    return faults


def _chosen(
    session: Session, cores: Sequence[str], paths: Sequence[Path], *, without: bool
) -> list[KnownCore]:
    """The cores that are named; without any, all of them unless there is something else to run."""
    default = [] if without else session.default_cores
    return select(cores, paths, session.cores, default=default)


class _Upgrade:
    """An upgrade under way: its folders, and what has run."""

    def __init__(
        self,
        session: Session,
        versions: Mapping[Side, Version],
        built: Built,
        rules: UpgradeRules,
        seed: int | None,
    ) -> None:
        self._session = session
        self._versions = versions
        self._rules = rules
        self._seed = seed
        self._infos = {side: info_of(version, built) for side, version in versions.items()}
        self._limits = UpgradeLimits()
        self._done: list[Compared] = []
        self._store = session.store

    def run(self, subjects: Sequence[Subject], thresholds: Thresholds) -> int:
        """Run everything, write it down and show it; the exit code."""
        session = self._session
        folder = UpgradeFolder(self._store, created=_now())
        corpus = [(corpus_case(entry.case_id, entry.case, entry.elf)) for s in subjects for entry in s.cases]
        self._corpus = {case.case_id: case for case, _ in corpus}
        folder.begin({side: self._document(side, folder) for side in SIDES}, corpus)
        with Interrupts() as interrupts:
            try:
                for subject in subjects:
                    self._run(subject, folder, interrupts)
            finally:
                with interrupts.held_back():
                    for side in SIDES:
                        folder.write_run(side, self._document(side, folder))
        references = {subject.reference_info.name: subject.reference_info for subject in subjects}
        evaluation = evaluate(
            self._done,
            run_id=folder.id,
            generated_at=folder.generated_at,
            urls={side: version.url for side, version in self._versions.items()},
            infos=self._infos,
            references=list(references.values()),
            thresholds=thresholds,
        )
        folder.evaluate(evaluation, render_upgrade(evaluation))
        for line in _lines(evaluation):
            session.show(line)
        session.show(f"{session.artifacts}/{folder.path('new')}/{COMPARISON_NAME} · {session.seconds:.1f} s")
        session.emit("upgrade", {"path": folder.path("new"), **msgspec.to_builtins(evaluation)})
        return int(_exit_code(evaluation))

    def _run(self, subject: Subject, folder: UpgradeFolder, interrupts: Interrupts) -> None:
        """Run one subject and write each of its cases."""
        if subject.limits is not None:
            rules = msgspec.structs.replace(self._rules, limits=subject.limits)
        else:
            rules = self._rules
        allowed = self._session.allowed
        for compared in run_upgrade(subject, self._infos, rules, allowed):
            if compared is None:
                continue
            with interrupts.held_back():
                self._done.append(compared)
                folder.add(list(self._case_runs(compared, subject.reference_info)), self._limits)

    def _case_runs(self, compared: Compared, reference: TargetInfo) -> Iterator[CaseRun]:
        corpus = self._corpus[compared.case.case_id]
        for side, tried in compared.tried.items():
            yield CaseRun(
                case_id=compared.case.case_id,
                side=side,
                url=self._versions[side].url,
                reference_url=url_of(reference.name, reference.version),
                input_href=corpus.href,
                input_sha256=corpus.sha256,
                result=compared.results[side],
                reference_started=compared.reference.attempts[-1].started,
                attempts=tried.attempts,
            )

    def _document(self, side: Side, folder: UpgradeFolder) -> UpgradeRun:
        failed = sum(error_class_of(entry.tried[side].outcome) is not None for entry in self._done)
        tree = read_tree(self._session.project.root)
        return UpgradeRun(
            run_id=folder.id,
            version=side,
            generated_at=folder.generated_at,
            base_url=self._versions[side].url,
            selected_case_ids=tuple(self._corpus),
            runner_version=__version__,
            repo_commit=tree.sha or UNSET,
            dirty=tree.dirty if tree.sha else UNSET,
            node_version=f"Python {platform.python_version()}",
            timeout_ms=self._rules.limits.wall_ms,
            retries=self._rules.retries,
            concurrency=self._rules.jobs,
            retry_policy=RetryPolicy(classes=RETRIED),
            limits=self._limits,
            stats=UpgradeStats(
                cases_total=len(self._corpus),
                cases_completed=len(self._done),
                cases_failed=failed,
                duration_ms=int(self._session.seconds * 1000),
            ),
            target=self._infos[side],
            seed=UNSET if self._seed is None else self._seed,
        )


def _lines(evaluation: Evaluation) -> Iterator[Text | str]:
    """The table of what changed, and the closing words."""
    shown = [entry for entry in evaluation.cases if entry.change.change is not Change.UNCHANGED]
    dearer = [entry for entry in evaluation.cases if entry.change.dearer and entry not in shown]
    width = max((len(entry.change.case_id) for entry in [*shown, *dearer]), default=0)
    for entry in shown:
        yield f" {entry.change.case_id:<{width}}  {entry.change.change:<11}  {entry.change.why}"
    for entry in dearer:
        before, after = entry.baseline.cycles or 0, entry.new.cycles or 0
        grown = entry.change.cycles_percent or 0
        yield f" {entry.change.case_id:<{width}}  dearer       {before:,} to {after:,} cycles ({grown:+g} %)"
    counts = evaluation.decision.counts
    told = ", ".join(f"{counts[word]:,} {word}" for word in Change if counts[word])
    speed = evaluation.speed
    time_ = "" if speed.percent is None else f" · time {speed.percent:+.1f} % over {speed.cases:,} cases"
    yield f"{len(evaluation.cases):,} cases: {told}{time_}"
    sides = f"{evaluation.baseline.base_url} to {evaluation.new.base_url}"
    if evaluation.decision.blocked:
        yield Text.assemble(("Blocked", "bold red"), f": {sides}: {'; '.join(evaluation.decision.reasons)}")
    else:
        yield Text.assemble(("Pass", "bold green"), f": {sides}: nothing changed for the worse")


def _exit_code(evaluation: Evaluation) -> ExitCode:
    if not evaluation.decision.compared:
        return ExitCode.NOTHING_COMPARED
    return ExitCode.FINDINGS if evaluation.decision.blocked else ExitCode.AGREE


def _now() -> datetime:
    return datetime.now(UTC)
