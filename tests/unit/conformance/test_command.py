"""`fuzz conformance` as it is called: wrong calls, and what its exit code says."""

import pytest
from conformance_cases import FakeTarget, added

from fuzzer.cli.conformance import conformance, exit_code
from fuzzer.conformance.grade import Graded, grade
from fuzzer.conformance.targets import widths_of
from fuzzer.errors import ExitCode, FuzzerError, UsageError
from fuzzer.model import Outcome, Status

CASES = [added(1), added(2)]


def graded(status: Status = Status.OK) -> list[Graded]:
    if status is Status.OK:
        return grade(CASES, 64, FakeTarget(CASES).run)
    return grade(CASES, 64, FakeTarget(CASES, lambda _p, _o: Outcome(status=status)).run)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--target", "native"], "`native` has no instruction-level mode"),
        (["--target", "risc9"], "`risc9` has no instruction-level mode"),
        (["--target", "sp1", "--xlen", "32"], "`sp1` runs no programs of 32 bits"),
        (["--opcode", "ad"], "no opcode `ad`"),
    ],
)
def test_a_call_that_cannot_be_served_says_why(arguments: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        conformance.main(arguments, standalone_mode=False)
    assert caught.value.hint
    assert caught.value.exit_code is ExitCode.USAGE


def test_a_version_does_not_change_the_width() -> None:
    assert widths_of("sp1@6.2.1") == widths_of("sp1") == (64,)
    assert widths_of("rvref") == (32, 64)


def test_the_exit_code_says_what_was_found() -> None:
    assert exit_code({"a": graded()}) is ExitCode.AGREE
    assert exit_code({"a": graded(), "b": graded(Status.CRASH)}) is ExitCode.FINDINGS
    assert exit_code({"a": graded(), "b": graded(Status.UNSUPPORTED)}) is ExitCode.NOTHING_COMPARED


def test_no_case_at_all_is_never_green() -> None:
    with pytest.raises(UsageError, match="no case"):
        exit_code({"a": []})


def test_errors_are_the_users() -> None:
    with pytest.raises(FuzzerError):
        conformance.main(["--target", "native", "--json"], standalone_mode=False)
