"""What a campaign covered, as one HTML page: tables, heat maps, and what was not tested. Pure.

The page needs nothing but itself: no script, no font, no picture. Colour only repeats what the numbers say.
"""

from collections.abc import Iterable, Sequence
from html import escape

import msgspec

from fuzzer.coverage.counts import Coverage, Share
from fuzzer.coverage.map import Axis
from fuzzer.coverage.matrix import Cell, Matrix, matrix
from fuzzer.coverage.summary import headline, rarest_text
from fuzzer.coverage.untested import Gap, gap_text, untested
from fuzzer.coverage.wording import by_importance, shown_name

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
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """
:root { color-scheme: light dark; --text: #1c1e21; --soft: #5b6168; --page: #fff;
  --line: #d5d9de; --h0: #ffe1d1; --h0t: #7a2a00; --h1: #eef4fb; --h2: #d3e5f7; --h3: #a9cff0; --h4: #6aaee3;
  --ht: #06233c; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e8ea; --soft: #a3abb3; --page: #15181b;
  --line: #3a4047; --h0: #55260f; --h0t: #ffd9c4; --h1: #17293b; --h2: #1c3c5a; --h3: #225079; --h4: #2a659b;
  --ht: #f2f7fc; } }
body { margin: 0 auto; max-width: 76rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif;
  color: var(--text); background: var(--page); }
h1, h2, h3 { line-height: 1.2; } h3 { margin-bottom: .3rem; }
p.soft, caption, small { color: var(--soft); }
nav a { margin-right: 1rem; } a { color: inherit; }
.scroll { overflow-x: auto; margin: .5rem 0 1.5rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .85rem; }
caption { text-align: left; padding-bottom: .3rem; }
th, td { padding: .15rem .5rem; border: 1px solid var(--line); text-align: right; white-space: nowrap; }
th[scope=row], td.words { text-align: left; }
th[scope=row] { position: sticky; left: 0; background: var(--page); font-weight: 600; }
ul.bins { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .3rem; font-size: .85rem; }
ul.bins li { padding: .1rem .5rem; border: 1px solid var(--line); }
.gaps li { overflow-wrap: anywhere; }
summary { cursor: pointer; }
.h0 { background: var(--h0); color: var(--h0t); font-weight: 700; }
.h1, .h2, .h3, .h4 { color: var(--ht); }
.h1 { background: var(--h1); } .h2 { background: var(--h2); }
.h3 { background: var(--h3); } .h4 { background: var(--h4); }
"""


def render_page(coverage: Coverage, *, title: str) -> str:
    """The page; `title` says whose coverage it is."""
    axes = by_importance(coverage.axes())
    parts = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        # A page that may load nothing cannot come to depend on anything.
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>",
        f"<header>\n<h1>{escape(title)}</h1>\n<p>{escape(headline(coverage))}</p>",
        '<nav aria-label="Parts of this page">',
        '<a href="#axes">Axes</a> <a href="#untested">Not tested</a> <a href="#maps">Maps</a>',
        "</nav>\n</header>\n<main>",
        *_axes_table(coverage, axes),
        *_not_tested(coverage, axes),
        '<h2 id="maps">Maps</h2>',
        _legend(),
        *(part for axis in axes for part in _axis(coverage, axis, shown_name(axis, axes))),
        "</main>\n</body>\n</html>\n",
    ]
    return "\n".join(parts)


def _axes_table(coverage: Coverage, axes: Sequence[Axis]) -> Iterable[str]:
    columns = ("axis", "covered", "of", "share", "rarest", "what its bins say")
    yield '<h2 id="axes">Axes</h2>'
    yield '<div class="scroll" tabindex="0" role="region" aria-label="Axes">\n<table>'
    yield "<caption>The most important first</caption>"
    yield f"<thead><tr>{''.join(_column(column) for column in columns)}</tr></thead>\n<tbody>"
    for axis in axes:
        share = coverage.share(axis)
        yield (
            f"<tr>{_row(shown_name(axis, axes))}<td>{share.covered:,}</td><td>{share.total:,}</td>"
            f'<td class="{_level(share)}">{share}</td>'
            f'<td class="words">{escape(rarest_text(coverage, axis))}</td>'
            f'<td class="words">{escape(axis.description)}</td></tr>'
        )
    yield "</tbody>\n</table>\n</div>"


