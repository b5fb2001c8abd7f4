"""How bad findings are, and what they add up to."""

from pathlib import Path

import msgspec
import pytest
from sample_findings import record
from sample_results import FLIPPED, OK, PANIC, recorded, result

from fuzzer.campaign.evidence import run_log
from fuzzer.gate.failures import first_failure_turn, stress_failures, with_tests_for
from fuzzer.gate.severity import SEVERITY_OF, WEIGHTS, Severity, score_terms, severity_of, total_score
from fuzzer.model import CaseResult, Outcome, Status, Symptom
from fuzzer.store.artifact_store import LocalStore
from fuzzer.store.regression_tests import GateVerdict, Movement, RegressionResult
from fuzzer.store.run_log import RunLog
from fuzzer.store.stress_failures import StressFailure

CRASH = Outcome(status=Status.CRASH, signal=11)
ABORT = Outcome(status=Status.CRASH, signal=6)


def log_of(tmp_path: Path, of: CaseResult) -> RunLog:
    store = LocalStore(tmp_path)
    (run_id,) = record(store, recorded(of))
    return run_log(store, run_id)


def failure(severity: str = "critical", signature: str = "s") -> StressFailure:
    return StressFailure(
        failure_id=f"F{signature}",
        attack_family="mutated",
        first_failure_turn=1,
        severity=severity,
        run_id="r",
        signature=signature,
        core="fib",
        cases=1,
    )


def said(movement: Movement, severity: str = "critical", signature: str = "s") -> RegressionResult:
    blocks = movement not in {Movement.FIXED, Movement.HOLDS}
    return RegressionResult(
        test_id="REG_F1",
        expected_verdict=GateVerdict.BLOCK,
        verdict=GateVerdict.BLOCK if blocks else GateVerdict.ALLOW,
        movement=movement,
        reason="",
        first_failure_turn=None,
        targets=(),
        severity=severity,
        signature=signature,
    )


def score(failures: list[StressFailure], results: list[RegressionResult]) -> int:
    return total_score(score_terms(failures, results))


def test_the_table_is_the_written_one() -> None:
    order = [Symptom.OUTPUT, Symptom.LOST_PANIC, Symptom.CRASH, Symptom.ROBUSTNESS]
    assert [SEVERITY_OF[symptom] for symptom in order] == list(Severity)
    assert set(SEVERITY_OF) == set(Symptom)
    assert sorted(WEIGHTS.values(), reverse=True) == [WEIGHTS[grade] for grade in Severity]


@pytest.mark.parametrize(
    ("of", "grade"),
    [
        (result(FLIPPED), Severity.CRITICAL),
        (result(OK, reference=PANIC), Severity.HIGH),
        (result(CRASH), Severity.MEDIUM),
        (result(CRASH, reference=ABORT), Severity.LOW),
        (result(CRASH, FLIPPED), Severity.CRITICAL),
    ],
)
def test_a_finding_is_as_bad_as_its_worst_divergence(tmp_path: Path, of: CaseResult, grade: Severity) -> None:
    assert severity_of(log_of(tmp_path, of)) is grade


def test_what_an_entry_allows_makes_a_finding_neither_worse_nor_earlier(tmp_path: Path) -> None:
    of = result(FLIPPED, CRASH)
    allowed = msgspec.structs.replace(of.comparisons[0], allowed_by="known")
    log = log_of(tmp_path, msgspec.structs.replace(of, comparisons=(allowed, of.comparisons[1])))
    assert severity_of(log) is Severity.MEDIUM
    assert first_failure_turn(log) == 2  # behind the reference's only commit


def test_nothing_that_stands_is_0() -> None:
    assert score([], [said(Movement.FIXED), said(Movement.HOLDS)]) == 0


def test_a_finding_that_is_a_failure_and_a_test_counts_once_and_one_that_came_back_twice() -> None:
    assert score([failure()], [said(Movement.STANDS)]) == 8
    assert score([failure()], [said(Movement.RETURNED)]) == 16
    assert score([failure(), failure("low", "t")], []) == 9


def test_the_worst_of_several_tests_of_one_signature_counts_in_any_order() -> None:
    several = [said(Movement.RETURNED), said(Movement.STANDS)]
    assert score([], several) == score([], several[::-1]) == 16
    assert score([failure("critical")], [said(Movement.STANDS, "low")]) == 8


def test_a_test_that_could_not_be_told_counts_as_not_fixed() -> None:
    assert score([], [said(Movement.UNKNOWN, "high")]) == 4


def test_a_severity_of_no_name_counts_as_the_worst() -> None:
    assert score([failure("harmless")], []) == WEIGHTS[Severity.CRITICAL]


def test_flaky_and_allowed_divergences_are_no_failures(tmp_path: Path) -> None:
    of = result(FLIPPED)
    shaky = msgspec.structs.replace(of.comparisons[0], confirmed=2)
    allowed = msgspec.structs.replace(of.comparisons[0], allowed_by="known")
    for entry in (shaky, allowed):
        log = log_of(tmp_path, msgspec.structs.replace(of, comparisons=(entry,)))
        found = stress_failures([log], run_id="r", total=1, created_utc="")
        assert found.failures == ()


def test_failures_become_tests_once_and_the_worst_comes_first(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    ids = record(
        store,
        recorded(result(CRASH, core="io")),
        recorded(result(FLIPPED)),
        recorded(result(FLIPPED, buffers=(b"other",))),
    )
    found = stress_failures([run_log(store, name) for name in ids], run_id="c", total=9, created_utc="")
    assert [(entry.severity, entry.cases) for entry in found.failures] == [("critical", 2), ("medium", 1)]
    tests, added = with_tests_for((), found)
    assert added == [test.test_id for test in tests.tests] == [f"REG_{f.failure_id}" for f in found.failures]
    assert {test.expected_verdict for test in tests.tests} == {GateVerdict.BLOCK}
    assert [test.max_safe_turn for test in tests.tests] == [0, 1]
    assert with_tests_for(tests.tests, found)[1] == []


def test_what_was_fixed_and_comes_back_on_another_input_gets_its_own_test(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    first, second = (
        stress_failures([run_log(store, name)], run_id="c", total=1, created_utc="")
        for name in record(store, recorded(result(FLIPPED)), recorded(result(FLIPPED, buffers=(b"other",))))
    )
    tests, _ = with_tests_for((), first)
    assert with_tests_for(tests.tests, second)[1] == []
    fixed = tuple(msgspec.structs.replace(test, expected_verdict=GateVerdict.ALLOW) for test in tests.tests)
    assert len(with_tests_for(fixed, second)[1]) == 1
    assert with_tests_for(fixed, first)[1] == []  # its test says by itself that it came back
