"""A campaign of instruction programs: generate, run everywhere, compare, look into what differs."""

from collections import deque
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from types import MappingProxyType, TracebackType

import msgspec
import numpy as np

from fuzzer.campaign.budget import Budget
from fuzzer.campaign.care import Care
from fuzzer.campaign.confirm import diverges, result_of
from fuzzer.campaign.events import BatchFinished, Counts, Event, NotExamined, Restarted, Waiting
from fuzzer.campaign.hunt.examine import Examiner, case_of
from fuzzer.campaign.hunt.laboratory import ENDED
from fuzzer.campaign.program import ProgramTargets
from fuzzer.execute.cluster import Cluster, ClusterProgramRunners
from fuzzer.execute.generator import GeneratorProcess, Source
from fuzzer.execute.programs import BATCH, ProgramRunners, RanBatch
from fuzzer.model import RVREF, Case, CaseResult, Outcome, Status
from fuzzer.model import Generator as GeneratorName
from fuzzer.store.passes import (
    AGREE,
    DIVERGE,
    INCONCLUSIVE,
    PROGRAMS,
    REJECTED,
    UNKNOWN_CYCLES,
    Block,
    status_codes,
)

_EXAMINING_SHARE = 0.5
"""Part of the time that may go into looking at what differs, once the first few were looked at."""
_ALWAYS_EXAMINED = 16
_LEAST_REST_S, _REST_SHARE = 10.0, 0.1
"""How long to look into the rest when all programs have run: seconds, or part of the time so far."""


class _Judged(msgspec.Struct, frozen=True):
    """A batch, held against the reference."""

    event: BatchFinished
    differing: tuple[tuple[int, CaseResult], ...]
    """Indices of the programs that differ, and how they did among the others of the batch."""


class Before(msgspec.Struct, frozen=True, kw_only=True):
    """What an earlier part of a campaign has done."""

    first: int = 0
    """Index of the first program that has not run."""
    known: Mapping[str, str] = {}
    """Signatures that have their finding."""
    settled: Collection[int] = frozenset()
    """Programs that differ and were seen to: nothing more comes of them."""
    again: Sequence[int] = ()
    """Programs that have run and differ, and were not seen to."""


def hunt(
    targets: ProgramTargets,
    source: Source,
    budget: Budget,
    care: Care,
    *,
    clock: Callable[[], float],
    is_time_up: Callable[[], bool] | None = None,
    before: Before | None = None,
    on: Cluster | None = None,
) -> Generator[Event]:
    """Run programs, and yield what happens; closing the generator ends all processes.

    It may be left alone between two events for any time: then `clock` stands still, too, and `is_time_up`
    says when the time is up in place of the budget. With `on`, batches run on the workers of a cluster.

    Raises:
        RunnerError: a runner or the generator does not start, or does not do its part.
    """
    earlier = before or Before()
    with (
        GeneratorProcess(targets.generator) as generator,
        (
            ClusterProgramRunners(on, targets.commands, limits=care.limits)
            if on
            else ProgramRunners(targets.commands, limits=care.limits, jobs=care.jobs)
        ) as runners,
        _Patience(targets, care, clock, earlier.known) as patience,
    ):
        yield from _make_up(generator, runners, patience, source, earlier.again)
        restarts = 0
        # What is forbidden may do harm to the programs behind it: each of them gets a process of its own.
        size = 1 if source.generator == GeneratorName.RISCV_NEGATIVE else BATCH
        batches = generator.batches(source, first=earlier.first, count=budget.cases, size=size)
        for ran in runners.stream(_until(batches, is_time_up or _deadline(budget, clock))):
            if ran is None:
                yield Waiting()
                continue
            judged = _judge(source, *ran)
            yield judged.event
            if runners.restarts > restarts:
                yield Restarted(runners.restarts - restarts)
                restarts = runners.restarts
            for index, result in judged.differing:
                if index not in earlier.settled:
                    yield from patience.examine(source, index, result)
        yield from patience.rest(source)


def _make_up(
    generator: GeneratorProcess,
    runners: ProgramRunners,
    patience: "_Patience",
    source: Source,
    indices: Sequence[int],
) -> Iterator[Event]:
    """Look into programs that an earlier part of the campaign had no time for."""
    for index in indices:
        (batch,) = generator.batches(source, first=index, count=1, size=1)
        for ran in runners.stream([batch]):
            if ran is None:
                yield Waiting()
                continue
            for _, result in _judge(source, *ran).differing:
                yield from patience.examine(source, index, result)
                break
            else:  # alone it does as it should, so what it did among others cannot be told
                yield NotExamined(case_of(source, index))


def _deadline(budget: Budget, clock: Callable[[], float]) -> Callable[[], bool]:
    end = None if budget.seconds is None else clock() + budget.seconds
    return lambda: end is not None and clock() >= end


def _until(
    batches: Iterator[tuple[int, Sequence[bytes]]], is_time_up: Callable[[], bool]
) -> Iterator[tuple[int, Sequence[bytes]]]:
    for batch in batches:
        yield batch
        if is_time_up():
            return


