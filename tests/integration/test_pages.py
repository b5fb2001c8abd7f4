"""The pages of a real campaign in a real browser: nothing fetched, nothing cut off, all of it readable."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import Browser
from cli_project import CliProject

from fuzzer.errors import ExitCode

pytestmark = [pytest.mark.real, pytest.mark.heavy]

PHONE, DESKTOP = 390, 1_280
PLANTED = ("--target", "rvref-faulty", "--plant", "rvref-faulty:addw-wide")
CAMPAIGN = ("campaign", "--generator", "riscv", *PLANTED, "--cases", 100, "--seed", 1, "--reduce-for", "5s")
PAGES = {
    "report.html": ("Campaign ", "1 finding", "First difference", "Heat maps", "repro.sh"),
    "coverage.html": ("Coverage of campaign", "Not tested", "operands"),
    "gate_report.html": ("BLOCK", "no_divergence_ok", "Metrics"),
    "quality_ledger.html": ("ledger", "BLOCK"),
}
"""Each page with some of what it says."""
LEAST_CONTRAST = 4.5
"""Of text to what is behind it: WCAG 2.1, success criterion 1.4.3."""

CONTRASTS = """
(() => {
  const parts = (colour) => (colour.match(/[\\d.]+/g) || []).map(Number);
  const light = (colour) => {
    const [r, g, b] = parts(colour).slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (parts(colour)[3] !== 0) return colour;
    }
    return matchMedia("(prefers-color-scheme: dark)").matches ? "rgb(18, 18, 18)" : "rgb(255, 255, 255)";
  };
  const poor = new Map();
  let seen = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility() || element.closest("style")) continue;
    const style = getComputedStyle(element);
    const text = light(element.closest("svg") ? style.fill : style.color), page = light(behind(element));
    const ratio = (Math.max(text, page) + 0.05) / (Math.min(text, page) + 0.05);
    seen += 1;
    if (ratio < LEAST) poor.set(`${element.tagName}.${element.className}`, ratio.toFixed(2));
  }
  return { seen, poor: [...poor] };
})()
""".replace("LEAST", str(LEAST_CONTRAST))


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The pages of a campaign that has found a planted fault, as commands write them."""
    project = CliProject(tmp_path_factory.mktemp("pages"))
    project.fuzz(*CAMPAIGN, expect=ExitCode.FINDINGS)
    project.fuzz("coverage", "--html", project.root / "coverage.html")
    project.fuzz("gate", expect=ExitCode.FINDINGS)
    project.fuzz("ledger")
    found = {path.name: path for path in project.root.rglob("*.html")}
    assert found.keys() == PAGES.keys()
    return found


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser with a profile of its own."""
    with Browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def complaints(browser: Browser) -> list[Any]:
    """What the browser has to say against a page, and what the page asked for beyond itself."""
    wrong = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
    told = [event for event in browser.events if event.get("method") in wrong]
    asked = [
        event["params"]["request"]["url"]
        for event in browser.events
        if event.get("method") == "Network.requestWillBeSent"
    ]
    assert len(asked) >= 1, "it has at least asked for the page itself"
    return told + asked[1:]


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_alone_and_fits(
    pages: dict[str, Path], browser: Browser, tmp_path: Path, name: str, width: int
) -> None:
    browser.open(pages[name], width=width)
    assert complaints(browser) == []
    text = browser.value("document.body.innerText")
    assert [said for said in PAGES[name] if said.lower() not in text.lower()] == []
    assert browser.value("document.documentElement.scrollWidth") <= width
    picture = browser.screenshot()
    (tmp_path / f"{width}-{name}.png").write_bytes(picture)
    assert picture.startswith(b"\x89PNG")
    assert struct.unpack(">I", picture[16:20])[0] == width
    assert len(picture) > 10_000, "an empty page is smaller"


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", PAGES)
def test_text_stands_out_from_what_is_behind_it(
    pages: dict[str, Path],
    browser: Browser,
    name: str,
    dark: bool,  # noqa: FBT001 - a case of the test
) -> None:
    browser.open(pages[name], width=DESKTOP, dark=dark)
    browser.value("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    found = browser.value(CONTRASTS)
    assert found["seen"] > 10
    assert found["poor"] == []
    assert browser.value("document.documentElement.scrollWidth") <= DESKTOP, "with everything opened, too"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_printed(pages: dict[str, Path], browser: Browser, name: str) -> None:
    browser.open(pages[name], width=DESKTOP)
    printed = browser.pdf()
    assert printed.startswith(b"%PDF-")
    assert len(printed) > 10_000


def test_keys_reach_what_can_be_scrolled_and_opened(pages: dict[str, Path], browser: Browser) -> None:
    browser.open(pages["report.html"], width=PHONE)
    count = "[...document.querySelectorAll('{}')].filter((each) => {}).length"
    assert browser.value(count.format(".scroll, summary, a", "each.tabIndex < 0")) == 0
    wide = count.format(".scroll", "each.scrollWidth > each.clientWidth")
    assert browser.value(wide) > 0, "a phone is narrower than the tables"


def test_a_bad_page_would_be_seen(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    page.write_text(
        '<!doctype html><title>x</title><p style="color: #999">pale</p><div style="width: 2000px">wide</div>'
        '<script src="https://example.org/a.js"></script><script>console.error("oh"); throw 1</script>'
    )
    browser.open(page, width=PHONE)
    said = complaints(browser)
    assert "https://example.org/a.js" in said
    assert {"Runtime.consoleAPICalled", "Runtime.exceptionThrown"} <= {
        event["method"] for event in said if isinstance(event, dict)
    }
    assert browser.value("document.documentElement.scrollWidth") > PHONE
    assert browser.value(CONTRASTS)["poor"] == [["P.", "2.85"]]


def test_the_browser_has_no_network(browser: Browser) -> None:
    assert "ERR_" in browser.send("Page.navigate", url="http://example.org/")["errorText"]
