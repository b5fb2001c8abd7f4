"""Numbers as people read them."""

import pytest

from fuzzer.report import words


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0.0 s"), (8.34, "8.3 s"), (61, "1 m 01 s"), (3_725, "1 h 02 m"), (200_000, "2 d 07 h")],
)
def test_durations(seconds: float, text: str) -> None:
    assert words.duration(seconds) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 0, "-"),
        (0, 7, "0.00 %"),
        (1, 10**9, "< 0.01 %"),
        (2, 1_000, "0.20 %"),
        (999_999, 1_000_000, "99.9 %"),
        (7, 7, "100.0 %"),
    ],
)
def test_shares_are_never_rounded_to_nothing_or_all(part: int, whole: int, text: str) -> None:
    assert words.percent(part, whole) == text


def test_other_numbers() -> None:
    assert words.counted(1, "finding") == "1 finding"
    assert words.counted(1_200, "finding") == "1,200 findings"
    assert words.counted(2, "restart", "restarts of runners") == "2 restarts of runners"
    assert [words.short(n) for n in (999, 1_234, 12_345, 34_500_000)] == ["999", "1.2k", "12k", "34M"]
    assert words.clock(11_564) == "03:12:44"
    assert (words.rate(0.42), words.rate(1_610)) == ("0.4/s", "1,610/s")
    assert (words.milliseconds(0.000_36), words.milliseconds(0.25)) == ("0.36 ms", "250 ms")
    assert (words.megabytes(402), words.megabytes(1_100)) == ("402 MB", "1.1 GB")
