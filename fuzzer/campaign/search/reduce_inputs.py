"""From a case that differs to a finding: confirmed in fresh processes, and its input reduced."""

from collections.abc import Callable, Generator

import msgspec

from fuzzer.campaign.allowances import with_allowances
from fuzzer.campaign.care import Care
from fuzzer.campaign.confirm import confirm, diverges, result_of, retry_alone
from fuzzer.campaign.events import Confirming
from fuzzer.campaign.program import Program
from fuzzer.execute.executor import Executor
from fuzzer.generate.structure import InputFormat
from fuzzer.model import Case, CaseResult, Limits, Symptom
from fuzzer.reduce.buffers import reduce_buffers
from fuzzer.triage.signature import signature

_AT_ONCE = 8
"""Candidates of a reduction that are run in one go, for each runner of a target."""
_CANDIDATE_MS = 1_000
"""Least wall limit of one of them: what is left out may be what ended a loop."""
_SLOWER = 10
"""A candidate may take so many times what the case itself took."""


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a case that differs."""

    result: CaseResult
    """Of the reduced input, where it is a finding."""
    limits: Limits
    what: str
    """`finding`, `flaky`, `allowed` or `inconclusive`."""
    tested: int = 0


def look_into(
    program: Program,
    form: InputFormat,
    result: CaseResult,
    care: Care,
    *,
    slow: bool,
    clock: Callable[[], float],
) -> Generator[Confirming, None, Looked]:
    """Confirm a difference and reduce its input; `slow` where a target did not end in time and others did.

    The original result is what is returned when nothing smaller does the same.

    Raises:
        RunnerError: a runner does not start.
    """
    limits = care.limits
    if slow:
        yield Confirming(result, "alone, with three times the limit")
        result, limits = retry_alone(program, result, limits)
    if diverges(result):
        yield Confirming(result, f"{care.confirmations} times in fresh processes")
        result = _confirmed(program, result, limits, care)
    what = kind_of(result)
    if what != "finding":
        return Looked(result=result, limits=limits, what=what)
    if any(entry.verdict.symptom is Symptom.HANG for entry in result.comparisons):
        # Each candidate would take as long as the hang.
        return Looked(result=result, limits=limits, what=what)
    yield Confirming(result, "smaller and smaller")
    smallest, tested = _reduced(program, form, result, limits, care, clock)
    if smallest.buffers != result.case.buffers:
        with _runners(program, limits, 1) as executor:
            again = _confirmed(program, _run(executor, [smallest])[0], limits, care)
        # The original is never lost to something that only seemed to do the same.
        if kind_of(again) == "finding" and signature(again) == signature(result):
            result = again
    return Looked(result=result, limits=limits, what=what, tested=tested)


def kind_of(result: CaseResult) -> str:
    """What a result is that was confirmed: one of the words of `Looked`."""
    if any(entry.is_finding for entry in result.comparisons):
        return "finding"
    if any(entry.is_flaky for entry in result.comparisons):
        return "flaky"
    if any(entry.allowed_by for entry in result.comparisons):
        return "allowed"
    return "inconclusive"


def _confirmed(program: Program, result: CaseResult, limits: Limits, care: Care) -> CaseResult:
    confirmed = confirm(program, result, limits, care.confirmations)
    return with_allowances(program, confirmed, care.allowed, care.today)


def _reduced(
    program: Program,
    form: InputFormat,
    result: CaseResult,
    limits: Limits,
    care: Care,
    clock: Callable[[], float],
) -> tuple[Case, int]:
    """The smallest input with the same signature that was found in time, and how many were tried."""
    wanted = signature(result)
    deadline = clock() + care.reduce_s
    reduction = reduce_buffers(result.case.buffers, form)
    with _runners(program, _shorter(result, limits), care.jobs) as executor:
        while clock() < deadline:
            candidates = reduction.candidates(_AT_ONCE * care.jobs)
            if not candidates:
                break
            cases = [msgspec.structs.replace(result.case, buffers=buffers) for buffers in candidates]
            reduction.tell([signature(again) == wanted for again in _run(executor, cases)])
    return msgspec.structs.replace(result.case, buffers=reduction.best), reduction.tested


def _shorter(result: CaseResult, limits: Limits) -> Limits:
    outcomes = [result.reference, *(entry.outcome for entry in result.comparisons)]
    slowest_ms = max(outcome.elapsed_ns for outcome in outcomes) // 1_000_000
    return msgspec.structs.replace(limits, wall_ms=min(limits.wall_ms, _CANDIDATE_MS + _SLOWER * slowest_ms))


def _runners(program: Program, limits: Limits, jobs: int) -> Executor:
    return Executor(program.commands, limits=limits, jobs=jobs)


def _run(executor: Executor, cases: list[Case]) -> list[CaseResult]:
    return [
        result_of(executed.case, executed.outcomes)
        for executed in executor.run(cases)
        if executed is not None
    ]
