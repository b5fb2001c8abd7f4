"""What was not tested, put together and into words."""

from collections.abc import Iterable, Sequence
from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fuzzer.coverage.counts import Coverage
from fuzzer.coverage.map import Axis, CoverageMap
from fuzzer.coverage.untested import Gap, chosen, gap_text, untested

OPS = ("add", "mul", "mulhsu")
CLASSES = ("0", "-1", "min", "max")
OPERANDS = tuple(product(OPS, CLASSES, CLASSES))


def coverage_of(**missed: Iterable[tuple[str, ...]]) -> Coverage:
    """Everything was hit but these bins, by axis."""
    axes: list[Axis] = []
    for name, bins in {
        "pair": tuple(product(OPS, OPS, ("none", "raw"))),
        "operands": OPERANDS,
        "alias": tuple(product(OPS, ("rd=x0", "distinct"))),
        "opcode": tuple((op,) for op in OPS),
        "novel": (("a", "b"), ("a",), ("c", "d")),
    }.items():
        axes.append(Axis(f"sp1.{name}", "", axes[-1].numbers.stop if axes else 0, bins))
    absent = {name: set(bins) for name, bins in missed.items()}
    counts = [labels not in absent.get(axis.question, ()) for axis in axes for labels in axis.bins]
    return Coverage(CoverageMap(version=1, axes=tuple(axes)), np.array(counts, np.uint64))


def said(coverage: Coverage) -> list[str]:
    return [f"{gap.axis.question}: {gap_text(gap)} ({gap.bins})" for gap in untested(coverage)]


def test_nothing_is_said_where_everything_was_hit() -> None:
    assert said(coverage_of()) == []


def test_single_bins_of_an_operation_are_one_line() -> None:
    missed = [("mulhsu", "min", "-1"), ("mulhsu", "0", "0"), ("mulhsu", "0", "max")]
    assert said(coverage_of(operands=missed)) == [
        "operands: mulhsu: rs1 0 with rs2 0/max; rs1 min with rs2 -1 (3)"
    ]


def test_a_class_that_was_never_in_a_register_is_said_once() -> None:
    missed = [labels for labels in OPERANDS if labels[0] == "mul" and "min" in labels[1:]]
    assert said(coverage_of(operands=missed)) == ["operands: mul: rs1 min; rs2 min (7)"]


def test_what_all_operations_lack_is_said_once() -> None:
    missed = [labels for labels in OPERANDS if labels[2] in {"min", "max"}]
    missed.append(("add", "0", "0"))
    assert said(coverage_of(operands=missed)) == [
        "operands: all: rs2 min, max (24)",
        "operands: add: rs1 0 with rs2 0 (1)",
    ]


def test_an_axis_without_any_hit_is_one_line() -> None:
    assert said(coverage_of(operands=OPERANDS)) == ["operands: none of its bins (48)"]


def test_an_operation_without_any_hit_is_one_line() -> None:
    missed = [("add", "rd=x0"), ("add", "distinct")]
    assert said(coverage_of(alias=missed)) == ["alias: add: never (2)"]


def test_what_follows_from_an_operation_that_was_never_executed_is_left_out() -> None:
    coverage = coverage_of(
        opcode=[("mul",)],
        operands=[labels for labels in OPERANDS if "mul" in labels],
        pair=[labels for labels in product(OPS, OPS, ("none", "raw")) if "mul" in labels[:2]],
        alias=[("mul", "rd=x0"), ("mul", "distinct"), ("mulhsu", "rd=x0")],
    )
    assert said(coverage) == ["opcode: mul (1)", "alias: mulhsu: rd=x0 (1)"]


def test_important_axes_come_first_and_unknown_ones_last() -> None:
    coverage = coverage_of(
        pair=[("add", "add", "raw")],
        operands=[("add", "0", "0")],
        alias=[("add", "rd=x0")],
        opcode=[("mulhsu",)],
        novel=[("c", "d")],
    )
    assert [gap.axis.question for gap in untested(coverage)] == [
        "opcode",
        "alias",
        "operands",
        "pair",
        "novel",
    ]


def test_a_bin_whose_name_begins_another_one_is_not_lost() -> None:
    assert said(coverage_of(novel=[("a",)])) == ["novel: a: never (1)"]


def test_long_lists_are_cut() -> None:
    axis = Axis("sp1.halt", "", 0, tuple((str(number),) for number in range(20)))
    counts = np.zeros(20, np.uint64)
    counts[19] = 1
    coverage = Coverage(CoverageMap(version=1, axes=(axis,)), counts)
    assert said(coverage) == ["halt: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9 more (19)"]


def test_many_patterns_are_cut() -> None:
    bins = tuple(product(("add",), "abcde", "abcde"))
    axis = Axis("sp1.operands", "", 0, bins)
    counts = np.array([first != second for _, first, second in bins], np.uint64)
    coverage = Coverage(CoverageMap(version=1, axes=(axis,)), counts)
    listed = "; ".join(f"rs1 {name} with rs2 {name}" for name in "abcd")
    assert said(coverage) == [f"operands: add: {listed}; 1 more bin (5)"]


def test_each_axis_gets_its_turn() -> None:
    coverage = coverage_of(
        operands=[(op, "0", "0") for op in OPS[:2]],
        alias=[(op, "rd=x0") for op in OPS[:2]],
        pair=[(op, op, "raw") for op in OPS],
    )
    gaps = untested(coverage)
    assert [gap.axis.question for gap in chosen(gaps, 3)] == ["alias", "operands", "pair"]
    assert [gap.axis.question for gap in chosen(gaps, 4)] == ["alias", "alias", "operands", "pair"]
    assert chosen(gaps, 0) == []
    assert chosen(gaps, 100) == gaps


def meant(gap: Gap) -> set[tuple[str, ...]]:
    """The bins that the patterns of a gap are about."""
    return {
        labels
        for pattern in gap.patterns
        for labels in gap.axis.bins
        if len(labels) >= len(pattern.labels)
        and all(not given or label in given for label, given in zip(labels, pattern.labels, strict=False))
    }


@given(st.sets(st.sampled_from(OPERANDS)))
def test_gaps_are_all_that_was_missed_and_nothing_else(missed: Sequence[tuple[str, ...]]) -> None:
    gaps = untested(coverage_of(operands=missed))
    assert set().union(*map(meant, gaps)) == set(missed)
    assert sum(gap.bins for gap in gaps) == len(missed)
