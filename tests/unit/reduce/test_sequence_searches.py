"""Fewer items and plainer ones."""

import pytest

from fuzzer.reduce.byte_search import reduce_bytes
from fuzzer.reduce.search import run
from fuzzer.reduce.sequences import ddmin, ddmin_reduction


def test_the_items_that_matter_are_left_in_their_order() -> None:
    left = ddmin(list("abcdefghij"), lambda items: "c" in items and "h" in items)
    assert left == ["c", "h"]


def test_items_that_only_matter_in_pairs() -> None:
    left = ddmin(range(100), lambda items: sum(items) >= 180)
    assert sum(left) >= 180
    assert all(sum(left) - item < 180 for item in left)


@pytest.mark.parametrize(
    ("matter", "count", "bound"), [((500,), 1000, 30), ((3, 990), 1000, 60), ((0, 1), 2, 4)]
)
def test_the_work_is_logarithmic(matter: tuple[int, ...], count: int, bound: int) -> None:
    reduction = ddmin_reduction(count)
    assert run(reduction, lambda places: set(matter) <= set(places)) == matter
    assert reduction.tested <= bound


def test_nothing_is_left_where_nothing_matters() -> None:
    assert ddmin("abc", lambda _: True) == []


def test_everything_is_left_where_all_matters() -> None:
    assert ddmin("abc", lambda items: len(items) == 3) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("data", "needle", "result"),
    [
        (b"some text with a needle in it", b"needle", b"needle"),
        (b"\x01\x02\x03\x04\xff\x05", b"\xff", b"\xff"),
        (b"", b"", b""),
    ],
)
def test_bytes(data: bytes, needle: bytes, result: bytes) -> None:
    assert run(reduce_bytes(data), lambda candidate: needle in candidate) == result


def test_bytes_that_cannot_go_become_plain() -> None:
    assert run(reduce_bytes(b"ab\xffcd"), lambda data: len(data) >= 5 and data[2] == 0xFF) == b"\0\0\xff\0\0"
    assert run(reduce_bytes(b"word x"), lambda data: len(data) >= 6 and data[5:6] == b"x") == b"00000x"
    assert run(reduce_bytes(b"a b\tc"), lambda data: len(data.split()) == 3) == b"0 0 0"
