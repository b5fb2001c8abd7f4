"""The validation report of a core: what was run since the last one, and what came of it."""

from collections.abc import Sequence

import pandas as pd

from fuzzer.report.tables import markdown
from fuzzer.report.words import counted, percent
from fuzzer.store.reports import Round
from fuzzer.triage.findings import Finding
from fuzzer.triage.marks import State

_WORDS = ("agree", "diverge", "flaky", "allowed", "inconclusive")
_MOST_INPUTS = 40


def render_validation(
    rows: pd.DataFrame,
    findings: Sequence[Finding],
    *,
    own: Round,
    before: Round | None,
    created: str,
) -> str:
    """The page in Markdown, of rows of one core; what was planted on purpose counts for nothing."""
    planted = rows[rows["planted"]]
    real = rows[~rows["planted"]]
    parts = [
        f"# {own.title}: {own.core}",
        f"{created}. {_scope(real)}",
        f"Runs up to `{rows['run_id'].iloc[-1]}`" + (f", from behind `{before.up_to}`." if before else "."),
        f"The report before this one is {before.title.replace(' ', '_')}.md." if before else "",
        "## Verdict",
        _verdict(real, findings),
        "## Results by target",
        _by_target(real),
        "## How runs ended",
        _endings(real),
        "## Findings",
        _findings(findings),
        "## Inputs",
        _inputs(real),
        "## Time",
        _times(real),
        "## What this does not show",
        _limits(real, len(planted)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _scope(rows: pd.DataFrame) -> str:
    runs, inputs = rows["run_id"].nunique(), rows["input"].nunique()
    targets = rows.loc[rows["zkvm_target"] != "", ["zkvm_target", "sp1_version"]]
    versions = ", ".join(sorted(set(targets.agg(" ".join, axis=1)))) if len(targets) else ""
    return (
        f"{counted(runs, 'run')} of {counted(inputs, 'input')} on {versions or 'no target'}, held against "
        f"the native build of {', '.join(sorted(set(rows['rustc_version']))) or 'no compiler'}."
    )


def _verdict(rows: pd.DataFrame, findings: Sequence[Finding]) -> str:
    compared = int(rows["verdict"].isin(["agree", "diverge", "flaky", "allowed"]).sum())
    agree = int((rows["verdict"] == "agree").sum())
    still_open = [finding for finding in findings if finding.state in (State.NEW, State.REPORTED)]
    if not compared:
        return "**Nothing was compared**, so nothing is validated."
    share = f"{agree:,} of {compared:,} comparisons agree ({percent(agree, compared)})"
    flaky = int((rows["verdict"] == "flaky").sum())
    if still_open or flaky:
        what = [counted(len(still_open), "open finding")] if still_open else []
        what += [f"{flaky:,} comparisons that are not steady"] if flaky else []
        return f"**Not validated**: {' and '.join(what)}. {share}."
    return f"**Validated** on these inputs: no open finding. {share}."


def _by_target(rows: pd.DataFrame) -> str:
    counts = pd.crosstab([rows["zkvm_target"], rows["sp1_version"]], rows["verdict"])
    counts = counts.reindex(columns=list(_WORDS), fill_value=0).reset_index()
    counts.columns = pd.Index(["target", "version", *_WORDS])
    return markdown(counts)


def _endings(rows: pd.DataFrame) -> str:
    counts = rows.groupby(["native_status", "sp1_status"]).size().reset_index()
    counts.columns = pd.Index(["native", "target", "comparisons"])
    return markdown(counts.sort_values("comparisons", ascending=False))


def _findings(findings: Sequence[Finding]) -> str:
    if not findings:
        return "None."
    return markdown(
        pd.DataFrame(
            {
                "id": [finding.id for finding in findings],
                "severity": [finding.symptom.value for finding in findings],
                "state": [finding.state.value for finding in findings],
                "runs": [len(finding.runs) for finding in findings],
                "folder": [f"`{finding.first.run_id}`" for finding in findings],
                "signature": [finding.signature for finding in findings],
            }
        )
    )


def _inputs(rows: pd.DataFrame) -> str:
    grouped = rows.groupby("input").agg(
        runs=("run_id", "nunique"),
        agree=("verdict", lambda words: int((words == "agree").sum())),
        others=("verdict", lambda words: int((words != "agree").sum())),
    )
    ordered = grouped.sort_values(["others", "runs"], ascending=False).reset_index()
    left_out = len(ordered) - _MOST_INPUTS
    more = f"\n\nand {left_out:,} more, of which none has more that does not agree." if left_out > 0 else ""
    return markdown(ordered.head(_MOST_INPUTS)) + more


def _times(rows: pd.DataFrame) -> str:
    timed = rows[(rows["native_status"] == "Ok") & (rows["sp1_status"] == "Ok")]
    if timed.empty:
        return "No comparison ended well on both sides."
    table = timed.groupby("zkvm_target").agg(
        comparisons=("run_id", "size"),
        native_median_ms=("elapsed_native_ms", "median"),
        target_median_ms=("elapsed_sp1_ms", "median"),
        target_p95_ms=("elapsed_sp1_ms", lambda times: float(times.quantile(0.95))),
        target_largest_ms=("elapsed_sp1_ms", "max"),
    )
    table.columns = pd.Index([name.replace("_", " ") for name in table.columns])
    table = table.reset_index().rename(columns={"zkvm_target": "target"})
    return f"In whole milliseconds, as `summary.csv` has them; loading is left out.\n\n{markdown(table)}"


def _limits(rows: pd.DataFrame, planted: int) -> str:
    inconclusive = int((rows["verdict"] == "inconclusive").sum())
    lines = [
        "- Execution only: nothing was proved, and cycles and printed text were not compared.",
        f"- {inconclusive:,} comparisons were inconclusive: a limit, one timeout, or an unsupported call.",
    ]
    both = int(((rows["native_status"] == "Timeout") & (rows["sp1_status"] == "Timeout")).sum())
    if both:
        lines.append(f"- {both:,} comparisons timed out on both sides: they agree and nothing was compared.")
    if planted:
        lines.append(f"- {planted:,} comparisons with a fault planted on purpose are left out.")
    return "\n".join(lines)
