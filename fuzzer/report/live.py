"""How far a campaign is, in a few lines that fit a terminal: for the live view and `fuzz status`. Pure."""

import textwrap
from collections.abc import Iterator, Sequence

import msgspec
from rich.cells import cell_len
from rich.text import Text

from fuzzer.campaign.advice import advise
from fuzzer.campaign.history import History, seconds_a_run
from fuzzer.report.results import printable
from fuzzer.report.words import clock, counted, megabytes, milliseconds, percent, rate
from fuzzer.store.campaign import FoundRecord
from fuzzer.store.progress import Progress

_LABEL = 10
_GAP = "  "
_SHOWN_FINDINGS = 5
_SAID_LINES = 3
_RARELY = 1.5
"""A target that ran on fewer than one case in so many is said to have its share."""


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign as it is watched."""

    campaign_id: str
    state: str
    """`Running`, `Stopped`, or how it ended."""
    seed: int
    workers: int
    history: History
    """With one sample at least."""
    findings: Sequence[FoundRecord] = ()
    budget_s: float | None = None
    budget_cases: int | None = None
    note: str = ""
    """What is looked into at the moment."""

    @property
    def now(self) -> Progress:
        """The latest sample."""
        return self.history.recent[-1]


def block(watched: Watched, *, width: int) -> Text:
    """The lines of a campaign; none is wider than `width`."""
    now = watched.now
    lines = [
        *_head(watched, width),
        *_row("cases", [*_cases(watched), *_targets(now)], width),
        *_row("corpus", [*_corpus(watched)], width),
        *_row("findings", [*_findings(now)], width),
        *_found(watched.findings, width),
        *_row("health", [*_health(now)], width),
        *_words("looks at", watched.note, width, style="dim"),
        *_words("advice", advice_of(watched.history), width, style="yellow"),
    ]
    return Text("\n").join(lines)


def line(watched: Watched) -> str:
    """The same in one line, for where nothing can be drawn over."""
    now = watched.now
    parts = [
        clock(now.seconds),
        counted(now.cases, "case"),
        rate(watched.history.rate),
        *_corpus(watched),
        *_findings(now),
        *_health(now)[:2],
        *([watched.note] * bool(watched.note)),
    ]
    return " · ".join(parts)


def advice_of(history: History) -> str:
    """The line of advice: what the latest samples say, or what the engine told with the last one."""
    recent = history.recent
    return (advise(recent) or recent[-1].advice) if recent else ""


def _head(watched: Watched, width: int) -> Iterator[Text]:
    left = Text("campaign ", style="dim").append(watched.campaign_id, style="not dim bold")
    left.append(f"  seed {watched.seed}  {counted(watched.workers, 'worker')}")
    if watched.state != "Running":
        left.append(f"  {watched.state}", style="not dim yellow")
    right = clock(watched.now.seconds)
    if watched.budget_s is not None:
        right += f" of {clock(watched.budget_s)}"
    room = width - cell_len(left.plain) - len(right)
    if room >= len(_GAP):
        yield left.append(f"{' ' * room}{right}")
    else:
        yield _cut(left, width)
        yield _cut(Text(f" {right}"), width)


def _cases(watched: Watched) -> Iterator[str]:
    now = watched.now
    of = f" of {watched.budget_cases:,}" if watched.budget_cases is not None else ""
    yield f"{now.cases:,}{of}"
    yield rate(watched.history.rate)


def _targets(now: Progress) -> Iterator[str]:
    for target in now.targets:
        if not target.runs:
            continue
        share = now.cases / target.runs
        rarely = f" (1 in {share:,.0f})" if share >= _RARELY else ""
        timed = f" {milliseconds(seconds_a_run(target))}" if target.seconds else ""
        yield f"{target.name}{timed}{rarely}"


def _corpus(watched: Watched) -> Iterator[str]:
    now = watched.now
    entries = sum(part.corpus for part in now.parts)
    if entries:
        yield counted(entries, "input")
    sized = [part for part in now.parts if part.bins]
    if sized:
        covered, bins = sum(part.covered for part in sized), sum(part.bins for part in sized)
        yield f"programs cover {covered:,} bins ({percent(covered, bins)})"
    covered = sum(part.covered for part in now.parts if not part.bins)
    if covered:
        yield f"cores cover {counted(covered, 'bin')}"
    if entries or covered or sized:
        yield f"last new behaviour {clock(now.seconds - watched.history.last_new_s)} ago"


def _findings(now: Progress) -> Iterator[str]:
    hits = now.findings + now.repeated
    yield f"{counted(now.findings, 'signature')}" + (f" ({counted(hits, 'hit')})" if now.findings else "")
    yield f"{now.flaky:,} flaky"


def _health(now: Progress) -> list[str]:
    return [
        f"inconclusive {percent(now.inconclusive, now.cases)}",
        counted(now.restarts, "restart"),
        f"{megabytes(now.memory_mb)} memory",
        f"{megabytes(now.disk_mb)} disk",
    ]


def _found(findings: Sequence[FoundRecord], width: int) -> Iterator[Text]:
    """A line for each signature, those with the most hits first."""
    ordered = sorted(findings, key=lambda found: -found.programs)
    for found in ordered[:_SHOWN_FINDINGS]:
        hits = counted(found.programs, "hit")
        text = Text(f"{'':{_LABEL}} {hits:>10}  ")
        yield _cut(text.append(printable(found.signature), style="red"), width)
    if ordered[_SHOWN_FINDINGS:]:
        yield _cut(Text(f"{'':{_LABEL}} and {len(ordered) - _SHOWN_FINDINGS:,} more"), width)


def _row(label: str, cells: Sequence[str], width: int) -> Iterator[Text]:
    """A label and what belongs to it; what has no room on a line goes to the next one."""
    if not cells:
        return
    text = Text(f" {label:<{_LABEL}}", style="dim")
    used = empty = text.cell_len
    for cell in map(printable, cells):
        if used > empty and used + len(_GAP) + cell_len(cell) > width:
            yield _cut(text, width)
            text, used = Text(f" {'':<{_LABEL}}"), empty
        gap = "" if used == empty else _GAP
        text.append(gap + cell, style="not dim")
        used += cell_len(gap + cell)
    yield _cut(text, width)


def _words(label: str, said: str, width: int, *, style: str) -> Iterator[Text]:
    """A label and a sentence, over as many lines as it takes; of a very long one the end is left out."""
    room = max(width - _LABEL - 1, 1)
    lines = textwrap.wrap(printable(said), room, max_lines=_SAID_LINES, placeholder=" …"[:room])
    for place, said_line in enumerate(lines):
        text = Text(f" {'' if place else label:<{_LABEL}}", style="dim")
        yield _cut(text.append(said_line, style=f"not dim {style}"), width)


def _cut(text: Text, width: int) -> Text:
    text.truncate(width, overflow="ellipsis")
    return text
