"""Counting what was covered: sums, novelty, shares, and what is refused."""

import struct
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzzer.coverage.counts import Coverage, Share, rarest
from fuzzer.coverage.map import Axis, CoverageMap
from fuzzer.errors import RunnerError, UsageError

Pairs = Sequence[tuple[int, int]]

MAP = CoverageMap(
    version=1,
    axes=(
        Axis("sp1.opcode", "operation", 0, (("add",), ("mul",), ("div",))),
        Axis("sp1.halt", "exit code", 3, (("0",), ("1",))),
        Axis("rv32.opcode", "operation", 5, (("add",),)),
    ),
)
PAIRS = st.lists(st.tuples(st.integers(0, MAP.size - 1), st.integers(0, 2**32 - 1)), max_size=20)


def packed(pairs: Pairs) -> bytes:
    return b"".join(struct.pack("<II", *pair) for pair in pairs)


def covered(*pairs: tuple[int, int]) -> Coverage:
    coverage = Coverage(MAP)
    coverage.add(packed(pairs), programs=1)
    return coverage


def sums(pairs: Pairs) -> list[int]:
    counts = [0] * MAP.size
    for number, count in pairs:
        counts[number] += count
    return counts


@given(st.lists(PAIRS, max_size=4))
def test_added_is_summed_in_whatever_parts(parts: list[Pairs]) -> None:
    together, apart, merged = Coverage(MAP), Coverage(MAP), Coverage(MAP)
    fresh = [0, 0]
    for pairs in parts:
        fresh[0] += apart.add(packed(pairs), programs=2)
        fresh[1] += merged.merge(covered(*pairs))
    at_once = together.add(b"".join(map(packed, parts)), programs=2 * len(parts))
    expected = sums([pair for pairs in parts for pair in pairs])
    assert together.counts.tolist() == apart.counts.tolist() == merged.counts.tolist() == expected
    assert at_once == fresh[0] == fresh[1] == np.count_nonzero(expected)
    assert together.programs == apart.programs == 2 * merged.programs == 2 * len(parts)


def test_novelty_is_what_was_never_hit_before() -> None:
    coverage = Coverage(MAP)
    assert coverage.add(packed([(4, 1), (0, 2), (4, 3)]), programs=64) == 2
    assert coverage.add(packed([(0, 1), (1, 0), (2, 5)]), programs=64) == 1
    assert coverage.add(b"", programs=1) == 0
    assert coverage.programs == 129


def test_counts_go_beyond_those_of_one_batch() -> None:
    coverage = covered((0, 2**32 - 1), (0, 2**32 - 1), (0, 2))
    assert coverage.counts[0] == 2**33


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"\0" * 7, "no pairs"), (packed([(0, 1), (6, 1)]), "bin 6, but its map has only 6")],
)
def test_bytes_of_another_form_are_refused_and_change_nothing(data: bytes, message: str) -> None:
    coverage = Coverage(MAP)
    with pytest.raises(RunnerError, match=message):
        coverage.add(data, programs=1)
    assert not coverage.counts.any()
    assert coverage.programs == 0


def test_coverage_of_another_map_is_refused() -> None:
    other = Coverage(CoverageMap(version=1, axes=MAP.axes[:1]))
    with pytest.raises(UsageError, match="different maps"):
        Coverage(MAP).merge(other)


def test_counts_belong_to_their_map() -> None:
    with pytest.raises(ValueError, match="counts for 6 bins"):
        Coverage(MAP, np.zeros(5, np.uint64))


def test_only_axes_of_programs_that_ran_are_asked() -> None:
    assert [axis.name for axis in covered((3, 1)).axes()] == ["sp1.opcode", "sp1.halt"]
    assert Coverage(MAP).axes() == MAP.axes


def test_share_of_axes() -> None:
    coverage = covered((0, 1), (3, 9), (4, 1))
    assert coverage.share(MAP.axes[0]) == Share(covered=1, total=3)
    assert coverage.share(*coverage.axes()) == Share(covered=3, total=5)
    assert coverage.share(MAP.axes[0]).percent == pytest.approx(33.333, abs=0.001)
    assert Share(covered=0, total=0).percent == 0


def test_what_is_not_complete_does_not_read_so() -> None:
    assert str(Share(covered=99_999, total=100_000)) == "99.9 %"
    assert str(Share(covered=3, total=3)) == "100.0 %"
    assert str(Share(covered=0, total=0)) == "0.0 %"


def test_rarest_bins_were_hit() -> None:
    coverage = covered((0, 7), (2, 7), (3, 1))
    assert [(hit.labels, hit.count) for hit in rarest(coverage, MAP.axes[0], 5)] == [
        (("add",), 7),
        (("div",), 7),
    ]
    assert rarest(coverage, MAP.axes[2]) == []
