"""Recording batches of results."""

from pathlib import Path

import pytest
from memory_store import MemoryStore
from sample_results import FLIPPED, NOON, OK, OOM, recorded, result

from fuzzer.errors import StoreError
from fuzzer.model import Record
from fuzzer.store.artifact_store import LocalStore
from fuzzer.store.recorder import Recorder
from fuzzer.store.summary_file import SummaryFile

AGREES, DIVERGES, SAYS_NOTHING = (recorded(result(other)) for other in (OK, FLIPPED, OOM))


@pytest.fixture
def warnings() -> list[str]:
    return []


def recorder(store: MemoryStore | LocalStore, warnings: list[str], record: Record = Record.ALL) -> Recorder:
    return Recorder(store, record=record, clock=lambda: NOON, warn=warnings.append)


def test_every_run_has_a_log_and_what_is_not_equal_a_folder(warnings: list[str]) -> None:
    store = MemoryStore()
    ids = recorder(store, warnings).record([AGREES, DIVERGES, SAYS_NOTHING])
    assert ids == ["20261121_120000_fib", "20261121_120000_fib_2", "20261121_120000_fib_3"]
    assert store.list() == [
        "20261121_120000_fib.json",
        "20261121_120000_fib_2.json",
        "20261121_120000_fib_2/",
        "20261121_120000_fib_3.json",
        "20261121_120000_fib_3/",
        "summary.csv",
    ]
    assert store.get(f"{ids[1]}.json") == store.get(f"{ids[1]}/run_log.json")
    rows = SummaryFile(store).read()
    assert [row.run_id for row in rows] == ids
    assert [row.equal for row in rows] == [True, False, False]
    assert [row.repro_path for row in rows] == ["", f"artifacts/{ids[1]}/", f"artifacts/{ids[2]}/"]
    assert warnings == []


def test_findings_only_leaves_out_logs_of_what_is_equal(warnings: list[str]) -> None:
    store = MemoryStore()
    recorder(store, warnings, Record.FINDINGS).record([AGREES, DIVERGES])
    assert store.list() == ["20261121_120000_fib_2.json", "20261121_120000_fib_2/", "summary.csv"]
    assert len(SummaryFile(store).read()) == 2


def test_script_is_executable_on_disk(tmp_path: Path, warnings: list[str]) -> None:
    (run_id,) = recorder(LocalStore(tmp_path), warnings).record([DIVERGES])
    assert (tmp_path / run_id / "repro.sh").stat().st_mode & 0o100
    assert not (tmp_path / f"{run_id}.json").stat().st_mode & 0o100


class DyingStore(MemoryStore):
    """Refuses to append, as a disk that is full by then."""

    def append(self, path: str, data: bytes) -> None:
        """Fail, but for a file without content."""
        if data:
            raise StoreError(f"no room for {len(data)} bytes in {path}")
        super().append(path, data)


def test_batch_that_lost_its_rows_gets_them_back(warnings: list[str]) -> None:
    store = DyingStore()
    with pytest.raises(StoreError):
        recorder(store, warnings).record([AGREES, DIVERGES])
    mended = MemoryStore()
    mended.files = store.files
    recorder(mended, warnings).repair()
    assert [row.equal for row in SummaryFile(mended).read()] == [True, False]
    assert warnings == ["summary.csv lacked 2 rows: rebuilt from their run logs"]
    recorder(mended, warnings).repair()
    assert len(warnings) == 1


def test_next_batch_mends_as_well(warnings: list[str]) -> None:
    store = MemoryStore()
    recorder(store, warnings).record([AGREES])
    store.files["summary.csv"] = store.files["summary.csv"][:-5]
    recorder(store, warnings).record([DIVERGES])
    assert sorted(row.run_id for row in SummaryFile(store).read()) == [
        "20261121_120000_fib",
        "20261121_120000_fib_2",
    ]
    assert len(warnings) == 2
