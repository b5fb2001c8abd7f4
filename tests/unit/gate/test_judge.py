"""From a status and a policy to a verdict with its reasons."""

import msgspec
import pytest
from sample_gates import CLEAN, MEASURED, POLICY, TARGETS, measured

from fuzzer.gate.judge import baseline_of, judge, judge_file, ledger_entry
from fuzzer.gate.measure import Measured
from fuzzer.gate.metric_table import difference, metric_rows
from fuzzer.gate.policy import Policy, Threshold
from fuzzer.gate.status import Provenance, build_status
from fuzzer.model import TargetInfo
from fuzzer.store.decision import GateResult, RunMode
from fuzzer.store.regression_tests import GateVerdict
from fuzzer.store.status import External, ExternalMetric, Status
from fuzzer.store.tree import Tree

AUDIT = ExternalMetric(name="audit_rate", value=0.2, threshold=0.1, passed=True)


def status_of(
    of: Measured = MEASURED,
    *,
    mode: RunMode = RunMode.CORE,
    tree: Tree = CLEAN,
    policy: Policy = POLICY,
    external: External | None = None,
) -> Status:
    provenance = Provenance(
        mode=mode,
        tree=tree,
        policy_path="inputs/gate_policy.toml",
        policy_sha256="b" * 64,
        run_key="",
        created_utc="2026-11-21T12:00:00Z",
    )
    return build_status(of, policy, provenance, further={}, external=external)


def judged(of: Measured = MEASURED, *, mode: RunMode = RunMode.CORE, tree: Tree = CLEAN) -> GateResult:
    status = status_of(of, mode=mode, tree=tree)
    return judge(status, POLICY, of, failures=(), regressions=(), baseline=None, tampered="")


def test_prod_lets_a_clean_complete_pinned_run_through() -> None:
    result = judged(mode=RunMode.PROD)
    assert (result.verdict, result.reasons) == (GateVerdict.ALLOW, ())
    assert {check.gate for check in result.checks if check.required} >= {"clean_tree_ok", "complete_ok"}


@pytest.mark.parametrize(
    ("changes", "tree", "reason"),
    [
        ({}, Tree(), "clean_tree_ok: the project is no git checkout"),
        ({}, Tree(sha="a" * 40), "clean_tree_ok: the git checkout has changes that are not committed"),
        ({"targets": TARGETS[:1]}, CLEAN, "targets_present_ok: took no part: sp1 6.10.0"),
        (
            {"targets": (*TARGETS, TargetInfo(name="rvref", version="0.1.0"))},
            CLEAN,
            "versions_pinned_ok: rvref ran in 0.1.0, pinned is nothing",
        ),
        ({"planted": "sp1:flip-bit"}, CLEAN, "nothing_planted_ok: planted on purpose: sp1:flip-bit"),
        ({"complete": False}, CLEAN, "complete_ok: the campaign has not come to its end"),
    ],
)
def test_prod_says_what_it_refuses_and_the_other_modes_do_not_ask(
    changes: dict[str, object], tree: Tree, reason: str
) -> None:
    result = judged(measured(**changes), mode=RunMode.PROD, tree=tree)
    assert (result.verdict, result.reasons) == (GateVerdict.BLOCK, (reason,))
    for mode in (RunMode.DEMO, RunMode.CORE):
        assert judged(measured(**changes), mode=mode, tree=tree).verdict is GateVerdict.ALLOW


def test_a_report_that_was_changed_blocks_by_itself() -> None:
    result = judge(
        status_of(), POLICY, MEASURED, failures=(), regressions=(), baseline=None, tampered="it was changed"
    )
    assert (result.verdict, result.reasons) == (GateVerdict.BLOCK, ("it was changed",))


def test_a_run_that_compared_nothing_blocks_even_in_demo() -> None:
    nothing = measured(metrics={**MEASURED.metrics, "comparisons": 0})
    assert judged(nothing, mode=RunMode.DEMO).verdict is GateVerdict.BLOCK


def test_results_of_other_tools_are_decided_anew_and_can_be_what_a_gate_asks_for() -> None:
    policy = msgspec.structs.replace(
        POLICY,
        gates={**POLICY.gates, "audit_ok": Threshold(metric="audit_rate", at_most=0.05)},
        required=dict.fromkeys(RunMode, ("audit_ok", "external_all_pass")),
    )
    status = status_of(policy=policy, external=External(metrics=(AUDIT,), all_pass=True))
    result = judge(status, policy, MEASURED, failures=(), regressions=(), baseline=None, tampered="")
    assert result.reasons == (
        "audit_ok: audit_rate is 0.2, asked for is audit_rate <= 0.05",
        "external_all_pass: false",
    )


def test_a_section_without_results_does_not_count_as_all_passed() -> None:
    assert status_of(external=External(metrics=(), all_pass=True)).gates["external_all_pass"] is False


def test_a_status_that_came_as_a_file_is_held_to_the_mode_and_to_its_own_form() -> None:
    status = status_of()
    _, reasons = judge_file(POLICY, RunMode.CORE, status.metrics, status.gates, problems=())
    assert reasons == ()
    _, reasons = judge_file(POLICY, RunMode.PROD, status.metrics, status.gates, problems=["$: broken"])
    assert reasons == (
        "the status is not valid: $: broken",
        "the status is of the mode 'core', the gate is in 'prod'",
    )
    _, reasons = judge_file(POLICY, RunMode.DEMO, {"comparisons": 1}, status.gates, problems=())
    assert reasons[0] == "the status is of the mode None, the gate is in 'demo'"


def test_metrics_are_held_against_the_last_other_gate_that_let_something_out() -> None:
    entry = ledger_entry(judged(), status_of())
    history = [
        msgspec.structs.replace(entry, gate_id=name, verdict=verdict)
        for name, verdict in (("a", "ALLOW"), ("b", "ALLOW"), ("c", "BLOCK"), ("mine", "ALLOW"))
        for verdict in [GateVerdict(verdict)]
    ]
    found = baseline_of(history, subject="mine")
    assert found is not None
    assert found.gate_id == "b"
    asked_for = baseline_of(history, subject="mine", wanted="c")
    assert asked_for is not None
    assert asked_for.gate_id == "c"
    assert baseline_of(history, subject="mine", wanted="none") is None
    assert baseline_of([], subject="mine") is None


@pytest.mark.parametrize(
    ("before", "now", "text"),
    [
        (10, 12, "+2 (+20.0 %)"),
        (12, 10, "-2 (-16.7 %)"),
        (0, 3, "+3"),
        (3, 3, "±0"),
        (0.5, 0.25, "-0.25 (-50.0 %)"),
        (-4, -2, "+2 (+50.0 %)"),
        (None, 1, "-"),
        (1, None, "-"),
        (True, 1, "-"),
        ("a", "b", "-"),
    ],
)
def test_differences_have_a_sign(before: object, now: object, text: str) -> None:
    assert difference(before, now) == text  # type: ignore[arg-type]


def test_a_metric_that_only_the_baseline_has_is_shown_and_its_gate_fails() -> None:
    checks = judged(measured(metrics={"comparisons": 5})).checks
    rows = {row.name: row for row in metric_rows({"comparisons": 5}, MEASURED.metrics, POLICY, checks)}
    gone = rows["unique_signatures"]
    assert (gone.before, gone.now, gone.word, gone.gates) == ("0", "-", "fail", ("no_divergence_ok",))
    assert rows["comparisons"].word == "pass"
