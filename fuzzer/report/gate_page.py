"""A gate's report as one HTML page. Pure."""

import base64
import hashlib
import shlex
from collections.abc import Mapping, Sequence

import msgspec
from markupsafe import Markup

from fuzzer.gate.metric_table import PROVENANCE, MetricRow, text_of
from fuzzer.gate.severity import FORMULA
from fuzzer.model import TargetInfo, VerdictKind
from fuzzer.report.charts import Bar, BarChart, Unit
from fuzzer.report.page import render
from fuzzer.store.decision import GateResult, result_sha256
from fuzzer.store.quality_ledger import LedgerEntry
from fuzzer.store.regression_tests import RegressionResult
from fuzzer.store.run_log import RunLog
from fuzzer.store.status import Status
from fuzzer.store.stress_failures import StressFailure, StressFailures

_MOST_HISTORY = 30
"""Gates that the charts of the history show."""

_SCRIPT = """
const form = document.getElementById("sign"), shown = document.getElementById("command");
const quoted = text => "'" + text.replaceAll("'", "'\\\\''") + "'";
const compose = () => {
  const value = name => form.elements[name].value;
  const words = ["--as", quoted(value("name")), "--decision", value("decision"), "--reason"];
  shown.textContent = [shown.dataset.command, ...words, quoted(value("reason"))].join(" ");
};
form.addEventListener("input", compose);
form.addEventListener("submit", event => event.preventDefault());
compose();
"""
"""Puts what is typed into the form into the command below it; without it the command shows its form."""


class FindingCard(msgspec.Struct, frozen=True, kw_only=True):
    """A finding as the report shows it."""

    failure: StressFailure
    reasons: tuple[str, ...]
    """By target: the first difference."""
    attribution: str
    folder: str
    """Relative to the report."""
    command: str
    """Runs it again."""


class GateView(msgspec.Struct, frozen=True, kw_only=True):
    """All that the report shows."""

    result: GateResult
    status: Status
    rows: tuple[MetricRow, ...]
    baseline: LedgerEntry | None
    failures: StressFailures
    cards: tuple[FindingCard, ...]
    regressions: tuple[RegressionResult, ...]
    unchecked: Mapping[str, str]
    """Regression tests without a result that counts, and why."""
    history: tuple[LedgerEntry, ...]
    """Gates up to this one, oldest first."""
    targets: tuple[TargetInfo, ...]
    sign_command: str
    """`fuzz gate sign` with what it is about."""


def finding_cards(
    failures: StressFailures, logs: Mapping[str, RunLog], *, artifacts: str, to_root: str
) -> tuple[FindingCard, ...]:
    """A card for each finding.

    Args:
        failures: The findings.
        logs: Their run logs, by run id.
        artifacts: The artifacts folder as people type it.
        to_root: The artifacts folder as seen from the report.
    """
    return tuple(
        FindingCard(
            failure=failure,
            reasons=tuple(
                f"{entry.target}: {entry.reason}"
                for entry in logs[failure.run_id].comparisons
                if entry.kind is VerdictKind.DIVERGE
            ),
            attribution=logs[failure.run_id].attribution,
            folder=f"{to_root}/{failure.run_id}",
            command=f"bash {shlex.quote(f'{artifacts}/{failure.run_id}/repro.sh')}",
        )
        for failure in failures.failures
    )


def render_gate(view: GateView) -> str:
    """The page."""
    digest = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
    metrics = view.status.metrics
    return render(
        "gate.html",
        title=f"Gate report: {view.result.gate_id}",
        view=view,
        result=view.result,
        allows=view.result.verdict == "ALLOW",
        formula=FORMULA,
        result_sha256=result_sha256(view.result),
        counts=_counts(metrics),
        history=view.history[-_MOST_HISTORY:],
        scores=score_chart(view.history[-_MOST_HISTORY:]),
        origin=PROVENANCE,
        text_of=text_of,
        script=Markup(_SCRIPT),  # noqa: S704 - the text above
        script_hash=f"sha256-{digest}",
    )


def _counts(metrics: Mapping[str, object]) -> BarChart:
    """What the cases came to."""
    names = ("agree", "diverge", "inconclusive", "allowed", "flaky")
    bars = tuple(Bar(name, value) for name in names if isinstance(value := metrics.get(name), int))
    return BarChart(title="Cases by what they came to", unit=Unit.COUNT, bars=bars)


def score_chart(history: Sequence[LedgerEntry]) -> BarChart:
    """The severity score of each gate."""
    bars = tuple(Bar(entry.gate_id, entry.severity_score, entry.verdict.value) for entry in history)
    return BarChart(title="Severity score by gate, the oldest first", unit=Unit.COUNT, bars=bars)
