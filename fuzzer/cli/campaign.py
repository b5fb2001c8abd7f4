"""`fuzz campaign`: generate cases and run them everywhere until a budget is used up."""

import secrets
import time
from collections.abc import Generator, Sequence
from contextlib import closing, nullcontext
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from fuzzer.campaign.events import CaseFinished, Event
from fuzzer.campaign.hunt.covered import Covered
from fuzzer.campaign.keep.findings import Findings, recorded_by
from fuzzer.campaign.keep.handler import Handler
from fuzzer.campaign.keep.inputs import KeptInputs
from fuzzer.campaign.keep.passes import Passes
from fuzzer.campaign.keep.tally import Tally
from fuzzer.campaign.search.engine import begun, search
from fuzzer.campaign.search.identity import refuse_others
from fuzzer.campaign.search.journal import Remembered, remember
from fuzzer.cli.bundling import Bundling
from fuzzer.cli.campaign_documents import Documents
from fuzzer.cli.campaign_page import facts_of, write_page
from fuzzer.cli.campaign_request import (
    INPUT_GENERATORS,
    KEPT,
    NONE,
    PROGRAM_GENERATORS,
    Request,
    goes_on,
    relative_paths,
)
from fuzzer.cli.campaign_setup import EarlierByCore, Prepared, Ready, earlier_of, make_ready, prepare
from fuzzer.cli.campaign_view import CampaignView
from fuzzer.cli.check_files import CheckFiles, check_file_options
from fuzzer.cli.duration import Duration
from fuzzer.cli.interrupts import Interrupts
from fuzzer.cli.options import core_options, json_option, target_option, timeout_option
from fuzzer.cli.outcome import exit_code_of
from fuzzer.cli.session import Session
from fuzzer.execute.cluster import Cluster, cluster
from fuzzer.gate.failures import is_finding
from fuzzer.model import Record
from fuzzer.report.checks import checks_of
from fuzzer.report.results import End
from fuzzer.store.artifact_store import LocalStore
from fuzzer.store.bundle_folder import BundleFolder
from fuzzer.store.campaign import (
    CAMPAIGNS,
    JOURNAL_NAME,
    RUNNING,
    CampaignFolder,
    CampaignRecord,
    begin_campaign,
)
from fuzzer.store.campaigns import find_campaign, read_campaign
from fuzzer.store.journal import JournalFile, read_journal
from fuzzer.store.passes import PassShards
from fuzzer.store.recorder import Recorder

_SEED_BITS = 32


@click.command()
@core_options
@click.option(
    "--generator",
    "generators",
    type=click.Choice([name.value for name in (*INPUT_GENERATORS, *PROGRAM_GENERATORS)]),
    multiple=True,
    help="What makes the cases: of inputs for cores, or of instruction programs. Can be repeated. "
    "Default: mutated and generated, and riscv where no core is named.",
)
@target_option
@timeout_option
@click.option("--for", "seconds", type=Duration(), metavar="TIME", help="How long: 90s, 10m, 8h.")
@click.option("--cases", type=click.IntRange(min=1), metavar="N", help="How many cases, shared out evenly.")
@click.option("--seed", type=click.IntRange(min=0), metavar="N", help="Everything follows from it.")
@click.option("--resume", metavar="ID", help="Go on with a campaign; `latest` is the newest one.")
@click.option(
    "--xlen",
    type=click.Choice(["64", "32"]),
    default="64",
    show_default=True,
    help="Register width of instruction programs.",
)
@click.option(
    "--reduce-for",
    "reduce_s",
    type=Duration(),
    default="30s",
    show_default=True,
    help="Time to reduce a finding in.",
)
@click.option(
    "--plant", "plants", multiple=True, metavar="TARGET:FAULT", help="Make a target misbehave on purpose."
)
@click.option(
    "--jobs", type=click.IntRange(min=0), metavar="N", help="Runners per target; 0 is one per processor."
)
@click.option(
    "--corpus",
    type=click.Choice([KEPT, NONE]),
    default=KEPT,
    show_default=True,
    help="Whether inputs that earlier campaigns have kept take part, and new ones are kept.",
)
@click.option(
    "--native-coverage",
    is_flag=True,
    help="Go by what the host's build executes too: finds what is hidden in code that the guest lacks.",
)
@click.option(
    "--workers", type=click.IntRange(min=1), metavar="N", help="Processes of this machine that run cases."
)
@click.option(
    "--scheduler", metavar="ADDRESS", help="Run cases on the workers of this Dask scheduler: tcp://HOST:PORT."
)
@check_file_options
@json_option
@click.pass_context
def campaign(
    context: click.Context,
    /,
    *,
    core_paths: Sequence[Path],
    seed: int | None,
    resume: str | None,
    xlen: str,
    workers: int | None,
    scheduler: str | None,
    junit: Path | None,
    sarif: Path | None,
    as_json: bool,
    **words: object,
) -> int:
    """Generate cases, run them on targets, and look into every difference.

    Cores are given inputs that are mutated from those they have and generated from their form, led by what
    the reference executor rvref says they cover, and held against native. Instruction programs are held
    against rvref. All parts have the same share of the time. Without --core, all cores take part, also those
    that are hostile on purpose. Without --for and --cases, a campaign goes on until it is interrupted.
    """
    session = Session(as_json=as_json)
    files = CheckFiles(junit, sarif)
    request = msgspec.convert(
        {
            **words,
            "core_paths": relative_paths(core_paths, session.project.root),
            "seed": secrets.randbits(_SEED_BITS) if seed is None else seed,
            "xlen": int(xlen),
        },
        Request,
    )
    store = session.store
    before = _Before(store, resume) if resume else None
    if before:
        request = before.request(request, _named(context))
    prepared = prepare(session, request)
    recorder = Recorder(store, record=Record.ALL, clock=_now, warn=session.warn)
    recorder.repair()
    if before:  # it may have been killed while it wrote of itself, of which no mark tells
        store.sweep()
    if prepared.plants:
        session.warn(f"planted on purpose: {_planted(prepared)}; what differs now is no real finding")
    remembered = before.remembered if before else None
    if remembered:
        earlier: EarlierByCore = {core.name: core.earlier for core in remembered.begun.cores}
    else:
        earlier = earlier_of(session, store, prepared)
    at_work = cluster(workers or 1, scheduler or "") if workers or scheduler else nullcontext()
    with session.pushing(), at_work as on:
        ready = make_ready(session, prepared, earlier, _now().date())
        return _Campaign(session, store, prepared, ready, before, files, on).run(recorder)


