"""`fuzz run`: run inputs on cores everywhere, compare, keep what differs."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from fuzzer.campaign.allowances import Ran, stale
from fuzzer.campaign.engine import Rules, Work
from fuzzer.campaign.engine import run as run_engine
from fuzzer.campaign.events import CaseFinished, Confirming, Event, Totals
from fuzzer.campaign.program import Program, parse_plants, programs
from fuzzer.campaign.selection import KnownCore, cases_of, checked_targets, select
from fuzzer.cli.batch import Batch
from fuzzer.cli.building import build_for
from fuzzer.cli.bundling import Bundled, Bundling
from fuzzer.cli.campaign_request import relative_paths
from fuzzer.cli.check_files import CheckFiles, check_file_options
from fuzzer.cli.checked import Checked
from fuzzer.cli.interrupts import Interrupts
from fuzzer.cli.options import core_options, json_option, target_option, timeout_option
from fuzzer.cli.outcome import exit_code_of
from fuzzer.cli.results import ResultTable
from fuzzer.cli.session import Session
from fuzzer.config import LEAST, RunSettings, overridden
from fuzzer.errors import UsageError
from fuzzer.model import NATIVE, Case, Record
from fuzzer.report.results import End
from fuzzer.store.bundle_folder import begin_bundle
from fuzzer.store.recorder import Recorder
from fuzzer.store.utc import utc_text


@click.command()
@core_options
@click.option(
    "--input",
    "inputs",
    multiple=True,
    metavar="FILE|DIR",
    type=click.Path(readable=False, path_type=Path),
    help="An input file, or a folder of them, instead of the core's own. Can be repeated.",
)
@target_option
@timeout_option
@click.option(
    "--memory",
    type=click.IntRange(min=int(LEAST["memory_mb"])),
    metavar="MB",
    help="Memory limit of a run.",
)
@click.option(
    "--record",
    type=click.Choice([kind.value for kind in Record]),
    help="Which results get a run log of their own.",
)
@click.option(
    "--jobs", type=click.IntRange(min=0), metavar="N", help="Runners per target; 0 is one per processor."
)
@click.option("--repeat", type=click.IntRange(min=1), default=1, metavar="N", help="Run every input N times.")
@click.option(
    "--plant",
    "plants",
    multiple=True,
    metavar="TARGET:FAULT",
    help="Make a target's runner misbehave on purpose: drop-commit, extra-commit, flip-bit, lose-exit-code, "
    "short-read.",
)
@check_file_options
@json_option
def run(
    cores: Sequence[str],
    core_paths: Sequence[Path],
    inputs: Sequence[Path],
    targets: Sequence[str],
    timeout: float | None,
    memory: int | None,
    record: str | None,
    jobs: int | None,
    repeat: int,
    plants: Sequence[str],
    junit: Path | None,
    sarif: Path | None,
    *,
    as_json: bool,
) -> int:
    """Run inputs natively and on targets, and compare.

    Without --core, all cores run on all their inputs.
    """
    session = Session(as_json=as_json)
    files = CheckFiles(junit, sarif)
    began = _now()
    settings = overridden(
        session.settings.run,
        timeout_s=timeout,
        memory_mb=memory,
        record=Record(record) if record else None,
        jobs=jobs,
    )
    others = checked_targets(session.home, targets, settings.targets)
    faults = parse_plants(plants, others)
    chosen = select(cores, core_paths, session.cores, default=session.default_cores)
    cases = _cases(session, chosen, inputs)
    rules = _rules(session, settings)
    recorder = _recorder(session, settings)
    if faults:
        planted = ", ".join(f"{target}:{fault}" for target, fault in faults.items())
        session.warn(f"planted on purpose: {planted}; what differs now is no real finding")
    built, setup_seconds = build_for(session, chosen, others)
    ready = programs(built, project=session.project.root, plants=faults)
    work = [Work(program, _repeated(own, repeat)) for program, own in zip(ready, cases, strict=True)]
    table = ResultTable(session, chosen, cases, [NATIVE, *others], repeat=repeat, setup_seconds=setup_seconds)
    totals = Totals()
    call = _Call(
        cores=tuple(cores),
        core_paths=relative_paths(core_paths, session.project.root),
        inputs=relative_paths(inputs, session.project.root),
        targets=tuple(others),
        plants=tuple(plants),
        repeat=repeat,
        settings=settings,
    )
    bundling = _bundling(session, call, ready, began)
    bundled = Bundled(table, bundling)
    checked = Checked(bundled)
    batch = Batch(recorder, checked if files.wanted else bundled)
    with bundling.ending(totals, of_cases=True) as ending:
        end = ending.end = _drive(run_engine(work, rules), totals, batch, table)
    if files.wanted:
        files.write(checked.checks(began=began, seconds=session.seconds, end=end.value, programs=ready))
    if end is End.COMPLETE and not inputs:
        _warn_of_stale(session, chosen, others, rules, totals)
    return int(exit_code_of(totals, interrupted=end is End.INTERRUPTED))


class _Call(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for, with its defaults."""

    cores: tuple[str, ...]
    core_paths: tuple[str, ...]
    """Relative to the project, as `inputs` are."""
    inputs: tuple[str, ...]
    targets: tuple[str, ...]
    plants: tuple[str, ...]
    repeat: int
    settings: RunSettings

    def words(self) -> tuple[str, ...]:
        """The words of a call that asks for the same, in the project's folder."""
        named = (
            ("--core", self.cores),
            ("--core-path", self.core_paths),
            ("--input", self.inputs),
            ("--target", self.targets),
            ("--plant", self.plants),
        )
        words = [word for option, values in named for value in values for word in (option, value)]
        words += ["--repeat", str(self.repeat)] * (self.repeat > 1)
        words += ["--timeout", f"{self.settings.timeout_s:g}", "--memory", str(self.settings.memory_mb)]
        return ("run", *words)


