"""How bad a finding is, by a written table, and the score that a gate's report shows. Pure."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from fuzzer.model import Symptom, VerdictKind
from fuzzer.store.decision import ScoreTerm
from fuzzer.store.regression_tests import GateVerdict, Movement, RegressionResult
from fuzzer.store.run_log import RunLog
from fuzzer.store.stress_failures import StressFailure


class Severity(StrEnum):
    """The four grades, worst first."""

    CRITICAL = "critical"
    """Silent wrong output: both ended well and committed different bytes."""
    HIGH = "high"
    """A lost panic: what should have been refused was accepted, or the other way round."""
    MEDIUM = "medium"
    """A crash or a hang where the other side ended."""
    LOW = "low"
    """Robustness: both sides failed, in ways of different kinds."""


SEVERITY_OF: Mapping[Symptom, Severity] = {
    Symptom.OUTPUT: Severity.CRITICAL,
    Symptom.LOST_PANIC: Severity.HIGH,
    Symptom.CRASH: Severity.MEDIUM,
    Symptom.HANG: Severity.MEDIUM,
    Symptom.ROBUSTNESS: Severity.LOW,
}
"""The table: silent wrong output > lost panic > crash > robustness."""

WEIGHTS: Mapping[Severity, int] = {
    Severity.CRITICAL: 8,
    Severity.HIGH: 4,
    Severity.MEDIUM: 2,
    Severity.LOW: 1,
}
RETURNED_FACTOR = 2
"""For a finding that had been fixed and came back."""

FORMULA = (
    "score = sum of weight times factor over all findings that stand or cannot be told; weight: "
    + ", ".join(f"{severity.value} {weight}" for severity, weight in WEIGHTS.items())
    + f"; factor: {RETURNED_FACTOR} for one that had been fixed and came back, else 1"
)


def severity_of(log: RunLog) -> Severity:
    """The worst of what a run's divergences are about; a divergence without a symptom counts as worst.

    One that an entry allows does not count.
    """
    grades = list(Severity)
    found = [
        SEVERITY_OF[entry.symptom] if entry.symptom else Severity.CRITICAL
        for entry in log.comparisons
        if entry.kind is VerdictKind.DIVERGE and not entry.allowed_by
    ]
    return min(found, key=grades.index, default=Severity.LOW)


def score_terms(
    failures: Iterable[StressFailure], regressions: Iterable[RegressionResult]
) -> tuple[ScoreTerm, ...]:
    """What each finding adds; one that is there several times, as failure or test, counts as its worst."""
    found = [(entry.signature, _term(entry.failure_id, entry.severity, factor=1)) for entry in failures]
    for result in regressions:
        if result.verdict is GateVerdict.BLOCK:
            factor = RETURNED_FACTOR if result.movement is Movement.RETURNED else 1
            found.append((result.signature, _term(result.test_id, result.severity, factor=factor)))
    terms: dict[str, ScoreTerm] = {}
    for signature, term in found:
        if signature not in terms or total_score([terms[signature]]) <= total_score([term]):
            terms[signature] = term
    return tuple(terms.values())


def total_score(terms: Iterable[ScoreTerm]) -> int:
    """The score that these terms make; 0 without any."""
    return sum(term.weight * term.factor for term in terms)


def _term(what: str, severity: str, *, factor: int) -> ScoreTerm:
    known = severity in set(Severity)
    weight = WEIGHTS[Severity(severity) if known else Severity.CRITICAL]
    return ScoreTerm(what=what, severity=severity, weight=weight, factor=factor)
