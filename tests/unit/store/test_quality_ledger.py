"""The quality ledger only grows, and what cannot be read in it is counted."""

from pathlib import Path

import msgspec
import pytest

from fuzzer.store.artifact_store import LocalStore
from fuzzer.store.decision import RunMode
from fuzzer.store.quality_ledger import LEDGER_NAME, LedgerEntry, add_entry, read_ledger
from fuzzer.store.regression_tests import GateVerdict

ENTRY = LedgerEntry(
    created_utc="2026-11-21T12:00:00Z",
    gate_id="c",
    run_mode=RunMode.CORE,
    verdict=GateVerdict.ALLOW,
    severity_score=0,
    reasons=(),
    metrics={"comparisons": 3},
    gates={"compared_ok": True},
)


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path)


def test_entries_come_back_in_their_order(store: LocalStore) -> None:
    assert read_ledger(store) == ([], 0)
    other = msgspec.structs.replace(ENTRY, gate_id="d")
    add_entry(store, ENTRY)
    add_entry(store, other)
    assert read_ledger(store) == ([ENTRY, other], 0)


def test_what_a_killed_writer_left_costs_that_line_alone(store: LocalStore) -> None:
    add_entry(store, ENTRY)
    (store.root / LEDGER_NAME).write_bytes(store.get(LEDGER_NAME) + b'{"created_utc": "20')
    add_entry(store, ENTRY)
    assert read_ledger(store) == ([ENTRY, ENTRY], 1)


@pytest.mark.parametrize("line", [b"\xff", b"[]", b"{}", msgspec.json.encode(ENTRY)[:-2] + b"99}"])
def test_damaged_foreign_and_newer_lines_are_passed_over_and_counted(store: LocalStore, line: bytes) -> None:
    (store.root / LEDGER_NAME).write_bytes(line + b"\n\n")
    add_entry(store, ENTRY)
    assert read_ledger(store) == ([ENTRY], 1)
