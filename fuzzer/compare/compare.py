"""Compares what a target did with what the reference did. Pure; the table is in the design document.

Panic messages are not compared: they hold paths and line numbers, which differ between two builds of one
source. What counts about a panic is what was committed before it, and the exit code.
"""

from bisect import bisect_right
from signal import Signals

from fuzzer.model import NATIVE, FirstDifference, Outcome, Status, Symptom, Verdict, VerdictKind

SHOWN_BYTES = 8
"""How many bytes of each side a first difference holds."""

_TELLS_NOTHING = frozenset({Status.LIMIT, Status.OOM, Status.UNSUPPORTED, Status.ERROR})
_CRASH_CLASSES: dict[int, str] = {
    Signals.SIGABRT: "abort",
    Signals.SIGILL: "abort",
    Signals.SIGTRAP: "abort",
    Signals.SIGSEGV: "memory",
    Signals.SIGBUS: "memory",
    Signals.SIGFPE: "arithmetic",
}
"""Signals that say the same of a program."""


def compare(
    reference: Outcome, other: Outcome, *, reference_name: str = NATIVE, other_name: str = "other"
) -> Verdict:
    """Whether two outcomes of one case agree, and if not, on what they part."""
    return _Pair(reference, other, reference_name, other_name).verdict()


def compare_endings(
    reference: Outcome, other: Outcome, *, reference_name: str = NATIVE, other_name: str = "other"
) -> Verdict:
    """Whether two outcomes ended in the same way, whatever they committed and however they crashed.

    For programs that do what is forbidden: it is agreed that they must fail, not how.
    """
    if reference.status is other.status and reference.status not in _TELLS_NOTHING:
        return Verdict(kind=VerdictKind.AGREE, compared=reference.status is not Status.TIMEOUT)
    return _Pair(reference, other, reference_name, other_name).verdict()


def hang_verdict(
    reference: Outcome, other: Outcome, *, reference_name: str = NATIVE, other_name: str = "other"
) -> Verdict:
    """The verdict on two outcomes of a confirming run: alone on the machine, with three times the limit.

    A timeout on one side is then a divergence; anything else is compared as ever.
    """
    pair = _Pair(reference, other, reference_name, other_name)
    if pair.is_one_sided_timeout():
        return Verdict(
            kind=VerdictKind.DIVERGE,
            reason=f"{pair.endings()} (alone, with three times the limit)",
            symptom=Symptom.HANG,
        )
    return pair.verdict()


def first_difference(reference: Outcome, other: Outcome) -> FirstDifference | None:
    """Where two commit streams part, or None when they are equal.

    Commits are counted by the boundaries that the reference knows, else by the other's; without any, the
    whole stream is commit 1.
    """
    offset = _first_offset(reference.stream, other.stream)
    if offset is None:
        return None
    ends = reference.commit_ends or other.commit_ends or ()
    before = bisect_right(ends, offset)
    start = ends[before - 1] if before else 0
    return FirstDifference(
        commit=before + 1,
        byte=offset - start,
        offset=offset,
        reference=reference.stream[offset : offset + SHOWN_BYTES],
        other=other.stream[offset : offset + SHOWN_BYTES],
    )


def describe_ending(outcome: Outcome) -> str:
    """How a run ended, in a few words: `ok`, `panic: index out of bounds`, `crash: SIGSEGV`."""
    if outcome.status is Status.OK:
        return "ok"
    lines = outcome.message.strip().splitlines()
    details = [_signal_name(outcome.signal)] if outcome.signal is not None else []
    if lines:
        details.append(lines[0].strip())
    elif outcome.exit_code is not None:
        details.append(f"exit code {outcome.exit_code}")
    return ": ".join([outcome.status.value, *details])


