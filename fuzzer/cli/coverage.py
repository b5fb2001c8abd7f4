"""`fuzz coverage`: what a campaign covered, and what it did not test."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import click
import msgspec
from rich.text import Text

from fuzzer.cli.options import json_option
from fuzzer.cli.output_file import write_output
from fuzzer.cli.session import Session
from fuzzer.coverage.counts import Coverage, rarest
from fuzzer.coverage.document import decode_coverage
from fuzzer.coverage.map import Axis
from fuzzer.coverage.matrix import Cell, Matrix, matrix
from fuzzer.coverage.summary import headline, rarest_text
from fuzzer.coverage.untested import Gap, chosen, gap_text, untested
from fuzzer.coverage.wording import bin_text, by_importance, shown_name
from fuzzer.errors import InputError, StoreError, UsageError, closest
from fuzzer.home import Project
from fuzzer.report.coverage_page import render_page
from fuzzer.store.campaign import CAMPAIGNS, COVERAGE_NAME

_FIRST = "`fuzz campaign --generator riscv --for 1m` runs one"
_RAREST = 10
"""Bins that are shown of an axis that was asked for."""
_LETTERS = {"-1": "-", "max": "M", "2^k": "^"}
"""Column heads of the heat map, where the first letter of a class would not do."""
_CELL_STYLES = {"·": "yellow", "█": "green"}


class _Source(msgspec.Struct, frozen=True):
    """Where coverage is read from."""

    name: str
    """What people call it: the campaign, or the file."""
    path: Path


@click.command()
@click.argument("source", required=False, metavar="[CAMPAIGN|FILE]")
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write a page that works offline.",
)
@click.option("--axis", "axis_name", metavar="NAME", help="Only this axis of the map, with its rarest bins.")
@click.option(
    "--untested",
    "limit",
    type=click.IntRange(min=0),
    default=25,
    show_default=True,
    metavar="N",
    help="How many lines of what was not tested.",
)
@json_option
def coverage(
    source: str | None, html: Path | None, axis_name: str | None, limit: int, *, as_json: bool
) -> None:
    """Show what a campaign covered and what it did not test.

    The newest campaign, unless one is named or a file is given.
    """
    session = Session(as_json=as_json)
    found = _find(session.project, source)
    covered = _read(found)
    axes = by_importance(covered.axes()) if axis_name is None else _named(covered, axis_name)
    gaps = untested(covered, axes)
    shown = chosen(gaps, limit)
    _emit(session, found, covered, axes, shown)
    session.show(Text(f"Coverage of {found.name}: {headline(covered)}", style="bold"))
    session.show("")
    lines = [
        *_table(covered, axes),
        *(_rare(covered, axes) if axis_name is not None else ()),
        *_heat_maps(covered, axes, session.out.width),
        *_not_tested(gaps, shown, axes),
    ]
    for line in lines:
        session.show(line)
    if html is not None:
        write_output(html, render_page(covered, title=f"Coverage of {found.name}"), what="page")
        session.show(f"\nPage: {os.path.relpath(html)}")
        session.emit("page", {"path": os.path.relpath(html)})


def _find(project: Project, source: str | None) -> _Source:
    """The file that is meant.

    Raises:
        InputError: there is no campaign with coverage yet.
        UsageError: nothing has this name.
    """
    folder = project.artifacts / CAMPAIGNS
    # Ids begin with the time, so that the last one is the newest.
    files = {path.parent.name: path for path in sorted(folder.glob(f"[!.]*/{COVERAGE_NAME}"))}
    if source is None:
        if not files:
            raise InputError(
                f"no campaign in `{os.path.relpath(folder)}` has coverage yet",
                hint=_FIRST,
            )
        newest = max(files)
        return _Source(name=f"campaign {newest}", path=files[newest])
    given = Path(source)
    if given.is_dir() and (given / COVERAGE_NAME).is_file():
        return _Source(name=f"campaign {given.resolve().name}", path=given / COVERAGE_NAME)
    if given.is_file():
        return _Source(name=source, path=given)
    if source in files:
        return _Source(name=f"campaign {source}", path=files[source])
    raise UsageError(
        f"there is no campaign with coverage and no file `{source}`",
        hint=closest(source, files) if files else _FIRST,
    )


def _read(source: _Source) -> Coverage:
    name = os.path.relpath(source.path)
    try:
        data = source.path.read_bytes()
    except OSError as error:
        raise StoreError(
            f"{name} cannot be read: {error.strerror}", hint="look at its permissions"
        ) from error
    return decode_coverage(data, name=name)


def _named(covered: Coverage, name: str) -> list[Axis]:
    """The axes of this name, with or without a profile in front: `operands`, `sp1.operands`."""
    exact = [axis for axis in covered.map.axes if axis.name == name]
    axes = exact or [axis for axis in covered.axes() if axis.question == name]
    if not axes:
        known = {word for axis in covered.axes() for word in (axis.name, axis.question)}
        raise UsageError(f"the map has no axis `{name}`", hint=closest(name, known))
    return axes


def _emit(
    session: Session, source: _Source, covered: Coverage, axes: Sequence[Axis], gaps: Sequence[Gap]
) -> None:
    """The same for machines."""
    share = covered.share(*axes)
    file = os.path.relpath(source.path)
    record = {"file": file, "programs": covered.programs, "covered": share.covered, "total": share.total}
    session.emit("coverage", record)
    for axis in axes:
        share = covered.share(axis)
        record = {"name": axis.name, "covered": share.covered, "total": share.total}
        hits = [{"labels": hit.labels, "count": hit.count} for hit in rarest(covered, axis, _RAREST)]
        session.emit("axis", {**record, "percent": round(share.percent, 3), "rarest": hits})
    for gap in gaps:
        session.emit("untested", {"axis": gap.axis.name, "text": gap_text(gap), "bins": gap.bins})


def _table(covered: Coverage, axes: Sequence[Axis]) -> Iterable[Text]:
    names = [shown_name(axis, axes) for axis in axes]
    width = max(4, *map(len, names))
    yield Text(f" {'axis':<{width}}  {'covered':>8}  {'of':>8}  {'share':>7}  rarest", style="bold")
    for name, axis in zip(names, axes, strict=True):
        share = covered.share(axis)
        rare = rarest_text(covered, axis)
        line = f" {name:<{width}}  {share.covered:>8,}  {share.total:>8,}  {share!s:>7}  {rare}"
        yield Text(line.rstrip())


def _rare(covered: Coverage, axes: Iterable[Axis]) -> Iterable[Text | str]:
    for axis in axes:
        yield ""
        yield Text(f"Rarest of {axis.name}", style="bold")
        yield from (
            f"  {hit.count:>10,}  {bin_text(axis, hit.labels)}" for hit in rarest(covered, axis, _RAREST)
        )


def _heat_maps(covered: Coverage, axes: Iterable[Axis], width: int) -> Iterable[Text | str]:
    """Operations by class of rs1, in as many columns as the terminal has room for; none if it has not."""
    for axis in axes:
        if axis.question != "operands":
            continue
        table = matrix(covered, axis, down=(0,), across=1)
        name_width = max(map(len, table.rows), default=0)
        block = name_width + 1 + len(table.columns)
        blocks = (width + 2) // (block + 3)
        if not table.rows or not blocks:
            continue
        letters = _letters(table.columns)
        named = (f"{letter} {name}" for letter, name in zip(letters, table.columns, strict=True))
        yield ""
        yield Text(f"{axis.name}: operation by class of the value in rs1", style="bold")
        yield f"  {', '.join(named)}"
        yield "  · never, 0 to 9 tenths of the bins with it, █ all of them; blank: cannot happen"
        height = -(-len(table.rows) // blocks)
        used = -(-len(table.rows) // height)
        yield Text("  " + "   ".join([f"{'':<{name_width}} {''.join(letters)}"] * used), style="bold")
        for start in range(height):
            yield _heat_line(table, table.rows[start::height], name_width)


def _heat_line(table: Matrix, rows: Sequence[str], name_width: int) -> Text:
    line = Text(" ")
    for place, row in enumerate(rows):
        line.append(f"{'   ' if place else ' '}{row:<{name_width}} ")
        for column in table.columns:
            mark = _mark(table.cells.get((row, column)))
            line.append(mark, style=_CELL_STYLES.get(mark, ""))
    return line


def _mark(cell: Cell | None) -> str:
    if cell is None:
        return " "
    if not cell.share.covered:
        return "·"
    return "█" if cell.share.covered == cell.share.total else str(10 * cell.share.covered // cell.share.total)


def _letters(classes: Iterable[str]) -> list[str]:
    """A different character for each class."""
    letters: list[str] = []
    for name in classes:
        wanted = [_LETTERS.get(name, name[0]), *name, *"abcdefghijklmnopqrstuvwxyz"]
        letters.append(next((letter for letter in wanted if letter not in letters), "?"))
    return letters


def _not_tested(gaps: Sequence[Gap], shown: Sequence[Gap], axes: Sequence[Axis]) -> Iterable[Text | str]:
    if not gaps:
        yield "\nEvery bin was hit."
        return
    width = max((len(shown_name(gap.axis, axes)) for gap in shown), default=0)
    yield ""
    yield Text("Not tested, the most important first, with the number of bins", style="bold")
    before = ""
    for gap in shown:
        name = shown_name(gap.axis, axes)
        yield f" {'' if name == before else name:<{width}}  {gap_text(gap)} ({gap.bins:,})"
        before = name
    left = len(gaps) - len(shown)
    if left:
        lines = f"{left:,} more line{'' if left == 1 else 's'}"
        yield f" {lines}: --untested {len(gaps)} shows all, --axis NAME one axis"
