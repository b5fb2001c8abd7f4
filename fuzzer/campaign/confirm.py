"""Is a difference real? Run the case again in fresh processes, and alone when it is about time."""

from collections.abc import Mapping, Sequence

import msgspec

from fuzzer.campaign.program import Program
from fuzzer.compare.compare import compare, compare_endings, hang_verdict
from fuzzer.execute.executor import Executor
from fuzzer.execute.programs import ProgramRunners
from fuzzer.execute.runner import RunnerCommand
from fuzzer.model import (
    Case,
    CaseResult,
    Comparison,
    Generator,
    Limits,
    Outcome,
    Status,
    Verdict,
    VerdictKind,
)
from fuzzer.store.passes import AGREE, DIVERGE, INCONCLUSIVE

HANG_FACTOR = 3
"""A run that timed out gets this many times the limit, alone, before it counts as hanging."""
_SLOWEST = 200
"""How many times longer than on the fastest target a case may take on another one without being suspect."""


def result_of(case: Case, outcomes: Mapping[str, Outcome]) -> CaseResult:
    """Every target compared with the first one, which is the reference."""
    generator = case.provenance.generator
    judge = compare_endings if generator == Generator.RISCV_NEGATIVE else compare
    # An instruction program halts with any code: that is no panic, whose meaning is a core's.
    seen = _halted if generator in (Generator.RISCV, Generator.RISCV_NAIVE) else _as_it_is
    (reference_name, reference), *others = outcomes.items()
    return CaseResult(
        case=case,
        reference=reference,
        comparisons=tuple(
            Comparison(
                target=name,
                outcome=outcome,
                verdict=judge(seen(reference), seen(outcome), reference_name=reference_name, other_name=name),
            )
            for name, outcome in others
        ),
        reference_name=reference_name,
    )


def result_with_hangs(case: Case, outcomes: Mapping[str, Outcome]) -> CaseResult:
    """As `result_of`, but a timeout on one side only is taken for a hang, which is still to be confirmed."""
    result = result_of(case, outcomes)
    if not is_one_sided_timeout(result):
        return result
    comparisons = tuple(
        msgspec.structs.replace(
            entry,
            verdict=hang_verdict(
                result.reference,
                entry.outcome,
                reference_name=result.reference_name,
                other_name=entry.target,
            ),
        )
        for entry in result.comparisons
    )
    return msgspec.structs.replace(result, comparisons=comparisons)


def _halted(outcome: Outcome) -> Outcome:
    if outcome.status is not Status.PANIC:
        return outcome
    return msgspec.structs.replace(outcome, status=Status.OK)


def _as_it_is(outcome: Outcome) -> Outcome:
    return outcome


def is_one_sided_timeout(result: CaseResult) -> bool:
    """Whether some ended by themselves and others did not in time."""
    outcomes = [result.reference, *(entry.outcome for entry in result.comparisons)]
    timeouts = sum(outcome.status is Status.TIMEOUT for outcome in outcomes)
    return 0 < timeouts < len(outcomes)


def may_only_be_slow(outcomes: Sequence[Outcome], limits: Limits) -> bool:
    """Whether those that ended took so long that it is no wonder that the others did not end in time."""
    ended = [outcome.elapsed_ns for outcome in outcomes if outcome.status is not Status.TIMEOUT]
    return min(ended) * _SLOWEST > limits.wall_ms * 1_000_000


def diverges(result: CaseResult) -> bool:
    """Whether any comparison is a divergence."""
    return any(entry.verdict.kind is VerdictKind.DIVERGE for entry in result.comparisons)


def seen_as(result: CaseResult, limits: Limits) -> int:
    """How the passes have a result that nobody has looked into: `AGREE`, `DIVERGE` or `INCONCLUSIVE`.

    A timeout on one side only is a divergence, unless the others took so long that it is no wonder.
    """
    if is_one_sided_timeout(result):
        outcomes = [result.reference, *(entry.outcome for entry in result.comparisons)]
        return INCONCLUSIVE if may_only_be_slow(outcomes, limits) else DIVERGE
    if diverges(result):
        return DIVERGE
    return AGREE if all(entry.equal for entry in result.comparisons) else INCONCLUSIVE


def retry_alone(program: Program, result: CaseResult, limits: Limits) -> tuple[CaseResult, Limits]:
    """Run each target alone with three times the limit; the result then, and the limits it was run under."""
    longer = msgspec.structs.replace(limits, wall_ms=limits.wall_ms * HANG_FACTOR)
    outcomes = {
        command.target: run_fresh(msgspec.structs.replace(program, commands=(command,)), result.case, longer)[
            command.target
        ]
        for command in program.commands
    }
    again = msgspec.structs.replace(result, reference=outcomes[result.reference_name])
    comparisons = tuple(
        _hung(entry.target, outcomes[entry.target], again.reference, result.reference_name)
        for entry in result.comparisons
    )
    return msgspec.structs.replace(again, comparisons=comparisons), longer


def _hung(target: str, outcome: Outcome, reference: Outcome, reference_name: str) -> Comparison:
    """A hang has had its confirmation: being alone with a longer limit."""
    verdict = hang_verdict(reference, outcome, reference_name=reference_name, other_name=target)
    hangs = verdict.kind is VerdictKind.DIVERGE and Status.TIMEOUT in (reference.status, outcome.status)
    return Comparison(
        target=target, outcome=outcome, verdict=verdict, confirmed=int(hangs), attempts=int(hangs)
    )


def confirm(program: Program, result: CaseResult, limits: Limits, times: int) -> CaseResult:
    """Run the case `times` more in fresh processes and count how often each divergence repeats."""
    again = [_fresh(program, result.case, limits) for _ in range(times)]
    steady = all(_same(result.reference, run.reference) for run in again)
    comparisons = []
    for index, entry in enumerate(result.comparisons):
        if entry.verdict.kind is not VerdictKind.DIVERGE or entry.attempts:
            comparisons.append(entry)
            continue
        repeated = sum(_repeats(entry.verdict, run.comparisons[index].verdict) for run in again)
        verdict = entry.verdict if steady else _not_steady(entry.verdict, result.reference_name)
        comparisons.append(
            msgspec.structs.replace(
                entry, verdict=verdict, confirmed=repeated if steady else 0, attempts=times
            )
        )
    return msgspec.structs.replace(result, comparisons=tuple(comparisons))


def _fresh(program: Program, case: Case, limits: Limits) -> CaseResult:
    return result_of(case, run_fresh(program, case, limits))


def run_fresh(program: Program, case: Case, limits: Limits) -> Mapping[str, Outcome]:
    """The outcomes of one case in fresh processes."""
    if program.instructions is None:
        return run_once(program.commands, case, limits)
    with ProgramRunners(program.commands, limits=limits) as runners:
        return {target: of[0] for target, of in runners.run([program.instructions]).items()}


def run_once(commands: Sequence[RunnerCommand], case: Case, limits: Limits) -> Mapping[str, Outcome]:
    """The outcomes of one case of a core in fresh processes."""
    with Executor(commands, limits=limits) as executor:
        return next(executed.outcomes for executed in executor.run([case]) if executed is not None)


def _same(one: Outcome, other: Outcome) -> bool:
    return compare(one, other).kind is VerdictKind.AGREE


def _repeats(first: Verdict, again: Verdict) -> bool:
    return (first.kind, first.symptom, first.reason) == (again.kind, again.symptom, again.reason)


def _not_steady(verdict: Verdict, reference: str) -> Verdict:
    reason = f"{verdict.reason}; {reference} itself differs from run to run, so the core is not deterministic"
    return msgspec.structs.replace(verdict, reason=reason)