def _named(context: click.Context) -> frozenset[str]:
    """The options that the call itself has."""
    given = click.core.ParameterSource.COMMANDLINE
    named = (name for name in context.params if context.get_parameter_source(name) is given)
    return frozenset(named) & frozenset(Request.__struct_fields__)


def _planted(prepared: Prepared) -> str:
    return ", ".join(f"{target}:{fault}" for target, fault in prepared.plants.items())


class _Before:
    """What is there of a campaign that goes on.

    Raises:
        UsageError: there is no such campaign.
        StoreError: its record or its journal cannot be read.
    """

    def __init__(self, store: LocalStore, campaign_id: str) -> None:
        self.record: CampaignRecord = read_campaign(store, find_campaign(store, campaign_id)).record
        folder = store.root / CAMPAIGNS / self.record.campaign_id
        self.remembered: Remembered | None = None
        """None where it was killed before it had begun."""
        if (folder / JOURNAL_NAME).is_file():
            self.remembered = remember(read_journal(folder / JOURNAL_NAME))

    def request(self, given: Request, named: frozenset[str]) -> Request:
        """The request to go on with."""
        first = msgspec.convert(self.record.request, Request)
        done = self.remembered
        return goes_on(
            first,
            given,
            named,
            done_s=done.seconds if done else 0.0,
            done=done.counts.cases if done else 0,
            complete=self.record.end == End.COMPLETE,
        )


