"""The table of results on a terminal, line by line as they come, and the closing words."""

import shlex
from collections.abc import Sequence
from enum import StrEnum

import msgspec
from rich.text import Text

from fuzzer.campaign.events import Totals
from fuzzer.model import CaseResult, Comparison, Outcome, VerdictKind
from fuzzer.store.run_log import reason_of
from fuzzer.store.summary import status_word
from fuzzer.triage.signature import attribution, signature

_STYLES = {
    "agree": "green",
    "DIVERGE": "bold red",
    "flaky": "yellow",
    "allowed": "cyan",
    "inconclusive": "yellow",
}
_NS_PER_MS = 1_000_000
_LONGEST_NAME = 40


class End(StrEnum):
    """How a run ended; the value is what people read in front of its counts."""

    COMPLETE = "Complete"
    INTERRUPTED = "Interrupted"
    FAILED = "Ended by an error"


class Layout(msgspec.Struct, frozen=True):
    """Widths of the columns, known before the first line."""

    core: int
    input: int
    targets: tuple[str, ...]
    """The native one first."""


def layout(cores: Sequence[str], inputs: Sequence[str], targets: Sequence[str]) -> Layout:
    """The layout for these cores, inputs and targets."""
    return Layout(
        core=max(4, *map(len, cores)) if cores else 4,
        input=max([5, *(len(short_input(name)) for name in inputs)]),
        targets=tuple(targets),
    )


def short_input(name: str) -> str:
    """An input's file name without its ending, cut where it is very long."""
    stem = name.rsplit("/", 1)[-1].removesuffix(".json").removesuffix(".stdin")
    return stem if len(stem) <= _LONGEST_NAME else f"{stem[: _LONGEST_NAME - 1]}…"


def header(columns: Layout) -> Text:
    """The line above the results."""
    cells = [f"{'core':<{columns.core}}", f"{'input':<{columns.input}}"]
    cells += [f"{target:<{_status_width(target)}}" for target in columns.targets]
    cells += [f"{'verdict':<12}", *(f"{f'{target} ms':>{_time_width(target)}}" for target in columns.targets)]
    return Text(" " + "  ".join([*cells, f"{'cycles':>12}"]), style="bold")


def row(columns: Layout, result: CaseResult) -> Text:
    """The line of one result; the reason follows where it is not plain agreement."""
    outcomes = {entry.target: entry.outcome for entry in result.comparisons}
    shown = [outcomes.get(target, result.reference) for target in columns.targets]
    line = Text(f" {result.case.core:<{columns.core}}  ")
    line.append(f"{short_input(result.case.input_name):<{columns.input}}  ")
    for target, outcome in zip(columns.targets, shown, strict=True):
        line.append(f"{status_word(outcome.status):<{_status_width(target)}}  ")
    word = verdict_word(result)
    line.append(f"{word:<12}", style=_STYLES[word])
    for target, outcome in zip(columns.targets, shown, strict=True):
        line.append(f"  {outcome.elapsed_ns / _NS_PER_MS:>{_time_width(target)},.2f}")
    line.append(f"  {_cycles(shown):>12}")
    line.rstrip()
    return line


def reasons(result: CaseResult) -> list[str]:
    """Why it is not plain agreement: one line for each different reason."""
    return list(dict.fromkeys(printable(reason_of(entry)) for entry in result.comparisons if not entry.equal))


def printable(text: str) -> str:
    """Text that cannot steer a terminal: what a guest says may hold anything."""
    return "".join(char if char.isprintable() else "�" for char in text)


def verdict_word(result: CaseResult) -> str:
    """The result in a word; the most serious comparison decides."""
    words = {_word(entry) for entry in result.comparisons}
    return next(word for word in ("DIVERGE", "flaky", "inconclusive", "allowed", "agree") if word in words)


def _word(entry: Comparison) -> str:
    if entry.verdict.kind is VerdictKind.DIVERGE:
        if entry.allowed_by:
            return "allowed"
        return "flaky" if entry.is_flaky else "DIVERGE"
    return entry.verdict.kind.value


