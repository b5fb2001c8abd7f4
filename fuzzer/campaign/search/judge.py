"""Counts how cases of a core ended, and sees to those that differ."""

from collections.abc import Iterator

from fuzzer.campaign.allowances import with_allowances
from fuzzer.campaign.care import Care
from fuzzer.campaign.confirm import is_one_sided_timeout, seen_as
from fuzzer.campaign.events import Counts, Event, Noted, SeenBefore
from fuzzer.campaign.search.job import Job
from fuzzer.campaign.search.noted import Ways
from fuzzer.campaign.search.suspects import Subject, Suspects
from fuzzer.model import CaseResult, Status, VerdictKind
from fuzzer.store.passes import AGREE, DIVERGE, INCONCLUSIVE


class Judge:
    """Of one core."""

    def __init__(self, subject: Subject, care: Care, suspects: Suspects) -> None:
        self._subject = subject
        self._care = care
        self._suspects = suspects
        self._ways = Ways()

    def take(self, job: Job, case_id: str, result: CaseResult) -> Iterator[Event]:
        """Count a result of a job; what differs and is neither known nor allowed waits to be looked into."""
        counts, entries = job.counts, result.comparisons
        outcomes = [result.reference, *(entry.outcome for entry in entries)]
        counts.cases += 1
        counts.compared += sum(entry.verdict.compared for entry in entries)
        counts.errors += sum(outcome.status is Status.ERROR for outcome in outcomes)
        job.verdict = seen_as(result, self._care.limits)
        if job.verdict != DIVERGE:
            counts.agree += job.verdict == AGREE
            counts.inconclusive += job.verdict == INCONCLUSIVE
            hung = all(outcome.status is Status.TIMEOUT for outcome in outcomes)
            counts.timeouts += hung
            if hung or job.verdict == INCONCLUSIVE:
                yield from self._note(result)
            return
        counts.differ += 1
        slow = is_one_sided_timeout(result)
        if not slow and self._is_allowed(counts, result):
            counts.allowed += 1
            return
        known = self._suspects.take(case_id, result, slow=slow)
        if known:
            job.repeated[known] = job.repeated.get(known, 0) + 1
            yield SeenBefore(result.case, known)

    def _note(self, result: CaseResult) -> Iterator[Event]:
        if self._ways.wants(result):
            yield Noted(self._subject.program, result, self._care.limits)

    def _is_allowed(self, counts: Counts, result: CaseResult) -> bool:
        """Whether entries allow all of its differences: that needs no confirmation."""
        judged = with_allowances(self._subject.program, result, self._care.allowed, self._care.today)
        differing = [entry for entry in judged.comparisons if entry.verdict.kind is VerdictKind.DIVERGE]
        if not all(entry.allowed_by for entry in differing):
            return False
        for entry in differing:
            counts.allowances[entry.allowed_by] = counts.allowances.get(entry.allowed_by, 0) + 1
        return True
