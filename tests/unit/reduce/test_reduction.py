"""How a search is driven: batches, answers, bounds."""

from collections.abc import Iterator

import pytest

from fuzzer.reduce.search import Reduction, mapped, run
from fuzzer.reduce.sequences import drop_parts


def countdown(start: int) -> Reduction[int]:
    """Every smaller number is proposed, the smallest first."""

    def search() -> Iterator[range]:
        current = start
        while True:
            taken = yield range(current)
            if taken is None:
                return
            current = taken

    return Reduction(start, search(), key=lambda number: number)  # type: ignore[arg-type]


def test_the_best_is_the_start_until_something_was_tested() -> None:
    reduction = countdown(9)
    assert reduction.best == 9
    assert list(reduction.candidates(3)) == [0, 1, 2]
    assert reduction.best == 9


def test_candidates_stay_until_they_are_answered() -> None:
    reduction = countdown(9)
    assert list(reduction.candidates(3)) == list(reduction.candidates(5))
    reduction.tell([False, False, True])
    assert reduction.best == 2
    assert reduction.tested == 3


def test_of_several_that_fail_the_first_is_taken() -> None:
    reduction = countdown(9)
    reduction.candidates(6)
    reduction.tell([False, False, False, True, True, True])
    assert reduction.best == 3


def test_answers_may_end_with_the_first_that_fails() -> None:
    reduction = countdown(9)
    reduction.candidates(6)
    reduction.tell([False, True])
    assert (reduction.best, reduction.tested) == (1, 2)


def test_what_passed_is_not_given_again() -> None:
    reduction = countdown(9)
    reduction.candidates(6)
    reduction.tell([False, False, False, True, False, False])
    assert list(reduction.candidates(6)) == []
    assert reduction.best == 3


@pytest.mark.parametrize("answers", [[], [False], [False] * 3])
def test_answers_that_do_not_belong_to_the_candidates(answers: list[bool]) -> None:
    reduction = countdown(9)
    reduction.candidates(2)
    with pytest.raises(ValueError, match=f"{len(answers)} answers for 2 candidates"):
        reduction.tell(answers)


def test_the_number_of_candidates_is_bounded() -> None:
    data = bytes(range(200))
    for most in (0, 1, 7, 13):
        reduction = Reduction(data, drop_parts(data), key=bytes, most=most)
        while batch := reduction.candidates(8):
            reduction.tell([77 in candidate for candidate in batch])
        assert reduction.tested == most
        assert 77 in reduction.best


def test_a_search_with_nothing_to_propose_ends() -> None:
    reduction = Reduction(b"", drop_parts(b""), key=bytes)
    assert list(reduction.candidates(4)) == []
    assert run(reduction, lambda _: True) == b""


def test_what_nothing_can_be_made_of_is_left_out() -> None:
    made = mapped(drop_parts("abc"), lambda text: None if text in ("", "bc") else text.encode())
    seen: list[bytes] = []

    def still_fails(candidate: bytes) -> bool:
        seen.append(candidate)
        return b"b" in candidate

    assert run(Reduction(b"abc", made, key=bytes), still_fails) == b"b"
    assert b"bc" not in seen
