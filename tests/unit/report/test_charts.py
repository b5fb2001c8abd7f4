"""Charts: drawn to scale, told in words, with their numbers behind them."""

import re

import pytest
from html_page import Page

from fuzzer.report.charts import Bar, BarChart, LineChart, Series, Unit, bar_chart, line_chart


def lines(*series: Series, unit: Unit = Unit.COUNT) -> str:
    return str(line_chart(LineChart(title="Cases over time", unit=unit, series=series)))


def places(text: str) -> list[list[tuple[float, float]]]:
    found = re.findall(r'<polyline[^>]* points="([^"]*)"', text)
    return [[(float(x), float(y)) for x, y in (pair.split(",") for pair in one.split())] for one in found]


def test_a_line_is_drawn_to_scale() -> None:
    ((start, middle, end),) = places(lines(Series("", ((0.0, 0.0), (50.0, 500.0), (100.0, 1_000.0)))))
    assert start[0] < middle[0] < end[0]
    assert start[1] > middle[1] > end[1], "y grows downwards in a picture"
    assert middle[0] - start[0] == pytest.approx(end[0] - middle[0], abs=0.2)
    assert middle[1] - start[1] == pytest.approx(end[1] - middle[1], abs=0.2)


def test_a_chart_says_what_it_shows() -> None:
    text = lines(Series("sp1", ((0.0, 0.0), (90.0, 1_234.0))), Series("native", ((90.0, 7.0),)))
    page = Page(text)
    assert page.texts_of("title") == ["Cases over time"]
    (told,) = page.texts_of("desc")
    assert told == "Over time. sp1: from 0 after 0.0 s to 1,234 after 1 m 30 s; native: 7 after 1 m 30 s."
    ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    assert set((page.attributes_of("svg")[0]["aria-labelledby"] or "").split()) == ids


def test_the_numbers_stand_behind_the_chart() -> None:
    page = Page(lines(Series("a", ((0.0, 1.0), (60.0, 2_000.0))), Series("b", ((60.0, 3.0),))))
    assert page.texts_of("summary") == ["Numbers"]
    assert page.texts_of("th") == ["after", "a", "b", "0.0 s", "1 m 00 s"]
    assert page.texts_of("td") == ["1", "2,000", "3"]


def test_series_differ_in_more_than_colour() -> None:
    text = lines(*(Series(name, ((0.0, 1.0), (1.0, 2.0))) for name in "abc"))
    styles = re.findall(r'<polyline class="series s\d"( stroke-dasharray="[^"]*")?', text)
    assert len(styles) == len(set(styles)) == 3
    assert [name for name in "abc" if f">{name}</text>" in text] == list("abc")


@pytest.mark.parametrize(
    ("points", "shown"),
    [
        (((0.0, 0.0),), 1),
        (((0.0, 0.0), (0.0, 0.0)), 2),
        (((5.0, 1e12), (6.0, 1e-9)), 2),
        (tuple((float(x), float(x * x)) for x in range(10_000)), 240),
    ],
)
def test_any_numbers_can_be_drawn(points: tuple[tuple[float, float], ...], shown: int) -> None:
    text = lines(Series("", points))
    (line,) = places(text)
    assert len(line) == shown
    assert all(0 <= x <= 420 and 0 <= y <= 230 for x, y in line)
    assert len(Page(text).texts_of("td")) <= 16


def test_ticks_are_round_and_few() -> None:
    text = lines(Series("", ((0.0, 0.0), (28_800.0, 18_400_000.0))))
    ticks = re.findall(r'<text class="tick"[^>]*>([^<]*)<', text)
    assert ticks == ["0", "5M", "10M", "15M", "20M", "0 s", "2 h", "4 h", "6 h", "8 h"]


def test_bars_are_as_long_as_their_numbers() -> None:
    bars = (Bar("native", 0.5), Bar("sp1", 2.0, "100 runs"), Bar("rvref", 0.0))
    text = str(bar_chart(BarChart(title="Time of a run", unit=Unit.MILLISECONDS, bars=bars)))
    widths = [float(width) for width in re.findall(r'<rect[^>]* width="([\d.]+)"', text)]
    assert widths == [105.0, 420.0, 0.0]
    assert Page(text).texts_of("td") == ["500 ms", "2,000 ms (100 runs)", "0.00 ms"]


def test_nothing_to_draw_is_said() -> None:
    assert "Nothing was measured." in lines()
    assert "Nothing was measured." in lines(Series("sp1", ()))
    assert "Nothing was measured." in str(bar_chart(BarChart(title="x", unit=Unit.COUNT, bars=())))


def test_names_are_escaped() -> None:
    text = lines(Series("<b>", ((0.0, 1.0),)), Series("&", ((0.0, 1.0),)))
    text += bar_chart(BarChart(title="<i>", unit=Unit.COUNT, bars=(Bar("<u>", 1.0, "<s>"),)))
    assert not re.search(r"<[bius]>", text)