def _bundling(session: Session, call: _Call, ready: Sequence[Program], began: datetime) -> Bundling:
    """The bundle of this run, begun."""
    store = session.store
    name = ready[0].core.name if len(ready) == 1 else "mixed"
    bundling = Bundling(begin_bundle(store, created=began, name=name), seconds=lambda: session.seconds)
    bundling.begin(
        session,
        command=call.words(),
        request=msgspec.to_builtins(call),
        cores=[program.core for program in ready],
        targets=list({name: info for program in ready for name, info in program.targets.items()}.values()),
        created_utc=utc_text(began),
    )
    return bundling


def _cases(session: Session, chosen: Sequence[KnownCore], inputs: Sequence[Path]) -> list[list[Case]]:
    """The cases of each core."""
    if inputs and len(chosen) != 1:
        raise UsageError("--input goes with one core", hint="name it with --core NAME or --core-path DIR")
    return [cases_of(core, inputs, project=session.project, names=list(session.cores)) for core in chosen]


def _rules(session: Session, settings: RunSettings) -> Rules:
    return Rules(
        limits=settings.limits,
        jobs=settings.parallel,
        confirmations=settings.confirmations,
        allowed=session.allowed,
        today=_now().date(),
    )


def _recorder(session: Session, settings: RunSettings) -> Recorder:
    """Who records the results; that it can is found out now and not after minutes of building."""
    store = session.store
    recorder = Recorder(store, record=settings.record, clock=_now, warn=session.warn)
    recorder.repair()
    return recorder


def _warn_of_stale(
    session: Session, chosen: Sequence[KnownCore], targets: Sequence[str], rules: Rules, totals: Totals
) -> None:
    """Name the allowances that are of no use any more, when all cores ran on all their inputs."""
    names = [core.name for core in chosen]
    if not set(names) >= set(session.default_cores):
        return
    ran = Ran(known_cores=list(session.cores), cores=names, targets=targets)
    for warning in stale(rules.allowed, used=totals.allowances, ran=ran, today=rules.today):
        session.warn(warning)


def _drive(events: Generator[Event], totals: Totals, batch: Batch, table: ResultTable) -> End:
    """Count, record and show events as they come; whatever ends the run, what has finished is recorded."""
    end = End.FAILED
    with table, Interrupts() as interrupts, closing(events):
        try:
            for event in events:
                with interrupts.held_back():
                    _keep(event, totals, batch)
                with interrupts.held_back(patient=False):
                    _show(event, batch, table)
            end = End.COMPLETE
        except KeyboardInterrupt:
            end = End.INTERRUPTED
        finally:
            try:
                with interrupts.held_back():
                    batch.record()
            finally:
                _close(end, totals, batch, table, interrupts)
    return end


def _keep(event: Event, totals: Totals, batch: Batch) -> None:
    """Count an event and see to it that its result is recorded: at once when the next one may take long."""
    totals.add(event)
    if isinstance(event, CaseFinished):
        batch.add(event)
    else:
        batch.record()


def _show(event: Event, batch: Batch, table: ResultTable) -> None:
    batch.show()
    if isinstance(event, Confirming):
        table.confirming(event)


def _close(end: End, totals: Totals, batch: Batch, table: ResultTable, interrupts: Interrupts) -> None:
    """Show what is left to show, but not to somebody who interrupts twice: maybe nobody reads."""
    if interrupts.count > 1:
        raise KeyboardInterrupt
    with interrupts.held_back(patient=False):
        batch.show()
        table.close(totals, end)


def _repeated(cases: Sequence[Case], times: int) -> Iterator[Case]:
    for _ in range(times):
        yield from cases


def _now() -> datetime:
    return datetime.now(UTC)