def _not_tested(coverage: Coverage, axes: Sequence[Axis]) -> Iterable[str]:
    by_axis: dict[str, list[Gap]] = {}
    for gap in untested(coverage):
        by_axis.setdefault(gap.axis.name, []).append(gap)
    yield '<h2 id="untested">Not tested</h2>'
    if not by_axis:
        yield "<p>Every bin was hit.</p>"
    for gaps in by_axis.values():
        yield f"<h3>{escape(shown_name(gaps[0].axis, axes))}</h3>"
        yield '<ul class="gaps">'
        yield from (
            f"<li>{escape(gap_text(gap))} <small>({gap.bins:,})</small></li>" for gap in gaps[:_MOST_GAPS]
        )
        left = gaps[_MOST_GAPS:]
        if left:
            yield f"<li>{len(left):,} more lines ({sum(gap.bins for gap in left):,})</li>"
        yield "</ul>"


def _legend() -> str:
    return (
        '<p class="soft">A cell says how many of its bins were hit; one with a single bin, how often it was: '
        '<span class="h0">0 never</span> <span class="h1">less than half</span> '
        '<span class="h2">half and more</span> <span class="h3">9 of 10 and more</span> '
        '<span class="h4">all</span>. Where there is no bin, it can never happen.</p>'
    )


def _axis(coverage: Coverage, axis: Axis, name: str) -> Iterable[str]:
    is_open = " open" if axis.question in _OPEN else ""
    yield f"<details{is_open}>\n<summary>{escape(name)}: {coverage.share(axis)}</summary>"
    yield f'<p class="soft">{escape(axis.description)}</p>'
    tables = [
        (view.what, table)
        for view in _VIEWS.get(axis.question, ())
        if (table := matrix(coverage, axis, down=view.down, across=view.across)).cells
    ]
    if not tables and min(map(len, axis.bins)) > 1:
        table = matrix(coverage, axis, down=(0,), across=1)
        tables = [(axis.description, table)] if len(table.columns) <= _MOST_COLUMNS else []
    for what, table in tables:
        yield from _heat_map(f"{name}: {what}", table)
    if not tables:
        yield from _list(axis, coverage.hits(axis))
    yield "</details>"


def _heat_map(caption: str, table: Matrix) -> Iterable[str]:
    yield f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}">\n<table>'
    yield f"<caption>{escape(caption)}</caption>"
    yield f"<thead><tr><td></td>{''.join(map(_column, table.columns))}</tr></thead>\n<tbody>"
    for row in table.rows:
        cells = "".join(_cell(table.cells.get((row, column))) for column in table.columns)
        yield f"<tr>{_row(row)}{cells}</tr>"
    yield "</tbody>\n</table>\n</div>"


def _list(axis: Axis, hits: Sequence[int]) -> Iterable[str]:
    yield '<ul class="bins">'
    for labels, count in zip(axis.bins, hits, strict=True):
        level = "h4" if count else "h0"
        yield f'<li class="{level}">{escape(" ".join(labels))} {_short(count)}</li>'
    yield "</ul>"


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "<td></td>"
    text = _short(cell.hits) if cell.share.total == 1 else f"{cell.share.covered:,}/{cell.share.total:,}"
    return f'<td class="{_level(cell.share)}">{text}</td>'


def _column(text: str) -> str:
    return f'<th scope="col">{escape(text)}</th>'


def _row(text: str) -> str:
    return f'<th scope="row">{escape(text)}</th>'


def _level(share: Share) -> str:
    """The class of a colour, as the legend explains them."""
    if share.covered == share.total:
        return "h4"
    if not share.covered:
        return "h0"
    return f"h{1 + sum(share.percent >= bound for bound in _BOUNDS)}"


def _short(count: int) -> str:
    """A count in few characters: 999, 1.2k, 34M."""
    for unit, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if count >= size:
            scaled = count / size
            return f"{scaled:.1f}{unit}" if scaled < 10 else f"{count // size:,}{unit}"  # noqa: PLR2004 - two digits
    return str(count)
