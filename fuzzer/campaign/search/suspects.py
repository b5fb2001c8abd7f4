"""Cases that differ, on their way to being findings: which are new, and when they are looked into."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

import msgspec

from fuzzer.campaign.care import Care
from fuzzer.campaign.confirm import result_of, run_once
from fuzzer.campaign.events import CaseFinished, Event, NotExamined, SeenBefore
from fuzzer.campaign.program import Program
from fuzzer.campaign.search.journal import Decided, Found, Kept, Remembered
from fuzzer.campaign.search.ledger import Ledger
from fuzzer.campaign.search.reduce_inputs import Looked, look_into
from fuzzer.generate.structure import InputFormat
from fuzzer.model import Case, CaseResult
from fuzzer.triage.signature import signature

_SLOW = "too slow"
"""What stands for the signature of a difference that may only be one of speed."""
_TRIES = 3
"""How many cases of one signature are looked into until it is given up as no finding."""
_SHARE = 0.5
"""Part of the time that may go into looking at what differs, once the first few were looked at."""
_ALWAYS = 8
_FAMILY = 4
"""Findings that may differ in nothing but the number of the commit; further ones are counted with them."""
_COMMIT = re.compile(r" at commit \d+")


class Subject(msgspec.Struct, frozen=True):
    """What a case ran on, and the form of its input."""

    program: Program
    form: InputFormat


class _Suspect(msgspec.Struct, frozen=True):
    case_id: str
    result: CaseResult
    key: str


class Suspects:
    """Knows all signatures of a campaign."""

    def __init__(self, care: Care, ledger: Ledger, remembered: Remembered) -> None:
        self._care = care
        self._ledger = ledger
        self._known = _known_of(remembered)
        """Signatures, each with the one that its finding has."""
        self._families = Counter(_family(found.signature) for found in remembered.found.values())
        self._tries = Counter(decided.signature for decided in remembered.decided)
        self._settled = {*remembered.found, *(decided.case for decided in remembered.decided)}
        self._not_kept = remembered.not_kept
        self._pending: dict[str, _Suspect] = {}
        self._spent_s = 0.0
        self._started = ledger.clock()
        self._looked = 0

    @property
    def waiting(self) -> bool:
        """Whether something is to be looked into."""
        return bool(self._pending)

    def take(self, case_id: str, result: CaseResult, *, slow: bool) -> str:
        """Take a case that differs; its signature, if that is known, so that nothing else comes of it."""
        if case_id in self._settled:
            return ""
        key = f"{result.case.core}: {_SLOW}" if slow else signature(result)
        if key in self._known or key in self._pending or self._tries[key] >= _TRIES:
            return self.title_of(key)
        family = _family(key)
        waiting = sum(_family(other) == family for other in self._pending)
        if self._families[family] + waiting >= _FAMILY:
            return family
        self._pending[key] = _Suspect(case_id, result, key)
        return ""

    def titled(self, repeated: Mapping[str, int]) -> dict[str, int]:
        """How often each finding was seen again; its signature may be known only by now."""
        counts = Counter[str]()
        for key, count in repeated.items():
            counts[self.title_of(key)] += count
        return dict(counts)

    def title_of(self, key: str) -> str:
        """The signature of the finding that cases with this one show; the same where there is none yet."""
        return self._known.get(key, key)

    def examine(self, subject: Subject) -> Iterator[Event]:
        """Look into what has gathered; nothing else may run meanwhile."""
        pending, self._pending = list(self._pending.values()), {}
        for suspect in pending:
            began = self._ledger.clock()
            share = self._spent_s / max(began - self._started, 1e-9)
            if self._looked >= _ALWAYS and share > _SHARE:
                self._decide(suspect, "not examined")
                yield NotExamined(suspect.result.case)
                continue
            self._looked += 1
            yield from self._look_into(subject, suspect)
            self._spent_s += max(0.0, self._ledger.clock() - began)

    def _look_into(self, subject: Subject, suspect: _Suspect) -> Iterator[Event]:
        looked = yield from look_into(
            subject.program,
            subject.form,
            suspect.result,
            self._care,
            slow=suspect.key.endswith(_SLOW),
            clock=self._ledger.clock,
        )
        if looked.what != "finding":
            yield CaseFinished(subject.program, looked.result, looked.limits, counted=True)
            self._decide(suspect, looked.what)
            return
        title = signature(looked.result)
        seen_as = "" if suspect.key.endswith(_SLOW) else suspect.key
        if title in self._known:  # it was smaller or slower, and is known
            title = self._known[title]
            self._known |= {seen_as: title} if seen_as else {}
            self._decide(suspect, "seen before", of=title)
            yield SeenBefore(suspect.result.case, title)
            return
        self._known |= {seen_as: title, title: title} if seen_as else {title: title}
        self._families[_family(title)] += 1
        original, case = suspect.result.case, looked.result.case
        found = Found(
            core=case.core,
            case=suspect.case_id,
            signature=title,
            seen_as=seen_as,
            original=original.buffers,
            buffers=case.buffers,
            input_name=case.input_name,
            provenance=case.provenance,
            limits=looked.limits,
            at=round(self._ledger.seconds, 3),
        )
        self._settled.add(suspect.case_id)
        self._ledger.write(found, durable=True)
        yield _event(subject.program, looked, original, seen_as)
        self._ledger.write(Kept(case=suspect.case_id), durable=True)

    def make_up(self, subjects: Mapping[str, Subject]) -> Iterator[Event]:
        """Give out again what was found before and may have no folder, since the process was killed."""
        for found in self._not_kept:
            subject = subjects[found.core]
            case = Case(
                core=found.core,
                input_name=found.input_name,
                buffers=found.buffers,
                provenance=found.provenance,
            )
            result = result_of(case, run_once(subject.program.commands, case, found.limits))
            care = msgspec.structs.replace(self._care, limits=found.limits, reduce_s=0.0)
            looked = yield from look_into(
                subject.program, subject.form, result, care, slow=False, clock=self._ledger.clock
            )
            original = msgspec.structs.replace(case, buffers=found.original)
            yield _event(subject.program, looked, original, found.seen_as)
            self._ledger.write(Kept(case=found.case), durable=True)
        self._not_kept = []

    def _decide(self, suspect: _Suspect, what: str, *, of: str = "") -> None:
        self._tries[suspect.key] += what != "not examined"
        self._settled.add(suspect.case_id)
        core = suspect.result.case.core
        record = Decided(core=core, case=suspect.case_id, signature=suspect.key, what=what, of=of)
        self._ledger.write(record, durable=True)


def _event(program: Program, looked: Looked, original: Case, seen_as: str) -> CaseFinished:
    return CaseFinished(
        program, looked.result, looked.limits, counted=True, original=original, seen_as=seen_as
    )


def _known_of(remembered: Remembered) -> dict[str, str]:
    """The signatures of an earlier part of the campaign, each with the one that its finding has."""
    known = {found.signature: found.signature for found in remembered.found.values()}
    known |= {found.seen_as: found.signature for found in remembered.found.values() if found.seen_as}
    return {decided.signature: decided.of for decided in remembered.decided if decided.of} | known


def _family(title: str) -> str:
    """A signature without the numbers of commits: in other inputs one fault shows at other commits."""
    return _COMMIT.sub("", title)
