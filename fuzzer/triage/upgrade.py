"""What a new version changes: one case on two versions, each held against the same reference. Pure."""

from collections.abc import Sequence
from enum import IntEnum, StrEnum

import msgspec

from fuzzer.compare.compare import compare
from fuzzer.model import FailureKind, Outcome, Status, Verdict, VerdictKind


class ErrorClass(StrEnum):
    """Why a side has no answer to a case; the words are those of the artifact contract."""

    TIMEOUT = "timeout"
    """The wall limit ended it, or its runner was silent long after that."""
    HTTP_ERROR = "http_error"
    """Of services behind a URL; nothing here is one, so it is read and never written."""
    INVALID_JSON = "invalid_json"
    """What the runner sent does not parse."""
    SCHEMA_MISMATCH = "schema_mismatch"
    """What the runner sent parses and has another form than it should."""
    NETWORK_ERROR = "network_error"
    """The runner, or the pipe to it, ended."""
    OTHER = "other"


_OF_FAILURES = {
    FailureKind.SILENT: ErrorClass.TIMEOUT,
    FailureKind.DIED: ErrorClass.NETWORK_ERROR,
    FailureKind.UNREADABLE: ErrorClass.INVALID_JSON,
    FailureKind.UNFIT: ErrorClass.SCHEMA_MISMATCH,
}


def error_class_of(outcome: Outcome) -> ErrorClass | None:
    """The class of an outcome that is no answer; None for one that is."""
    if outcome.failure is not None:
        return _OF_FAILURES[outcome.failure.kind]
    if outcome.status is Status.TIMEOUT:
        return ErrorClass.TIMEOUT
    return ErrorClass.OTHER if outcome.status is Status.ERROR else None


class Change(StrEnum):
    """What became of a case."""

    UNCHANGED = "unchanged"
    PROGRESSION = "progression"
    """The new version does what the baseline failed to do."""
    REGRESSION = "regression"
    """The new version fails to do what the baseline did."""
    CHANGED = "changed"
    """It is not as before, and neither worse nor right: it fails, is accepted or tells nothing otherwise."""
    FLAKY = "flaky"
    """It changed, and a version does not do the same each time."""


class SideResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one version did with a case."""

    outcome: Outcome
    verdict: Verdict
    """Against the reference."""
    allowed_by: str = ""
    """Id of the entry of `allowed_divergences.toml` that accepts a divergence."""
    steady: bool = True
    """Whether runs in fresh processes did the same; taken to be so where none were made."""

    @property
    def error_class(self) -> ErrorClass | None:
        """Why there is no answer; None where there is one."""
        return error_class_of(self.outcome)


class Thresholds(msgspec.Struct, frozen=True, kw_only=True):
    """How much more a case may cost before that is a change for the worse, in percent."""

    cycles_percent: float
    time_percent: float | None = None
    """Of the time of all cases together; None: time is told and decides nothing."""


class CaseChange(msgspec.Struct, frozen=True, kw_only=True):
    """One case on both versions."""

    case_id: str
    change: Change
    why: str
    """One line; empty where nothing changed."""
    cycles_percent: float | None = None
    """By how much the cycles grew, negative where they shrank; None where a side does not agree or count."""
    dearer: bool = False
    """Whether that is beyond the threshold."""


class _Standing(IntEnum):
    FAILS = 0
    TELLS_NOTHING = 1
    GOOD = 2


def change_of(case_id: str, baseline: SideResult, new: SideResult, thresholds: Thresholds) -> CaseChange:
    """What became of a case from one version to the other."""
    grown = _cycles_percent(baseline, new)
    change = _change(baseline, new)
    return CaseChange(
        case_id=case_id,
        change=change,
        why="" if change is Change.UNCHANGED else f"baseline {_told(baseline)}; new {_told(new)}",
        cycles_percent=grown,
        dearer=grown is not None and grown > thresholds.cycles_percent,
    )


def _change(baseline: SideResult, new: SideResult) -> Change:
    before, after = _standing(baseline), _standing(new)
    same = before is after and (before is _Standing.GOOD or _alike(baseline, new))
    if same and bool(baseline.allowed_by) == bool(new.allowed_by):
        return Change.UNCHANGED
    if not (baseline.steady and new.steady):
        return Change.FLAKY
    if after < before:
        return Change.REGRESSION
    # What is only accepted, or tells nothing, does not do what the baseline failed to do.
    now_right = new.verdict.kind is VerdictKind.AGREE and after > before
    return Change.PROGRESSION if now_right else Change.CHANGED


def _standing(side: SideResult) -> _Standing:
    """How a side stands against the reference; an answer that is none is a failure unless it agrees."""
    if side.verdict.kind is VerdictKind.AGREE or side.allowed_by:
        return _Standing.GOOD
    if side.verdict.kind is VerdictKind.DIVERGE or side.error_class is not None:
        return _Standing.FAILS
    return _Standing.TELLS_NOTHING


def _alike(one: SideResult, other: SideResult) -> bool:
    return one.error_class is other.error_class and (
        one.outcome.status is other.outcome.status
        and compare(one.outcome, other.outcome).kind is not VerdictKind.DIVERGE
    )


def _told(side: SideResult) -> str:
    if side.verdict.kind is VerdictKind.AGREE:
        return "agrees"
    accepted = f"allowed ({side.allowed_by}): " if side.allowed_by else ""
    failed = f"{side.error_class}: " if side.error_class else ""
    unsteady = "" if side.steady else " (not each time)"
    return f"{accepted}{failed}{side.verdict.reason}{unsteady}"


def _cycles_percent(baseline: SideResult, new: SideResult) -> float | None:
    """Only where both did the same as the reference: what did something else may cost anything."""
    before, after = baseline.outcome.cycles, new.outcome.cycles
    agree = baseline.verdict.kind is new.verdict.kind is VerdictKind.AGREE
    if not agree or not before or after is None:
        return None
    return round(100 * (after - before) / before, 2)


class Speed(msgspec.Struct, frozen=True, kw_only=True):
    """Time of the cases that both versions ended well, loading left out."""

    cases: int
    baseline_ms: float
    new_ms: float
    percent: float | None
    """By how much the time grew; None where nothing was measured."""
    slower: bool
    """Whether that is beyond the threshold."""


def speed_of(pairs: Sequence[tuple[int, int]], thresholds: Thresholds) -> Speed:
    """From the nanoseconds that each case took on both versions."""
    before, after = (sum(times) for times in zip(*pairs, strict=True)) if pairs else (0, 0)
    grown = round(100 * (after - before) / before, 1) if before else None
    limit = thresholds.time_percent
    return Speed(
        cases=len(pairs),
        baseline_ms=before / 1e6,
        new_ms=after / 1e6,
        percent=grown,
        slower=limit is not None and grown is not None and grown > limit,
    )


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the new version may be taken."""

    blocked: bool
    compared: int
    """Cases of which at least one version could be held against the reference."""
    counts: dict[str, int]
    """Cases by what became of them, every word of `Change`."""
    dearer: int
    reasons: tuple[str, ...]
    """Why it is blocked, each a line; empty where it is not."""


def decide(changes: Sequence[CaseChange], compared: int, speed: Speed, thresholds: Thresholds) -> Decision:
    """Blocked by anything that is worse than it was."""
    counts = {word.value: sum(entry.change is word for entry in changes) for word in Change}
    dearer = sum(entry.dearer for entry in changes)
    reasons = []
    if counts[Change.REGRESSION]:
        reasons.append(f"regressions: {counts[Change.REGRESSION]:,}")
    if counts[Change.FLAKY]:
        reasons.append(f"cases that are not steady: {counts[Change.FLAKY]:,}")
    if dearer:
        reasons.append(f"cases whose cycles grew by more than {thresholds.cycles_percent:g} %: {dearer:,}")
    if speed.slower:
        reasons.append(f"time grew by {speed.percent:g} %, more than {thresholds.time_percent:g} %")
    if not compared:
        reasons.append("nothing was compared")
    return Decision(
        blocked=bool(reasons), compared=compared, counts=counts, dearer=dearer, reasons=tuple(reasons)
    )
