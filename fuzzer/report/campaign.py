"""The report of a campaign of instruction programs, in Markdown."""

from collections.abc import Sequence

from fuzzer.campaign.events import Totals
from fuzzer.store.campaign import CampaignRecord, FoundRecord


def render_campaign(record: CampaignRecord, totals: Totals, coverage: Sequence[str]) -> str:
    """The page; `coverage` are the lines of its part about what was covered and what was not."""
    paragraphs = [
        f"# Campaign {record.campaign_id}",
        _head(record, totals),
        "## Findings",
        _findings(record.findings) if record.findings else "None.",
        "## Counts",
        _counts(totals),
        "## Targets",
        _targets(record),
        "## What was covered, and what was not",
        "\n".join(coverage) if coverage else "Nothing is known of it.",
    ]
    return "\n\n".join(paragraphs) + "\n"


def _head(record: CampaignRecord, totals: Totals) -> str:
    rate = totals.cases / record.seconds if record.seconds else 0.0
    command = f"fuzz campaign --generator {record.generator} --xlen {record.xlen} --seed {record.seed}"
    names = " ".join(f"--target {target.name}" for target in record.targets[1:])
    done = f"{totals.cases:,} programs in {record.seconds:,.0f} s ({rate:,.0f} a second)"
    again = f"The same programs again: `{command} {names} --cases {totals.cases}`."
    return f"{record.end}: {done} from seed {record.seed}. {again}"


def _findings(findings: Sequence[FoundRecord]) -> str:
    rows = ["| signature | programs | first one | instructions | folder |", "|---|---|---|---|---|"]
    rows += [
        f"| {found.signature.replace('|', chr(92) + '|')} | {found.programs:,} | {found.case} "
        f"| {found.instructions} | `{found.run_id}/` |"
        for found in findings
    ]
    return "\n".join(rows)


def _counts(totals: Totals) -> str:
    counts = {
        "programs": totals.cases,
        "agree": totals.agree,
        "findings, by signature": totals.findings,
        "programs that show a finding again": totals.repeated,
        "differ, not examined for want of time": totals.not_examined,
        "flaky: the difference did not repeat": totals.flaky,
        "inconclusive": totals.inconclusive,
        "rejected: the reference did not run them to their end": totals.rejected,
        "comparisons": totals.compared,
        "runners started again": totals.restarts,
    }
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {count:,} |" for name, count in counts.items())])


def _targets(record: CampaignRecord) -> str:
    lines = []
    for place, target in enumerate(record.targets):
        role = " (the reference)" if place == 0 else ""
        fault = f", planted on purpose: {target.planted}" if target.planted else ""
        lines.append(f"- {target.name} {target.version}{role}, runner sha256 `{target.runner_sha256}`{fault}")
    return "\n".join(lines)
