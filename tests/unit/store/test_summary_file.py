"""Adding to `summary.csv`, and mending it."""

import pytest
from memory_store import MemoryStore
from sample_results import FLIPPED, NOON, OK, recorded, result

from fuzzer.store.artifact_store import ArtifactFile
from fuzzer.store.run_log import RunLog, build_log, encode_document, rows_of
from fuzzer.store.summary import COLUMNS, encode_fields, encode_rows
from fuzzer.store.summary_file import SummaryFile

HEADER = encode_fields([COLUMNS])


def log(number: int) -> RunLog:
    return build_log(recorded(result(OK, FLIPPED)), run_id=f"20251021_04022{number}_fib", created=NOON)


def text(*numbers: int) -> bytes:
    return encode_rows([row for number in numbers for row in rows_of(log(number))])


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def summary(store: MemoryStore) -> SummaryFile:
    return SummaryFile(store)


def keep_logs(store: MemoryStore, *numbers: int) -> None:
    for number in numbers:
        store.put([ArtifactFile(f"{log(number).run_id}.json", encode_document(log(number)))])


def test_new_file_gets_a_header(store: MemoryStore, summary: SummaryFile) -> None:
    assert summary.append(rows_of(log(1))) == []
    assert summary.append(rows_of(log(2))) == []
    assert store.get("summary.csv") == HEADER + text(1, 2)
    assert summary.read() == rows_of(log(1)) + rows_of(log(2))


def test_sound_file_is_left_alone(store: MemoryStore, summary: SummaryFile) -> None:
    summary.append(rows_of(log(1)))
    keep_logs(store, 1)
    before = dict(store.files)
    assert summary.check_and_repair() == []
    assert store.files == before


def test_append_after_a_torn_line_keeps_both(store: MemoryStore, summary: SummaryFile) -> None:
    store.files["summary.csv"] = HEADER + text(1) + b"20251021_0402"
    warnings = summary.append(rows_of(log(2)))
    assert warnings == ["summary.csv was damaged: 13 bytes moved to summary.fragment-1.csv"]
    assert store.get("summary.csv") == HEADER + text(1, 2)
    assert store.get("summary.fragment-1.csv") == b"20251021_0402"


@pytest.mark.parametrize("damage", [b"\0" * 100, b"\xff\xfe\n", b"a,b\n", HEADER])
def test_rows_behind_damage_are_kept(store: MemoryStore, summary: SummaryFile, damage: bytes) -> None:
    damaged = damage if damage.endswith(b"\n") else damage + b"\n"
    store.files["summary.csv"] = HEADER + text(1) + damaged + text(2)
    summary.check_and_repair()
    assert store.get("summary.csv") == HEADER + text(1, 2)
    assert store.get("summary.fragment-1.csv") == damaged


def test_lost_rows_come_back_from_run_logs(store: MemoryStore, summary: SummaryFile) -> None:
    keep_logs(store, 1, 2, 3)
    store.files["summary.csv"] = HEADER + text(1) + text(2)[:-20]
    warnings = summary.check_and_repair()
    assert "summary.csv lacked 3 rows: rebuilt from their run logs" in warnings
    assert sorted(store.get("summary.csv").splitlines()) == sorted((HEADER + text(1, 2, 3)).splitlines())


def test_deleted_summary_comes_back(store: MemoryStore, summary: SummaryFile) -> None:
    keep_logs(store, 1, 2)
    summary.check_and_repair()
    assert store.get("summary.csv") == HEADER + text(1, 2)


def test_damaged_log_is_named(store: MemoryStore, summary: SummaryFile) -> None:
    keep_logs(store, 1)
    store.files["20251021_040229_fib.json"] = b'{"schema_ver'
    store.files["notes.json"] = b"not a run log"
    warnings = summary.check_and_repair()
    assert len(warnings) == 2
    assert "20251021_040229_fib.json is not a run log" in warnings[1]
    assert store.get("summary.csv") == HEADER + text(1)


def test_missing_header_is_put_back(store: MemoryStore, summary: SummaryFile) -> None:
    store.files["summary.csv"] = text(1)
    assert summary.append(rows_of(log(2))) == []
    assert store.get("summary.csv") == HEADER + text(1, 2)


def test_fragments_are_never_overwritten(store: MemoryStore, summary: SummaryFile) -> None:
    store.files["summary.fragment-9.csv"] = b"older"
    store.files["summary.csv"] = HEADER + b"torn"
    summary.check_and_repair()
    assert store.get("summary.fragment-9.csv") == b"older"
    assert store.get("summary.fragment-10.csv") == b"torn"


def test_later_contract_keeps_its_columns(store: MemoryStore, summary: SummaryFile) -> None:
    later = HEADER[:-1] + b",prover\n" + text(1).replace(b"1.95.0\n", b"1.95.0,cpu\n")
    store.files["summary.csv"] = later
    summary.append(rows_of(log(2)))
    assert store.get("summary.csv") == later + text(2).replace(b"1.95.0\n", b"1.95.0,\n")
    assert summary.read() == rows_of(log(1)) + rows_of(log(2))


def test_earlier_contract_gets_the_columns_it_lacks(store: MemoryStore, summary: SummaryFile) -> None:
    row = b"20251021_040221_fib,fib,i.json,Ok,Ok,true,,0,31,31"
    store.files["summary.csv"] = encode_fields([COLUMNS[:10]], width=10) + row + b"\n"
    keep_logs(store, 1)
    summary.append(rows_of(log(2)))
    assert store.get("summary.csv") == HEADER + row + b"," * 8 + b"\n" + text(2)
    assert summary.check_and_repair() == []