class _Campaign:
    """A campaign under way: its events, and everything that handles them."""

    def __init__(
        self,
        session: Session,
        store: LocalStore,
        prepared: Prepared,
        ready: Ready,
        before: _Before | None,
        files: CheckFiles,
        on: Cluster | None,
    ) -> None:
        self._on = on
        self._session = session
        self._files = files
        self._store = store
        self._ready = ready
        self._corpus = prepared.request.corpus
        self._started = time.monotonic()
        self._before = before
        if before:
            record = before.record
            self._folder = CampaignFolder(store, record.campaign_id, record.created_utc)
            self._record = msgspec.structs.replace(record, end=RUNNING)
        else:
            self._folder = begin_campaign(store, created=_now(), name=_name(ready))
            self._record = _new_record(self._folder, prepared, ready)
        self._place = store.root / self._folder.path
        self._tally = Tally(ready.parts)
        self._view = CampaignView(session, self._tally, self._record, ready.plan.budget)
        self._end = End.FAILED
        self._bundling = Bundling(
            BundleFolder(store, self._folder.path), seconds=lambda: self._tally.before_s + self._seconds()
        )

    def run(self, recorder: Recorder) -> int:
        """Take events until the last one; however it ends, what was found is recorded. The exit code."""
        with self._bundling.ending(self._tally.totals, of_cases=False) as ending:
            try:
                self._search(recorder)
                ending.end = self._end
            finally:
                self._view.closing(self._end, self._folder.path, self._tally.before_s + self._seconds())
        return int(exit_code_of(self._tally.totals, interrupted=self._end is End.INTERRUPTED))

    def _search(self, recorder: Recorder) -> None:
        with JournalFile(self._place / JOURNAL_NAME, clock=time.monotonic) as journal:
            if journal.cut.bytes:
                self._session.warn(
                    f"the journal's end was broken: {journal.cut.bytes:,} bytes moved to {journal.cut.kept}"
                )
            remembered = remember(journal.records)
            if remembered:  # before anything is written of a campaign that cannot go on
                refuse_others(remembered.begun, begun(self._ready.cores, self._ready.plan))
            self._begin_bundle()
            findings = self._findings(recorder, remembered)
            documents = self._documents(findings)
            if remembered is None:  # else with the first event, which says what was done before
                documents.write(RUNNING)
            passes = Passes(PassShards(self._store, self._folder.path))
            handlers: list[Handler] = [self._tally, findings, passes, documents, self._bundling, self._view]
            if self._corpus == KEPT:
                handlers.append(self._kept_inputs(remembered))
            events = search(
                self._ready.cores, self._ready.plan, journal, remembered, clock=time.monotonic, on=self._on
            )
            self._drive(events, handlers, documents)
            self._write_pages()

    def _kept_inputs(self, remembered: Remembered | None) -> KeptInputs:
        return KeptInputs(
            self._store,
            self._folder.id,
            builds={core.name: core.program.core.guest_elf_sha256 for core in self._ready.cores},
            admitted=remembered.admitted if remembered else {},
            clock=time.monotonic,
            now=_now,
            warn=self._session.warn,
        )

    def _begin_bundle(self) -> None:
        request = msgspec.convert(self._record.request, Request)
        self._bundling.begin(
            self._session,
            command=request.words(),
            request=self._record.request,
            cores=[core.program.core for core in self._ready.cores],
            targets=self._ready.targets,
            created_utc=self._folder.created_utc,
        )

    def _write_pages(self) -> None:
        """Write what is read of a campaign that has ended."""
        write_page(self._store, self._folder.id)
        if self._files.wanted:
            self._files.write(checks_of(facts_of(self._store, self._folder.id)))

    def _drive(self, events: Generator[Event], handlers: Sequence[Handler], documents: Documents) -> None:
        with self._view, Interrupts() as interrupts, closing(events):
            try:
                for event in events:
                    with interrupts.held_back():
                        for handler in handlers:
                            handler.take(event)
                self._end = End.COMPLETE
            except KeyboardInterrupt:
                self._end = End.INTERRUPTED
            finally:
                with interrupts.held_back():
                    for handler in handlers:
                        handler.close()
                    documents.write(self._end.value)

    def _findings(self, recorder: Recorder, remembered: Remembered | None) -> Findings:
        created = self._folder.created_utc
        logs = recorded_by(self._store, self._folder.id, created_utc=created) if remembered else []
        if remembered:
            remembered.recorded |= {log.input.path: log.signature for log in logs if is_finding(log)}
        return Findings(
            recorder,
            self._folder.id,
            logs=logs,
            seconds=lambda: self._tally.before_s + self._seconds(),
            show=self._show,
        )

    def _show(self, event: CaseFinished, run_id: str) -> None:
        self._bundling.result(event, run_id)
        self._view.result(event, run_id)

    def _documents(self, findings: Findings) -> Documents:
        covered = None
        if self._ready.plan.programs:
            covered = Covered(self._ready.rvref, before=self._folder.coverage)
        return Documents(
            self._folder,
            self._place,
            self._record,
            self._tally,
            findings,
            covered,
            seconds=self._seconds,
            now=_now,
            show=self._view.sample,
        )

    def _seconds(self) -> float:
        return time.monotonic() - self._started


def _name(ready: Ready) -> str:
    """What stands behind the time in a campaign's id."""
    return ready.parts[0] if len(ready.parts) == 1 else "mixed"


def _new_record(folder: CampaignFolder, prepared: Prepared, ready: Ready) -> CampaignRecord:
    request, plan = prepared.request, ready.plan
    programs = plan.programs
    generators = (*plan.generators, *([programs.source.generator] if programs else []))
    return CampaignRecord(
        campaign_id=folder.id,
        created_utc=folder.created_utc,
        generator=",".join(generators),
        xlen=request.xlen,
        seed=request.seed,
        end=RUNNING,
        seconds=0.0,
        targets=ready.targets,
        totals={},
        findings=(),
        generators=generators,
        cores=tuple(core.name for core in ready.cores),
        planted=_planted(prepared),
        command=request.words(),
        request=msgspec.to_builtins(request),
    )


def _now() -> datetime:
    return datetime.now(UTC)
