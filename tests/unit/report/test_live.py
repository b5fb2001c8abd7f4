"""A campaign in a few lines of a terminal."""

from itertools import pairwise
from typing import Any

import msgspec
import pytest
from sample_progress import FOUND, progress

from fuzzer.campaign.history import History
from fuzzer.report.live import Watched, block, line
from fuzzer.store.progress import PartProgress


def watched(**changed: Any) -> Watched:  # noqa: ANN401 - any field of a watched campaign
    fields: dict[str, Any] = {
        "campaign_id": "20261121_031500_mixed",
        "state": "Running",
        "seed": 7,
        "workers": 2,
        "history": History(progress(seconds) for seconds in range(0, 1_205, 5)),
        "findings": FOUND,
        "budget_s": 28_800.0,
    }
    return Watched(**{**fields, **changed})


def shown(width: int = 80, **changed: Any) -> list[str]:  # noqa: ANN401 - as above
    return block(watched(**changed), width=width).plain.splitlines()


def test_the_block_says_how_far_a_campaign_is() -> None:
    assert shown() == [
        "campaign 20261121_031500_mixed  seed 7  2 workers           00:20:00 of 08:00:00",
        " cases     1,920,000  1,600/s  native 0.03 ms  sp1 0.36 ms",
        "           sp1-portable 0.80 ms (1 in 50)",
        " corpus    42 inputs  programs cover 9,625 bins (51.3 %)  cores cover 340 bins",
        "           last new behaviour 00:00:00 ago",
        " findings  0 signatures  0 flaky",
        "             309 hits  ledger: native | sp1, sp1-portable: output at commit 3",
        "               2 hits  riscv: rvref | sp1: lost-panic at mulh",
        " health    inconclusive 0.00 %  0 restarts  402 MB memory  32 MB disk",
    ]


@pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    long = msgspec.structs.replace(FOUND[0], signature="core: " + "a | " * 60)
    lines = shown(width, findings=[long] * 9, note="n" * 300)
    assert max(map(len, lines)) <= width
    assert any("and 4" in text for text in lines)


def test_what_a_guest_says_cannot_steer_the_terminal() -> None:
    evil = msgspec.structs.replace(FOUND[0], signature="a\x1b[2Jb")
    text = "".join(shown(findings=[evil], note="\x1b]0;x\x07"))
    assert "\x1b" not in text
    assert "\x07" not in text


def test_the_share_of_bins_is_told_where_all_of_them_are_known() -> None:
    part = PartProgress(name="riscv", cases=9, seconds=1.0, covered=9_381, bins=18_762)
    history = History([progress(10, parts=(part,))])
    assert any("programs cover 9,381 bins (50.0 %)" in text for text in shown(history=history))


def test_advice_is_the_last_line() -> None:
    history = History([progress(60, inconclusive=0), progress(120, inconclusive=50_000)])
    assert shown(history=history)[-1] == " advice    52 % of the cases are inconclusive"
    assert shown(width=30, history=history)[-2:] == [
        " advice    52 % of the cases",
        "           are inconclusive",
    ]
    told = History([progress(120, advice="end it")])
    assert shown(history=told)[-1] == " advice    end it"


def test_how_it_ended_is_told() -> None:
    assert "Stopped" in shown(state="Stopped")[0]
    assert "Running" not in shown()[0]


def test_a_line_says_the_same() -> None:
    assert line(watched()) == (
        "00:20:00 · 1,920,000 cases · 1,600/s · 42 inputs · programs cover 9,625 bins (51.3 %) · "
        "cores cover 340 bins · last new behaviour 00:00:00 ago · 0 signatures · 0 flaky · "
        "inconclusive 0.00 % · 0 restarts"
    )


def test_history_knows_when_something_new_was_shown_last() -> None:
    parts = progress(0).parts
    same = [progress(seconds, parts=parts) for seconds in range(100, 5_000, 5)]
    history = History([progress(0), progress(90), *same])
    assert history.last_new_s == 90, "also when that sample is long gone"
    assert len(history.recent) == 121
    assert all(before.seconds < now.seconds for before, now in pairwise(history.recent))
    history.add(progress(5_000, parts=parts, findings=1))
    assert history.last_new_s == 5_000


def test_the_rate_is_that_of_the_last_half_minute() -> None:
    fast = [progress(seconds, cases=1_000 * seconds) for seconds in range(0, 100, 5)]
    slow = [progress(seconds, cases=95_000 + 10 * (seconds - 95)) for seconds in range(100, 200, 5)]
    assert History([*fast, *slow]).rate == pytest.approx(10)
    assert History([progress(10, cases=50)]).rate == pytest.approx(5)
