"""The quality ledger: every gate with its metrics and decisions over time, in Markdown and HTML. Pure."""

from collections.abc import Sequence

from fuzzer.gate.metric_table import NONE, PROVENANCE, difference, text_of
from fuzzer.report.charts import Bar, BarChart, Unit
from fuzzer.report.gate_page import score_chart
from fuzzer.report.page import render
from fuzzer.store.quality_ledger import LedgerEntry

_MOST_COLUMNS = 8
"""Gates side by side in the tables of metrics and gates; all of them are in the list above these."""

Rows = list[tuple[str, list[str], str]]
"""Name, one text for each gate, and what the last one added to the one before."""


def render_ledger_markdown(entries: Sequence[LedgerEntry]) -> str:
    """The page in Markdown; entries are oldest first."""
    shown = entries[-_MOST_COLUMNS:]
    parts = [
        "# Quality ledger",
        f"{len(entries):,} gates, the newest first.",
        _table(
            ["gate", "at", "mode", "verdict", "score", "why"], [_gate_cells(entry) for entry in entries[::-1]]
        ),
        f"## Metrics of the last {len(shown)}",
        _history_table("metric", shown, metric_history(shown)),
        f"## Gates of the last {len(shown)}",
        _history_table("gate", shown, gate_history(shown)),
    ]
    return "\n\n".join(parts) + "\n"


def render_ledger_page(entries: Sequence[LedgerEntry]) -> str:
    """The page in HTML; entries are oldest first."""
    shown = entries[-_MOST_COLUMNS:]
    return render(
        "ledger.html",
        title="Quality ledger",
        entries=entries[::-1],
        shown=shown,
        metrics=metric_history(shown),
        gates=gate_history(shown),
        scores=score_chart(shown),
        cases=_cases_chart(shown),
    )


def metric_history(entries: Sequence[LedgerEntry]) -> Rows:
    """A row for each metric that any of these gates had."""
    names = dict.fromkeys(name for entry in entries for name in entry.metrics if name not in PROVENANCE)
    return [
        (
            name,
            [text_of(entry.metrics.get(name)) for entry in entries],
            difference(entries[-2].metrics.get(name), entries[-1].metrics.get(name)) if entries[1:] else NONE,
        )
        for name in names
    ]


def gate_history(entries: Sequence[LedgerEntry]) -> Rows:
    """A row for each gate that any of these had."""
    names = dict.fromkeys(name for entry in entries for name in entry.gates)
    words = {True: "pass", False: "fail", None: NONE}
    rows = []
    for name in names:
        values = [words[entry.gates.get(name)] for entry in entries]
        changed = len(values) > 1 and values[-1] != values[-2]
        rows.append((name, values, f"{values[-2]} to {values[-1]}" if changed else ""))
    return rows


def _gate_cells(entry: LedgerEntry) -> list[str]:
    why = "; ".join(entry.reasons)
    return [entry.gate_id, entry.created_utc, entry.run_mode, entry.verdict, str(entry.severity_score), why]


def _history_table(what: str, entries: Sequence[LedgerEntry], rows: Rows) -> str:
    head = [what, *(entry.gate_id for entry in entries), "last change"]
    return _table(head, [[name, *values, change] for name, values, change in rows])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _cases_chart(entries: Sequence[LedgerEntry]) -> BarChart:
    counts = ((entry.gate_id, entry.metrics.get("cases")) for entry in entries)
    bars = tuple(Bar(name, cases) for name, cases in counts if isinstance(cases, int))
    return BarChart(title="Cases by gate, the oldest first", unit=Unit.COUNT, bars=bars)
