"""What a campaign covered, for pages: tables, heat maps, and what was not tested. Pure.

Colour only repeats what the numbers say.
"""

from collections.abc import Iterator, Sequence

import msgspec

from fuzzer.coverage.counts import Coverage, Share
from fuzzer.coverage.map import Axis
from fuzzer.coverage.matrix import Cell, Matrix, matrix
from fuzzer.coverage.summary import headline, rarest_text
from fuzzer.coverage.untested import Gap, gap_text, untested
from fuzzer.coverage.wording import by_importance, shown_name
from fuzzer.report.page import render
from fuzzer.report.words import short

_MOST_GAPS = 40
"""Lines of what was not tested, for each axis."""
_MOST_COLUMNS = 16
"""Of a table for an axis that is not listed below."""


class _View(msgspec.Struct, frozen=True):
    """One table of an axis: the places of the labels down and across, and what stands across."""

    down: tuple[int, ...]
    across: int
    what: str


_VIEWS = {
    "operands": (
        _View((0,), 1, "operation by class of the value in rs1"),
        _View((0,), 2, "operation by class of the value in rs2"),
        _View((1,), 2, "class in rs1 (down) by class in rs2 (across), all operations"),
    ),
    "alias": (_View((0,), 1, "operation by registers that are the same"),),
    "immediate": (_View((0,), 1, "operation by class of the immediate"),),
    "access": (
        _View((0, 1), 2, "access and width by address modulo 8"),
        _View((0, 1), 3, "access and width by place in the page"),
        _View((0, 1), 4, "access and width by segment"),
        _View((0, 1), 5, "access and width by sign of the offset"),
    ),
    "forwarding": (
        _View((0,), 1, "store by load behind it"),
        _View((0,), 2, "store by what the load has of it"),
    ),
    "branch": (
        _View((0, 1), 2, "branch by direction"),
        _View((0, 1), 3, "branch by largest distance in bytes"),
    ),
    "jump": (_View((0, 1), 2, "link register and direction by largest distance in bytes"),),
    "indirect": (
        _View((0, 1), 3, "link and source register by target"),
        _View((0, 1), 2, "link and source register by lowest bit of the sum"),
    ),
    "trap": (_View((1,), 0, "operation by trap"),),
    "write": (_View((0,), 1, "descriptor by length in bytes"), _View((0,), 2, "descriptor by alignment")),
    "hint": (_View((0,), 1, "length in bytes by alignment"),),
    "digest": (_View((0,), 1, "syscall by word"),),
    "hash": (_View((0, 1), 2, "syscall and pages by segment"),),
    "sha state": (_View((0,), 1, "pages by segment"),),
    "pair": (_View((0,), 2, "first operation by hazard"),),
}
_OPEN = {"opcode", "operands", "alias", "immediate", "access", "branch", "jump", "indirect"}
"""Axes whose tables are shown at once; those of the others are opened by their reader."""

_BOUNDS = (50, 90)
"""Percentages from which on a cell gets the next colour."""
_MOST = 4
"""The colour of a cell with all of its bins."""


class CellView(msgspec.Struct, frozen=True):
    """What a cell says, and the number of its colour as the legend explains them; 0 is never."""

    text: str
    level: int


class HeatMap(msgspec.Struct, frozen=True):
    """One coloured table; a row is its name and its cells, none where there can be nothing."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[CellView | None, ...]], ...]


class AxisView(msgspec.Struct, frozen=True, kw_only=True):
    """One axis of the map."""

    name: str
    description: str
    share: Share
    level: int
    rarest: str
    is_open: bool
    """Whether its tables are shown at once."""
    maps: tuple[HeatMap, ...]
    bins: tuple[CellView, ...]
    """All of its bins where it has no tables."""


class AxisGaps(msgspec.Struct, frozen=True, kw_only=True):
    """What was not tested of an axis."""

    axis: str
    lines: tuple[tuple[str, int], ...]
    """What each line says, and the bins it speaks of."""
    more_lines: int
    more_bins: int


class CoverageView(msgspec.Struct, frozen=True, kw_only=True):
    """What pages say of a campaign's coverage."""

    headline: str
    axes: tuple[AxisView, ...]
    """The most important first."""
    untested: tuple[AxisGaps, ...]


def coverage_view(coverage: Coverage) -> CoverageView:
    """What a page shows of this coverage."""
    axes = by_importance(coverage.axes())
    return CoverageView(
        headline=headline(coverage),
        axes=tuple(_axis(coverage, axis, shown_name(axis, axes)) for axis in axes),
        untested=tuple(_not_tested(coverage, axes)),
    )


def render_page(coverage: Coverage, *, title: str) -> str:
    """The page; `title` says whose coverage it is."""
    return render("coverage.html", title=title, coverage=coverage_view(coverage))


def _not_tested(coverage: Coverage, axes: Sequence[Axis]) -> Iterator[AxisGaps]:
    by_axis: dict[str, list[Gap]] = {}
    for gap in untested(coverage):
        by_axis.setdefault(gap.axis.name, []).append(gap)
    for gaps in by_axis.values():
        left = gaps[_MOST_GAPS:]
        yield AxisGaps(
            axis=shown_name(gaps[0].axis, axes),
            lines=tuple((gap_text(gap), gap.bins) for gap in gaps[:_MOST_GAPS]),
            more_lines=len(left),
            more_bins=sum(gap.bins for gap in left),
        )


def _axis(coverage: Coverage, axis: Axis, name: str) -> AxisView:
    tables = [
        (view.what, table)
        for view in _VIEWS.get(axis.question, ())
        if (table := matrix(coverage, axis, down=view.down, across=view.across)).cells
    ]
    if not tables and min(map(len, axis.bins)) > 1:
        table = matrix(coverage, axis, down=(0,), across=1)
        tables = [(axis.description, table)] if len(table.columns) <= _MOST_COLUMNS else []
    share = coverage.share(axis)
    return AxisView(
        name=name,
        description=axis.description,
        share=share,
        level=_level(share),
        rarest=rarest_text(coverage, axis),
        is_open=axis.question in _OPEN,
        maps=tuple(_heat_map(f"{name}: {what}", table) for what, table in tables),
        bins=() if tables else tuple(_bins(axis, coverage.hits(axis))),
    )


def _heat_map(caption: str, table: Matrix) -> HeatMap:
    return HeatMap(
        caption=caption,
        columns=tuple(table.columns),
        rows=tuple(
            (row, tuple(_cell(table.cells.get((row, column))) for column in table.columns))
            for row in table.rows
        ),
    )


def _bins(axis: Axis, hits: Sequence[int]) -> Iterator[CellView]:
    for labels, count in zip(axis.bins, hits, strict=True):
        yield CellView(f"{' '.join(labels)} {short(count)}", _MOST if count else 0)


def _cell(cell: Cell | None) -> CellView | None:
    if cell is None:
        return None
    text = short(cell.hits) if cell.share.total == 1 else f"{cell.share.covered:,}/{cell.share.total:,}"
    return CellView(text, _level(cell.share))


def _level(share: Share) -> int:
    """The number of a colour, as the legend explains them."""
    if share.covered == share.total:
        return _MOST
    if not share.covered:
        return 0
    return 1 + sum(share.percent >= bound for bound in _BOUNDS)
