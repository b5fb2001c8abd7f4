"""A regression test on the targets as they are now: its finding, run once more in fresh processes."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from fuzzer.campaign.allowances import with_allowances
from fuzzer.campaign.recorded import RecordedFinding, Workshop
from fuzzer.campaign.replay import run_again
from fuzzer.errors import InputError, StoreError
from fuzzer.model import CaseResult, Comparison, TargetInfo, VerdictKind
from fuzzer.store.regression_tests import GateVerdict, Movement, RegressionResult, RegressionTest
from fuzzer.triage.allowed import AllowedDivergences

_MOVEMENTS = {
    (GateVerdict.BLOCK, GateVerdict.BLOCK): Movement.STANDS,
    (GateVerdict.BLOCK, GateVerdict.ALLOW): Movement.FIXED,
    (GateVerdict.ALLOW, GateVerdict.ALLOW): Movement.HOLDS,
    (GateVerdict.ALLOW, GateVerdict.BLOCK): Movement.RETURNED,
}
"""By what was expected and what was seen."""


def run_test(
    test: RegressionTest,
    folder: Path,
    workshop: Workshop,
    *,
    stand_ins: Mapping[str, str],
    faults: Mapping[str, str],
    allowed: AllowedDivergences,
    today: date,
) -> RegressionResult:
    """Run a test: any difference blocks, be it the recorded one or another, and so does what cannot tell.

    Args:
        test: The test.
        folder: The one that its finding's folder lies in.
        workshop: Where what it needs is built.
        stand_ins: What to run in place of recorded targets, by their names.
        faults: What to plant on purpose, by target; faults of the record are not planted again.
        allowed: What is accepted today: what was when the finding was recorded may have expired.
        today: The date that entries expire by.
    """
    try:
        finding = RecordedFinding(workshop, folder / test.folder)
        if finding.log.signature != test.signature:
            return _not_run(test, f"{test.folder} holds another finding: {finding.log.signature}")
        runs_on = {name: stand_ins.get(name, name) for name in finding.targets}
        program = finding.program(runs_on, plants=faults)
        if wrong := finding.foreign_sources(program):
            return _not_run(test, wrong)
        result = run_again(program, finding.case, finding.log)
        result = with_allowances(program, result, allowed, today)
    except (InputError, StoreError) as error:  # one damaged folder must not keep the others from running
        # A result is kept: it speaks of files as the list of tests does, wherever both lie.
        return _not_run(test, error.message.replace(f"{folder}/", ""))
    return judge(test, result, list(program.targets.values()))


def _not_run(test: RegressionTest, why: str) -> RegressionResult:
    return RegressionResult(
        test_id=test.test_id,
        expected_verdict=test.expected_verdict,
        verdict=GateVerdict.BLOCK,
        movement=Movement.UNKNOWN,
        reason=f"cannot be run: {why}",
        first_failure_turn=None,
        targets=(),
        severity=test.severity,
        signature=test.signature,
    )


def judge(test: RegressionTest, result: CaseResult, targets: list[TargetInfo]) -> RegressionResult:
    """What a test's result says; a difference that an entry allows does not block, and is said."""
    allowed = [entry for entry in result.comparisons if entry.allowed_by]
    looked_at = [entry for entry in result.comparisons if not entry.allowed_by]
    diverging = [entry for entry in looked_at if entry.verdict.kind is VerdictKind.DIVERGE]
    wrong = diverging or [entry for entry in looked_at if not entry.equal or not entry.verdict.compared]
    verdict = GateVerdict.BLOCK if wrong or not result.comparisons else GateVerdict.ALLOW
    return RegressionResult(
        test_id=test.test_id,
        expected_verdict=test.expected_verdict,
        verdict=verdict,
        movement=_movement(test, verdict, diverging=bool(diverging), allowed=bool(allowed)),
        reason="; ".join(map(_reason, (*wrong, *allowed))),
        first_failure_turn=_turn(diverging),
        targets=tuple(f"{target.name} {target.version}" for target in targets),
        severity=test.severity,
        signature=test.signature,
        ran_on=tuple(targets),
    )


def _movement(test: RegressionTest, verdict: GateVerdict, *, diverging: bool, allowed: bool) -> Movement:
    if verdict is GateVerdict.BLOCK and not diverging:
        return Movement.UNKNOWN
    if verdict is GateVerdict.ALLOW and allowed:
        return Movement.ALLOWED
    return _MOVEMENTS[test.expected_verdict, verdict]


def _reason(entry: Comparison) -> str:
    allowed = f" (allowed by `{entry.allowed_by}`)" if entry.allowed_by else ""
    return f"{entry.target}: {entry.verdict.reason or 'nothing could be compared'}{allowed}"


def _turn(diverging: list[Comparison]) -> int | None:
    turns = [entry.verdict.first_difference.commit for entry in diverging if entry.verdict.first_difference]
    return min(turns, default=None)
