"""The report of a campaign, in Markdown."""

from collections.abc import Sequence

from fuzzer.campaign.events import Totals
from fuzzer.campaign.keep.tally import Part, Tally
from fuzzer.store.campaign import CampaignRecord, FoundRecord


def render_campaign(record: CampaignRecord, tally: Tally, coverage: Sequence[str]) -> str:
    """The page; `coverage` are the lines of its part about what programs covered and what not."""
    totals = tally.totals
    paragraphs = [
        f"# Campaign {record.campaign_id}",
        _head(record, totals),
        *([f"Planted on purpose: {record.planted}; what differs is no real finding."] * bool(record.planted)),
        "## Findings",
        _findings(record.findings) if record.findings else "None.",
        "## Counts",
        _counts(totals),
        "## Parts",
        _parts(tally),
        "## Targets",
        _targets(record),
    ]
    if coverage:
        paragraphs += ["## What the programs covered, and what not", "\n".join(coverage)]
    return "\n\n".join(paragraphs) + "\n"


def _head(record: CampaignRecord, totals: Totals) -> str:
    rate = totals.cases / record.seconds if record.seconds else 0.0
    done = f"{totals.cases:,} cases in {record.seconds:,.0f} s ({rate:,.0f} a second)"
    again = f"The same campaign again: `fuzz {' '.join(record.command)}`."
    return f"{record.end}: {done} from seed {record.seed}. {again}"


def _findings(findings: Sequence[FoundRecord]) -> str:
    rows = ["| signature | cases | first one | instructions | folder |", "|---|---|---|---|---|"]
    rows += [
        f"| {_cell(found.signature)} | {found.programs:,} | {_cell(found.case)} "
        f"| {found.instructions or ''} | `{found.run_id}/` |"
        for found in findings
    ]
    return "\n".join(rows)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _counts(totals: Totals) -> str:
    counts = {
        "cases": totals.cases,
        "agree": totals.agree,
        "findings, by signature": totals.findings,
        "cases that show a finding again": totals.repeated,
        "differ, not examined for want of time": totals.not_examined,
        "flaky: the difference did not repeat": totals.flaky,
        "allowed by an entry of allowed_divergences.toml": totals.allowed,
        "inconclusive": totals.inconclusive,
        "timed out on all targets, among those that agree": totals.timeouts,
        "rejected: the reference did not run them to their end": totals.rejected,
        "comparisons": totals.compared,
        "runs that a failing runner spoiled": totals.errors,
        "runners started again": totals.restarts,
        "inputs admitted to a corpus": totals.admitted,
    }
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {count:,} |" for name, count in counts.items())])


def _parts(tally: Tally) -> str:
    rows = ["| part | cases | agree | differ | inconclusive | corpus | covered | s in runs |"]
    rows.append("|---|---|---|---|---|---|---|---|")
    rows += [_part(name, part) for name, part in tally.parts.items()]
    return "\n".join(rows)


def _part(name: str, part: Part) -> str:
    counts = part.counts
    numbers = (counts.cases, counts.agree, counts.differ, counts.inconclusive, part.entries, part.covered)
    return f"| {name} | {' | '.join(f'{number:,}' for number in numbers)} | {part.seconds:,.1f} |"


def _targets(record: CampaignRecord) -> str:
    lines = []
    for place, target in enumerate(record.targets):
        role = " (the reference)" if place == 0 else ""
        fault = f", planted on purpose: {target.planted}" if target.planted else ""
        digest = f", runner sha256 `{target.runner_sha256}`" if target.runner_sha256 else ""
        lines.append(f"- {target.name} {target.version}{role}{digest}{fault}")
    return "\n".join(lines)