def finding(result: CaseResult, folder: str, replay: str, *, more: int) -> Text:
    """What to know and to type next about a finding; `more` cases have the same signature."""
    confirmed = min((entry.confirmed, entry.attempts) for entry in result.comparisons if entry.is_finding)
    text = Text()
    text.append(f"Finding (confirmed {confirmed[0]}/{confirmed[1]})  ", style="bold red")
    text.append(f"{signature(result)}\n")
    if more:
        text.append(f"  {more + 1:,} cases show it; the first one is {short_input(result.case.input_name)}\n")
    text.append(f"  {attribution(result)}\n")
    text.append(f"  look     {folder}/README.md\n  replay   {replay}")
    return text


def campaign_finding(result: CaseResult, name: str, folder: str, replay: str, *, instructions: int) -> Text:
    """What to know and to type next about a case of a campaign that differs; `name` is its signature."""
    confirmed = max(((entry.confirmed, entry.attempts) for entry in result.comparisons), key=lambda of: of[1])
    word = "Finding" if any(entry.is_finding for entry in result.comparisons) else "Flaky"
    text = Text()
    text.append(f"{word} (confirmed {confirmed[0]}/{confirmed[1]})  ", style="bold red")
    text.append(f"{name}\n")
    size = f"{sum(map(len, result.case.buffers)):,} bytes"
    if instructions or not result.case.buffers:
        size = "1 instruction" if instructions == 1 else f"{instructions:,} instructions"
    text.append(f"  {result.case.input_name}, {size}; {attribution(result)}\n")
    text.append(f"  look     {folder}/README.md\n  replay   {replay}")
    return text


def campaign_closing(totals: Totals, end: End, *, place: str, seconds: float) -> Text:
    """The last line of a campaign: counts, where its report is, how long it took."""
    counts = {
        "agree": totals.agree,
        "finding" if totals.findings == 1 else "findings": totals.findings,
        "repeated": totals.repeated,
        "not examined": totals.not_examined,
        "flaky": totals.flaky,
        "allowed": totals.allowed,
        "inconclusive": totals.inconclusive,
        "rejected": totals.rejected,
        "restart" if totals.restarts == 1 else "restarts": totals.restarts,
    }
    parts = [f"{totals.cases:,} case{'' if totals.cases == 1 else 's'}"]
    parts += [f"{count:,} {name}" for name, count in counts.items() if count or name == "agree"]
    text = Text()
    if end is not End.COMPLETE:
        text.append(f"{end.value}: ", style="yellow")
    text.append(", ".join(parts), style="bold")
    text.append(f" · {place}/report.md · {_duration(seconds)}")
    return text


def replay_command(folder: str, launcher: str, *, in_checkout: bool) -> str:
    """What to type to run a finding again: its own script where that will find a `fuzz`."""
    if in_checkout or launcher == "fuzz":
        return f"bash {shlex.quote(f'{folder}/repro.sh')}"
    return f"{shlex.quote(launcher)} repro {shlex.quote(folder)}"


def closing(totals: Totals, end: End, *, artifacts: str, seconds: float, setup_seconds: float) -> Text:
    """The last line: counts, where the summary is, how long it took."""
    counts = {
        "agree": totals.agree,
        "diverge": totals.findings,
        "flaky": totals.flaky,
        "allowed": totals.allowed,
        "inconclusive": totals.inconclusive,
        "restart" if totals.restarts == 1 else "restarts": totals.restarts,
    }
    parts = [f"{totals.cases:,} case{'' if totals.cases == 1 else 's'}"]
    parts += [f"{count:,} {name}" for name, count in counts.items() if count or name == "agree"]
    text = Text()
    if end is not End.COMPLETE:
        text.append(f"{end.value}: ", style="yellow")
    text.append(", ".join(parts), style="bold")
    text.append(f" · {artifacts}/summary.csv · {_duration(seconds)}")
    if setup_seconds >= 1:
        text.append(f" ({_duration(seconds - setup_seconds)} without set-up)")
    return text


def _duration(seconds: float) -> str:
    minutes = int(seconds // 60)
    return f"{minutes} m {seconds % 60:02.0f} s" if minutes else f"{seconds:.1f} s"


def _cycles(outcomes: Sequence[Outcome]) -> str:
    return next((f"{outcome.cycles:,}" for outcome in outcomes if outcome.cycles is not None), "")


def _status_width(target: str) -> int:
    return max(len(target), len("Timeout"))


def _time_width(target: str) -> int:
    return max(len(target) + 3, 9)
