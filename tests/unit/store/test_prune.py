"""Which passes may go."""

from datetime import timedelta
from pathlib import Path

import pytest
from memory_store import MemoryStore
from sample_findings import DIFFERS, PASS, record
from sample_results import NOON, OOM, recorded, result

from fuzzer.store.artifact_store import ArtifactFile, LocalStore
from fuzzer.store.prune import prunable, remove
from fuzzer.store.report_archive import pack_reports
from fuzzer.store.summary_file import SummaryFile

WEEK = timedelta(days=7)


def names(
    store: MemoryStore, *, budget: int | None = None, total: int = 0, after_days: float = 30
) -> list[str]:
    before = NOON + timedelta(days=after_days) - WEEK
    return [entry.path for entry in prunable(store, before=before, total_bytes=total, budget=budget)]


def test_only_old_passes_go() -> None:
    store = MemoryStore()
    old = record(store, PASS, DIFFERS, recorded(result(OOM)), PASS)
    record(store, PASS, at=NOON + timedelta(days=25))
    assert names(store) == [f"{old[0]}.json", f"{old[3]}.json"]
    assert names(store, after_days=6) == []


def test_budget_takes_the_oldest_first_and_no_more_than_needed() -> None:
    store = MemoryStore()
    ids = [record(store, PASS, at=NOON + timedelta(minutes=number))[0] for number in range(5)]
    total = sum(map(len, store.files.values()))
    size = len(store.files[f"{ids[0]}.json"])
    assert names(store, after_days=0, total=total, budget=total) == []
    assert names(store, after_days=0, total=total, budget=total - 1) == [f"{ids[0]}.json"]
    assert names(store, after_days=0, total=total, budget=total - size - 1) == [f"{i}.json" for i in ids[:2]]
    assert len(names(store, after_days=0, total=total, budget=0)) == 5


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("20200101_000000_fib.json", b"{"),
        ("20200101_000000_fib.json", b'{"run_id": "20200101_000000_other", "diff": {"equal": true}}'),
        ("20200101_000000_fib.json", b'{"run_id": "20200101_000000_fib", "diff": {"equal": false}}'),
        ("20209999_999999_fib.json", b'{"run_id": "20209999_999999_fib", "diff": {"equal": true}}'),
        ("reports/a1_pilot.md", b"old"),
        ("campaigns/20200101_000000_x/report.md", b"old"),
        ("campaigns/20200101_000000_x/passes/inputs-1.npz", b"no campaign.json"),
        ("runs/new/20200101_000000_upgrade/run.json", b"{}"),
        ("notes.json", b'{"run_id": "notes", "diff": {"equal": true}}'),
    ],
)
def test_what_is_not_surely_a_pass_stays(name: str, data: bytes) -> None:
    store = MemoryStore()
    store.put([ArtifactFile(name, data)])
    assert names(store, total=10**9, budget=0) == []


@pytest.mark.parametrize(("end", "goes"), [("Complete", True), ("Interrupted", True), ("Running", False)])
def test_shards_go_when_their_campaign_has_ended(end: str, *, goes: bool) -> None:
    store = MemoryStore()
    folder = "campaigns/20200101_000000_riscv"
    store.put(
        [
            ArtifactFile(f"{folder}/campaign.json", f'{{"end": "{end}"}}'.encode()),
            ArtifactFile(f"{folder}/passes/programs-12.npz", b"12345"),
            ArtifactFile(f"{folder}/passes/notes.txt", b"stays"),
        ]
    )
    assert names(store) == ([f"{folder}/passes/programs-12.npz"] if goes else [])


def test_run_that_became_a_divergence_meanwhile_is_not_removed(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    ids = record(store, PASS, PASS)
    chosen = list(prunable(store, before=NOON + WEEK, total_bytes=0, budget=None))
    store.put([ArtifactFile(f"{ids[0]}/run_log.json", b"{}")])
    assert [entry.path for entry in remove(store, chosen)] == [f"{ids[1]}.json"]
    assert store.exists(f"{ids[0]}.json")


def test_half_of_it_leaves_everything_sound(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    record(store, *[PASS] * 4, DIFFERS)
    chosen = list(prunable(store, before=NOON + WEEK, total_bytes=0, budget=None))
    store.delete(chosen[0].path)  # as a killed one leaves it
    assert len(list(remove(store, chosen))) == 3
    assert SummaryFile(store).check_and_repair() == []
    assert len(SummaryFile(store).read()) == 5
    assert list(prunable(store, before=NOON + WEEK, total_bytes=0, budget=None)) == []


def test_archive_holds_the_reports_and_no_passes() -> None:
    store = MemoryStore()
    record(store, PASS, DIFFERS)
    kept = {
        "reports/a1_pilot.md": b"1",
        "campaigns/20200101_000000_x/report.md": b"2",
        "runs/new/20200101_000000_upgrade/evaluation.json": b"3",
    }
    store.files |= {**kept, "runs/new/20200101_000000_upgrade/fib.json": b"4"}
    data, count = pack_reports(store)
    assert count == len(kept)
    assert data == pack_reports(store)[0]
