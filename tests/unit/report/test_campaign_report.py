"""What is said of a campaign at its end."""

import msgspec
import pytest
from sample_programs import WRONG, program_case

from fuzzer.campaign.events import BatchFinished, Counts, Totals
from fuzzer.campaign.keep.tally import Tally
from fuzzer.model import TargetInfo
from fuzzer.report import results
from fuzzer.report.campaign import render_campaign
from fuzzer.report.results import End
from fuzzer.store.campaign import CampaignRecord, FoundRecord
from fuzzer.triage.signature import attribution

TOTALS = Totals(
    cases=1_200, agree=1_100, findings=1, repeated=40, not_examined=9, rejected=50, compared=2_300
)
RECORD = CampaignRecord(
    campaign_id="20261121_120000_riscv",
    created_utc="2026-11-21T12:00:00Z",
    generator="riscv-negative",
    xlen=32,
    seed=77,
    end=End.COMPLETE,
    seconds=60.0,
    targets=(
        TargetInfo(name="rvref", version="0.1.0", runner_sha256="aa"),
        TargetInfo(name="sp1", version="6.10.0", runner_sha256="bb"),
        TargetInfo(name="sp1@6.2.1", version="6.2.1", runner_sha256="cc", planted="flip-bit"),
    ),
    totals={},
    command=("campaign", "--generator", "riscv-negative", "--xlen", "32", "--seed", "77"),
    findings=(
        FoundRecord(
            signature="riscv: rvref | sp1: output at mul",
            run_id="20261121_120003_riscv",
            case="riscv-32/77/5",
            instructions=1,
            programs=41,
        ),
    ),
)


def page(record: CampaignRecord = RECORD, totals: Totals = TOTALS, coverage: tuple[str, ...] = ()) -> str:
    tally = Tally(["riscv-negative"])
    tally.take(BatchFinished(part="riscv-negative", counts=Counts(cases=1_200, agree=1_100), seconds=2.5))
    tally.totals = totals
    return render_campaign(record, tally, coverage)


def test_report_says_how_to_have_the_same_campaign_again() -> None:
    command = "fuzz campaign --generator riscv-negative --xlen 32 --seed 77"
    assert f"The same campaign again: `{command}`." in page()
    assert "Complete: 1,200 cases in 60 s (20 a second) from seed 77." in page()


def test_report_has_a_row_for_each_part() -> None:
    assert "| riscv-negative | 1,200 | 1,100 | 0 | 0 | 0 | 0 | 2.5 |" in page()


def test_report_lists_each_finding_once_with_its_folder() -> None:
    row = "| riscv: rvref \\| sp1: output at mul | 41 | riscv-32/77/5 | 1 | `20261121_120003_riscv/` |"
    lines = page().splitlines()
    assert lines.count(row) == 1
    (head,) = (line for line in lines if line.startswith("| signature"))
    assert head.count("|") == row.count("|") - row.count("\\|")
    assert "None." in page(msgspec.structs.replace(RECORD, findings=()))


def test_report_counts_what_was_left_aside() -> None:
    for row in (
        "| cases | 1,200 |",
        "| cases that show a finding again | 40 |",
        "| differ, not examined for want of time | 9 |",
        "| rejected: the reference did not run them to their end | 50 |",
        "| comparisons | 2,300 |",
    ):
        assert row in page()


def test_report_names_targets_and_what_was_planted_in_them() -> None:
    assert "- rvref 0.1.0 (the reference), runner sha256 `aa`\n" in page()
    assert "- sp1@6.2.1 6.2.1, runner sha256 `cc`, planted on purpose: flip-bit\n" in page()


def test_report_shows_what_was_covered_or_that_it_is_not_known() -> None:
    assert page(coverage=("- all of it", "- but mulhsu")).endswith("- all of it\n- but mulhsu\n")
    assert "What the programs covered" not in page()


def test_campaign_of_no_time_has_no_rate_to_speak_of() -> None:
    nothing = msgspec.structs.replace(RECORD, seconds=0.0, end=End.INTERRUPTED)
    assert "Interrupted: 0 cases in 0 s (0 a second)" in page(nothing, Totals())


def test_finding_says_how_sure_how_large_and_what_to_type() -> None:
    of = program_case(WRONG).result
    text = results.campaign_finding(of, "its signature", "a/ID", "bash a/ID/repro.sh", instructions=1).plain
    assert text.splitlines() == [
        "Finding (confirmed 3/3)  its signature",
        f"  riscv-64/7/42, 1 instruction; {attribution(of)}",
        "  look     a/ID/README.md",
        "  replay   bash a/ID/repro.sh",
    ]
    unsure = msgspec.structs.replace(
        of, comparisons=(msgspec.structs.replace(of.comparisons[0], confirmed=2),)
    )
    flaky = results.campaign_finding(unsure, "s", "f", "r", instructions=12).plain
    assert flaky.startswith("Flaky (confirmed 2/3)")
    assert ", 12 instructions; " in flaky


@pytest.mark.parametrize(
    ("totals", "end", "expected"),
    [
        (
            TOTALS,
            End.COMPLETE,
            "1,200 cases, 1,100 agree, 1 finding, 40 repeated, 9 not examined, 50 rejected · a/report.md",
        ),
        (Totals(cases=1, agree=1), End.COMPLETE, "1 case, 1 agree · a/report.md"),
        (Totals(restarts=1), End.INTERRUPTED, "Interrupted: 0 cases, 0 agree, 1 restart · a/report.md"),
        (
            Totals(flaky=2, findings=3),
            End.FAILED,
            "Ended by an error: 0 cases, 0 agree, 3 findings, 2 flaky",
        ),
    ],
)
def test_closing_line(totals: Totals, end: End, expected: str) -> None:
    assert results.campaign_closing(totals, end, place="a", seconds=2.0).plain.startswith(expected)
