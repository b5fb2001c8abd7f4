"""Charts as SVG inside a page: lines over time and bars, each with its numbers in a table behind it. Pure.

A chart names itself and says in a sentence what it shows, for those who do not see it. Series differ in
colour and in dashes. Colours and fonts are those of `base.html`.
"""

import itertools
import math
import re
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from html import escape

import msgspec
from markupsafe import Markup

from fuzzer.report import words

_WIDTH, _HEIGHT = 420, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 12, 12, 30
_TICKS = 5
_MOST_POINTS = 240
"""Of one line; more would not be seen."""
_MOST_ROWS = 16
"""Of the table behind a chart over time."""
_BAR, _BAR_GAP = 16, 10
_DASHES = ("", "7 3", "2 3", "9 3 2 3", "4 2", "1 2")
_COLOURS = 6
_TIME_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)


class Unit(StrEnum):
    """What the numbers of an axis are."""

    COUNT = "count"
    SECONDS = "seconds"
    RATE = "rate"
    """So many a second."""
    MILLISECONDS = "milliseconds"
    """The number itself is in seconds."""
    PERCENT = "percent"
    MEGABYTES = "megabytes"

    def text(self, value: float) -> str:
        """A number of this unit as people read it."""
        return _TEXTS[self](value)


_TEXTS: dict[Unit, Callable[[float], str]] = {
    Unit.COUNT: lambda value: f"{value:,.0f}" if value == int(value) else f"{value:,.1f}",
    Unit.SECONDS: words.duration,
    Unit.RATE: words.rate,
    Unit.MILLISECONDS: words.milliseconds,
    Unit.PERCENT: lambda value: f"{value:.1f} %",
    Unit.MEGABYTES: words.megabytes,
}


class Series(msgspec.Struct, frozen=True):
    """One line: its name and points, x ascending."""

    name: str
    points: tuple[tuple[float, float], ...]


