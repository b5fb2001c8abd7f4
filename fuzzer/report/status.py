"""The campaigns of a project as a table, and one of them in detail. Pure."""

import shlex
from collections.abc import Iterator, Mapping, Sequence

import msgspec
from rich.text import Text

from fuzzer.campaign.history import History
from fuzzer.report.live import Watched
from fuzzer.report.words import counted, duration, rate
from fuzzer.store.campaign import RUNNING, CampaignRecord
from fuzzer.store.campaigns import STOPPED, Campaign

_STYLES = {RUNNING: "green", STOPPED: "yellow", "Ended by an error": "red"}


def table(campaigns: Sequence[Campaign]) -> Iterator[Text]:
    """A line for each campaign below their heads."""
    rows = [_row(campaign) for campaign in campaigns]
    heads = ("campaign", "state", "worked", "cases", "rate", "findings")
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    yield _line(heads, widths, "bold", "bold")
    for campaign, row in zip(campaigns, rows, strict=True):
        yield _line(row, widths, "", _STYLES.get(campaign.state, ""))


def _row(campaign: Campaign) -> tuple[str, ...]:
    record = campaign.record
    cases, seconds = count_of(record, "cases"), record.seconds
    return (
        record.campaign_id,
        campaign.state,
        duration(seconds),
        f"{cases:,}",
        rate(cases / seconds) if seconds else "-",
        f"{len(record.findings):,}{' (planted)' if record.planted else ''}",
    )


def _line(cells: Sequence[str], widths: Sequence[int], style: str, state_style: str) -> Text:
    text = Text(" ")
    for place, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        shown = f"{cell:<{width}}" if place < 2 else f"{cell:>{width}}"  # noqa: PLR2004 - words, then numbers
        text.append(("  " if place else "") + shown, style=state_style if place == 1 else style)
    text.rstrip()
    return text


def count_of(record: CampaignRecord, name: str) -> int:
    """One of the totals, as far as the `fuzz` that wrote the record had it."""
    value = record.totals.get(name, 0)
    return value if isinstance(value, int) else 0


def watched(campaign: Campaign, history: History) -> Watched:
    """A campaign with its samples, for the lines that the live view shows; there is one sample at least."""
    record = campaign.record
    budget = _budget(record)
    return Watched(
        campaign_id=record.campaign_id,
        state=campaign.state,
        seed=record.seed,
        workers=record.workers,
        history=history,
        findings=record.findings,
        budget_s=budget.seconds,
        budget_cases=budget.cases,
    )


class _Budget(msgspec.Struct):
    seconds: float | None = None
    cases: int | None = None


def _budget(record: CampaignRecord) -> _Budget:
    """What the campaign was given, where its record tells."""
    request: Mapping[str, object] = getattr(record, "request", {})
    try:
        return msgspec.convert({key: request[key] for key in ("seconds", "cases") if key in request}, _Budget)
    except msgspec.ValidationError:
        return _Budget()


def resume_command(campaign: Campaign, launcher: str) -> str:
    """What goes on with a campaign that has not come to its end; empty where nothing can."""
    if not campaign.can_go_on:
        return ""
    return f"{shlex.quote(launcher)} campaign --resume {campaign.record.campaign_id}"


def details(campaign: Campaign, launcher: str, artifacts: str) -> Iterator[str]:
    """What the block of lines does not say: how it was called, on which targets, where to look."""
    record = campaign.record
    if record.planted:
        yield f" planted   {record.planted}; what differs is no real finding"
    yield f" began     {record.created_utc}"
    if record.command:
        yield f" command   {shlex.quote(launcher)} {shlex.join(record.command)}"
    parts = [*record.cores, *(record.generators or (record.generator,))]
    yield f" cases of  {', '.join(parts)}"
    for target in record.targets:
        yield f" target    {target.name} {target.version}"
    yield f" folder    {artifacts}/{campaign.path}"
    for found in record.findings:
        yield f" finding   {artifacts}/{found.run_id}/README.md ({counted(found.programs, 'hit')})"
    command = resume_command(campaign, launcher)
    if command:
        yield f" go on     {command}"
