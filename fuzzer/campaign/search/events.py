"""What happens in a search for inputs, as values, beside those of `fuzzer.campaign.events`."""

import msgspec

from fuzzer.campaign.events import CaseFinished, Confirming, NotExamined, SeenBefore, Waiting
from fuzzer.campaign.program import Program
from fuzzer.campaign.search.journal import Counts, Remembered
from fuzzer.model import Case, CaseResult, Limits


class Resumed(msgspec.Struct, frozen=True):
    """The campaign goes on; what was counted before is `remembered`."""

    remembered: Remembered


class TurnFinished(msgspec.Struct, frozen=True, kw_only=True):
    """Some cases of a core have run; differences among them come as events of their own."""

    core: str
    counts: Counts
    seconds: float
    """What the runs took, all targets together."""
    restarts: int
    """Runners that died and were started again."""


class NewBehaviour(msgspec.Struct, frozen=True, kw_only=True):
    """A case was admitted to the corpus of its core."""

    core: str
    case: Case
    entries: int
    """Entries that the corpus has now."""
    features: int
    """Features that no case has covered before; 0 where it only ended in a new way."""
    new_bins: int
    """Edges and the like among them that were not covered at all."""
    bins: int
    """How many the core has covered by now."""


class InputFound(msgspec.Struct, frozen=True, kw_only=True):
    """A finding, confirmed and reduced. It must be kept before the next event is asked for."""

    program: Program
    result: CaseResult
    """Of the reduced input."""
    limits: Limits
    original: Case
    """What showed it first."""
    signature: str
    tested: int
    """Candidates that the reduction has tried."""
    seconds: float
    """What looking into it took."""


class Stalled(msgspec.Struct, frozen=True):
    """A core has shown nothing new for so long, of the time that it had."""

    core: str
    seconds: float


SearchEvent = (
    Resumed
    | Waiting
    | TurnFinished
    | NewBehaviour
    | Confirming
    | InputFound
    | CaseFinished
    | SeenBefore
    | NotExamined
    | Stalled
)
"""`CaseFinished` is a difference that is no finding: flaky, allowed or inconclusive."""


class SearchTotals(msgspec.Struct, kw_only=True):
    """Counts over a campaign, from its events."""

    counts: Counts = msgspec.field(default_factory=Counts)
    findings: int = 0
    """Signatures, each with a finding."""
    repeated: dict[str, int] = msgspec.field(default_factory=dict)
    """By signature: further cases that showed it."""
    flaky: int = 0
    allowed: int = 0
    not_examined: int = 0
    restarts: int = 0
    admitted: int = 0
    bins: dict[str, int] = msgspec.field(default_factory=dict)
    """By core: edges and operations that were covered."""

    def add(self, event: SearchEvent) -> None:
        """Count an event."""
        match event:
            case Resumed(remembered=before):
                self._resume(before)
            case TurnFinished():
                self.counts.add(event.counts)
                self.restarts += event.restarts
            case NewBehaviour():
                self.admitted += 1
                self.bins[event.core] = event.bins
            case InputFound():
                self.findings += 1
            case CaseFinished(result=result):
                self._add_other(result)
            case SeenBefore(signature=signature):
                self.repeated[signature] = self.repeated.get(signature, 0) + 1
            case NotExamined():
                self.not_examined += 1
            case _:
                pass

    def _resume(self, before: Remembered) -> None:
        self.counts.add(before.counts)
        # Those that may have no folder come again.
        self.findings = len(before.found) - len(before.not_kept)
        self.repeated |= before.repeated
        for decided in before.decided:
            self.flaky += decided.what == "flaky"
            self.allowed += decided.what == "allowed"
            self.not_examined += decided.what == "not examined"
        self.admitted = sum(len(corpus.entries) - corpus.seeds for corpus in before.corpora.values())

    def _add_other(self, result: CaseResult) -> None:
        if any(entry.is_flaky for entry in result.comparisons):
            self.flaky += 1
        elif any(entry.allowed_by for entry in result.comparisons):
            self.allowed += 1
