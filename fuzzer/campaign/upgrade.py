"""One corpus on two versions: every case gets an answer or a failure of a class, whatever a runner does."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from fuzzer.campaign.confirm import HANG_FACTOR, result_of
from fuzzer.compare.compare import compare
from fuzzer.errors import RunnerDiedError, RunnerError, RunnerUnfitError
from fuzzer.execute.executor import Executor
from fuzzer.execute.lane import GRACE_S
from fuzzer.execute.protocol import BatchOutcome, ProtocolError, batch_frame, run_frame
from fuzzer.execute.runner import RunnerCommand
from fuzzer.model import (
    Case,
    CaseResult,
    FailureKind,
    Limits,
    Outcome,
    RunnerFailure,
    Status,
    TargetInfo,
    VerdictKind,
)
from fuzzer.store.upgrade import SIDES, Side
from fuzzer.store.upgrade_case import AttemptMade
from fuzzer.triage.allowed import AllowedDivergences
from fuzzer.triage.upgrade import ErrorClass, SideResult, error_class_of

RETRIED = (ErrorClass.TIMEOUT, ErrorClass.NETWORK_ERROR)
"""What may have been the machine's fault: such a case is tried again."""
_BACKOFF_S = 0.1


class UpgradeCase(msgspec.Struct, frozen=True, kw_only=True):
    """A case and its id."""

    case_id: str
    case: Case
    elf: bytes | None = None
    """The program, where it is a generated one."""

    def frame(self, limits: Limits, identity: int) -> bytes:
        """The request that runs it."""
        if self.elf is None:
            return run_frame(self.case, limits, identity)
        return batch_frame([self.elf], limits, identity)


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """A core, or the generated programs: its cases, and what runs them."""

    cases: tuple[UpgradeCase, ...]
    reference: RunnerCommand
    reference_info: TargetInfo
    sides: Mapping[Side, RunnerCommand]
    limits: Limits | None = None
    """Other ones than those of the rules."""


class UpgradeRules(msgspec.Struct, frozen=True, kw_only=True):
    """Under which conditions cases run, and where time comes from."""

    limits: Limits
    jobs: int
    retries: int
    confirmations: int
    rounds: int = 1
    """How often each case runs on each version; the least time counts."""
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    grace_s: float = GRACE_S


class Tried(msgspec.Struct, frozen=True):
    """A case on one target, with all that was tried."""

    case: UpgradeCase
    attempts: tuple[AttemptMade, ...]

    @property
    def outcome(self) -> Outcome:
        """What counts."""
        return self.attempts[-1].outcome


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """A case on the reference and on both versions."""

    case: UpgradeCase
    reference: Tried
    tried: Mapping[Side, Tried]
    results: Mapping[Side, CaseResult]
    sides: Mapping[Side, SideResult]
    least_ns: Mapping[Side, int]
    """The least time over all rounds."""


def run_upgrade(
    subject: Subject,
    infos: Mapping[Side, TargetInfo],
    rules: UpgradeRules,
    allowed: AllowedDivergences,
) -> Iterator[Compared | None]:
    """Run all cases everywhere, and give each with what came of it; None while it takes time.

    Raises:
        RunnerError: the reference does not run.
    """
    references: list[Tried] = []
    sides: dict[Side, list[Tried]] = {side: [] for side in SIDES}
    yield from _gather(_run(subject.reference, subject.cases, rules), references)
    for side in SIDES:
        yield from _gather(_tried(subject.sides[side], subject.cases, rules), sides[side])
    least = {side: [tried.outcome.elapsed_ns for tried in sides[side]] for side in SIDES}
    for _ in range(rules.rounds - 1):
        for side in SIDES:
            again: list[Tried] = []
            yield from _gather(_tried(subject.sides[side], subject.cases, rules), again)
            times = (tried.outcome.elapsed_ns for tried in again)
            least[side] = [min(pair) for pair in zip(least[side], times, strict=True)]
    for place, reference in enumerate(references):
        tried = {side: sides[side][place] for side in SIDES}
        name = subject.reference_info.name
        results = {side: _result(name, reference, tried[side], infos[side]) for side in SIDES}
        judged = {side: _judged(results[side], infos[side], allowed, rules.now()) for side in SIDES}
        if _differ(judged):
            judged = {side: _steadied(subject, side, tried[side], judged[side], rules) for side in SIDES}
        yield Compared(
            case=reference.case,
            reference=reference,
            tried=tried,
            results=results,
            sides=judged,
            least_ns={side: least[side][place] for side in SIDES},
        )


def _gather(runs: Iterator[Tried | None], into: list[Tried]) -> Iterator[None]:
    for tried in runs:
        if tried is None:
            yield None
        else:
            into.append(tried)


def _result(name: str, reference: Tried, tried: Tried, info: TargetInfo) -> CaseResult:
    shown = f"{info.name}@{info.version}"
    return result_of(reference.case.case, {name: reference.outcome, shown: tried.outcome})


def _judged(result: CaseResult, info: TargetInfo, allowed: AllowedDivergences, now: datetime) -> SideResult:
    entry = result.comparisons[0]
    return SideResult(
        outcome=entry.outcome,
        verdict=entry.verdict,
        allowed_by=allowed.match(result.case, info, entry.verdict, now.date()),
    )


