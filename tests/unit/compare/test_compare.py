"""The table of verdicts, and the words of the reasons."""

import signal

import pytest

from fuzzer.compare.compare import compare, first_difference, hang_verdict
from fuzzer.model import Outcome, Status, Symptom, Verdict, VerdictKind


def ok(stream: bytes = b"", *, ends: tuple[int, ...] | None = None, exit_code: int = 0) -> Outcome:
    return Outcome(status=Status.OK, exit_code=exit_code, stream=stream, commit_ends=ends)


def panic(stream: bytes = b"", *, message: str = "boom", exit_code: int = 1) -> Outcome:
    return Outcome(status=Status.PANIC, exit_code=exit_code, stream=stream, message=message)


def crash(number: int | None = None, message: str = "") -> Outcome:
    return Outcome(status=Status.CRASH, signal=number, message=message)


TIMEOUT = Outcome(status=Status.TIMEOUT)


def verdict(reference: Outcome, other: Outcome) -> Verdict:
    return compare(reference, other, other_name="sp1")


def test_equal_outputs_agree() -> None:
    assert verdict(ok(b"ab", ends=(1, 2)), ok(b"ab")) == Verdict(kind=VerdictKind.AGREE)


def test_output_difference_names_commit_and_byte_with_both_sides() -> None:
    found = verdict(ok(b"\1\2" + b"\x2a" + b"\0" * 9, ends=(1, 2, 12)), ok(b"\1\2" + b"\x2b" + b"\0" * 9))
    assert found.kind is VerdictKind.DIVERGE
    assert found.symptom is Symptom.OUTPUT
    assert found.reason == "commit #3, byte 0: native 2a00000000000000… sp1 2b00000000000000…"


def test_stream_that_ends_early() -> None:
    found = verdict(ok(b"abcd", ends=(2, 4)), ok(b"ab"))
    assert found.reason == "commit #2, byte 0: native 6364 sp1 ended after 2 bytes"
    assert found.symptom is Symptom.OUTPUT


def test_stream_that_goes_on_is_a_further_commit() -> None:
    difference = first_difference(ok(b"ab", ends=(2,)), ok(b"abcd"))
    assert difference is not None
    assert (difference.commit, difference.byte, difference.offset) == (2, 0, 2)
    assert (difference.reference, difference.other) == (b"", b"cd")


def test_commits_are_counted_by_whoever_knows_them() -> None:
    known_by_other = first_difference(
        ok(b"abc"), Outcome(status=Status.OK, stream=b"abd", commit_ends=(1, 3))
    )
    known_by_nobody = first_difference(ok(b"abc"), ok(b"abd"))
    assert known_by_other is not None
    assert known_by_nobody is not None
    assert (known_by_other.commit, known_by_other.byte) == (2, 1)
    assert (known_by_nobody.commit, known_by_nobody.byte) == (1, 2)


def test_empty_commits_are_counted() -> None:
    difference = first_difference(ok(b"ab", ends=(0, 1, 1, 2)), ok(b"ax"))
    assert difference is not None
    assert (difference.commit, difference.byte) == (4, 0)


def test_exit_codes_count() -> None:
    found = verdict(ok(b"a"), ok(b"a", exit_code=3))
    assert (found.kind, found.symptom) == (VerdictKind.DIVERGE, Symptom.OUTPUT)
    assert found.reason == "exit code: native 0, sp1 3"


def test_exit_code_that_a_target_does_not_know_is_not_compared() -> None:
    assert verdict(ok(b"a"), Outcome(status=Status.OK, stream=b"a")).kind is VerdictKind.AGREE


def test_lost_panic_shows_the_first_line_of_the_message() -> None:
    found = verdict(ok(b"a"), panic(message="index out of bounds\nnote: run with …"))
    assert (found.kind, found.symptom) == (VerdictKind.DIVERGE, Symptom.LOST_PANIC)
    assert found.reason == "native ok, sp1 panic: index out of bounds"


def test_panic_without_message_shows_its_exit_code() -> None:
    assert verdict(ok(), panic(message="", exit_code=3)).reason == "native ok, sp1 panic: exit code 3"


