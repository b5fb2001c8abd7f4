"""What happens in a run or a campaign, as values: engines yield them, and everything else handles them.

Handlers are the console, what is recorded, counts, and `--json`. An event is handled as a whole before the
next one is asked for: an engine writes down in its journal that something is kept only after that.
"""

from collections.abc import Mapping

import msgspec

from fuzzer.campaign.program import Program
from fuzzer.model import Case, CaseResult, Limits, Outcome, Status
from fuzzer.store.passes import Block
from fuzzer.store.run_log import Details


class Counts(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What became of cases. Each is in one of `agree`, `differ`, `inconclusive` and `rejected`."""

    cases: int = 0
    agree: int = 0
    """Also where nothing could be compared since all timed out."""
    differ: int = 0
    """They diverge from the reference, whatever that turned out to be."""
    inconclusive: int = 0
    rejected: int = 0
    """Generated programs that the reference did not run to their end, though they should."""
    compared: int = 0
    """Comparisons that held something against each other."""
    timeouts: int = 0
    """Cases that all targets took too long for; they are among those that agree."""
    errors: int = 0
    """Outcomes that say nothing but that a runner failed."""
    sampled: int = 0
    """Cases that were run once more to see what they cover."""
    allowed: int = 0
    """Of those that differ, the cases whose differences entries allow at once."""
    allowances: dict[str, int] = msgspec.field(default_factory=dict)
    """Comparisons that each entry of `allowed_divergences.toml` has allowed, by its id."""

    def add(self, other: "Counts") -> None:
        """Count those of another one, too."""
        for name in _SUMMED:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for entry, count in other.allowances.items():
            self.allowances[entry] = self.allowances.get(entry, 0) + count


_SUMMED = tuple(name for name in Counts.__struct_fields__ if name != "allowances")


class ProgramStarted(msgspec.Struct, frozen=True):
    """The runners of a program take cases from here on."""

    program: Program


class Confirming(msgspec.Struct, frozen=True):
    """A case's difference is looked at again; this may take a while."""

    result: CaseResult
    what: str


class Waiting(msgspec.Struct, frozen=True):
    """Nothing has finished for a moment: time to write and show what has."""


class CaseFinished(msgspec.Struct, frozen=True):
    """A case's result is final. In a campaign it is one that differed, confirmed and reduced."""

    program: Program
    result: CaseResult
    limits: Limits
    details: Details | None = None
    """What artifacts say of an instruction program beyond its result."""
    counted: bool = False
    """Whether the case was counted with its batch, as those of campaigns are."""
    original: Case | None = None
    """What showed it first, where `result` is that of a reduced input."""
    seen_as: str = ""
    """Its signature before it was reduced, by which cases like it were told meanwhile."""


class Noted(msgspec.Struct, frozen=True):
    """A case of a campaign that is no difference and worth a row: inconclusive, or ended by the limit."""

    program: Program
    result: CaseResult
    limits: Limits


class BatchFinished(msgspec.Struct, frozen=True, kw_only=True):
    """Cases of one part of a campaign have run; differences among them come as events of their own."""

    part: str
    """A core, or the generator of the programs."""
    counts: Counts
    seconds: float = 0.0
    """What the runs took, all targets together."""
    target_s: Mapping[str, float] = {}
    """The same by target, where it is known."""
    restarts: int = 0
    """Runners that died and were started again."""
    idle_s: float = 0.0
    """Seconds of its own time since the part last showed something new."""
    entries: int = 0
    """Of a core: entries that its corpus has now."""
    bins: int = 0
    """Of a core: how many it has covered by now."""
    first: int = 0
    """Index of the first case."""
    differing: tuple[int, ...] = ()
    """Indices of instruction programs that differ."""
    coverage: bytes = b""
    """What the reference says instruction programs covered."""
    block: Block | None = None
    """How each of them ended."""


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


class SeenBefore(msgspec.Struct, frozen=True):
    """Another case with a difference whose signature is known."""

    case: Case
    signature: str


class NotExamined(msgspec.Struct, frozen=True):
    """A case that differs, for which there was no time to tell why; it can be made again."""

    case: Case


class Restarted(msgspec.Struct, frozen=True):
    """Runners of whole programs died and were started again, so many times since the last event."""

    times: int


class ProgramFinished(msgspec.Struct, frozen=True):
    """All cases of a program have run."""

    program: Program
    restarts: int


class Stalled(msgspec.Struct, frozen=True):
    """A core has shown nothing new for so long, of the time that it had."""

    core: str
    seconds: float


class Checkpoint(msgspec.Struct, frozen=True):
    """What was told so far must be on the disk before the next event is asked for."""


class FoundBefore(msgspec.Struct, frozen=True, kw_only=True):
    """A signature that an earlier part of the campaign has found."""

    core: str
    case: str
    """Name of the case that showed it first."""
    signature: str
    at: float
    """Seconds into the campaign."""


class Resumed(msgspec.Struct, frozen=True, kw_only=True):
    """The campaign goes on; this is what it had done before."""

    totals: "Totals"
    seconds: float
    """How long it had worked."""
    found: tuple[FoundBefore, ...] = ()
    repeated: Mapping[str, int] = {}
    """Further cases by signature."""
    parts: Mapping[str, Counts] = {}
    part_s: Mapping[str, float] = {}
    """What the runs of each part took, all targets together."""
    entries: Mapping[str, int] = {}
    """Inputs in the corpus of each core."""


Event = (
    ProgramStarted
    | Waiting
    | Confirming
    | CaseFinished
    | Noted
    | BatchFinished
    | NewBehaviour
    | SeenBefore
    | NotExamined
    | Restarted
    | ProgramFinished
    | Stalled
    | Checkpoint
    | Resumed
)


class Totals(msgspec.Struct, kw_only=True):
    """Counts over a run or a campaign, from its events."""

    cases: int = 0
    agree: int = 0
    findings: int = 0
    """In a campaign, signatures."""
    flaky: int = 0
    allowed: int = 0
    inconclusive: int = 0
    compared: int = 0
    """Comparisons that held something against each other."""
    errors: int = 0
    """Outcomes that say nothing but that a runner failed."""
    restarts: int = 0
    rejected: int = 0
    """Generated programs that the reference did not run to their end."""
    repeated: int = 0
    """Cases that show a finding which another one has shown before."""
    not_examined: int = 0
    """Cases that differ and were not looked into, for want of time."""
    differ: int = 0
    """Cases of a campaign that differ at first, whatever came of them."""
    timeouts: int = 0
    """Cases that all targets took too long for; they are among those that agree."""
    sampled: int = 0
    """Cases that were run once more to see what they cover."""
    admitted: int = 0
    """Inputs that were admitted to a corpus."""
    allowances: dict[str, int] = msgspec.field(default_factory=dict)
    """How many comparisons each entry of `allowed_divergences.toml` has allowed, by its id."""

    def add(self, event: Event) -> None:
        """Count an event."""
        match event:
            case BatchFinished(counts=counts):
                self.count(counts)
                self.restarts += event.restarts
            case CaseFinished(result=result):
                self._add_result(result, new=not event.counted)
            case ProgramFinished(restarts=times) | Restarted(times=times):
                self.restarts += times
            case SeenBefore():
                self.repeated += 1
            case NotExamined():
                self.not_examined += 1
            case NewBehaviour():
                self.admitted += 1
            case Resumed(totals=before):
                for name in self.__struct_fields__:
                    setattr(self, name, getattr(before, name))
                self.allowances = dict(before.allowances)
            case _:
                pass

    def count(self, counts: Counts) -> None:
        """Count cases."""
        for name in _SUMMED:
            setattr(self, name, getattr(self, name) + getattr(counts, name))
        for entry, times in counts.allowances.items():
            self.allowances[entry] = self.allowances.get(entry, 0) + times

    def _add_result(self, result: CaseResult, *, new: bool) -> None:
        """Count a result; one that is not new was counted with its batch."""
        comparisons = result.comparisons
        if new:
            self.cases += 1
            self.compared += sum(entry.verdict.compared for entry in comparisons)
        outcomes: list[Outcome] = [result.reference, *(entry.outcome for entry in comparisons)]
        self.errors += sum(outcome.status is Status.ERROR for outcome in outcomes)
        for used in filter(None, (entry.allowed_by for entry in comparisons)):
            self.allowances[used] = self.allowances.get(used, 0) + 1
        if any(entry.is_finding for entry in comparisons):
            self.findings += 1
        elif any(entry.is_flaky for entry in comparisons):
            self.flaky += 1
        elif any(entry.allowed_by for entry in comparisons):
            self.allowed += 1
        elif all(entry.equal for entry in comparisons):
            self.agree += 1
        else:
            self.inconclusive += 1
