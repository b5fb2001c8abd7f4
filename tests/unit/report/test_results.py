"""The table of results and the words around it."""

import io

import msgspec
import pytest
from rich.console import Console
from rich.text import Text
from sample_results import FLIPPED, OK, OOM, PANIC, TIMEOUT, comparison, result

from fuzzer.campaign.events import Totals
from fuzzer.model import Outcome, Status
from fuzzer.report import results
from fuzzer.report.results import End

COLUMNS = results.layout(["fib"], ["inputs/fib_24.json"], ["native", "sp1", "sp1-portable"])


def printed(text: Text, *, terminal: bool) -> str:
    out = io.StringIO()
    Console(
        file=out, force_terminal=terminal, color_system="standard" if terminal else None, width=200
    ).print(text, end="")
    return out.getvalue()


@pytest.mark.parametrize(
    ("others", "word"),
    [
        ((OK, OK), "agree"),
        ((FLIPPED, OK), "DIVERGE"),
        ((OOM, FLIPPED), "DIVERGE"),
        ((OOM, OK), "inconclusive"),
        ((TIMEOUT, OK), "inconclusive"),
    ],
)
def test_word_of_a_result_is_that_of_its_most_serious_comparison(
    others: tuple[Outcome, Outcome], word: str
) -> None:
    assert results.verdict_word(result(*others)) == word


def test_words_of_flaky_and_allowed() -> None:
    flaky = comparison("sp1", FLIPPED, repeated=1)
    allowed = msgspec.structs.replace(comparison("sp1-portable", FLIPPED), allowed_by="known")
    both = msgspec.structs.replace(result(OK), comparisons=(allowed, flaky))
    assert results.verdict_word(both) == "flaky"
    assert results.verdict_word(msgspec.structs.replace(both, comparisons=(allowed,))) == "allowed"
    assert results.reasons(both)[0].startswith("allowed (known): commit #1")
    assert results.reasons(both)[1].startswith("flaky: commit #1")


def test_row_stands_under_its_header() -> None:
    header, row = results.header(COLUMNS).plain, results.row(COLUMNS, result(OK, FLIPPED)).plain
    assert row.split() == ["fib", "fib_24", "Ok", "Ok", "Ok", "DIVERGE", "1.40", "1.40", "31.90"]
    for column, cell in (("core", "fib"), ("input", "fib_24"), ("verdict", "DIVERGE")):
        assert header.index(column) == row.index(cell)
    assert header.index("sp1-portable ms") + len("sp1-portable ms") == len(row)


def test_cycles_have_thousands_separators() -> None:
    counted = msgspec.structs.replace(OK, cycles=1_234_567)
    header, row = results.header(COLUMNS).plain, results.row(COLUMNS, result(counted, OK)).plain
    assert row.endswith("  1,234,567")
    assert len(row) == len(header)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("inputs/fib_24.json", "fib_24"),
        ("a/b/io_typed.stdin.json", "io_typed"),
        ("hashing_abc.txt", "hashing_abc.txt"),
        ("x" * 60, "x" * 39 + "…"),
    ],
)
def test_short_input(name: str, short: str) -> None:
    assert results.short_input(name) == short


def test_plain_output_holds_no_escape_sequence() -> None:
    for text in (results.header(COLUMNS), results.row(COLUMNS, result(FLIPPED, OK))):
        assert "\x1b" not in printed(text, terminal=False)
        assert "\x1b" in printed(text, terminal=True)


def test_what_a_guest_says_cannot_steer_the_terminal() -> None:
    rude = msgspec.structs.replace(PANIC, message="\x1b[2J[red]gone[/red]\x07")
    (reason,) = results.reasons(result(rude))
    assert reason == "native ok, sp1 panic: �[2J[red]gone[/red]�"


def test_each_reason_is_given_once() -> None:
    oom = Outcome(status=Status.OOM, message="used more than 16 MiB")
    assert results.reasons(result(OK, OK, reference=oom)) == [
        "inconclusive: native oom: used more than 16 MiB"
    ]
    assert results.reasons(result(OK, OK)) == []


def test_finding_says_how_sure_whom_to_suspect_and_what_to_type() -> None:
    text = results.finding(result(FLIPPED, OK), "artifacts/ID", "bash artifacts/ID/repro.sh", more=0).plain
    assert text.splitlines() == [
        "Finding (confirmed 3/3)  fib: native, sp1-portable | sp1: output at commit 1",
        "  sp1 stands alone: suspect its executor",
        "  look     artifacts/ID/README.md",
        "  replay   bash artifacts/ID/repro.sh",
    ]


def test_findings_with_one_signature_are_counted() -> None:
    text = results.finding(result(FLIPPED), "a/ID", "x", more=1_233).plain
    assert "\n  1,234 cases show it; the first one is fib_24\n" in text


def test_replay_command_works_where_it_is_typed() -> None:
    launcher = "../check out/scripts/fuzz"
    own = "bash artifacts/ID/repro.sh"
    assert results.replay_command("artifacts/ID", launcher, in_checkout=True) == own
    assert results.replay_command("artifacts/ID", "fuzz", in_checkout=False) == own
    assert results.replay_command("my artifacts/ID", launcher, in_checkout=False) == (
        "'../check out/scripts/fuzz' repro 'my artifacts/ID'"
    )


def closing(totals: Totals, end: End, *, seconds: float = 0.84, setup: float = 0.0) -> str:
    return results.closing(totals, end, artifacts="artifacts", seconds=seconds, setup_seconds=setup).plain


def test_closing_line() -> None:
    totals = Totals(cases=1_234, agree=1_233, findings=1)
    assert closing(totals, End.COMPLETE) == (
        "1,234 cases, 1,233 agree, 1 diverge · artifacts/summary.csv · 0.8 s"
    )
    one = Totals(cases=1, agree=1, restarts=1)
    assert closing(one, End.COMPLETE, seconds=231.4, setup=230.6) == (
        "1 case, 1 agree, 1 restart · artifacts/summary.csv · 3 m 51 s (0.8 s without set-up)"
    )
    assert closing(one, End.INTERRUPTED).startswith("Interrupted: 1 case")
    assert closing(Totals(), End.FAILED).startswith("Ended by an error: 0 cases, 0 agree")