class LineChart(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers over the seconds of a campaign."""

    title: str
    """No other chart of the page has it."""
    unit: Unit
    series: tuple[Series, ...]


class Bar(msgspec.Struct, frozen=True):
    """One bar."""

    name: str
    value: float
    """Not negative."""
    note: str = ""
    """Said behind its number."""


class BarChart(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers side by side."""

    title: str
    """No other chart of the page has it."""
    unit: Unit
    bars: tuple[Bar, ...]


def line_chart(chart: LineChart) -> Markup:
    """The figure; it says so where there is nothing to draw yet."""
    drawn = [series for series in chart.series if series.points]
    if not drawn:
        return _figure(chart.title, '<p class="soft">Nothing was measured.</p>')
    x_end = max(series.points[-1][0] for series in drawn) or 1.0
    y_end, y_ticks = _scale(max(y for series in drawn for _, y in series.points))

    def place(x: float, y: float) -> tuple[float, float]:
        across = _LEFT + (_WIDTH - _LEFT - _RIGHT) * x / x_end
        return across, _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * y / y_end

    parts = [*_y_axis(y_ticks, chart.unit, place, x_end), *_x_axis(x_end, place)]
    for number, series in enumerate(drawn):
        parts.append(_line(number, [place(*point) for point in _thinned(series.points, _MOST_POINTS)]))
    said = "; ".join(_told(series, chart.unit) for series in drawn)
    svg = _svg(chart.title, f"Over time. {said}.", _HEIGHT, parts)
    legend = _legend(drawn) if len(drawn) > 1 else ""
    return _figure(chart.title, svg, legend, _numbers_over_time(chart.title, drawn, chart.unit))


def bar_chart(chart: BarChart) -> Markup:
    """The figure; it says so where there is nothing to draw."""
    if not chart.bars:
        return _figure(chart.title, '<p class="soft">Nothing was measured.</p>')
    largest = max(bar.value for bar in chart.bars) or 1.0
    step = 2 * _BAR + _BAR_GAP
    parts = []
    for number, bar in enumerate(chart.bars):
        top = number * step
        length = max(_WIDTH * bar.value / largest, 1 if bar.value else 0)
        value = escape(_bar_text(bar, chart.unit))
        parts += [
            f'<text x="0" y="{top + 13}">{escape(bar.name)}</text>',
            f'<text class="tick" x="{_WIDTH}" y="{top + 13}" text-anchor="end">{value}</text>',
            f'<rect class="f0 dot" x="0" y="{top + 18}" width="{length:.1f}" height="{_BAR - 4}" rx="2"/>',
        ]
    said = "; ".join(f"{bar.name}: {_bar_text(bar, chart.unit)}" for bar in chart.bars)
    svg = _svg(chart.title, f"{said}.", step * len(chart.bars), parts)
    rows = [(bar.name, _bar_text(bar, chart.unit)) for bar in chart.bars]
    return _figure(chart.title, svg, _numbers(chart.title, ("", chart.unit.value), rows))


def _bar_text(bar: Bar, unit: Unit) -> str:
    return f"{unit.text(bar.value)}{f' ({bar.note})' if bar.note else ''}"


def _scale(largest: float) -> tuple[float, list[float]]:
    """The end of an axis from 0, and round numbers on it."""
    if largest <= 0:
        return 1.0, [0.0]
    rough = largest / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    ticks = [step * number for number in range(math.ceil(largest / step - 1e-9) + 1)]
    return ticks[-1], ticks


def _y_axis(
    ticks: Sequence[float], unit: Unit, place: Callable[[float, float], tuple[float, float]], x_end: float
) -> Iterator[str]:
    for tick in ticks:
        left, y = place(0, tick)
        right, _ = place(x_end, tick)
        yield f'<line class="axis" x1="{left:.1f}" y1="{y:.1f}" x2="{right:.1f}" y2="{y:.1f}"/>'
        text = _short_tick(tick, unit)
        yield f'<text class="tick" x="{left - 6:.1f}" y="{y + 4:.1f}" text-anchor="end">{escape(text)}</text>'


def _x_axis(x_end: float, place: Callable[[float, float], tuple[float, float]]) -> Iterator[str]:
    step = next((step for step in _TIME_STEPS if x_end / step <= _TICKS), _TIME_STEPS[-1])
    step *= math.ceil(x_end / step / _TICKS) if x_end / step > _TICKS else 1
    for number in range(int(x_end / step) + 1):
        x, y = place(number * step, 0)
        # The last one would be cut off at the edge of the picture.
        anchor = "end" if x > _WIDTH - 3 * _RIGHT else "middle"
        text = _time_tick(number * step)
        yield f'<text class="tick" x="{x:.1f}" y="{y + 18:.1f}" text-anchor="{anchor}">{text}</text>'


def _time_tick(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


def _short_tick(value: float, unit: Unit) -> str:
    if unit is Unit.MILLISECONDS:
        return f"{value * 1000:g} ms"
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}{' %' if unit is Unit.PERCENT else ''}"


def _line(number: int, points: Sequence[tuple[float, float]]) -> str:
    colour = number % _COLOURS
    dashes = _DASHES[number % len(_DASHES)]
    style = f' stroke-dasharray="{dashes}"' if dashes else ""
    where = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    x, y = points[-1]
    return (
        f'<polyline class="series s{colour}"{style} points="{where}"/>'
        f'<circle class="dot f{colour}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>'
    )


def _thinned(points: Sequence[tuple[float, float]], most: int) -> list[tuple[float, float]]:
    """Points evenly chosen, the first and the last among them."""
    if len(points) <= most:
        return list(points)
    return [points[round(number * (len(points) - 1) / (most - 1))] for number in range(most)]


def _told(series: Series, unit: Unit) -> str:
    start, end = series.points[0], series.points[-1]
    until = f"{unit.text(end[1])} after {words.duration(end[0])}"
    name = f"{series.name}: " if series.name else ""
    if len(series.points) == 1:
        return f"{name}{until}"
    return f"{name}from {unit.text(start[1])} after {words.duration(start[0])} to {until}"


def _legend(drawn: Sequence[Series]) -> str:
    """The lines with their names, as a picture of the same width; lines break by a rough width of letters."""
    parts = []
    x, y = 0.0, 14
    for number, series in enumerate(drawn):
        width = 34 + 7.2 * len(series.name)
        if x and x + width > _WIDTH:
            x, y = 0.0, y + 18
        dashes = _DASHES[number % len(_DASHES)]
        style = f' stroke-dasharray="{dashes}"' if dashes else ""
        colour = number % _COLOURS
        parts.append(
            f'<line class="series s{colour}"{style} x1="{x:.1f}" y1="{y - 4}" x2="{x + 22:.1f}" '
            f'y2="{y - 4}"/>'
            f'<text x="{x + 27:.1f}" y="{y}">{escape(series.name)}</text>'
        )
        x += width
    # The names stand in the table and the description too.
    return f'<svg viewBox="0 0 {_WIDTH} {y + 6}" aria-hidden="true">{"".join(parts)}</svg>'


def _numbers_over_time(title: str, drawn: Sequence[Series], unit: Unit) -> str:
    """Each line at some moments: what it was at the last point that is not later."""
    moments = sorted(set(itertools.chain.from_iterable((x for x, _ in series.points) for series in drawn)))
    chosen = [x for x, _ in _thinned([(moment, 0.0) for moment in moments], _MOST_ROWS)]
    rows = []
    for moment in chosen:
        cells = [
            next((unit.text(y) for x, y in reversed(series.points) if x <= moment), "") for series in drawn
        ]
        rows.append((words.duration(moment), *cells))
    return _numbers(title, ("after", *(series.name or unit.value for series in drawn)), rows)


def _numbers(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(column)}</th>' if column else "<td></td>" for column in columns)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        f"{''.join(f'<td>{escape(cell)}</td>' for cell in row[1:])}</tr>\n"
        for row in rows
    )
    label = escape(f"Numbers of: {title}")
    return (
        f'<details class="data">\n<summary>Numbers</summary>\n'
        f'<div class="scroll" tabindex="0" role="region" aria-label="{label}">\n<table>\n'
        f"<caption>{label}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>\n"
        "</div>\n</details>"
    )


def _svg(title: str, description: str, height: float, parts: Sequence[str]) -> str:
    name = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-labelledby="{name}-title {name}-text">\n'
        f'<title id="{name}-title">{escape(title)}</title>\n'
        f'<desc id="{name}-text">{escape(description)}</desc>\n' + "\n".join(parts) + "\n</svg>"
    )


def _figure(title: str, *parts: str) -> Markup:
    body = "\n".join(part for part in parts if part)
    # Everything that came from elsewhere has been escaped where it was put in.
    return Markup(f"<figure>\n<figcaption>{escape(title)}</figcaption>\n{body}\n</figure>")  # noqa: S704
