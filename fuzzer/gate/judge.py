"""The gate itself: a status and a policy to a verdict with its reasons. Pure."""

import hashlib
from collections.abc import Mapping, Sequence

import msgspec

from fuzzer.gate.enforce import absent, block_reasons, check_gates, unpinned
from fuzzer.gate.measure import Measured
from fuzzer.gate.policy import BuiltIn, Policy
from fuzzer.gate.severity import score_terms, total_score
from fuzzer.store.decision import GateCheck, GateResult, RunMode
from fuzzer.store.quality_ledger import LedgerEntry
from fuzzer.store.regression_tests import GateVerdict, RegressionResult
from fuzzer.store.status import Status, encode_status
from fuzzer.store.stress_failures import StressFailure


def judge(
    status: Status,
    policy: Policy,
    measured: Measured,
    *,
    failures: Sequence[StressFailure],
    regressions: Sequence[RegressionResult],
    baseline: LedgerEntry | None,
    tampered: str,
) -> GateResult:
    """What the gate says of a status that was just made; `tampered` blocks by itself."""
    mode = RunMode(str(status.metrics["run_mode"]))
    checks = tuple(
        _explained(check, policy, measured, status)
        for check in check_gates(policy, mode, status.gates, status.metrics)
    )
    reasons = (*([tampered] if tampered else []), *block_reasons(checks, status.metrics))
    terms = score_terms(failures, regressions)
    return GateResult(
        gate_id=measured.subject,
        created_utc=status.created_utc,
        run_mode=mode,
        verdict=GateVerdict.BLOCK if reasons else GateVerdict.ALLOW,
        reasons=reasons,
        checks=checks,
        severity_score=total_score(terms),
        score_terms=terms,
        policy_path=str(status.metrics["gate_policy_path"]),
        policy_sha256=str(status.metrics["gate_policy_sha256"]),
        status_sha256=hashlib.sha256(encode_status(status)).hexdigest(),
        baseline_id=baseline.gate_id if baseline else "",
    )


def judge_file(
    policy: Policy,
    mode: RunMode,
    metrics: Mapping[str, object],
    gates: Mapping[str, object],
    *,
    problems: Sequence[str],
) -> tuple[tuple[GateCheck, ...], tuple[str, ...]]:
    """What the gate says of a status that somebody made: all checks, and the reasons to block.

    `problems` are what is wrong with the document: one that is not valid, or contradicts itself, blocks.
    """
    checks = check_gates(policy, mode, gates, metrics)
    stated = metrics.get("run_mode")
    other = [f"the status is of the mode {stated!r}, the gate is in {mode.value!r}"] if stated != mode else []
    wrong = [f"the status is not valid: {problem}" for problem in problems]
    return checks, (*wrong, *other, *block_reasons(checks, metrics))


def ledger_entry(result: GateResult, status: Status) -> LedgerEntry:
    """The line of the quality ledger for a gate."""
    return LedgerEntry(
        created_utc=result.created_utc,
        gate_id=result.gate_id,
        run_mode=result.run_mode,
        verdict=result.verdict,
        severity_score=result.severity_score,
        reasons=result.reasons,
        metrics=status.metrics,
        gates=status.gates,
        report_sha256=result.report_sha256,
    )


def baseline_of(history: Sequence[LedgerEntry], *, subject: str, wanted: str = "") -> LedgerEntry | None:
    """What metrics are held against: the last other gate that let something out, or the one asked for."""
    for entry in reversed(history):
        if wanted and entry.gate_id == wanted:
            return entry
        if not wanted and entry.verdict is GateVerdict.ALLOW and entry.gate_id != subject:
            return entry
    return None


def _explained(check: GateCheck, policy: Policy, measured: Measured, status: Status) -> GateCheck:
    """A built-in gate that failed says only that; what it looked at is known here."""
    if check.passed or check.reason != "false":
        return check
    reasons = {
        BuiltIn.CLEAN_TREE: "the project is no git checkout"
        if not status.metrics["git_sha"]
        else "the git checkout has changes that are not committed",
        BuiltIn.TARGETS: f"took no part: {', '.join(absent(policy, measured))}"
        if policy.targets
        else "the policy names no targets",
        BuiltIn.VERSIONS: "; ".join(unpinned(policy, measured)),
        BuiltIn.NOT_PLANTED: f"planted on purpose: {measured.planted}",
        BuiltIn.ENDED: "the campaign has not come to its end",
    }
    reason = next((text for gate, text in reasons.items() if gate == check.gate), check.reason)
    return msgspec.structs.replace(check, reason=reason)
