"""The page that shows two versions side by side. Pure."""

from fuzzer.report.page import render
from fuzzer.store.upgrade import Evaluation
from fuzzer.triage.upgrade import Change

_MOST_CASES = 500
"""Rows of the table of all cases; those that changed are listed whatever their number."""
_MEANINGS = {
    Change.UNCHANGED: "does what it did",
    Change.PROGRESSION: "failed before, not now",
    Change.REGRESSION: "fails now, not before",
    Change.CHANGED: "fails, is accepted or tells nothing, otherwise than before",
    Change.FLAKY: "not the same each time",
}
_STYLES = {
    Change.UNCHANGED: "",
    Change.PROGRESSION: "good",
    Change.REGRESSION: "bad",
    Change.CHANGED: "warn",
    Change.FLAKY: "bad",
}


def render_upgrade(evaluation: Evaluation) -> str:
    """The page of an evaluation."""
    cases = evaluation.cases
    sides = (("baseline", evaluation.baseline), ("new", evaluation.new))
    return render(
        "upgrade.html",
        title=f"{evaluation.baseline.base_url} to {evaluation.new.base_url}",
        evaluation=evaluation,
        references=", ".join(f"{target.name} {target.version}" for target in evaluation.references),
        planted=", ".join(f"{name}: {side.target.planted}" for name, side in sides if side.target.planted),
        meanings={word.value: text for word, text in _MEANINGS.items()},
        styles=_STYLES,
        changed=[entry for entry in cases if entry.change.change is not Change.UNCHANGED],
        costly=[entry for entry in cases if entry.change.cycles_percent],
        failures=[(name, kind, count) for name, side in sides for kind, count in side.failures.items()],
        shown=cases[:_MOST_CASES],
        left_out=max(0, len(cases) - _MOST_CASES),
    )
