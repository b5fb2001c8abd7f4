"""What `fuzz upgrade` says in a terminal."""

from collections.abc import Iterator

from rich.text import Text

from fuzzer.store.upgrade import Evaluation
from fuzzer.triage.upgrade import Change


def upgrade_lines(evaluation: Evaluation) -> Iterator[Text | str]:
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
