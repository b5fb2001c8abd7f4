"""Two-way tables of an axis, for heat maps: one label down, another one across. Pure."""

from collections.abc import Sequence

import msgspec

from fuzzer.coverage.counts import Coverage, Share
from fuzzer.coverage.map import Axis


class Cell(msgspec.Struct, frozen=True):
    """All bins that have two labels in common."""

    share: Share
    hits: int
    """How often any of them was hit."""


class Matrix(msgspec.Struct, frozen=True):
    """Shares by row and column, both in map order; a pair of labels that no bin has is no cell."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: dict[tuple[str, str], Cell]


def matrix(coverage: Coverage, axis: Axis, *, down: Sequence[int], across: int) -> Matrix:
    """The table of an axis: rows are the labels at the places `down`, columns those at the place `across`.

    Places count from 0; bins that have no label at one of them are left out.
    """
    deepest = max(*down, across)
    covered: dict[tuple[str, str], int] = {}
    total: dict[tuple[str, str], int] = {}
    hits: dict[tuple[str, str], int] = {}
    for labels, count in zip(axis.bins, coverage.hits(axis), strict=True):
        if len(labels) > deepest:
            key = (" ".join(labels[place] for place in down), labels[across])
            total[key] = total.get(key, 0) + 1
            covered[key] = covered.get(key, 0) + bool(count)
            hits[key] = hits.get(key, 0) + count
    columns = dict.fromkeys(labels[across] for labels in axis.bins if len(labels) > deepest)
    return Matrix(
        rows=tuple(dict.fromkeys(row for row, _ in total)),
        columns=tuple(columns),
        cells={key: Cell(share=Share(covered[key], total[key]), hits=hits[key]) for key in total},
    )