def test_panics_agree_whatever_their_messages() -> None:
    assert (
        verdict(panic(b"a", message="at /a.rs:1"), panic(b"a", message="at /b.rs:2")).kind
        is VerdictKind.AGREE
    )


def test_panics_after_different_commits() -> None:
    found = verdict(panic(b"ab"), panic(b"a"))
    assert (found.kind, found.symptom) == (VerdictKind.DIVERGE, Symptom.LOST_PANIC)


def test_panics_with_different_exit_codes() -> None:
    assert verdict(panic(), panic(exit_code=2)).reason == "exit code: native 1, sp1 2"


@pytest.mark.parametrize("ended", [ok(), panic()])
def test_crash_on_one_side(ended: Outcome) -> None:
    found = verdict(ended, crash(signal.SIGSEGV))
    assert (found.kind, found.symptom) == (VerdictKind.DIVERGE, Symptom.CRASH)
    assert found.reason.endswith("sp1 crash: SIGSEGV")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (signal.SIGABRT, signal.SIGILL),
        (signal.SIGTRAP, None),
        (signal.SIGSEGV, None),
        (signal.SIGSEGV, signal.SIGBUS),
        (signal.SIGFPE, signal.SIGFPE),
        (signal.SIGSYS, signal.SIGSYS),
    ],
)
def test_crashes_of_one_class_agree(left: int, right: int | None) -> None:
    assert verdict(crash(left), crash(right)).kind is VerdictKind.AGREE


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (signal.SIGABRT, signal.SIGSEGV),
        (signal.SIGFPE, signal.SIGSEGV),
        (signal.SIGSYS, signal.SIGKILL),
    ],
)
def test_crashes_of_different_classes(left: int, right: int | None) -> None:
    found = verdict(crash(left), crash(right))
    assert (found.kind, found.symptom) == (VerdictKind.DIVERGE, Symptom.ROBUSTNESS)


def test_crash_by_an_unknown_signal_and_with_a_message() -> None:
    assert verdict(ok(), crash(99, "lost")).reason == "native ok, sp1 crash: signal 99: lost"


def test_two_timeouts_agree_but_nothing_was_compared() -> None:
    found = verdict(TIMEOUT, TIMEOUT)
    assert (found.kind, found.compared) == (VerdictKind.AGREE, False)


@pytest.mark.parametrize("ended", [ok(), panic(), crash(signal.SIGSEGV)])
def test_timeout_on_one_side_waits_for_confirmation(ended: Outcome) -> None:
    found = verdict(ended, TIMEOUT)
    assert (found.kind, found.compared) == (VerdictKind.INCONCLUSIVE, False)
    assert "sp1 timeout: may only be slow" in found.reason
    confirmed = hang_verdict(ended, TIMEOUT, other_name="sp1")
    assert (confirmed.kind, confirmed.symptom) == (VerdictKind.DIVERGE, Symptom.HANG)


def test_confirmation_that_ends_is_compared_as_ever() -> None:
    assert hang_verdict(ok(b"a"), ok(b"a")).kind is VerdictKind.AGREE
    assert hang_verdict(ok(b"a"), ok(b"b")).symptom is Symptom.OUTPUT
    assert hang_verdict(TIMEOUT, TIMEOUT).kind is VerdictKind.AGREE
    assert hang_verdict(TIMEOUT, Outcome(status=Status.OOM)).kind is VerdictKind.INCONCLUSIVE


@pytest.mark.parametrize("status", [Status.LIMIT, Status.OOM, Status.UNSUPPORTED, Status.ERROR])
@pytest.mark.parametrize("reference", [ok(), panic(), crash(), TIMEOUT])
def test_what_tells_nothing_is_inconclusive(reference: Outcome, status: Status) -> None:
    found = verdict(reference, Outcome(status=status, message="because"))
    assert (found.kind, found.compared) == (VerdictKind.INCONCLUSIVE, False)
    assert found.reason == f"sp1 {status.value}: because"


def test_both_sides_that_tell_nothing_are_named() -> None:
    found = verdict(Outcome(status=Status.OOM), Outcome(status=Status.LIMIT, message="64 MB of output"))
    assert found.reason == "native oom, sp1 limit: 64 MB of output"
