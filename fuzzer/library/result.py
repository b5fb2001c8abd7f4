"""What one input did everywhere, to assert on and to read."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from fuzzer.model import CaseResult, Comparison, FirstDifference, Limits, Outcome, VerdictKind
from fuzzer.report import results
from fuzzer.store.input_copy import encode_input
from fuzzer.store.run_log import reason_of
from fuzzer.triage.signature import attribution, signature

_SHOWN_INPUT = 600
"""Characters of an input that an explanation shows."""
_NEXT = "  next: `core.record(result)` confirms it and keeps it, with a script to replay it"


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """An input's outcome on every target, each held against the native one."""

    case: CaseResult
    limits: Limits
    """Under which it was run."""

    @property
    def buffers(self) -> tuple[bytes, ...]:
        """The input."""
        return self.case.case.buffers

    @property
    def outcomes(self) -> Mapping[str, Outcome]:
        """What each target did, the reference first."""
        return {
            self.case.reference_name: self.case.reference,
            **{entry.target: entry.outcome for entry in self.case.comparisons},
        }

    @property
    def comparisons(self) -> Mapping[str, Comparison]:
        """The verdict on each target."""
        return {entry.target: entry for entry in self.case.comparisons}

    @property
    def agrees(self) -> bool:
        """Whether every target agrees or its difference is allowed, and something was compared."""
        entries = self.case.comparisons
        return all(entry.equal or entry.allowed_by for entry in entries) and any(
            entry.verdict.compared for entry in entries
        )

    @property
    def diverges(self) -> bool:
        """Whether a target differs in a way that nothing allows.

        Neither this nor `agrees` where it is inconclusive: a limit was reached, or one target timed out.
        """
        return any(
            entry.verdict.kind is VerdictKind.DIVERGE and not entry.allowed_by
            for entry in self.case.comparisons
        )

    @property
    def first_difference(self) -> FirstDifference | None:
        """Where committed bytes part, on the first target where they do."""
        differences = (entry.verdict.first_difference for entry in self.case.comparisons)
        return next((difference for difference in differences if difference), None)

    @property
    def signature(self) -> str:
        """Who disagrees with whom, on what, where; empty when no target diverges."""
        return signature(self.case)

    def check(self) -> None:
        """Raise `Disagreement`, an `AssertionError`, unless the targets agree."""
        if not self.agrees:
            raise Disagreement(self)

    def explain(self) -> str:
        """What happened, whom to suspect and what to do next, in a few lines."""
        if not self.diverges:
            return self.describe()
        return f"{self.describe()}\n{_NEXT}"

    def describe(self) -> str:
        """What happened and whom to suspect, in a few lines."""
        lines = [f"{self.case.case.core}: {self._word}"]
        for target, outcome in self.outcomes.items():
            said = f": {results.printable(outcome.message)}" if outcome.message else ""
            size = f"{len(outcome.stream):,} bytes committed"
            lines.append(f"  {target:<14} {outcome.status}, {size}{said}")
        lines += [
            f"  {entry.target}: {results.printable(reason_of(entry))}"
            for entry in self.case.comparisons
            if not entry.equal
        ]
        lines += [f"  {line}" for line in (self.signature, attribution(self.case)) if line]
        lines.append(f"  input: {self._input}")
        return "\n".join(lines)

    @property
    def _word(self) -> str:
        if not any(entry.verdict.compared for entry in self.case.comparisons):
            return "nothing was compared"
        return results.verdict_word(self.case)

    @property
    def _input(self) -> str:
        shown = " ".join(results.printable(encode_input(self.buffers).decode().replace("\n", " ")).split())
        return shown if len(shown) <= _SHOWN_INPUT else f"{shown[:_SHOWN_INPUT]}…"

    def __repr__(self) -> str:
        """In one line: assertions of pytest show it."""
        why = "; ".join(results.reasons(self.case))
        return f"<Result {self.case.case.core}: {self._word}{f' ({why})' if why else ''}>"


class Disagreement(AssertionError):  # noqa: N818 -- what a test has found, no error of the harness
    """The targets do not agree on an input; its text is the explanation."""

    def __init__(self, result: Result) -> None:
        super().__init__(result.explain())
        self.result = result


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What was kept of a result in the artifacts."""

    run_id: str
    result: Result
    """As the confirming runs left it."""
    folder: Path
    """Holds README.md, the input, the outcomes, the sources and repro.sh."""
    replay: str
    """What to type to run it again."""

    @property
    def is_confirmed(self) -> bool:
        """Whether the difference repeated in every confirming run."""
        return any(entry.is_finding for entry in self.result.case.comparisons)

    def explain(self) -> str:
        """What differs, what to look at and to type next."""
        diverging = [entry for entry in self.result.case.comparisons if entry.attempts]
        times = min(((entry.confirmed, entry.attempts) for entry in diverging), default=(0, 0))
        word = "confirmed" if self.is_confirmed else "not confirmed:"
        return (
            f"{self.result.describe()}\n{word} {times[0]}/{times[1]} in fresh processes\n"
            f"  look     {self.folder}/README.md\n  replay   {self.replay}"
        )
