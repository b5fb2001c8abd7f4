"""What a result says of itself."""

import msgspec
import pytest
from sample_results import FLIPPED, OK, OOM, TIMEOUT, result

from fuzzer.library.result import Disagreement, Result
from fuzzer.model import CaseResult, Limits, Outcome


def of(found: CaseResult) -> Result:
    return Result(case=found, limits=Limits())


def test_agreement() -> None:
    found = of(result(OK, OK))
    assert found.agrees
    assert not found.diverges
    assert found.first_difference is None
    assert found.signature == ""
    assert list(found.outcomes) == ["native", "sp1", "sp1-portable"]
    assert found.explain().startswith("fib: agree\n")
    assert repr(found) == "<Result fib: agree>"
    found.check()


def test_a_difference_says_what_whom_and_what_next() -> None:
    found = of(result(FLIPPED, OK))
    assert found.diverges
    assert not found.agrees
    assert found.first_difference is not None
    assert found.first_difference.commit == 1
    assert found.buffers == (b'{"n":24}',)
    with pytest.raises(Disagreement) as raised:
        found.check()
    assert raised.value.result is found
    text = str(raised.value)
    assert text == found.explain()
    assert "sp1: commit #1, byte 0: native 2a000000 sp1 2b000000" in text
    assert "sp1 stands alone: suspect its executor" in text
    assert '  input: {"n":24}\n' in text
    assert "core.record(result)" in text


def test_one_target_is_enough_to_disagree() -> None:
    assert not of(result(OK, FLIPPED)).agrees


def test_what_is_allowed_agrees() -> None:
    found = result(FLIPPED)
    (entry,) = found.comparisons
    allowed = msgspec.structs.replace(entry, allowed_by="width")
    assert of(msgspec.structs.replace(found, comparisons=(allowed,))).agrees


@pytest.mark.parametrize("other", [TIMEOUT, OOM])
def test_what_is_inconclusive_neither_agrees_nor_diverges(other: Outcome) -> None:
    found = of(result(other))
    assert (found.agrees, found.diverges) == (False, False)


def test_to_have_compared_nothing_is_no_agreement() -> None:
    found = of(result(TIMEOUT, reference=TIMEOUT))
    assert found.case.comparisons[0].equal
    assert not found.agrees
    assert found.explain().startswith("fib: nothing was compared\n")


def test_a_long_input_is_cut_and_cannot_steer_a_terminal() -> None:
    found = of(result(FLIPPED, buffers=(b"\x1b[31m" + b"x" * 100_000,)))
    assert len(found.explain()) < 2_000
    assert "\x1b" not in found.explain()
