"""Gates fail closed: whatever is not plainly true blocks, and says why."""

import msgspec
import pytest
from sample_gates import CLEAN, MEASURED, POLICY, TARGETS, measured

from fuzzer.gate.enforce import absent, block_reasons, check_gates, derive_gates, unpinned
from fuzzer.gate.policy import BuiltIn, Threshold
from fuzzer.model import TargetInfo
from fuzzer.store.decision import GateCheck, RunMode
from fuzzer.store.tree import Tree

METRICS: dict[str, object] = {"comparisons": 20, "unique_signatures": 0}
GATES: dict[str, object] = {"compared_ok": True, "no_divergence_ok": True}


def check(gates: dict[str, object], metrics: dict[str, object] = METRICS) -> dict[str, GateCheck]:
    return {found.gate: found for found in check_gates(POLICY, RunMode.CORE, gates, metrics)}


def test_gates_that_hold_do_not_block() -> None:
    checks = check(GATES)
    assert all(found.passed and found.required and not found.reason for found in checks.values())
    assert block_reasons(tuple(checks.values()), METRICS) == ()


@pytest.mark.parametrize("value", ["true", 1, 1.0, None, [], {}, "", 0])
def test_a_gate_that_is_no_boolean_blocks(value: object) -> None:
    found = check({**GATES, "compared_ok": value})["compared_ok"]
    assert not found.passed
    assert found.reason == f"not a boolean: {value!r}"


def test_a_required_gate_that_is_missing_blocks_with_what_is_known_of_its_metric() -> None:
    assert check({"no_divergence_ok": True})["compared_ok"].reason == (
        "missing: comparisons is 20, asked for is comparisons >= 1"
    )
    assert check({}, {})["compared_ok"].reason == "missing: comparisons was not measured"


def test_a_gate_that_is_false_says_what_was_measured() -> None:
    found = check({**GATES, "no_divergence_ok": False}, {**METRICS, "unique_signatures": 1234})
    assert (
        found["no_divergence_ok"].reason == "unique_signatures is 1,234, asked for is unique_signatures <= 0"
    )


@pytest.mark.parametrize("value", [1, float("nan"), float("inf"), True, False, "0", None, 10**400])
def test_a_gate_that_is_true_against_its_metric_blocks(value: object) -> None:
    found = check(GATES, {**METRICS, "unique_signatures": value})["no_divergence_ok"]
    assert not found.passed
    assert found.reason.startswith("true in the status, but unique_signatures is ")


def test_a_gate_that_is_true_without_its_metric_blocks() -> None:
    assert check(GATES, {"comparisons": 20})["no_divergence_ok"].reason == (
        "true in the status, but unique_signatures was not measured"
    )


def test_what_is_not_required_is_shown_and_does_not_block() -> None:
    checks = check({**GATES, "fairness_ok": False})
    assert not checks["fairness_ok"].passed
    assert not checks["fairness_ok"].required
    assert block_reasons(tuple(checks.values()), METRICS) == ()


def test_a_mode_that_requires_nothing_blocks() -> None:
    policy = msgspec.structs.replace(POLICY, required=dict.fromkeys(RunMode, ()))
    (reason,) = block_reasons(check_gates(policy, RunMode.DEMO, GATES, METRICS), METRICS)
    assert "no gate is required" in reason


@pytest.mark.parametrize("value", [0, 0.0, -1, False, True, "20", None, float("nan")])
def test_having_compared_nothing_blocks_whatever_the_policy_asks_for(value: object) -> None:
    policy = msgspec.structs.replace(POLICY, required=dict.fromkeys(RunMode, ("no_divergence_ok",)))
    metrics = {**METRICS, "comparisons": value}
    (reason,) = block_reasons(check_gates(policy, RunMode.CORE, GATES, metrics), metrics)
    assert reason.startswith("nothing was compared")


def test_gates_follow_from_metrics_and_one_without_its_metric_is_left_out() -> None:
    gates = derive_gates(POLICY, MEASURED, {"comparisons": 0}, CLEAN)
    assert gates["compared_ok"] is False
    assert "no_divergence_ok" not in gates


@pytest.mark.parametrize(
    ("gate", "changes"),
    [
        (BuiltIn.ENDED, {"complete": False}),
        (BuiltIn.NOT_PLANTED, {"planted": "sp1:flip-bit"}),
        (BuiltIn.TARGETS, {"targets": TARGETS[:1]}),
        (BuiltIn.TARGETS, {"targets": ()}),
        (BuiltIn.VERSIONS, {"targets": ()}),
        (BuiltIn.VERSIONS, {"targets": (*TARGETS, TargetInfo(name="rvref", version="0.1.0"))}),
        (BuiltIn.VERSIONS, {"targets": (TARGETS[0], TargetInfo(name="sp1", version="6.2.0"))}),
        (BuiltIn.VERSIONS, {"targets": (TARGETS[0], TargetInfo(name="sp1", version=""))}),
        (BuiltIn.VERSIONS, {"targets": (*TARGETS, TargetInfo(name="sp1", version="6.2.0"))}),
    ],
)
def test_each_built_in_gate_fails_for_its_own_reason(gate: BuiltIn, changes: dict[str, object]) -> None:
    assert derive_gates(POLICY, MEASURED, MEASURED.metrics, CLEAN)[gate] is True
    assert derive_gates(POLICY, measured(**changes), MEASURED.metrics, CLEAN)[gate] is False


@pytest.mark.parametrize(
    "tree", [Tree(), Tree(sha="a" * 40, dirty=True), Tree(sha="", dirty=False), Tree(sha="abc", dirty=False)]
)
def test_a_tree_that_is_not_plainly_clean_is_dirty(tree: Tree) -> None:
    assert derive_gates(POLICY, MEASURED, {}, tree)[BuiltIn.CLEAN_TREE] is False


def test_a_policy_without_targets_or_versions_lets_no_release_through() -> None:
    policy = msgspec.structs.replace(POLICY, targets=(), versions={})
    gates = derive_gates(policy, MEASURED, {}, CLEAN)
    assert (gates[BuiltIn.TARGETS], gates[BuiltIn.VERSIONS]) == (False, False)


def test_another_release_does_not_stand_for_the_target_that_the_policy_pins() -> None:
    other = measured(targets=(TARGETS[0], TargetInfo(name="sp1@6.2.0", version="6.2.0")))
    assert unpinned(POLICY, other) == []  # its own name pins it
    assert absent(POLICY, other) == ["sp1 6.10.0"]
    beside = measured(targets=(*TARGETS, TargetInfo(name="sp1@6.2.0", version="6.2.0")))
    assert absent(POLICY, beside) == []


def test_the_external_gate_is_true_only_where_results_were_added() -> None:
    assert BuiltIn.EXTERNAL not in derive_gates(POLICY, MEASURED, MEASURED.metrics, CLEAN)


def test_a_gate_on_an_unknown_metric_never_holds() -> None:
    gates = {**POLICY.gates, "typo_ok": Threshold(metric="unique_signature", at_most=0)}
    policy = msgspec.structs.replace(POLICY, gates=gates, required=dict.fromkeys(RunMode, ("typo_ok",)))
    derived = derive_gates(policy, MEASURED, MEASURED.metrics, CLEAN)
    (reason,) = block_reasons(check_gates(policy, RunMode.CORE, derived, METRICS), METRICS)
    assert reason == "typo_ok: missing: unique_signature was not measured"
