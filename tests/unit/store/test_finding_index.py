"""Findings without reading all of the summary."""

from pathlib import Path

import pytest
from memory_store import MemoryStore
from sample_findings import DIFFERS, LOSES_PANIC, PASS, PLANTED, record
from sample_results import OOM, recorded, result

from fuzzer.errors import StoreError
from fuzzer.store.artifact_store import LocalStore
from fuzzer.store.finding_index import INDEX_PATH, FindingIndex
from fuzzer.store.summary import SUMMARY_PATH


class WatchedStore(MemoryStore):
    """Counts the bytes of the summary that are read."""

    read = 0

    def get(self, path: str, *, start: int = 0, length: int | None = None) -> bytes:
        """See `ArtifactStore.get`."""
        data = super().get(path, start=start, length=length)
        if path == SUMMARY_PATH:
            self.read += len(data)
        return data


def test_runs_that_differ_are_found() -> None:
    store = MemoryStore()
    ids = record(store, PASS, DIFFERS, recorded(result(OOM)), LOSES_PANIC, PLANTED)
    found = FindingIndex(store).runs()
    assert [run.run_id for run in found] == [ids[1], ids[3], ids[4]]
    assert [run.planted for run in found] == [False, False, True]
    assert [run.targets[0].symptom for run in found] == ["output", "lost-panic", "output"]
    assert found[0].signature == "fib: native | sp1: output at commit 1"


def test_what_was_looked_at_is_not_read_again() -> None:
    store = WatchedStore()
    record(store, *[PASS] * 200, DIFFERS)
    assert len(FindingIndex(store).runs()) == 1
    store.read = 0
    assert len(FindingIndex(store).runs()) == 1
    assert store.read <= 256
    record(store, DIFFERS)
    store.read = 0
    assert len(FindingIndex(store).runs()) == 2
    assert store.read < 1024


@pytest.mark.parametrize(
    "index", [b"", b"{", b'{"version": 99}', b'{"version": 1, "offset": 10, "tail": "x"}']
)
def test_damaged_index_is_made_again(index: bytes) -> None:
    store = MemoryStore()
    record(store, DIFFERS)
    store.files[INDEX_PATH] = index
    assert len(FindingIndex(store).runs()) == 1


def test_summary_that_was_replaced_is_read_anew() -> None:
    store, other = MemoryStore(), MemoryStore()
    record(store, DIFFERS, PASS)
    FindingIndex(store).runs()
    record(other, PASS, PASS, PASS, LOSES_PANIC)
    store.files.update(other.files)
    assert [run.targets[0].symptom for run in FindingIndex(store).runs()] == ["lost-panic"]


def test_damaged_logs_are_counted_and_rows_passed_over() -> None:
    store = MemoryStore()
    (run_id,) = record(store, DIFFERS)
    store.files[f"{run_id}/run_log.json"] = b"{"
    store.files[SUMMARY_PATH] += b"garbage,false,\xff\n20261121_120000_fib,fal"
    index = FindingIndex(store)
    assert index.runs() == []
    assert index.unreadable == 1


def test_log_that_tells_of_no_difference_is_not_that_of_its_row() -> None:
    store = MemoryStore()
    (run_id,) = record(store, DIFFERS)
    path = f"{run_id}/run_log.json"
    store.files[path] = store.files[path].replace(b'"kind": "diverge"', b'"kind": "agree"')
    index = FindingIndex(store)
    assert index.runs() == []
    assert index.unreadable == 1


@pytest.mark.parametrize("keep", [b"", b"run_id,core,", b'{"a": 1}\n', b"a,b,c\n1,2,3\n"])
def test_file_that_is_no_summary_is_not_one_without_findings(keep: bytes) -> None:
    store = MemoryStore()
    record(store, DIFFERS)
    store.files[SUMMARY_PATH] = keep
    if keep:
        with pytest.raises(StoreError, match=r"summary\.csv does not begin with its header"):
            FindingIndex(store).runs()
    else:
        assert FindingIndex(store).runs() == []


def test_empty_store_has_none() -> None:
    assert FindingIndex(MemoryStore()).runs() == []


def test_folder_that_cannot_be_written_can_be_looked_at(tmp_path: Path) -> None:
    class ReadOnly(LocalStore):
        def put(self, *_: object, **__: object) -> None:
            raise StoreError("read-only")

    record(LocalStore(tmp_path), DIFFERS)
    assert len(FindingIndex(ReadOnly(tmp_path)).runs()) == 1