class _Patience(AbstractContextManager["_Patience"]):
    """Looks into programs that differ while that leaves time for running others; later into the rest."""

    def __init__(
        self,
        targets: ProgramTargets,
        care: Care,
        clock: Callable[[], float],
        known: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._targets = targets
        self._care = care
        self._known = known
        self._clock = clock
        self._started = clock()
        self._spent = 0.0
        self._examined = 0
        self._examiner: Examiner | None = None
        self._waiting: deque[tuple[int, CaseResult]] = deque()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the examiner's processes."""
        if self._examiner:
            self._examiner.close()

    def examine(self, source: Source, index: int, seen: CaseResult) -> Iterator[Event]:
        """What an examiner finds out, now or from `rest`."""
        now = self._clock()
        share = self._spent / max(now - self._started, 1e-9)
        if self._examined >= _ALWAYS_EXAMINED and share > _EXAMINING_SHARE:
            self._waiting.append((index, seen))
            return
        self._examined += 1
        self._examiner = self._examiner or Examiner(
            self._targets, self._care, clock=self._clock, known=self._known
        )
        yield from self._examiner.examine(source, index, seen)
        self._spent += self._clock() - now

    def rest(self, source: Source) -> Iterator[Event]:
        """Look into what had to wait, for a while; what there is no time for can be generated again."""
        now = self._clock()
        end = now + max(_LEAST_REST_S, (now - self._started) * _REST_SHARE)
        while self._waiting and self._examiner and self._clock() < end:
            index, seen = self._waiting.popleft()
            yield from self._examiner.examine(source, index, seen)
        yield from (NotExamined(case_of(source, index)) for index, _ in self._waiting)


def _judge(source: Source, first: int, ran: RanBatch) -> _Judged:
    """Which programs of a batch differ; of answers that are the same bytes only the reference's is read."""
    expected = ran.outcomes(RVREF)
    others = {target: ran.outcomes(target) for target in ran.unlike(RVREF)}
    positive = source.generator != GeneratorName.RISCV_NEGATIVE
    # What the reference did not do as it should, or could not, is held against nobody.
    proper = ENDED if positive else {*ENDED, Status.CRASH}
    improper = sum(outcome.status not in proper for outcome in expected)
    rejected, inconclusive = (improper, 0) if positive else (0, improper)
    compared = (len(ran.answers) - 1) * (len(expected) - improper)
    verdicts = bytearray(
        AGREE if outcome.status in proper else REJECTED if positive else INCONCLUSIVE for outcome in expected
    )
    differing = []
    for place in range(len(expected) if others else 0):
        result = _result(case_of(source, first + place), expected, others, place)
        if result.reference.status not in proper:
            continue
        compared -= sum(not entry.verdict.compared for entry in result.comparisons)
        if diverges(result) or _may_hang(result):
            differing.append((first + place, result))
            verdicts[place] = DIVERGE
        elif any(not entry.equal for entry in result.comparisons):
            inconclusive += 1
            verdicts[place] = INCONCLUSIVE
    counts = Counts(
        cases=len(expected),
        agree=len(expected) - rejected - len(differing) - inconclusive,
        differ=len(differing),
        inconclusive=inconclusive,
        rejected=rejected,
        compared=compared,
    )
    event = BatchFinished(
        part=source.generator,
        counts=counts,
        first=first,
        differing=tuple(index for index, _ in differing),
        coverage=ran.answers[RVREF].coverage,
        block=_block(source, first, ran, expected, others, bytes(verdicts)),
    )
    return _Judged(event, tuple(differing))


def _block(
    source: Source,
    first: int,
    ran: RanBatch,
    expected: Sequence[Outcome],
    others: Mapping[str, Sequence[Outcome]],
    verdicts: bytes,
) -> Block:
    """How each program of a batch ended on each target; how long one took of a batch is not known."""
    usual = status_codes(outcome.status for outcome in expected)
    columns = [
        status_codes(outcome.status for outcome in others[target]) if target in others else usual
        for target in ran.answers
    ]
    known = next((answer.cycles for answer in ran.answers.values() if None not in answer.cycles), ())
    cycles = np.array(known, "<u8") if known else np.full(len(expected), UNKNOWN_CYCLES, "<u8")
    return Block(
        kind=PROGRAMS,
        part=source.generator,
        first=first,
        count=len(expected),
        targets=tuple(ran.answers),
        statuses=np.frombuffer(b"".join(columns), "u1").reshape(len(columns), -1).T.tobytes(),
        verdicts=verdicts,
        cycles=cycles.tobytes(),
    )


def _result(
    case: Case, expected: Sequence[Outcome], others: dict[str, list[Outcome]], place: int
) -> CaseResult:
    outcomes = {RVREF: expected[place]}
    outcomes |= {target: outcomes_of[place] for target, outcomes_of in others.items()}
    return result_of(case, outcomes)


def _may_hang(result: CaseResult) -> bool:
    """Whether a target did not end in time and another did: that is looked at alone, with more time."""
    statuses = {result.reference.status, *(entry.outcome.status for entry in result.comparisons)}
    return Status.TIMEOUT in statuses and len(statuses) > 1
