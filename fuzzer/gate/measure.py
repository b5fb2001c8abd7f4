"""What a campaign, or some runs, measured: the flat metrics of a status. Pure.

What is not known is left out. It is never 0, so that a gate on it fails.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from fuzzer.gate.failures import is_finding, is_flaky
from fuzzer.model import RVREF, Status, TargetInfo, VerdictKind
from fuzzer.store.campaign import CampaignRecord
from fuzzer.store.progress import Progress
from fuzzer.store.run_log import RunLog
from fuzzer.store.status import MS_PER_RUN, Metric

_COUNTS = {
    "cases": "cases",
    "agree": "agree",
    "inconclusive": "inconclusive",
    "comparisons": "compared",
    "allowed": "allowed",
    "flaky": "flaky",
    "not_examined": "not_examined",
    "errors": "errors",
    "restarts": "restarts",
    "rejected": "rejected",
    "repeated": "repeated",
}
"""Metrics by the field of the campaign's totals that they are."""


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign, or some runs, as gates see them."""

    subject: str
    """The campaign, or the first of the runs."""
    metrics: Mapping[str, Metric]
    targets: tuple[TargetInfo, ...]
    complete: bool
    planted: str
    run_key: str
    """What it takes to make the same cases again."""


def measure_campaign(
    record: CampaignRecord,
    findings: Sequence[RunLog],
    *,
    progress: Progress | None,
    coverage: float | None,
) -> Measured:
    """What a campaign measured; `coverage` is the share of the map's bins that it hit."""
    totals = {key: value for key, value in record.totals.items() if isinstance(value, int)}
    metrics: dict[str, Metric] = {name: totals[key] for name, key in _COUNTS.items() if key in totals}
    found = totals.get("findings", len(record.findings))
    metrics["diverge"] = found + totals.get("repeated", 0) + totals.get("not_examined", 0)
    # The larger of two that should be the same: a record may have been edited.
    metrics["unique_signatures"] = max(
        len({entry.signature for entry in record.findings}), totals.get("findings", 0)
    )
    metrics |= _shares(totals.get("cases", 0), totals.get("inconclusive", 0))
    metrics["seconds"] = round(record.seconds, 3)
    if record.seconds > 0:
        metrics["cases_per_second"] = round(totals.get("cases", 0) / record.seconds, 3)
    if progress is not None:
        metrics["timeouts"] = progress.timeouts
        metrics["memory_mb"] = round(progress.memory_mb, 1)
        metrics["disk_mb"] = round(progress.disk_mb, 1)
        if covered := sum(part.covered for part in progress.parts):
            metrics["covered_bins"] = covered
        for target in progress.targets:
            if target.runs:
                metrics[f"{target.name}{MS_PER_RUN}"] = round(1000 * target.seconds / target.runs, 3)
    elif findings or not record.findings:
        metrics["timeouts"] = _timeouts(findings)
    if coverage is not None:
        metrics["coverage_share"] = round(coverage, 4)
    return Measured(
        subject=record.campaign_id,
        metrics=metrics,
        targets=record.targets,
        complete=record.end == "Complete",
        planted=record.planted or _planted(record.targets),
        run_key=f"campaign={record.campaign_id}|generator={record.generator}|seed={record.seed}"
        f"|workers={record.workers}",
    )


def scorecard(totals: Mapping[str, object], seconds: float) -> dict[str, int | float]:
    """Counts of a run or a campaign under the names that metrics have, with its rate."""
    counts = {key: value for key, value in totals.items() if isinstance(value, int)}
    metrics: dict[str, int | float] = {name: counts[key] for name, key in _COUNTS.items() if key in counts}
    metrics["findings"] = counts.get("findings", 0)
    metrics["timeouts"] = counts.get("timeouts", 0)
    metrics["seconds"] = round(seconds, 3)
    if cases := counts.get("cases", 0):
        metrics["inconclusive_share"] = round(counts.get("inconclusive", 0) / cases, 6)
        if seconds > 0:
            metrics["cases_per_second"] = round(cases / seconds, 3)
    return metrics


def measure_runs(logs: Sequence[RunLog]) -> Measured:
    """What some runs measured, one case each."""
    comparisons = [entry for log in logs for entry in log.comparisons]
    findings = [log for log in logs if is_finding(log)]
    allowed = sum(any(entry.allowed_by for entry in log.comparisons) for log in logs)
    diverging = sum(_has(log, VerdictKind.DIVERGE) for log in logs)
    agree = sum(log.diff.equal for log in logs)
    inconclusive = len(logs) - agree - diverging
    metrics: dict[str, Metric] = {
        "cases": len(logs),
        "agree": agree,
        "inconclusive": inconclusive,
        "comparisons": sum(entry.compared for entry in comparisons),
        "allowed": allowed,
        "flaky": sum(map(is_flaky, logs)),
        "errors": sum(run.outcome.status is Status.ERROR for log in logs for run in log.targets),
        "timeouts": _timeouts(logs),
        "diverge": len(findings),
        "not_examined": 0,
        "unique_signatures": len({log.signature for log in findings}),
        **_shares(len(logs), inconclusive),
    }
    # One that ran in two versions is there twice.
    targets = {
        (run.target.name, run.target.version, run.target.planted): run.target
        for log in logs
        for run in log.targets
    }
    names = [log.run_id for log in logs]
    ids = names[0] if len(names) == 1 else f"{names[0]}..{names[-1]} ({len(names)})"
    return Measured(
        subject=logs[0].run_id,
        metrics=metrics,
        targets=tuple(targets.values()),
        complete=True,
        planted="; ".join(dict.fromkeys(log.planted for log in logs if log.planted)),
        run_key=f"runs={ids}",
    )


def versions_text(targets: Iterable[TargetInfo]) -> str:
    """The targets with their versions, the reference last: it is not what is released."""
    ordered = sorted(targets, key=lambda target: target.name in {"native", RVREF})
    return ", ".join(f"{target.name} {target.version}" for target in ordered)


def _shares(cases: int, inconclusive: int) -> dict[str, Metric]:
    return {"inconclusive_share": round(inconclusive / cases, 6)} if cases else {}


def _has(log: RunLog, kind: VerdictKind) -> bool:
    return any(entry.kind is kind for entry in log.comparisons)


def _timeouts(logs: Iterable[RunLog]) -> int:
    return sum(run.outcome.status is Status.TIMEOUT for log in logs for run in log.targets)


def _planted(targets: Iterable[TargetInfo]) -> str:
    return ", ".join(f"{target.name}:{target.planted}" for target in targets if target.planted)
