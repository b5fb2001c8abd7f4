"""Instruction programs as a part of a campaign: a hunt that stands still while others have their turn."""

from collections.abc import Generator, Iterator, Sequence

import msgspec

from fuzzer.campaign.budget import Budget
from fuzzer.campaign.care import Care
from fuzzer.campaign.events import BatchFinished, CaseFinished, Event, NotExamined, Restarted, SeenBefore
from fuzzer.campaign.hunt.engine import Before, hunt
from fuzzer.campaign.program import ProgramTargets
from fuzzer.campaign.search.journal import ProgramsDone, ProgramsRecord, Remembered, Settled
from fuzzer.campaign.search.ledger import Ledger
from fuzzer.campaign.search.reduce_inputs import kind_of
from fuzzer.execute.cluster import Cluster
from fuzzer.execute.generator import Source
from fuzzer.model import Case, Limits
from fuzzer.triage.signature import signature

PER_WORKER = 1 << 32
"""Indices of programs that each worker has for itself."""


class Programs(msgspec.Struct, frozen=True, kw_only=True):
    """The instruction programs that take part in a campaign."""

    targets: ProgramTargets
    source: Source
    limits: Limits

    def record(self, worker: int) -> ProgramsRecord:
        """What the journal says of them."""
        return ProgramsRecord(
            generator=self.source.generator,
            xlen=self.source.xlen,
            first=worker * PER_WORKER,
            generator_sha256=self.targets.generator_sha256,
            limits=self.limits,
            targets=tuple(self.targets.targets.values()),
        )


class ProgramsPart:
    """A hunt under way, whose time stands still between its slices."""

    def __init__(
        self,
        programs: Programs,
        care: Care,
        ledger: Ledger,
        remembered: Remembered,
        *,
        cases: int | None,
        on: Cluster | None = None,
    ) -> None:
        self.name = programs.source.generator
        self.is_over = cases == 0
        self._ledger = ledger
        self._worked_s = 0.0
        self._since: float | None = None
        self._restarts = 0
        before = Before(
            first=remembered.next_program,
            known={
                name: one.signature
                for one in remembered.settled.values()
                if one.what == "finding"
                for name in (one.signature, *one.also)
            },
            settled=frozenset(remembered.settled),
            again=remembered.unsettled,
        )
        self._events: Generator[Event] = hunt(
            programs.targets,
            programs.source,
            Budget(cases=cases),
            msgspec.structs.replace(care, limits=programs.limits),
            clock=self._clock,
            is_time_up=lambda: ledger.is_time_up,
            before=before,
            on=on,
        )

    def slice(self, seconds: float) -> Iterator[Event]:
        """Go on for about so long; in the middle of looking into a difference, until that is done."""
        end = self._ledger.clock() + seconds
        while not self.is_over:
            event = self._next()
            if event is None:
                self.is_over = True
                return
            yield from self._take(event)
            if self._ledger.clock() >= end and not self._ledger.is_time_up:
                return

    def close(self) -> None:
        """End its processes."""
        self._events.close()

    def _next(self) -> Event | None:
        self._since = self._ledger.clock()
        try:
            return next(self._events, None)
        finally:
            self._worked_s = self._clock()
            self._since = None

    def _clock(self) -> float:
        """Seconds that the hunt has worked."""
        if self._since is None:
            return self._worked_s
        return self._worked_s + max(0.0, self._ledger.clock() - self._since)

    def _take(self, event: Event) -> Iterator[Event]:
        """Pass an event on, and write down what it means when it was handled."""
        yield event
        match event:
            case BatchFinished():
                self._ledger.write_later(
                    ProgramsDone(
                        first=event.first,
                        count=event.counts.cases,
                        counts=event.counts,
                        differing=event.differing,
                        restarts=self._restarts,
                        at=round(self._ledger.seconds, 3),
                    )
                )
                self._restarts = 0
            case Restarted(times=times):
                self._restarts += times
            case SeenBefore(case=case, signature=known):
                self._settle(case, "repeated", known)
            case NotExamined(case=case):
                self._settle(case, "not examined")
            case CaseFinished(result=result, details=details):
                place = details.place if details else ""
                also = details.record.also if details and details.record else ()
                self._settle(
                    result.case,
                    kind_of(result),
                    signature(result, place=place),
                    also=[signature(result, place=other) for other in also],
                )
            case _:
                pass

    def _settle(self, case: Case, what: str, title: str = "", also: Sequence[str] = ()) -> None:
        index = int(case.provenance.rng_seed.rpartition(":")[2])
        record = Settled(
            index=index,
            case=case.input_name,
            what=what,
            signature=title,
            also=tuple(also),
            at=round(self._ledger.seconds, 3),
        )
        self._ledger.write(record, durable=what == "finding")
