"""Is a finding still there? Its case on other versions than those that it was found on."""

import msgspec

from fuzzer.campaign.program import Program
from fuzzer.campaign.replay import Replay, replay
from fuzzer.model import Case, VerdictKind
from fuzzer.store.run_log import ComparisonRecord, RunLog
from fuzzer.triage.marks import Seen


class Retest(msgspec.Struct, frozen=True, kw_only=True):
    """What a finding's case did this time."""

    seen: Seen
    reasons: tuple[str, ...]
    """How targets differ now, each a line."""
    also_on: tuple[str, ...]
    """Targets beside those of the record that differ."""
    not_on: tuple[str, ...]
    """Targets beside those of the record that agree."""


def retest(program: Program, case: Case, log: RunLog) -> Retest:
    """Run the case of a record whose comparisons are all divergences.

    Targets of the program that the record does not speak of are variants: they are told apart.
    """
    again = replay(program, case, log)
    recorded = {entry.target for entry in log.comparisons}
    unsteady = [entry for entry in log.comparisons if entry.confirmed < entry.attempts]
    seen = _seen(again, recorded)
    tells_nothing = seen is Seen.FIXED and bool(unsteady)
    variants = [entry for entry in again.result.comparisons if entry.target not in recorded]
    return Retest(
        seen=Seen.NOT_RUN if tells_nothing else seen,
        reasons=tuple(_once(entry) for entry in unsteady)
        if tells_nothing
        else tuple(
            f"{entry.target}: {entry.verdict.reason}"
            for entry in again.result.comparisons
            if entry.verdict.reason
        ),
        also_on=tuple(e.target for e in variants if e.verdict.kind is VerdictKind.DIVERGE),
        not_on=tuple(e.target for e in variants if e.equal and e.verdict.compared),
    )


def _once(entry: ComparisonRecord) -> str:
    shown = f"{entry.confirmed:,} of {entry.attempts:,} runs"
    return f"{entry.target}: it showed in {shown} before: one that agrees does not tell that it is fixed"


def _seen(again: Replay, recorded: set[str]) -> Seen:
    if again.repeated:
        return Seen.STILL_THERE
    now = [entry for entry in again.result.comparisons if entry.target in recorded]
    if any(entry.verdict.kind is VerdictKind.DIVERGE for entry in now):
        return Seen.CHANGED
    agree = all(entry.equal and entry.verdict.compared for entry in now)
    return Seen.FIXED if now and agree else Seen.NOT_RUN
