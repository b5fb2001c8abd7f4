"""The page of a campaign: verdict first, findings with what to type, charts, and what was not tested."""

from typing import Any

import msgspec
import numpy as np
from html_page import Page, check_alone, check_readable
from sample_programs import WRONG, program_case, program_log
from sample_progress import FOUND, progress, record
from sample_results import FLIPPED, NOON, recorded, result

from fuzzer.coverage.counts import Coverage
from fuzzer.coverage.map import Axis, CoverageMap
from fuzzer.report.campaign_page import CampaignFacts, render_campaign_page
from fuzzer.store.run_log import build_log

LOG = build_log(recorded(result(FLIPPED, FLIPPED, core="ledger")), run_id=FOUND[0].run_id, created=NOON)
LOGS = {FOUND[0].run_id: LOG, FOUND[1].run_id: program_log(program_case(WRONG))}
MAP = CoverageMap(version=1, axes=(Axis("sp1.opcode", "operation", 0, (("add",), ("mul",))),))
SAMPLES = [progress(seconds, findings=seconds // 400) for seconds in range(0, 1_205, 5)]


def page(*, state: str = "Complete", totals: dict[str, int] | None = None, **changed: Any) -> str:  # noqa: ANN401 - any field of a record
    of = record(**changed)
    if totals is not None:
        of = msgspec.structs.replace(of, totals={**of.totals, **totals})
    coverage = Coverage(MAP, np.array([3, 0], np.uint64), programs=9)
    return render_campaign_page(
        CampaignFacts(record=of, state=state, samples=SAMPLES, logs=LOGS, coverage=coverage)
    )


def banners(text: str) -> list[tuple[str, str]]:
    """The first words with their kinds."""
    kinds = [
        (attributes.get("class") or "").removeprefix("banner ")
        for attributes in Page(text).attributes_of("p")
        if (attributes.get("class") or "").startswith("banner")
    ]
    words = [word for word in Page(text).texts_of("strong") if word.endswith(".")]
    return list(zip(kinds, words, strict=True))


def test_the_page_stands_alone_and_can_be_read_by_everybody() -> None:
    check_alone(page())
    check_readable(page())


def test_findings_come_with_their_difference_and_what_to_type() -> None:
    text = page()
    assert banners(text) == [("bad", "2 findings in 1,920,000 cases. Each was confirmed in fresh processes.")]
    parts = Page(text)
    assert [word for word in parts.texts_of("h3") if " | " in word] == [found.signature for found in FOUND]
    assert "First difference: commit 1, byte 0" in parts.texts_of("caption")
    codes = parts.texts_of("code")
    assert codes.count("2a000000") == 1, "targets that part at one place stand in one table"
    assert codes.count("2b000000") == 2
    assert f"bash artifacts/{FOUND[0].run_id}/repro.sh" in parts.texts_of("pre")
    assert "mulh a3, a2, a1" in codes


def test_the_first_words_say_the_truth() -> None:
    assert banners(page(findings=())) == [
        ("good", "No finding in 1,920,000 cases and 3,840,000 comparisons.")
    ]
    ((kind, words),) = banners(page(findings=(), totals={"compared": 0}))
    assert (kind, words.partition(".")[0]) == ("bad", "Nothing was compared")
    ((kind, words),) = banners(page(findings=(), totals={"flaky": 2}))
    assert (kind, words.partition(";")[0]) == ("warn", "No confirmed finding in 1,920,000 cases")
    kinds = [kind for kind, _ in banners(page(state="Stopped", planted="sp1:flip-bit"))]
    assert kinds == ["warn", "warn", "bad"]
    assert "stopped before its end" in page(state="Stopped")
    assert "at work" in page(state="Running")


def test_charts_show_how_it_went() -> None:
    titles = Page(page()).texts_of("figcaption")
    assert titles == [
        "Cases",
        "Cases a second",
        "Bins of the map that programs covered",
        "Bins covered, by core",
        "Inputs in the corpus, by core",
        "Findings",
        "Inconclusive share",
        "Memory",
        "Time of a run, on average",
    ]


def test_what_was_not_tested_is_said() -> None:
    text = page(totals={"inconclusive": 12, "rejected": 1})
    items = Page(text).texts_of("li")
    assert "12 cases: inconclusive, since a limit was reached or a target lacks what they ask for." in items
    assert "1 case: the reference did not run the program to its end." in items
    assert "1 bin of the coverage map was never hit by programs; it is listed below." in items


def test_a_campaign_of_which_little_is_left_has_a_page() -> None:
    bare = CampaignFacts(record=record(totals={}), state="Stopped")
    text = render_campaign_page(bare)
    check_readable(text)
    assert "The campaign left no samples of its progress." in Page(text).texts_of("p")
    assert text.count("Its folder is not there any more") == len(FOUND)


def test_what_comes_from_elsewhere_is_escaped() -> None:
    evil = msgspec.structs.replace(FOUND[0], signature="<script>alert(1)</script>", case="<b>")
    text = page(findings=(evil,), cores=("<i>",), planted="<u>", command=("campaign", "--core", "<s>"))
    check_alone(text)
    assert not {"b", "i", "u", "s"} & {tag for tag, _ in Page(text).elements}
