"""Coverage in a report, and tables of two labels."""

from itertools import product

import numpy as np
import pytest

from fuzzer.coverage.counts import Coverage, Share
from fuzzer.coverage.map import Axis, CoverageMap
from fuzzer.coverage.matrix import Cell, matrix
from fuzzer.coverage.summary import summary_lines

ALIASES = tuple(product(("add", "mul"), ("rd=x0", "a|b")))
MAP = CoverageMap(
    version=1,
    axes=(
        Axis("sp1.halt", "exit code", 0, (("0",), ("1",))),
        Axis("sp1.alias", "operation, alias", 2, (*ALIASES, ("ecall",))),
        Axis(
            "sp1.operands", "", 7, (("add", "0", "1"), ("add", "0", "2^k"), ("lui", "0"), ("mul", "1", "1"))
        ),
        Axis("rv32.halt", "exit code", 11, (("0",),)),
    ),
)


def coverage(*counts: int) -> Coverage:
    return Coverage(MAP, np.array(counts, np.uint64), programs=1_234)


SOME = coverage(9, 0, 5, 0, 4_000, 3, 1, 2, 0, 1, 0, 0)


def test_summary_is_a_table_and_a_list() -> None:
    assert summary_lines(SOME) == [
        "1,234 programs, 7 of 11 bins (63.6 %).",
        "",
        "| axis | covered | of | share | rarest |",
        "|---|--:|--:|--:|---|",
        "| alias | 4 | 5 | 80.0 % | ecall: 1 |",
        "| operands | 2 | 4 | 50.0 % | lui rs1 0: 1 |",
        "| halt | 1 | 2 | 50.0 % | 0: 9 |",
        "",
        "Not tested, the most important first, with the number of bins:",
        "",
        "- alias: add: a|b (1)",
        "- operands: mul: never (1)",
        "- operands: add: rs2 2^k (1)",
        "- halt: 1 (1)",
    ]


@pytest.mark.parametrize(
    ("gaps", "last"), [(3, "1 more such line: `fuzz coverage`."), (0, "4 more such lines: `fuzz coverage`.")]
)
def test_the_list_is_bounded(gaps: int, last: str) -> None:
    lines = summary_lines(SOME, gaps=gaps)
    assert sum(line.startswith("- ") for line in lines) == gaps
    assert lines[-1] == last


def test_no_list_where_everything_was_hit() -> None:
    lines = summary_lines(coverage(*[1] * 11, 0))
    assert lines[0] == "1,234 programs, 11 of 11 bins (100.0 %)."
    assert not any("ot tested" in line or line.startswith("- ") for line in lines)


def test_labels_cannot_break_the_table() -> None:
    lines = summary_lines(coverage(1, 1, 5, 1, 4, 3, 9, 2, 2, 1, 1, 0))
    assert "| alias | 5 | 5 | 100.0 % | add a\\|b: 1 |" in lines


def test_profiles_are_told_apart_where_there_are_several() -> None:
    names = [line.split(" | ")[0] for line in summary_lines(coverage(*[1] * 12)) if "halt" in line]
    assert names == ["| sp1.halt", "| rv32.halt"]


def test_matrix_has_shares_and_hits() -> None:
    table = matrix(SOME, MAP.axes[1], down=(0,), across=1)
    assert (table.rows, table.columns) == (("add", "mul"), ("rd=x0", "a|b"))
    assert table.cells["mul", "rd=x0"] == Cell(share=Share(1, 1), hits=4_000)
    assert table.cells["add", "a|b"] == Cell(share=Share(0, 1), hits=0)


def test_matrix_adds_up_what_it_does_not_show_and_leaves_out_what_is_not_there() -> None:
    table = matrix(SOME, MAP.axes[2], down=(0,), across=1)
    assert table.cells["add", "0"] == Cell(share=Share(1, 2), hits=2)
    assert ("lui", "1") not in table.cells
    by_both = matrix(SOME, MAP.axes[2], down=(0, 1), across=2)
    assert by_both.rows == ("add 0", "mul 1")
