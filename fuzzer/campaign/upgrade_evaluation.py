"""From cases on two versions to the document that says what changed. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence

from fuzzer.campaign.upgrade import Compared
from fuzzer.compare.compare import first_difference
from fuzzer.model import Status, TargetInfo
from fuzzer.store.upgrade import (
    SIDES,
    CaseEvaluation,
    Evaluation,
    Side,
    SideSummary,
    StreamDifference,
    VersionSummary,
)
from fuzzer.store.upgrade_case import output_hash, without_folders
from fuzzer.triage.upgrade import SideResult, Thresholds, change_of, decide, speed_of

_NS_PER_MS = 1_000_000


def evaluate(
    cases: Sequence[Compared],
    *,
    run_id: str,
    generated_at: str,
    urls: Mapping[Side, str],
    infos: Mapping[Side, TargetInfo],
    references: Sequence[TargetInfo],
    thresholds: Thresholds,
) -> Evaluation:
    """What changed from the baseline to the new version, and whether that blocks it."""
    evaluated = [_evaluated(entry, thresholds) for entry in cases]
    compared = sum(any(side.verdict.compared for side in entry.sides.values()) for entry in cases)
    speed = speed_of([_times(entry) for entry in cases if _is_timed(entry)], thresholds)
    return Evaluation(
        run_id=run_id,
        generated_at=generated_at,
        references=tuple(references),
        baseline=_version("baseline", cases, urls, infos),
        new=_version("new", cases, urls, infos),
        thresholds=thresholds,
        decision=decide([entry.change for entry in evaluated], compared, speed, thresholds),
        speed=speed,
        cases=tuple(evaluated),
    )


def _evaluated(entry: Compared, thresholds: Thresholds) -> CaseEvaluation:
    baseline, new = (entry.sides[side] for side in SIDES)
    change = change_of(entry.case.case_id, baseline, new, thresholds)
    alike = baseline.outcome.status is new.outcome.status
    parted = first_difference(baseline.outcome, new.outcome) if alike else None
    return CaseEvaluation(
        change=change,
        baseline=_summary(baseline, entry.least_ns["baseline"]),
        new=_summary(new, entry.least_ns["new"]),
        stream_difference=None
        if parted is None
        else StreamDifference(
            commit=parted.commit,
            byte=parted.byte,
            baseline=parted.reference.hex(),
            new=parted.other.hex(),
        ),
        artifact=f"{entry.case.case_id}.json",
    )


def _summary(side: SideResult, least_ns: int) -> SideSummary:
    return SideSummary(
        status=side.outcome.status,
        verdict=side.verdict.kind,
        reason=without_folders(side.verdict.reason),
        error_class=side.error_class,
        output_hash=output_hash(side.outcome),
        committed_bytes=len(side.outcome.stream),
        cycles=side.outcome.cycles,
        elapsed_ms=least_ns / _NS_PER_MS,
    )


def _version(
    side: Side, cases: Sequence[Compared], urls: Mapping[Side, str], infos: Mapping[Side, TargetInfo]
) -> VersionSummary:
    failed = Counter(
        failure.value for entry in cases if (failure := entry.sides[side].error_class) is not None
    )
    return VersionSummary(base_url=urls[side], target=infos[side], failures=dict(sorted(failed.items())))


def _is_timed(entry: Compared) -> bool:
    return all(
        side.outcome.status in (Status.OK, Status.PANIC) and entry.least_ns[name] > 0
        for name, side in entry.sides.items()
    )


def _times(entry: Compared) -> tuple[int, int]:
    baseline, new = (entry.least_ns[side] for side in SIDES)
    return baseline, new
