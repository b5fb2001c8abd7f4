"""A gate counts results of regression tests only for what they were made with."""

from collections.abc import Sequence

import msgspec
import pytest
from sample_gates import MEASURED, POLICY, TARGETS

from fuzzer.gate.regressions import Regressions, stand_of
from fuzzer.model import TargetInfo
from fuzzer.store.regression_tests import (
    GateVerdict,
    Movement,
    RegressionResult,
    RegressionResults,
    RegressionTest,
    RegressionTests,
)

NATIVE, SP1 = TARGETS
RVREF = TargetInfo(name="rvref", version="0.1.0", runner_sha256="3" * 64)
VERSIONS = {**POLICY.versions, "rvref": "0.1.0"}
TEST = RegressionTest(
    test_id="REG_F1",
    source_failure="F1",
    expected_verdict=GateVerdict.BLOCK,
    max_safe_turn=0,
    folder="f",
    signature="s",
    severity="high",
    core="fib",
)
PASSED = RegressionResult(
    test_id="REG_F1",
    expected_verdict=GateVerdict.BLOCK,
    verdict=GateVerdict.ALLOW,
    movement=Movement.FIXED,
    reason="",
    first_failure_turn=None,
    targets=(),
    severity="high",
    signature="s",
    ran_on=TARGETS,
    subject=MEASURED.subject,
)
BLOCKED = msgspec.structs.replace(PASSED, verdict=GateVerdict.BLOCK, movement=Movement.RETURNED)


def stand(*results: RegressionResult, tests: Sequence[RegressionTest] = (TEST,)) -> Regressions:
    document = RegressionResults(created_utc="", planted="", results=results)
    return stand_of(RegressionTests(tests=tuple(tests)), document, MEASURED, VERSIONS)


def other(of: TargetInfo, **fields: str) -> TargetInfo:
    return msgspec.structs.replace(of, **fields)


def test_results_of_the_very_targets_that_are_judged_count() -> None:
    assert stand(PASSED).metrics == {
        "regressions": 1,
        "regressions_blocked": 0,
        "regressions_returned": 0,
        "regressions_unchecked": 0,
    }
    blocked = stand(BLOCKED).metrics
    assert (blocked["regressions_blocked"], blocked["regressions_returned"]) == (1, 1)


@pytest.mark.parametrize(
    ("ran_on", "why"),
    [
        ((NATIVE, other(SP1, version="6.2.0")), "it ran on sp1 6.2.0, and what is judged on sp1 6.10.0"),
        ((NATIVE, other(SP1, planted="flip-bit")), "it ran on sp1 6.10.0 with the fault flip-bit, and"),
        ((NATIVE, other(SP1, runner_sha256="9" * 64)), "it ran on another build of sp1 6.10.0"),
        ((NATIVE, other(SP1, runner_sha256="")), "it ran on another build of sp1 6.10.0"),
        ((other(NATIVE, version="rustc 1.96.0"), SP1), "it ran on native rustc 1.96.0"),
        ((NATIVE, SP1, other(RVREF, version="0.2.0")), "it ran on rvref 0.2.0, which took no part"),
        ((NATIVE, other(RVREF, name="risc0")), "it ran on risc0 0.1.0, which took no part"),
        ((RVREF, other(SP1, version="")), "it ran on sp1 , and"),
        ((SP1,), "does not say what it ran on"),
        ((), "does not say what it ran on"),
    ],
)
def test_a_result_of_anything_else_leaves_its_test_unchecked(
    ran_on: tuple[TargetInfo, ...], why: str
) -> None:
    passed = stand(msgspec.structs.replace(PASSED, ran_on=ran_on))
    assert why in passed.unchecked["REG_F1"]
    assert passed.metrics["regressions_unchecked"] == 1
    blocked = stand(msgspec.structs.replace(BLOCKED, ran_on=ran_on))
    assert blocked.metrics["regressions_blocked"] == 1  # what blocks, blocks


@pytest.mark.parametrize("subject", ["20261120_120000_fib", ""])
def test_a_result_for_another_campaign_or_for_none_leaves_its_test_unchecked(subject: str) -> None:
    passed = stand(msgspec.structs.replace(PASSED, subject=subject))
    assert passed.unchecked == {
        "REG_F1": f"it was run for {subject or 'no campaign'}, and what is judged is {MEASURED.subject}"
    }
    assert passed.results == ()
    blocked = stand(msgspec.structs.replace(BLOCKED, subject=subject))
    assert blocked.metrics["regressions_blocked"] == 1


@pytest.mark.parametrize(
    "ran_on",
    [
        (NATIVE, SP1, RVREF),
        (other(NATIVE, runner_sha256="8" * 64), SP1),
        (NATIVE, other(SP1, name="sp1@6.10.0")),
    ],
)
def test_what_the_policy_pins_another_core_and_another_name_of_a_release_count(
    ran_on: tuple[TargetInfo, ...],
) -> None:
    assert stand(msgspec.structs.replace(PASSED, ran_on=ran_on)).unchecked == {}


def test_a_test_that_was_never_run_is_unchecked_and_foreign_results_count_for_nothing() -> None:
    foreign = msgspec.structs.replace(PASSED, test_id="REG_F2")
    found = stand(foreign)
    assert (found.results, found.unchecked) == ((), {"REG_F1": "it was not run"})
    assert stand_of(RegressionTests(tests=(TEST,)), None, MEASURED, {}).metrics["regressions_unchecked"] == 1


def test_without_tests_nothing_is_unchecked() -> None:
    assert stand(tests=()).metrics["regressions_unchecked"] == 0
