"""Does a recorded difference show again? The case of a finding, run once more and held against its record."""

import msgspec

from fuzzer.campaign.confirm import result_of, result_with_hangs, run_fresh
from fuzzer.campaign.program import Program
from fuzzer.model import Case, CaseResult, Symptom, VerdictKind
from fuzzer.store.run_log import ComparisonRecord, DifferenceRecord, RunLog, comparison_record


class Replay(msgspec.Struct, frozen=True):
    """What the case did this time, and the targets on which it did what is recorded."""

    result: CaseResult
    repeated: tuple[str, ...]
    changed: tuple[str, ...]
    """Targets whose recorded difference did not show."""

    @property
    def reproduced(self) -> bool:
        """Whether every recorded difference showed again."""
        return bool(self.repeated) and not self.changed


def run_again(program: Program, case: Case, log: RunLog) -> CaseResult:
    """What the case does now, on whatever targets the program has, under the recorded limits."""
    outcomes = run_fresh(program, case, log.limits)
    hung = any(entry.symptom is Symptom.HANG for entry in log.comparisons)
    # The recorded limits are already the longer ones: a timeout under them is the hang.
    return result_with_hangs(case, outcomes) if hung else result_of(case, outcomes)


def replay(program: Program, case: Case, log: RunLog) -> Replay:
    """Run the case again and compare with the record, difference by difference."""
    result = run_again(program, case, log)
    recorded = [entry for entry in log.comparisons if not entry.equal]
    now = {entry.target: comparison_record(entry) for entry in result.comparisons}
    repeated = tuple(entry.target for entry in recorded if _is_same(entry, now[entry.target]))
    changed = tuple(entry.target for entry in recorded if entry.target not in repeated)
    return Replay(result, repeated, changed)


def _is_same(recorded: ComparisonRecord, now: ComparisonRecord) -> bool:
    """The same kind of difference at the same place; for one that decided nothing, the same ends."""
    if (recorded.kind, recorded.symptom) != (now.kind, now.symptom):
        return False
    if recorded.kind is VerdictKind.DIVERGE:
        return _place(recorded.first_difference) == _place(now.first_difference)
    return True


def _place(difference: DifferenceRecord | None) -> int | None:
    return None if difference is None else difference.offset
