"""Signatures, and whom they make one suspect."""

import msgspec
import pytest
from sample_results import FLIPPED, OK, OOM, PANIC, result

from fuzzer.model import Outcome, Status
from fuzzer.triage.signature import attribution, signature, target_of, zero_of

OTHER_BYTES = Outcome(status=Status.OK, exit_code=0, stream=b"\x2c\0\0\0")


def test_no_divergence_has_no_signature() -> None:
    assert signature(result(OK, OOM)) == ""
    assert attribution(result(OK, OOM)) == ""


def test_executors_that_agree_against_native() -> None:
    both = result(FLIPPED, FLIPPED)
    assert signature(both) == "fib: native | sp1, sp1-portable: output at commit 1"
    assert attribution(both).startswith("the executors agree: suspect the guest build")


def test_one_executor_that_stands_alone() -> None:
    alone = result(FLIPPED, OK)
    assert signature(alone) == "fib: native, sp1-portable | sp1: output at commit 1"
    assert attribution(alone) == "sp1 stands alone: suspect its executor"


def test_only_one_executor() -> None:
    assert signature(result(FLIPPED)) == "fib: native | sp1: output at commit 1"
    assert "another executor would tell" in attribution(result(FLIPPED))


def test_executor_without_a_verdict_is_on_no_side() -> None:
    assert signature(result(FLIPPED, OOM)) == "fib: native | sp1: output at commit 1"
    assert "only sp1 can be held against native" in attribution(result(FLIPPED, OOM))


def test_three_sides() -> None:
    torn = result(FLIPPED, PANIC)
    assert signature(torn) == "fib: native | sp1 | sp1-portable: output at commit 1 | lost-panic at commit 1"
    assert "differ among themselves (sp1 | sp1-portable)" in attribution(torn)
    assert signature(result(FLIPPED, OTHER_BYTES)) == "fib: native | sp1 | sp1-portable: output at commit 1"


def test_two_against_native_and_a_third() -> None:
    assert attribution(result(FLIPPED, FLIPPED, OK)) == (
        "sp1, sp1-portable differ alike from native and rvref: suspect what they share"
    )


def test_bytes_are_not_part_of_the_signature() -> None:
    assert signature(result(FLIPPED)) == signature(result(OTHER_BYTES))


def test_place_stands_for_the_commit() -> None:
    assert signature(result(FLIPPED, OK), place="mulhsu").endswith("| sp1: output at mulhsu")


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("bne", "wrong way at bne"),
        (target_of("jalr"), "wrong way at jalr"),
        (zero_of("mulh"), "wrong x0 at mulh"),
    ],
)
def test_what_comes_of_a_wrong_way_or_of_a_wrong_x0_is_not_in_the_signature(
    place: str, expected: str
) -> None:
    assert {signature(result(other, OK), place=place) for other in (FLIPPED, PANIC)} == {
        f"fib: native, sp1-portable | sp1: {expected}"
    }


def test_reference_of_programs_may_be_the_one_that_stands_alone() -> None:
    program = msgspec.structs.replace(result(FLIPPED, FLIPPED), reference_name="rvref")
    assert signature(program).startswith("fib: rvref | sp1, sp1-portable: ")
    assert attribution(program).startswith("rvref stands alone: suspect it first")
