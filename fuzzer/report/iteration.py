"""The iteration report: campaigns beside each other, and what each added. Pure."""

from collections.abc import Mapping, Sequence

import pandas as pd

from fuzzer.report.tables import markdown
from fuzzer.report.words import counted, duration
from fuzzer.store.campaign import CampaignRecord
from fuzzer.triage.findings import id_of


def render_iteration(
    campaigns: Sequence[CampaignRecord], states: Mapping[str, str], *, number: int, created: str
) -> str:
    """The page in Markdown; campaigns in the order of time, states of findings by signature.

    What campaigns with planted faults found is told apart and counts for nothing.
    """
    frame = _frame(campaigns)
    real = [campaign for campaign in campaigns if not _is_planted(campaign)]
    cases, seconds = int(frame["cases"].sum()), float(frame["seconds"].sum())
    counts = f"{counted(len(campaigns), 'campaign')}, {counted(cases, 'case')}"
    starred = " A star marks faults planted on purpose." if len(real) < len(campaigns) else ""
    parts = [
        f"# Iteration {number}",
        f"{created}. {counts}, {duration(seconds)} of work.",
        "## Campaigns",
        markdown(frame),
        f"`new` are signatures that no campaign above had, `further` cases that showed a known one.{starred}",
        "## By what was run",
        _by_generator(frame),
        "## Findings",
        _findings(real, states),
    ]
    return "\n\n".join(parts) + "\n"


def _is_planted(campaign: CampaignRecord) -> bool:
    return bool(campaign.planted) or any(target.planted for target in campaign.targets)


def _frame(campaigns: Sequence[CampaignRecord]) -> pd.DataFrame:
    seen: set[str] = set()
    rows = []
    for campaign in campaigns:
        names = {found.signature for found in campaign.findings}
        planted = _is_planted(campaign)
        cases = _number(campaign, "cases")
        rows.append(
            {
                "campaign": campaign.campaign_id + ("*" if planted else ""),
                "what": ", ".join(campaign.cores) or campaign.generator,
                "versions": ", ".join(f"{target.name} {target.version}" for target in campaign.targets),
                "end": campaign.end,
                "seconds": round(campaign.seconds, 1),
                "cases": cases,
                "cases/s": round(cases / campaign.seconds, 1) if campaign.seconds else 0.0,
                "inconclusive": _number(campaign, "inconclusive"),
                "restarts": _number(campaign, "restarts"),
                "findings": len(names),
                "new": 0 if planted else len(names - seen),
                "further": sum(found.programs - 1 for found in campaign.findings),
            }
        )
        if not planted:
            seen |= names
    return pd.DataFrame(rows)


def _number(campaign: CampaignRecord, name: str) -> int:
    value = campaign.totals.get(name, 0)
    return value if isinstance(value, int) else 0


def _by_generator(frame: pd.DataFrame) -> str:
    grouped = frame.groupby("what").agg(
        campaigns=("campaign", "size"),
        seconds=("seconds", "sum"),
        cases=("cases", "sum"),
        new=("new", "sum"),
    )
    per_million = (1e6 * grouped["new"] / grouped["cases"].clip(lower=1)).round(2)
    return markdown(grouped.assign(**{"new per million cases": per_million}).reset_index())


def _findings(campaigns: Sequence[CampaignRecord], states: Mapping[str, str]) -> str:
    rows: dict[str, dict[str, object]] = {}
    for campaign in campaigns:
        for found in campaign.findings:
            row = rows.setdefault(
                found.signature,
                {
                    "id": id_of(found.signature),
                    "state": states.get(found.signature, "new"),
                    "first seen in": campaign.campaign_id,
                    "campaigns": 0,
                    "cases": 0,
                    "signature": found.signature,
                },
            )
            row["campaigns"] = int(str(row["campaigns"])) + 1
            row["cases"] = int(str(row["cases"])) + found.programs
    return markdown(pd.DataFrame(list(rows.values()))) if rows else "None."