class _Pair:
    """Two outcomes under their names; each method is one rule of the table."""

    def __init__(self, reference: Outcome, other: Outcome, reference_name: str, other_name: str) -> None:
        self.reference = reference
        self.other = other
        self.reference_name = reference_name
        self.other_name = other_name
        self.statuses = {reference.status, other.status}

    def verdict(self) -> Verdict:
        if self.statuses & _TELLS_NOTHING:
            return self._inconclusive(self._what_tells_nothing())
        if self.statuses == {Status.TIMEOUT}:
            return Verdict(
                kind=VerdictKind.AGREE, reason="both timed out: nothing to compare", compared=False
            )
        if self.is_one_sided_timeout():
            return self._inconclusive(f"{self.endings()}: may only be slow, not yet confirmed alone")
        return self._both_ended()

    def _both_ended(self) -> Verdict:
        if self.statuses == {Status.CRASH}:
            return self._crashes()
        if Status.CRASH in self.statuses:
            return self._diverge(self.endings(), Symptom.CRASH)
        if self.statuses == {Status.OK, Status.PANIC}:
            difference = first_difference(self.reference, self.other)
            return self._diverge(self.endings(), Symptom.LOST_PANIC, difference)
        return self._streams_and_exit_codes()

    def is_one_sided_timeout(self) -> bool:
        return (
            Status.TIMEOUT in self.statuses and len(self.statuses) > 1 and not self.statuses & _TELLS_NOTHING
        )

    def endings(self) -> str:
        reference, other = describe_ending(self.reference), describe_ending(self.other)
        return f"{self.reference_name} {reference}, {self.other_name} {other}"

    def _streams_and_exit_codes(self) -> Verdict:
        difference = first_difference(self.reference, self.other)
        if difference is not None:
            symptom = Symptom.LOST_PANIC if Status.PANIC in self.statuses else Symptom.OUTPUT
            return self._diverge(self._parting(difference), symptom, difference)
        codes = (self.reference.exit_code, self.other.exit_code)
        if None not in codes and codes[0] != codes[1]:
            reason = f"exit code: {self.reference_name} {codes[0]}, {self.other_name} {codes[1]}"
            return self._diverge(reason, Symptom.OUTPUT)
        return Verdict(kind=VerdictKind.AGREE)

    def _crashes(self) -> Verdict:
        classes = {_crash_class(self.reference), _crash_class(self.other)}
        if len(classes) == 1 or None in classes:
            return Verdict(kind=VerdictKind.AGREE)
        return self._diverge(self.endings(), Symptom.ROBUSTNESS)

    def _what_tells_nothing(self) -> str:
        sides = ((self.reference_name, self.reference), (self.other_name, self.other))
        silent = [f"{name} {describe_ending(side)}" for name, side in sides if side.status in _TELLS_NOTHING]
        return ", ".join(silent)

    def _parting(self, difference: FirstDifference) -> str:
        reference = _shown(self.reference.stream, difference.offset)
        other = _shown(self.other.stream, difference.offset)
        place = f"commit #{difference.commit}, byte {difference.byte}"
        return f"{place}: {self.reference_name} {reference} {self.other_name} {other}"

    def _diverge(self, reason: str, symptom: Symptom, difference: FirstDifference | None = None) -> Verdict:
        return Verdict(kind=VerdictKind.DIVERGE, reason=reason, symptom=symptom, first_difference=difference)

    def _inconclusive(self, reason: str) -> Verdict:
        return Verdict(kind=VerdictKind.INCONCLUSIVE, reason=reason, compared=False)


def _first_offset(left: bytes, right: bytes) -> int | None:
    """The first offset at which two streams differ or one has ended, by halving: streams may be large."""
    if left == right:
        return None
    left_view, right_view = memoryview(left), memoryview(right)
    equal, unknown = 0, min(len(left), len(right))
    while equal < unknown:
        middle = (equal + unknown + 1) // 2
        if left_view[equal:middle] == right_view[equal:middle]:
            equal = middle
        else:
            unknown = middle - 1
    return equal


def _shown(stream: bytes, offset: int) -> str:
    if offset >= len(stream):
        return f"ended after {len(stream)} bytes"
    more = "…" if len(stream) > offset + SHOWN_BYTES else ""
    return stream[offset : offset + SHOWN_BYTES].hex() + more


def _crash_class(outcome: Outcome) -> str | None:
    """What kind of crash it was; a signal that is in no class is one of its own.

    None where the executor itself said that the program cannot go on: that is no signal of any kind.
    """
    if outcome.signal is None:
        return None
    return _CRASH_CLASSES.get(outcome.signal, f"signal {outcome.signal}")


def _signal_name(number: int) -> str:
    try:
        return Signals(number).name
    except ValueError:
        return f"signal {number}"
