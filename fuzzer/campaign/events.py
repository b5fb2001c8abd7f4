"""What happens in a run, as values. The engine yields them; console, recorder and `--json` handle them."""

import msgspec

from fuzzer.campaign.program import Program
from fuzzer.model import CaseResult, Limits, Outcome, Status


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


class ProgramFinished(msgspec.Struct, frozen=True):
    """All cases of a program have run."""

    program: Program
    restarts: int


Event = ProgramStarted | Waiting | Confirming | CaseFinished | ProgramFinished


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
    allowances: dict[str, int] = msgspec.field(default_factory=dict)
    """How many comparisons each entry of `allowed_divergences.toml` has allowed, by its id."""

    def add(self, event: Event) -> None:
        """Count an event."""
        if isinstance(event, ProgramFinished):
            self.restarts += event.restarts
        elif isinstance(event, CaseFinished):
            self._add_result(event.result)

    def _add_result(self, result: CaseResult) -> None:
        comparisons = result.comparisons
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
