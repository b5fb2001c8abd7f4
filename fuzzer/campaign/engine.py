"""The engine: cases of programs in, events out. It starts runners and nothing else; handlers do the rest."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from datetime import date

import msgspec

from fuzzer.campaign.allowances import with_allowances
from fuzzer.campaign.confirm import confirm, diverges, is_one_sided_timeout, result_of, retry_alone
from fuzzer.campaign.events import CaseFinished, Confirming, Event, ProgramFinished, ProgramStarted, Waiting
from fuzzer.campaign.program import Program
from fuzzer.execute.executor import Executor
from fuzzer.model import Case, CaseResult, Limits
from fuzzer.triage.allowed import AllowedDivergences


class Work(msgspec.Struct, frozen=True):
    """A program and the cases to run on it."""

    program: Program
    cases: Iterable[Case]


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """Under which conditions cases run, and what makes a difference a finding."""

    limits: Limits
    jobs: int
    confirmations: int
    allowed: AllowedDivergences
    today: date


def run(work: Sequence[Work], rules: Rules) -> Generator[Event]:
    """Run all cases and yield what happens; closing the generator ends all runners.

    Raises:
        RunnerError: a runner does not start.
    """
    for item in work:
        yield from _run_program(item, rules)


def _run_program(item: Work, rules: Rules) -> Iterator[Event]:
    yield ProgramStarted(item.program)
    about_time: list[CaseResult] = []
    with Executor(item.program.commands, limits=rules.limits, jobs=rules.jobs) as executor:
        for executed in executor.run(item.cases):
            if executed is None:
                yield Waiting()
                continue
            result = result_of(executed.case, executed.outcomes)
            if is_one_sided_timeout(result):
                about_time.append(result)
            else:
                yield from _finish(item.program, result, rules, rules.limits)
    for result in about_time:
        # Only now, when no other runner works, can a run be alone.
        yield Confirming(result, "alone, with three times the limit")
        again, limits = retry_alone(item.program, result, rules.limits)
        yield from _finish(item.program, again, rules, limits)
    yield ProgramFinished(item.program, executor.restarts)


def _finish(program: Program, result: CaseResult, rules: Rules, limits: Limits) -> Iterator[Event]:
    if diverges(result):
        yield Confirming(result, f"{rules.confirmations} times in fresh processes")
        confirmed = confirm(program, result, limits, rules.confirmations)
        result = with_allowances(program, confirmed, rules.allowed, rules.today)
    yield CaseFinished(program, result, limits)
