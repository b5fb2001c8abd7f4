"""`fuzz campaign`: generate cases and run them everywhere until a budget is used up."""

import re
import secrets
import time
from collections.abc import Generator, Sequence
from contextlib import closing
from datetime import UTC, datetime

import click
import msgspec

from fuzzer.campaign.budget import Budget
from fuzzer.campaign.events import CaseFinished, Event, Totals
from fuzzer.campaign.hunt.covered import Covered
from fuzzer.campaign.hunt.engine import hunt
from fuzzer.campaign.hunt.examine import Care
from fuzzer.campaign.program import ProgramTargets, check_faults, parse_plants, program_targets
from fuzzer.campaign.selection import checked_targets
from fuzzer.cli.batch import Batch
from fuzzer.cli.building import build_for
from fuzzer.cli.campaign_view import CampaignView
from fuzzer.cli.interrupts import Interrupts
from fuzzer.cli.options import json_option, target_option
from fuzzer.cli.outcome import exit_code_of
from fuzzer.cli.session import Session
from fuzzer.errors import UsageError
from fuzzer.execute.generator import Source
from fuzzer.model import RVREF, RVREF_FAULTY, Limits, Record
from fuzzer.model import Generator as GeneratorName
from fuzzer.report.campaign import render_campaign
from fuzzer.report.results import End
from fuzzer.store.artifact_store import LocalStore
from fuzzer.store.campaign import CAMPAIGNS, CampaignFolder, CampaignRecord
from fuzzer.store.recorder import Recorder

_GENERATORS = (GeneratorName.RISCV, GeneratorName.RISCV_NEGATIVE, GeneratorName.RISCV_NAIVE)
_LIMITS = Limits(wall_ms=500, memory_mb=2_048, output_mb=4)
"""Of one instruction program; it ends within a few thousand instructions."""
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_SEED_BITS = 32


class Duration(click.ParamType[float]):
    """`90s`, `10m`, `8h`, `1h30m`; seconds as a number."""

    name = "duration"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds that a text means."""
        if isinstance(value, float):
            return value
        match = _DURATION.fullmatch(value)
        hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
        total = hours * 3600 + minutes * 60 + seconds
        if not total:
            self.fail(f"{value!r} is no time to work in; write it as 90s, 10m or 8h", param, ctx)
        return float(total)


@click.command()
@click.option(
    "--generator",
    type=click.Choice([name.value for name in _GENERATORS]),
    default=GeneratorName.RISCV.value,
    show_default=True,
    help="What makes the cases.",
)
@target_option
@click.option("--for", "seconds", type=Duration(), metavar="TIME", help="How long: 90s, 10m, 8h.")
@click.option("--cases", type=click.IntRange(min=1), metavar="N", help="How many cases at most.")
@click.option("--seed", type=click.IntRange(min=0), metavar="N", help="Everything follows from it.")
@click.option(
    "--xlen", type=click.Choice(["64", "32"]), default="64", show_default=True, help="Register width."
)
@click.option(
    "--reduce-for", type=Duration(), default="30s", show_default=True, help="Time to reduce a finding in."
)
@click.option(
    "--plant", "plants", multiple=True, metavar="TARGET:FAULT", help="Make a target misbehave on purpose."
)
@json_option
def campaign(
    generator: str,
    targets: Sequence[str],
    seconds: float | None,
    cases: int | None,
    seed: int | None,
    xlen: str,
    reduce_for: float,
    plants: Sequence[str],
    *,
    as_json: bool,
) -> int:
    """Generate cases, run them on targets, and look into every difference.

    Instruction programs are held against the reference executor, which always takes part. Without --for and
    --cases, a campaign goes on until it is interrupted.
    """
    session = Session(as_json=as_json)
    named = checked_targets(session.home, targets, session.settings.run.targets)
    others = [name for name in named if name != RVREF]
    if not others:
        raise UsageError(f"there is nothing to compare `{RVREF}` with", hint="add the target sp1")
    if wide := [name for name in others if xlen == "32" and not name.startswith(RVREF)]:
        raise UsageError(
            f"`{wide[0]}` runs 64-bit programs only", hint=f"--xlen 32 goes with {RVREF_FAULTY} today"
        )
    faults = parse_plants(plants, others, reference=RVREF)
    drawn = secrets.randbits(_SEED_BITS) if seed is None else seed
    source = Source(generator=generator, xlen=int(xlen), seed=drawn)
    store = LocalStore(session.project.artifacts)
    recorder = Recorder(store, record=Record.FINDINGS, clock=_now, warn=session.warn)
    recorder.repair()
    if faults:
        planted = ", ".join(f"{target}:{fault}" for target, fault in faults.items())
        session.warn(f"planted on purpose: {planted}; what differs now is no real finding")
    built, _ = build_for(session, [], [RVREF, *others], generator=True)
    ready = program_targets(built, plants=faults)
    check_faults(ready)
    care = Care(limits=_LIMITS, confirmations=session.settings.run.confirmations, reduce_s=reduce_for)
    covered = Covered(ready.rvref)
    folder = CampaignFolder(store, created=_now(), name=generator)
    events = hunt(ready, source, Budget(cases=cases, seconds=seconds), care, clock=time.monotonic)
    return _Campaign(session, ready, source, folder, covered).run(events, recorder)


class _Campaign:
    """A campaign under way: what it has counted, and where that is written down."""

    def __init__(
        self,
        session: Session,
        targets: ProgramTargets,
        source: Source,
        folder: CampaignFolder,
        covered: Covered,
    ) -> None:
        self._targets = targets
        self._source = source
        self._folder = folder
        self._covered = covered
        self._view = CampaignView(session)
        self._totals = Totals()
        self._end = End.FAILED

    def run(self, events: Generator[Event], recorder: Recorder) -> int:
        """Take events until the last one; however it ends, what was found is recorded. The exit code."""
        batch = Batch(recorder, self._view)
        try:
            with self._view, Interrupts() as interrupts, closing(events):
                try:
                    self._take(events, batch, interrupts)
                finally:
                    with interrupts.held_back():
                        batch.record()
                        batch.show()
                        self._write()
        finally:
            self._view.closing(self._totals, self._end, f"{CAMPAIGNS}/{self._folder.id}")
        return int(exit_code_of(self._totals, interrupted=self._end is End.INTERRUPTED))

    def _take(self, events: Generator[Event], batch: Batch, interrupts: Interrupts) -> None:
        try:
            for event in events:
                with interrupts.held_back():
                    self._totals.add(event)
                    self._covered.add(event)
                    if isinstance(event, CaseFinished):
                        batch.add(event)
                        batch.record()
                    self._view.take(event, self._totals)
                    batch.show()
            self._end = End.COMPLETE
        except KeyboardInterrupt:
            self._end = End.INTERRUPTED

    def _write(self) -> None:
        """Write the campaign's documents."""
        record = CampaignRecord(
            campaign_id=self._folder.id,
            created_utc=self._folder.created_utc,
            generator=self._source.generator,
            xlen=self._source.xlen,
            seed=self._source.seed,
            end=self._end.value,
            seconds=self._view.seconds,
            targets=tuple(self._targets.targets.values()),
            totals=msgspec.to_builtins(self._totals),
            findings=self._view.findings,
        )
        report = render_campaign(record, self._totals, self._covered.lines())
        self._folder.write(record, report, self._covered.document())


def _now() -> datetime:
    return datetime.now(UTC)
