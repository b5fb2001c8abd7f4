"""Findings to stress failures, and those to regression tests. Pure."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from fuzzer.gate.severity import Severity, severity_of
from fuzzer.model import VerdictKind
from fuzzer.store.regression_tests import GateVerdict, RegressionTest, RegressionTests
from fuzzer.store.run_log import RunLog
from fuzzer.store.stress_failures import StressFailure, StressFailures

_ID_DIGITS = 8


def is_finding(log: RunLog) -> bool:
    """Whether some divergence of a run repeated in every confirming run and is not allowed."""
    return any(entry.is_finding for entry in log.comparisons)


def is_flaky(log: RunLog) -> bool:
    """Whether some divergence of a run did not repeat in every confirming run, or was not confirmed."""
    return any(
        entry.kind is VerdictKind.DIVERGE and not entry.allowed_by and not entry.is_finding
        for entry in log.comparisons
    )


def failure_id(log: RunLog) -> str:
    """The same for the same signature on the same input, wherever and whenever it was found."""
    parts = (log.signature, log.input.sha256, log.core.guest_elf_sha256 if log.program else "")
    return "F" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:_ID_DIGITS]


def attack_family(log: RunLog) -> str:
    """The generator, and the families of its mutations: `mutated:bytes+number`."""
    families = sorted({name.partition("-")[0] for name in log.provenance.mutation_ops})
    return ":".join(filter(None, (log.provenance.generator, "+".join(families))))


def first_failure_turn(log: RunLog) -> int:
    """Number of the first commit that differs, from 1.

    Where no commit differs but the end does, that is the one behind the reference's last commit.
    """
    if log.program and log.program.checkpoint:
        return log.program.checkpoint
    places = [
        entry.first_difference.commit
        for entry in log.comparisons
        if entry.first_difference and entry.kind is VerdictKind.DIVERGE and not entry.allowed_by
    ]
    return min(places, default=(log.targets[0].outcome.committed.commits or 0) + 1)


def stress_failures(
    logs: Iterable[RunLog],
    *,
    run_id: str,
    total: int,
    created_utc: str,
    cases: Mapping[str, int] | None = None,
) -> StressFailures:
    """The confirmed findings among these run logs, worst first.

    Args:
        logs: Of the findings, or of all runs.
        run_id: The campaign, or the first of the runs.
        total: Cases that were executed.
        created_utc: When the document was made.
        cases: How many cases showed a finding, by signature, where that was counted.
    """
    found: dict[str, RunLog] = {}
    counts: dict[str, int] = {}
    for log in logs:
        if is_finding(log):
            found.setdefault(log.signature, log)
            counts[log.signature] = counts.get(log.signature, 0) + 1
    counts |= cases or {}
    grades = list(Severity)
    ordered = sorted(found.values(), key=lambda log: grades.index(severity_of(log)))
    return StressFailures(
        run_id=run_id,
        total_rollouts=total,
        failures=tuple(_failure(log, counts[log.signature]) for log in ordered),
        created_utc=created_utc,
    )


def _failure(log: RunLog, cases: int) -> StressFailure:
    return StressFailure(
        failure_id=failure_id(log),
        attack_family=attack_family(log),
        first_failure_turn=first_failure_turn(log),
        severity=severity_of(log).value,
        run_id=log.run_id,
        signature=log.signature,
        core=log.core.name,
        cases=cases,
        planted=log.planted,
    )


def with_tests_for(
    known: Sequence[RegressionTest], failures: StressFailures
) -> tuple[RegressionTests, list[str]]:
    """The tests with one for each failure, and the ids of those that are new.

    A failure whose signature has a standing test gets no second one: campaigns find the same thing again
    and again. One that has only tests that were fixed gets its own, unless it is the very same case: that
    test says by itself that it came back.
    """
    tests = {test.test_id: test for test in known}
    added = []
    for failure in failures.failures:
        test = _test_of(failure)
        blocking = (entry for entry in tests.values() if entry.expected_verdict is GateVerdict.BLOCK)
        if test.test_id not in tests and failure.signature not in {entry.signature for entry in blocking}:
            tests[test.test_id] = test
            added.append(test.test_id)
    return RegressionTests(tests=tuple(tests.values())), added


def _test_of(failure: StressFailure) -> RegressionTest:
    return RegressionTest(
        test_id=f"REG_{failure.failure_id}",
        source_failure=failure.failure_id,
        expected_verdict=GateVerdict.BLOCK,
        max_safe_turn=failure.first_failure_turn - 1,
        folder=failure.run_id,
        signature=failure.signature,
        severity=failure.severity,
        core=failure.core,
        planted=failure.planted,
    )
