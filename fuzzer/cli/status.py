"""`fuzz status`: the campaigns of the project, those at work and those that have ended."""

import time
from collections.abc import Callable, Iterator, Mapping

import click
import msgspec
from rich.live import Live
from rich.text import Text

from fuzzer.campaign.history import History
from fuzzer.cli.groups import DefaultGroup
from fuzzer.cli.options import json_option
from fuzzer.cli.session import Session
from fuzzer.cli.status_document import augment, validate
from fuzzer.errors import ExitCode
from fuzzer.report.live import advice_of, block, line
from fuzzer.report.status import details, resume_command, table, watched
from fuzzer.store.artifact_store import LocalStore
from fuzzer.store.campaign import RUNNING
from fuzzer.store.campaigns import (
    Campaign,
    campaign_ids,
    find_campaign,
    is_at_work,
    read_campaign,
    read_samples,
)

_EVERY_S = 1.0
_PLAIN_EVERY_S = 15.0
"""Where nothing can be drawn over."""
_SHOWN = 10

Lines = Callable[[], Text]


@click.group(cls=DefaultGroup)
def status() -> None:
    """Show how far campaigns are."""


@status.command()
@click.argument("campaign_id", required=False, metavar="[ID|latest]")
@click.option("--watch", is_flag=True, help="Go on showing it, every second.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=_SHOWN,
    show_default=True,
    metavar="N",
    help="How many of the campaigns that have ended.",
)
@json_option
def campaign(campaign_id: str | None, limit: int, *, watch: bool, as_json: bool) -> int:
    """Show the campaigns of the project, or one of them in detail.

    A campaign whose process has gone is shown as stopped, with the command that goes on with it.
    """
    session = Session(as_json=as_json)
    store = session.store
    if campaign_id is None:
        shown: _All | _One = _All(session, store, limit)
    else:
        shown = _One(session, store, find_campaign(store, campaign_id))
    if not watch:
        shown.refresh()
        session.show(shown.text())
        shown.emit()
        return ExitCode.AGREE
    try:
        _watch(session, shown)
    except KeyboardInterrupt:  # which is how people leave it
        return ExitCode.INTERRUPTED
    return ExitCode.AGREE


class _All:
    """The newest campaigns, and all that are at work."""

    def __init__(self, session: Session, store: LocalStore, limit: int) -> None:
        self._session = session
        self._store = store
        self._limit = limit
        self._campaigns: list[Campaign] = []

    is_over = False
    """Another one may begin at any time."""

    def refresh(self) -> None:
        """Read what has changed."""
        known = campaign_ids(self._store)
        chosen = [
            name for place, name in enumerate(known) if place < self._limit or is_at_work(self._store, name)
        ]
        self._campaigns = [read_campaign(self._store, name) for name in chosen]

    def text(self) -> Text:
        """What people read."""
        if not self._campaigns:
            return Text(f"No campaign in {self._session.artifacts} yet; `fuzz campaign --for 1m` runs one")
        lines = [*table(self._campaigns)]
        for campaign in self._campaigns:
            command = resume_command(campaign, self._session.launcher)
            if command:
                lines.append(Text(f" go on with {campaign.record.campaign_id}: {command}", style="dim"))
        return Text("\n").join(lines)

    def line(self) -> str:
        """The same in a line."""
        running = sum(campaign.state == RUNNING for campaign in self._campaigns)
        return f"{running:,} running of {len(self._campaigns):,} shown"

    def emit(self) -> None:
        """The same for machines."""
        for campaign in self._campaigns:
            self._session.emit("campaign", _record(campaign, self._session.launcher))


class _One:
    """One campaign with its samples."""

    def __init__(self, session: Session, store: LocalStore, campaign_id: str) -> None:
        self._session = session
        self._store = store
        self._id = campaign_id
        self._history = History()
        self._read = 0
        self._campaign = read_campaign(store, campaign_id)

    @property
    def is_over(self) -> bool:
        """Whether there will be nothing new."""
        return self._campaign.state != RUNNING

    def refresh(self) -> None:
        """Read what has changed."""
        self._campaign = read_campaign(self._store, self._id)
        samples, self._read = read_samples(self._store, self._id, start=self._read)
        for sample in samples:
            self._history.add(sample)

    def text(self) -> Text:
        """What people read."""
        return Text("\n").join(self._lines())

    def _lines(self) -> Iterator[Text]:
        if self._history.recent:
            width = self._session.out.width
            yield block(watched(self._campaign, self._history), width=width)
        else:
            yield from table([self._campaign])
        yield from map(Text, details(self._campaign, self._session.launcher, self._session.artifacts))

    def line(self) -> str:
        """The same in a line."""
        if self._history.recent:
            return f"{self._campaign.state} {line(watched(self._campaign, self._history))}"
        return f"{self._campaign.state}, without samples"

    def emit(self) -> None:
        """The same for machines."""
        recent = self._history.recent
        more: dict[str, object] = {"advice": advice_of(self._history)}
        if recent:
            more |= {
                "progress": recent[-1],
                "rate": round(self._history.rate, 3),
                "last_new_s": self._history.last_new_s,
            }
        self._session.emit("campaign", {**_record(self._campaign, self._session.launcher), **more})


def _record(campaign: Campaign, launcher: str) -> Mapping[str, object]:
    return {
        "path": campaign.path,
        "state": campaign.state,
        "resume": resume_command(campaign, launcher) or None,
        "campaign": msgspec.to_builtins(campaign.record),
    }


def _watch(session: Session, shown: _All | _One) -> None:
    """Show it until it is over: drawn over on a terminal, else as lines."""
    if session.as_json or not session.out.is_terminal:
        _watch_plainly(session, shown)
        return
    shown.refresh()
    with Live(shown.text(), console=session.out, auto_refresh=False, vertical_overflow="crop") as live:
        while not shown.is_over:
            time.sleep(_EVERY_S)
            shown.refresh()
            live.update(shown.text(), refresh=True)


def _watch_plainly(session: Session, shown: _All | _One) -> None:
    while True:
        shown.refresh()
        session.show(shown.line())
        shown.emit()
        if shown.is_over:
            return
        time.sleep(_EVERY_S if session.as_json else _PLAIN_EVERY_S)


status.add_command(validate)
status.add_command(augment)
