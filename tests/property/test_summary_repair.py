"""However a summary is torn, no row is lost whose run log is there, and no byte is lost at all."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from memory_store import MemoryStore
from sample_results import FLIPPED, NOON, OK, OOM, PANIC, recorded, result

from fuzzer.model import Outcome, Record
from fuzzer.store.recorder import Recorder
from fuzzer.store.summary_file import SummaryFile

BATCHES: Sequence[Sequence[Outcome]] = ((OK, OK), (FLIPPED, OK), (PANIC,), (OOM, FLIPPED, OK))


def recorded_store() -> MemoryStore:
    """Four runs with a log each, eight rows."""
    store = MemoryStore()
    recorder = Recorder(store, record=Record.ALL, clock=lambda: NOON, warn=lambda _: None)
    for others in BATCHES:
        recorder.record([recorded(result(*others))])
    return store


RECORDED = recorded_store()
WHOLE = RECORDED.get("summary.csv")
HEADER = WHOLE[: WHOLE.index(b"\n") + 1]
LINES = sorted(WHOLE.splitlines())


def repaired(summary: bytes) -> MemoryStore:
    store = MemoryStore()
    store.files = {**RECORDED.files, "summary.csv": summary}
    SummaryFile(store).check_and_repair()
    return store


def test_cut_at_every_place() -> None:
    for end in range(len(WHOLE)):
        store = repaired(WHOLE[:end])
        assert sorted(store.get("summary.csv").splitlines()) == LINES, end
        assert SummaryFile(store).check_and_repair() == []


def test_cut_at_every_place_without_logs_keeps_every_byte() -> None:
    for end in range(len(WHOLE)):
        store = MemoryStore()
        store.files = {"summary.csv": WHOLE[:end]}
        SummaryFile(store).check_and_repair()
        kept = store.get("summary.csv") + store.files.get("summary.fragment-1.csv", b"")
        assert kept == (WHOLE[:end] if end >= len(HEADER) else HEADER + WHOLE[:end])


@given(
    st.integers(0, len(WHOLE)),
    st.integers(0, 400),
    st.binary(max_size=40).map(lambda noise: noise + b"\xff") | st.just(b"\0" * 512),
)
def test_damage_anywhere_loses_no_run(start: int, length: int, damage: bytes) -> None:
    store = repaired(WHOLE[:start] + damage + WHOLE[start + length :])
    assert keys(RECORDED) <= keys(store)
    assert SummaryFile(store).check_and_repair() == []


def keys(store: MemoryStore) -> set[tuple[str, str]]:
    return {(row.run_id, row.zkvm_target) for row in SummaryFile(store).read()}
