"""What happens in a run, as values. The engine yields them; console, recorder and `--json` handle them."""

import msgspec

from fuzzer.campaign.program import Program
from fuzzer.model import Case, CaseResult, Limits, Outcome, Status
from fuzzer.store.run_log import Details


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
    """A case's result is final."""

    program: Program
    result: CaseResult
    limits: Limits
    details: Details | None = None
    """What artifacts say of an instruction program beyond its result."""


class BatchFinished(msgspec.Struct, frozen=True, kw_only=True):
    """Instruction programs have run; those that differ come as events of their own."""

    programs: int
    agree: int
    comparisons: int
    rejected: int
    """Programs that the reference did not run to their end, though they should: faults of the generator."""
    inconclusive: int
    differ: int
    coverage: bytes
    """What the reference says they covered."""


class SeenBefore(msgspec.Struct, frozen=True):
    """Another program with a difference whose signature is known."""

    case: Case
    signature: str


class NotExamined(msgspec.Struct, frozen=True):
    """A program that differs, for which there was no time to tell where; it can be generated again."""

    case: Case


class Restarted(msgspec.Struct, frozen=True):
    """Runners of whole programs died and were started again, so many times since the last event."""

    times: int


class ProgramFinished(msgspec.Struct, frozen=True):
    """All cases of a program have run."""

    program: Program
    restarts: int


Event = (
    ProgramStarted
    | Waiting
    | Confirming
    | CaseFinished
    | BatchFinished
    | SeenBefore
    | NotExamined
    | Restarted
    | ProgramFinished
)


class Totals(msgspec.Struct, kw_only=True):
    """Counts over a run, from its events."""

    cases: int = 0
    agree: int = 0
    findings: int = 0
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
    """Generated programs that show a finding which another one has shown before."""
    not_examined: int = 0
    """Generated programs that differ and were not looked into, for want of time."""
    allowances: dict[str, int] = msgspec.field(default_factory=dict)
    """How many comparisons each entry of `allowed_divergences.toml` has allowed, by its id."""

    def add(self, event: Event) -> None:
        """Count an event."""
        if isinstance(event, ProgramFinished):
            self.restarts += event.restarts
        elif isinstance(event, CaseFinished):
            self._add_result(event.result, new=event.details is None)
        elif isinstance(event, BatchFinished):
            self.cases += event.programs
            self.agree += event.agree
            self.compared += event.comparisons
            self.inconclusive += event.inconclusive
            self.rejected += event.rejected
        elif isinstance(event, Restarted):
            self.restarts += event.times
        elif isinstance(event, SeenBefore):
            self.repeated += 1
        elif isinstance(event, NotExamined):
            self.not_examined += 1

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
