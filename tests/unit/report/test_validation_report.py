"""Reports on a core and across campaigns."""

from datetime import timedelta

import msgspec
import pytest
from memory_store import MemoryStore
from sample_findings import DIFFERS, PASS, PLANTED, record
from sample_results import NOON, OK, OOM, TIMEOUT, recorded, result

from fuzzer.model import TargetInfo
from fuzzer.report.iteration import render_iteration
from fuzzer.report.tables import rows_of_core
from fuzzer.report.validation import render_validation
from fuzzer.store.campaign import CampaignRecord, FoundRecord
from fuzzer.store.finding_index import FindingIndex
from fuzzer.store.reports import Round, next_round, write_iteration, write_round
from fuzzer.triage.allowed import AllowedDivergences
from fuzzer.triage.findings import findings_of


def report(store: MemoryStore, core: str = "fib") -> str:
    def rendered(own: Round, before: Round | None) -> str:
        rows = rows_of_core(store, core, after=before.up_to if before else "")
        runs = [run for run in FindingIndex(store).runs() if run.core == core]
        findings = findings_of(runs, {}, AllowedDivergences(), NOON.date())
        return render_validation(rows, findings, own=own, before=before, created="2026-11-26T00:00:00Z")

    return store.files[write_round(store, core, rendered).path].decode()


def test_reports_are_named_by_core_and_round() -> None:
    store = MemoryStore()
    for core in ("fib", "io"):
        record(store, recorded(result(OK, core=core)))
    report(store, "fib")
    report(store, "io")
    record(store, PASS, at=NOON + timedelta(minutes=1))
    report(store, "fib")
    assert store.list("reports") == ["a1_pilot.md", "a1_round_1.md", "a2_pilot.md"]
    own, before = next_round(store, "fib")
    assert (own.path, before and before.path) == ("reports/a1_round_2.md", "reports/a1_round_1.md")


def test_report_counts_what_was_run_since_the_last_one() -> None:
    store = MemoryStore()
    record(store, *[PASS] * 12)
    first = report(store)
    assert "12 runs of 1 input" in first
    assert "**Validated** on these inputs" in first
    record(store, DIFFERS, recorded(result(OOM)), recorded(result(TIMEOUT, reference=TIMEOUT)), at=NOON)
    second = report(store)
    assert "3 runs" in second
    assert "**Not validated**: 1 open finding." in second
    assert "fib: native \\| sp1: output at commit 1" in second
    assert "timed out on both sides" in second
    assert "a1_pilot.md" in second


def test_what_was_planted_counts_for_nothing() -> None:
    store = MemoryStore()
    record(store, PLANTED)
    text = report(store, "io")
    assert "**Nothing was compared**" in text
    assert "1 comparisons with a fault planted on purpose" in text


def test_a_row_that_a_crash_tore_is_passed_over() -> None:
    store = MemoryStore()
    record(store, PASS)
    store.files["summary.csv"] += b'a,b,"c\nshort,fib\n'
    assert len(rows_of_core(store, "fib")) == 1
    assert rows_of_core(MemoryStore(), "fib").empty


def campaign(number: int, *signatures: str, planted: str = "") -> CampaignRecord:
    return CampaignRecord(
        campaign_id=f"2026112{number}_120000_riscv",
        created_utc="2026-11-21T12:00:00Z",
        generator="riscv",
        xlen=64,
        seed=1,
        end="Complete",
        seconds=10.0,
        targets=(TargetInfo(name="rvref", version="0.1.0"), TargetInfo(name="sp1", version="6.10.0")),
        totals={"cases": 1000, "inconclusive": 2},
        findings=tuple(
            FoundRecord(signature=name, run_id="r", case="c", instructions=1, programs=3)
            for name in signatures
        ),
        planted=planted,
    )


def test_iteration_tells_what_each_campaign_added() -> None:
    campaigns = [campaign(1, "one"), campaign(2, "one", "two"), campaign(3, "three", planted="sp1:flip-bit")]
    text = render_iteration(campaigns, {"one": "fixed"}, number=1, created="now")
    assert "3 campaigns, 3,000 cases" in text
    lines = {line.split(" | ")[0].strip("| "): line for line in text.splitlines() if line.startswith("| 2")}
    assert lines["20261121_120000_riscv"].endswith("| 1 | 1 | 2 |")
    assert lines["20261122_120000_riscv"].endswith("| 2 | 1 | 4 |")
    assert lines["20261123_120000_riscv*"].endswith("| 1 | 0 | 2 |")
    assert "| fixed | 20261121_120000_riscv | 2 | 6 | one |" in text
    assert "| new | 20261122_120000_riscv | 1 | 3 | two |" in text
    assert " three |" not in text


@pytest.mark.parametrize("totals", [{}, {"cases": "many"}])
def test_iteration_bears_campaigns_without_counts(totals: dict[str, object]) -> None:
    odd = msgspec.structs.replace(campaign(1), totals=totals, seconds=0.0)
    assert "1 campaign, 0 cases" in render_iteration([odd], {}, number=1, created="now")


def test_iterations_are_numbered() -> None:
    store = MemoryStore()
    assert [write_iteration(store, str) for _ in range(2)] == [
        "reports/iteration_1.md",
        "reports/iteration_2.md",
    ]
