"""`quality_ledger.jsonl`: one line for each gate that was run, oldest first; the file only grows."""

from collections.abc import Mapping

import msgspec

from fuzzer.model import SCHEMA_VERSION
from fuzzer.store.artifact_store import ArtifactStore
from fuzzer.store.decision import RunMode
from fuzzer.store.regression_tests import GateVerdict
from fuzzer.store.status import Metric

LEDGER_NAME = "quality_ledger.jsonl"


class LedgerEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One gate."""

    created_utc: str
    gate_id: str
    run_mode: RunMode
    verdict: GateVerdict
    severity_score: int
    reasons: tuple[str, ...]
    metrics: Mapping[str, Metric]
    gates: Mapping[str, bool]
    report_sha256: str = ""
    schema_version: int = SCHEMA_VERSION


def add_entry(store: ArtifactStore, entry: LedgerEntry) -> None:
    """Add a gate at the end, on a line of its own whatever a killed writer left unfinished."""
    with store.lock():
        line = msgspec.json.encode(entry) + b"\n"
        if store.exists(LEDGER_NAME) and not store.get(LEDGER_NAME, start=-1).endswith(b"\n"):
            line = b"\n" + line
        store.append(LEDGER_NAME, line)


def read_ledger(store: ArtifactStore) -> tuple[list[LedgerEntry], int]:
    """All entries, and how many lines cannot be read: damaged ones, and those of a newer version."""
    if not store.exists(LEDGER_NAME):
        return [], 0
    entries, damaged = [], 0
    for line in store.get(LEDGER_NAME).splitlines():
        try:
            entry = msgspec.json.decode(line, type=LedgerEntry)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            damaged += bool(line.strip())
            continue
        if entry.schema_version > SCHEMA_VERSION:
            damaged += 1
        else:
            entries.append(entry)
    return entries, damaged
