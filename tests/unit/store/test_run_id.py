"""Run ids are unique, whatever is lost."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from memory_store import MemoryStore

from fuzzer.store.artifact_store import ArtifactFile
from fuzzer.store.run_id import RunIds

NOW = datetime(2025, 10, 21, 4, 2, 25, 900_000, tzinfo=UTC)
STATE = ".run_ids.json"


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def ids(store: MemoryStore) -> RunIds:
    return RunIds(store, summary_path="summary.csv")


def test_numbers_within_a_second(ids: RunIds) -> None:
    assert ids.reserve(["fib", "fib", "io"], NOW) == [
        "20251021_040225_fib",
        "20251021_040225_fib_2",
        "20251021_040225_io",
    ]
    assert ids.reserve(["fib"], NOW) == ["20251021_040225_fib_3"]
    assert ids.reserve(["fib"], NOW + timedelta(seconds=1)) == ["20251021_040226_fib"]


def test_time_is_utc(ids: RunIds) -> None:
    tokyo = NOW.astimezone(timezone(timedelta(hours=9)))
    assert ids.reserve(["fib"], tokyo) == ["20251021_040225_fib"]


def test_core_whose_name_ends_in_a_number(ids: RunIds) -> None:
    given = ids.reserve(["fib", "fib", "fib_2", "fib_3", "fib", "fib_2", "fib"], NOW)
    assert len(set(given)) == len(given)
    assert given[:4] == [
        "20251021_040225_fib",
        "20251021_040225_fib_2",
        "20251021_040225_fib_2_2",
        "20251021_040225_fib_3",
    ]


@pytest.mark.parametrize("damage", [None, b"", b'{"second": 5}', b'{"second": "20251021_040225", "us'])
def test_lost_state_is_found_in_the_artifacts(store: MemoryStore, ids: RunIds, damage: bytes | None) -> None:
    ids.reserve(["other"], NOW)
    store.put(
        [
            ArtifactFile("20251021_040225_fib.json", b"{}"),
            ArtifactFile("20251021_040225_io/run_log.json", b"{}"),
            ArtifactFile("summary.csv", b"run_id,core\n20251021_040225_fib_7,fib\n\0\xff torn"),
        ]
    )
    if damage is None:
        store.delete(STATE)
    else:
        store.put([ArtifactFile(STATE, damage)])
    assert ids.reserve(["fib", "io", "sha"], NOW) == [
        "20251021_040225_fib_8",
        "20251021_040225_io_2",
        "20251021_040225_sha",
    ]


def test_clock_that_goes_back_and_forth(store: MemoryStore, ids: RunIds) -> None:
    given = []
    for seconds in (0, 1, 0, 0, 1, 2, 1):
        for run_id in ids.reserve(["fib", "fib"], NOW + timedelta(seconds=seconds)):
            store.put([ArtifactFile(f"{run_id}.json", b"{}")])
            given.append(run_id)
    assert len(set(given)) == len(given)


def test_clock_that_goes_back_while_the_state_is_lost(store: MemoryStore, ids: RunIds) -> None:
    later = NOW + timedelta(seconds=5)
    given = ids.reserve(["fib"], later)
    store.put([ArtifactFile(f"{given[0]}.json", b"{}")])
    store.delete(STATE)
    given += ids.reserve(["fib"], NOW)
    given += ids.reserve(["fib"], later)
    assert given == ["20251021_040230_fib", "20251021_040225_fib", "20251021_040230_fib_2"]
