"""How far a campaign is: counts over all of it, by part and by target."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import msgspec

from fuzzer.campaign.events import (
    BatchFinished,
    Checkpoint,
    Confirming,
    Counts,
    Event,
    NewBehaviour,
    Noted,
    Resumed,
    SeenBefore,
    Stalled,
    Totals,
)
from fuzzer.coverage.counts import Share
from fuzzer.model import CaseResult, VerdictKind
from fuzzer.store.progress import PartProgress, Progress, TargetProgress


class Part(msgspec.Struct, kw_only=True):
    """One part of a campaign."""

    counts: Counts = msgspec.field(default_factory=Counts)
    seconds: float = 0.0
    """What its runs took, all targets together."""
    entries: int = 0
    """Inputs that are gone on from."""
    covered: int = 0
    bins: int = 0
    """How many there are; 0 where that is open."""
    idle_s: float = 0.0


class Tally:
    """Adds up events; a handler."""

    def __init__(self, parts: Sequence[str]) -> None:
        self.totals = Totals()
        self.parts = {name: Part() for name in parts}
        self.repeated = Counter[str]()
        """Further cases by signature."""
        self.before_s = 0.0
        """How long earlier parts of the campaign have worked."""
        self.note = ""
        """What is looked into at the moment."""
        self._runs = Counter[str]()
        self._target_s = defaultdict[str, float](float)
        self._reasons = Counter[str]()
        self._advice = ""

    def take(self, event: Event) -> None:
        """See `Handler.take`."""
        self.totals.add(event)
        match event:
            case BatchFinished():
                self._add(event)
            case NewBehaviour(core=core):
                self.parts[core].entries, self.parts[core].covered = event.entries, event.bins
                self._advice = ""
            case SeenBefore(signature=signature):
                self.repeated[signature] += 1
            case Confirming(result=result, what=what):
                self.note = f"{result.case.input_name}: {what}"
            case Noted(result=result):
                self._reasons.update(_inconclusive(result))
            case Stalled(core=core, seconds=seconds):
                self._advice = f"{core} has shown nothing new for {seconds:,.0f} s of its time"
            case Resumed():
                self._resume(event)
            case _:
                pass
        if not isinstance(event, Confirming | Checkpoint):
            self.note = ""

    def close(self) -> None:
        """See `Handler.close`."""

    def _add(self, event: BatchFinished) -> None:
        part = self.parts[event.part]
        part.counts.add(event.counts)
        part.seconds += event.seconds
        part.idle_s = event.idle_s
        if event.entries:
            part.entries, part.covered = event.entries, event.bins
        if event.block:
            for target in event.block.targets:
                self._runs[target] += event.counts.cases
        for target, seconds in event.target_s.items():
            self._target_s[target] += seconds

    def _resume(self, event: Resumed) -> None:
        self.before_s = event.seconds
        self.repeated = Counter(event.repeated)
        for name, counts in event.parts.items():
            self.parts[name].counts.add(counts)
            self.parts[name].seconds = event.part_s.get(name, 0.0)
        for name, entries in event.entries.items():
            self.parts[name].entries = entries

    def cover(self, part: str, share: Share) -> None:
        """Say what a part covers, where that is not told by its events."""
        self.parts[part].covered, self.parts[part].bins = share.covered, share.total

    def sample(
        self,
        *,
        seconds: float,
        utc: str,
        memory_mb: float,
        disk_mb: float,
        disk_free_mb: float | None = None,
    ) -> Progress:
        """A sample for `progress.jsonl`; `seconds` are those of this part of the campaign."""
        totals = self.totals
        return Progress(
            seconds=round(self.before_s + seconds, 1),
            utc=utc,
            cases=totals.cases,
            compared=totals.compared,
            agree=totals.agree,
            inconclusive=totals.inconclusive,
            timeouts=totals.timeouts,
            findings=totals.findings,
            repeated=totals.repeated,
            flaky=totals.flaky,
            restarts=totals.restarts,
            memory_mb=round(memory_mb, 1),
            disk_mb=round(disk_mb, 2),
            parts=tuple(
                PartProgress(
                    name=name,
                    cases=part.counts.cases,
                    seconds=round(part.seconds, 3),
                    corpus=part.entries,
                    covered=part.covered,
                    bins=part.bins,
                    idle_s=round(part.idle_s, 1),
                )
                for name, part in self.parts.items()
            ),
            targets=tuple(
                TargetProgress(name=name, runs=runs, seconds=round(self._target_s[name], 3))
                for name, runs in self._runs.items()
            ),
            inconclusive_why=next((why for why, _ in self._reasons.most_common(1)), ""),
            disk_free_mb=disk_free_mb,
            advice=self._advice,
        )


def _inconclusive(result: CaseResult) -> set[str]:
    """Why nothing could be compared."""
    return {
        entry.verdict.reason for entry in result.comparisons if entry.verdict.kind is VerdictKind.INCONCLUSIVE
    }
