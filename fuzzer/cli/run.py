"""`fuzz run`: run inputs on cores everywhere, compare, keep what differs."""

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from fuzzer.campaign.engine import Rules, Work
from fuzzer.campaign.engine import run as run_engine
from fuzzer.campaign.events import CaseFinished, Confirming, Event, Totals
from fuzzer.campaign.program import parse_plants, programs
from fuzzer.campaign.selection import cases_of, select
from fuzzer.cli.building import build_for, checked_targets
from fuzzer.cli.options import core_options, json_option, target_option
from fuzzer.cli.outcome import exit_code_of
from fuzzer.cli.results import ResultTable
from fuzzer.cli.session import Session
from fuzzer.config import RunSettings, check_run
from fuzzer.errors import UsageError
from fuzzer.model import NATIVE, Case
from fuzzer.store.artifact_store import LocalStore
from fuzzer.store.recorder import Record, Recorder
from fuzzer.store.run_log import RecordedCase
from fuzzer.triage.allowed import AllowedDivergences, load_allowed

ALLOWED_FILE = "allowed_divergences.toml"


@click.command()
@core_options
@click.option(
    "--input",
    "inputs",
    multiple=True,
    metavar="FILE|DIR",
    type=click.Path(path_type=Path),
    help="An input file, or a folder of them, instead of the core's own. Can be repeated.",
)
@target_option
@click.option("--timeout", type=float, metavar="S", help="Wall limit of one run in seconds.")
@click.option("--memory", type=int, metavar="MB", help="Memory limit of one run.")
@click.option("--record", type=click.Choice([kind.value for kind in Record]), help="Which results get a run log of their own.")
@click.option("--jobs", type=int, metavar="N", help="Runners per target; 0 is one per processor.")
@click.option("--repeat", type=int, default=1, metavar="N", help="Run every input N times.")
@click.option(
    "--plant",
    "plants",
    multiple=True,
    metavar="TARGET:FAULT",
    help="Make a target's runner misbehave on purpose: drop-commit, extra-commit, flip-bit, lose-exit-code, "
    "short-read.",
)
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
    *,
    as_json: bool,
) -> int:
    """Run each input of each core natively and on every target, and compare.

    Without --core, all cores run on all their inputs.
    """
    session = Session(as_json=as_json)
    settings = _overridden(
        session.settings.run,
        timeout=timeout,
        memory=memory,
        record=Record(record) if record else None,
        jobs=jobs,
    )
    if repeat < 1:
        raise UsageError(f"--repeat is {repeat}", hint="it must be a whole number from 1 on")
    others = checked_targets(targets, settings.targets)
    faults = parse_plants(plants, others)
    chosen = select(cores, core_paths, session.cores, default=session.default_cores)
    if inputs and len(chosen) != 1:
        raise UsageError("--input goes with one core", hint="name it with --core NAME or --core-path DIR")
    cases = [cases_of(core, inputs, project=session.project, names=list(session.cores)) for core in chosen]
    store = LocalStore(session.project.artifacts)
    recorder = Recorder(store, record=settings.record, clock=_now, warn=session.warn)
    recorder.repair()
    built, setup_seconds = build_for(session, chosen, others)
    work = [
        Work(program, _repeated(own, repeat))
        for program, own in zip(
            programs(built, project=session.project.root, plants=faults), cases, strict=True
        )
    ]
    table = ResultTable(session, chosen, cases, [NATIVE, *others], repeat=repeat)
    allowed = load_allowed(session.home.root / "inputs" / ALLOWED_FILE).joined_with(_own_allowed(session))
    rules = Rules(
        limits=settings.limits,
        jobs=settings.parallel,
        confirmations=settings.confirmations,
        allowed=allowed,
        today=_now().date(),
    )
    return _drive(run_engine(work, rules), recorder, table, setup_seconds)


def _drive(events: Iterator[Event], recorder: Recorder, table: ResultTable, setup_seconds: float) -> int:
    """Count, record and show events as they come. Whatever ends the run, what has finished is recorded."""
    totals = Totals()
    batch = Batch(recorder, table)
    interrupted = False
    try:
        for event in events:
            totals.add(event)
            if isinstance(event, CaseFinished):
                batch.add(event)
            else:
                batch.flush()
                if isinstance(event, Confirming):
                    table.confirming(event)
    except KeyboardInterrupt:
        interrupted = True
    finally:
        batch.flush()
    table.close(totals, interrupted=interrupted, setup_seconds=setup_seconds)
    return int(exit_code_of(totals, interrupted=interrupted))


class Batch:
    """Gathers results so that a fast run does not wait for the disk with each of them."""

    _SHARE = 20.0
    """Recording takes at most about one part in this many of the time."""
    _MOST = 1_000

    def __init__(self, recorder: Recorder, table: ResultTable) -> None:
        self._recorder = recorder
        self._table = table
        self._finished: list[CaseFinished] = []
        self._next_flush = 0.0

    def add(self, event: CaseFinished) -> None:
        """Take a result, and record what has gathered when it is time."""
        self._finished.append(event)
        if time.monotonic() >= self._next_flush or len(self._finished) >= self._MOST:
            self.flush()

    def flush(self) -> None:
        """Record and show what has gathered."""
        if not self._finished:
            return
        started = time.monotonic()
        finished, self._finished = self._finished, []
        run_ids = self._recorder.record([_recorded(event) for event in finished])
        for event, run_id in zip(finished, run_ids, strict=True):
            self._table.result(event, run_id)
        ended = time.monotonic()
        self._next_flush = ended + (ended - started) * self._SHARE


def _recorded(event: CaseFinished) -> RecordedCase:
    program = event.program
    return RecordedCase(
        result=event.result,
        core=program.core,
        targets=program.targets,
        limits=event.limits,
        sources=program.sources,
    )


def _overridden(
    settings: RunSettings,
    *,
    timeout: float | None,
    memory: int | None,
    record: Record | None,
    jobs: int | None,
) -> RunSettings:
    """The settings with what the command line says put over them."""
    given = {"timeout_s": timeout, "memory_mb": memory, "record": record, "jobs": jobs}
    changed = msgspec.structs.replace(
        settings, **{key: value for key, value in given.items() if value is not None}
    )
    check_run(changed)
    return changed


def _repeated(cases: Sequence[Case], times: int) -> Iterator[Case]:
    for _ in range(times):
        yield from cases


def _own_allowed(session: Session) -> AllowedDivergences:
    """The entries of a project that is not the checkout itself."""
    if session.project.root == session.home.root:
        return AllowedDivergences()
    return load_allowed(session.project.inputs / ALLOWED_FILE)


def _now() -> datetime:
    return datetime.now(UTC)
