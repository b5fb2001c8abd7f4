"""The page of coverage: well-formed, on its own, and readable without colour."""

from itertools import product

import numpy as np
import pytest
from html_page import Page, check_alone, check_readable

from fuzzer.coverage.counts import Coverage
from fuzzer.coverage.map import Axis, CoverageMap
from fuzzer.report.coverage_page import render_page

CLASSES = ("0", "-1", "min")


def sample() -> Coverage:
    """Axes of every form, every third bin hit."""
    axes: list[Axis] = []
    for name, bins in {
        "opcode": (("add",), ("addi",), ("mul",)),
        "operands": (*product(("add", "mul"), CLASSES, CLASSES), *product(("addi",), CLASSES)),
        "alias": tuple(product(("add", "mul"), ("rd=x0", "distinct"))),
        "access": tuple(
            product(("load", "store"), ("1", "8"), "04", ("inside", "first"), ("data",), ("zero",))
        ),
        "branch": tuple(product(("beq",), ("taken", "not taken"), ("forward", "self"), ("4", "64"))),
        "novel": tuple(product(("<b>", '"x"'), ("1 & 2", "3"))),
        "wide": tuple(product(("a",), map(str, range(30)))),
        "halt": (("0",), ("1",)),
    }.items():
        axes.append(Axis(f"sp1.{name}", f"what {name} says", axes[-1].numbers.stop if axes else 0, bins))
    covmap = CoverageMap(version=1, axes=tuple(axes))
    counts = [1_234 * (number % 3 == 0) for number in range(covmap.size)]
    return Coverage(covmap, np.array(counts, np.uint64))


@pytest.fixture(scope="module")
def text() -> str:
    return render_page(sample(), title="Coverage of <it>")


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def test_the_page_is_on_its_own(text: str) -> None:
    check_alone(text)
    check_readable(text)
    assert "://" not in text


def test_its_links_lead_to_its_parts(page: Page) -> None:
    ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    links = {(attributes["href"] or "")[1:] for tag, attributes in page.elements if tag == "a"}
    assert links
    assert links <= ids


def test_tables_say_what_their_cells_are(page: Page) -> None:
    count = [tag for tag, _ in page.elements].count
    assert count("table") == count("caption") == count("thead")
    scopes = [attributes.get("scope") for tag, attributes in page.elements if tag == "th"]
    assert set(scopes) == {"col", "row"}
    regions = [attributes for _, attributes in page.elements if attributes.get("role") == "region"]
    assert len(regions) == count("table")
    assert all(attributes["aria-label"] and attributes["tabindex"] == "0" for attributes in regions)


def test_colour_is_never_all_that_tells(page: Page, text: str) -> None:
    cells = [attributes for tag, attributes in page.elements if tag == "td" and attributes.get("class")]
    assert cells
    assert '<td class="h0">0</td>' in text
    assert '<td class="h4">1.2k</td>' in text
    assert '<td class="h1">1/3</td>' in text
    assert not any(f'<td class="h{level}"></td>' in text for level in range(5))


def test_it_suits_small_and_dark_screens(text: str) -> None:
    assert 'name="viewport" content="width=device-width' in text
    assert "prefers-color-scheme: dark" in text
    assert '<html lang="en">' in text


def test_every_axis_is_there_with_its_tables(page: Page) -> None:
    captions = page.texts_of("caption")
    assert "operands: class in rs1 (down) by class in rs2 (across), all operations" in captions
    assert "access: access and width by segment" in captions
    assert "novel: what novel says" in captions
    summaries = [text.partition(":")[0] for text in page.texts_of("summary")]
    assert sorted(summaries) == sorted(axis.question for axis in sample().map.axes)


def test_texts_are_escaped(page: Page, text: str) -> None:
    assert page.texts_of("h1") == ["Coverage of <it>"]
    assert "<b>" not in text
    assert "<b>" in page.texts_of("th")


def test_what_was_not_tested_is_there(page: Page) -> None:
    assert any(item.startswith("addi, mul") for item in page.texts_of("li"))


def test_a_page_without_gaps() -> None:
    bins = CoverageMap(version=1, axes=(Axis("sp1.halt", "", 0, (("0",), ("1",))),))
    page = Page(render_page(Coverage(bins, np.array([12_345_678, 5], np.uint64)), title="All"))
    assert "Every bin was hit." in page.texts_of("p")
    assert {"0 12M", "1 5"} <= set(page.texts_of("li"))


@pytest.mark.parametrize(
    ("covered", "level"), [(0, 0), (1, 1), (49, 1), (50, 2), (89, 2), (90, 3), (99, 3), (100, 4)]
)
def test_colours_are_those_of_the_legend(covered: int, level: int) -> None:
    labels = tuple(("add", "0", str(number)) for number in range(100))
    bins = CoverageMap(version=1, axes=(Axis("sp1.operands", "", 0, labels),))
    counts = np.array([number < covered for number in range(100)], np.uint64)
    assert f'<td class="h{level}">{covered}/100</td>' in render_page(Coverage(bins, counts), title="x")
