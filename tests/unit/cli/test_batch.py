"""Results on their way to the artifacts and then to whoever reads."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from memory_store import MemoryStore
from sample_programs import WRONG, program_case
from sample_results import NOON

from fuzzer.campaign.events import CaseFinished
from fuzzer.campaign.program import Program
from fuzzer.cli.batch import Batch
from fuzzer.errors import StoreError
from fuzzer.model import Record
from fuzzer.store.artifact_store import ArtifactFile
from fuzzer.store.recorder import Recorder


class Shown:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.results: list[tuple[CaseFinished, str]] = []
        self.lost = 0

    def result(self, event: CaseFinished, run_id: str) -> None:
        """Take a result."""
        self.results.append((event, run_id))

    def not_recorded(self, count: int) -> None:
        """Take a number."""
        self.lost += count


class FullStore(MemoryStore):
    """One without room."""

    def put(self, files: Sequence[ArtifactFile], *, durable: bool = True) -> None:
        """Refuse."""
        raise StoreError(f"no room for {len(files)} files, durable or not ({durable})")


def batch(store: MemoryStore, shown: Shown) -> Batch:
    recorder = Recorder(store, record=Record.FINDINGS, clock=lambda: NOON, warn=lambda _: None)
    return Batch(recorder, shown)


def finding() -> CaseFinished:
    of = program_case(WRONG)
    program = Program(core=of.core, commands=(), targets=of.targets, sources=of.sources and Path())
    return CaseFinished(program, of.result, of.limits, of.details)


def test_details_of_a_program_reach_its_folder() -> None:
    store, shown = MemoryStore(), Shown()
    results = batch(store, shown)
    results.add(finding())
    results.record()
    assert store.get("20261121_120000_riscv/program.elf") == b"\x7fELF"
    assert b"mulh a3, a2, a1" in store.get("20261121_120000_riscv/README.md")


def test_results_are_shown_once_they_are_recorded_and_only_once() -> None:
    store, shown = MemoryStore(), Shown()
    results = batch(store, shown)
    events = [finding(), finding()]
    for event in events:
        results.add(event)
    results.record()
    assert shown.results == []
    results.show()
    results.record()
    results.show()
    ids = ["20261121_120000_riscv", "20261121_120000_riscv_2"]
    assert shown.results == list(zip(events, ids, strict=True))
    assert all(store.exists(f"{name}.json") for name in ids)


def test_what_cannot_be_recorded_is_told_and_not_shown() -> None:
    shown = Shown()
    results = batch(FullStore(), shown)
    with pytest.raises(StoreError, match="no room"):
        results.add(finding())
    results.show()
    results.record()
    assert (shown.lost, shown.results) == (1, [])