def _differ(sides: Mapping[Side, SideResult]) -> bool:
    """Whether a case may have changed, which is then looked at again."""
    one, other = (sides[side] for side in SIDES)
    if one.verdict.kind is other.verdict.kind is VerdictKind.AGREE:
        return False
    return (one.outcome.status, one.verdict.kind) != (other.outcome.status, other.verdict.kind) or (
        compare(one.outcome, other.outcome).kind is VerdictKind.DIVERGE
    )


def _steadied(
    subject: Subject, side: Side, tried: Tried, judged: SideResult, rules: UpgradeRules
) -> SideResult:
    """Run the case again in fresh processes; timeouts have had their second try already."""
    if judged.error_class is ErrorClass.TIMEOUT:
        return judged
    again = (
        _alone(subject.sides[side], tried.case, rules.limits, rules).outcome
        for _ in range(rules.confirmations)
    )
    steady = all(_same(judged.outcome, outcome) for outcome in again)
    return msgspec.structs.replace(judged, steady=steady)


def _same(one: Outcome, other: Outcome) -> bool:
    return (
        one.status is other.status
        and error_class_of(one) is error_class_of(other)
        and compare(one, other).kind is not VerdictKind.DIVERGE
    )


def _tried(
    command: RunnerCommand, cases: Sequence[UpgradeCase], rules: UpgradeRules
) -> Iterator[Tried | None]:
    """Each case on a target, tried again where that may help; no runner's fault ends it."""
    done = 0
    try:
        for ran in _run(command, cases, rules):
            if ran is None:
                yield None
                continue
            done += 1
            yield _retried(command, ran, rules)
    except RunnerError:
        # It is not known whose fault it is: each case that is left gets a runner of its own.
        for case in cases[done:]:
            yield None
            made = _alone(command, case, rules.limits, rules)
            yield _retried(command, Tried(case, (made,)), rules)


def _retried(command: RunnerCommand, first: Tried, rules: UpgradeRules) -> Tried:
    attempts = list(first.attempts)
    for number in range(rules.retries):
        failed = error_class_of(attempts[-1].outcome)
        if failed not in RETRIED:
            break
        rules.sleep(_BACKOFF_S * 2**number)
        limits = rules.limits
        if failed is ErrorClass.TIMEOUT:
            limits = msgspec.structs.replace(limits, wall_ms=limits.wall_ms * HANG_FACTOR)
        attempts.append(_alone(command, first.case, limits, rules))
    return Tried(first.case, tuple(attempts))


def _alone(command: RunnerCommand, case: UpgradeCase, limits: Limits, rules: UpgradeRules) -> AttemptMade:
    """One case in a runner of its own, whatever that does."""
    started = rules.now()
    alone = msgspec.structs.replace(rules, limits=limits, jobs=1)
    try:
        ran = next(filter(None, _run(command, [case], alone)))
    except RunnerError as error:
        outcome = _unable(error)
        return AttemptMade(
            started=started,
            latency_ms=_milliseconds(rules.now() - started),
            timeout_ms=limits.wall_ms,
            outcome=outcome,
        )
    return ran.attempts[0]


def _unable(error: RunnerError) -> Outcome:
    """The outcome of a case whose runner did not come so far as to answer."""
    body = (error.details or error.message).encode()
    kinds = {RunnerDiedError: FailureKind.DIED, RunnerUnfitError: FailureKind.UNFIT}
    kind = kinds.get(type(error))
    failure = RunnerFailure(kind=kind, body=body) if kind else None
    return Outcome(
        status=Status.CRASH if failure else Status.ERROR,
        message=error.message,
        stderr=body if failure is None else b"",
        failure=failure,
    )


def _run(command: RunnerCommand, cases: Sequence[UpgradeCase], rules: UpgradeRules) -> Iterator[Tried | None]:
    requests = ((case, case.frame(rules.limits, number)) for number, case in enumerate(cases))
    with Executor([command], limits=rules.limits, jobs=rules.jobs, grace_s=rules.grace_s) as executor:
        for answered in executor.ask(requests):
            if answered is None:
                yield None
                continue
            case, answers = answered
            outcome = _outcome(answers[command.target])
            elapsed = timedelta(microseconds=outcome.elapsed_ns / 1000)
            yield Tried(
                case,
                (
                    AttemptMade(
                        started=rules.now() - elapsed,
                        latency_ms=_milliseconds(elapsed),
                        timeout_ms=rules.limits.wall_ms,
                        outcome=outcome,
                    ),
                ),
            )


def _outcome(answer: Outcome | BatchOutcome) -> Outcome:
    if isinstance(answer, Outcome):
        return answer
    try:
        (outcome,) = answer.programs()
    except (ProtocolError, ValueError) as error:
        body = error.body if isinstance(error, ProtocolError) else answer.outcomes
        unfit = not isinstance(error, ProtocolError) or error.unfit
        kind = FailureKind.UNFIT if unfit else FailureKind.UNREADABLE
        return Outcome(
            status=Status.CRASH,
            message=f"the runner does not keep the protocol: {error}",
            failure=RunnerFailure(kind=kind, body=body),
        )
    return outcome


def _milliseconds(span: timedelta) -> float:
    return round(span.total_seconds() * 1000, 3)
