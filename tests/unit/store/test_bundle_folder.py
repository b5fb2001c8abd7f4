"""A bundle is written in order: the index first, the evidence when everything else is there."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from memory_store import MemoryStore

from fuzzer.errors import StoreError, UsageError
from fuzzer.store.artifact_store import ArtifactFile, ArtifactStore, LocalStore
from fuzzer.store.bundle import BundleEvent, BundleResult, ConfigSnapshot, FoundRun, ToolCall, Versions
from fuzzer.store.bundle_folder import (
    BundleFolder,
    begin_bundle,
    bundle_paths,
    find_bundle,
    read_events,
    read_scorecard,
)
from fuzzer.store.seal import broken_seal, read_index, seal_again

NOW = datetime(2026, 11, 26, 20, 0, 0, tzinfo=UTC)
VERSIONS = Versions(fuzz="0.1.0", python="3.11.7", git_sha="", git_dirty=True, targets=())
CONFIG = ConfigSnapshot(
    command=("run", "--core", "fib"), settings={}, request={"repeat": 1}, cores=(), targets=(), allowed=()
)
SEEN = BundleEvent(type="case", at=0.1, case="fib/fib_24.json", verdicts={"sp1": "agree"})
CALL = ToolCall(
    name="sp1-runner",
    target="sp1",
    arguments=(),
    version="6.10.0",
    sha256="ab",
    started=2,
    ended={"exit code 0": 2},
)


def begun(store: ArtifactStore, name: str = "fib") -> BundleFolder:
    folder = begin_bundle(store, created=NOW, name=name)
    folder.begin(CONFIG, VERSIONS, created_utc="2026-11-26T20:00:00Z")
    return folder


def end(folder: BundleFolder, *findings: FoundRun) -> None:
    folder.end(
        status="Complete",
        error_summary="",
        exit_code=0,
        ended=NOW,
        seconds=1.0,
        result=BundleResult(totals={"cases": 1}, findings=findings, verdicts_sha256="cd"),
        metrics={"cases": 1},
        calls=[CALL],
    )


def evidence(store: MemoryStore, folder: BundleFolder) -> dict[str, str]:
    document = json.loads(store.get(f"{folder.path}/evidence.json"))
    return {file["path"]: file["sha256"] for file in document["files"]}


def test_a_bundle_that_goes_on_says_so_and_has_no_evidence() -> None:
    store = MemoryStore()
    folder = begun(store)
    folder.add([SEEN])
    index = read_index(store, folder.path)
    assert (index.status, index.ended_utc, index.result) == ("Running", "", None)
    assert not store.exists(f"{folder.path}/evidence.json")
    assert read_scorecard(store, folder.path) is None
    assert read_events(store, folder.path) == [SEEN]


def test_the_evidence_names_every_other_file_with_its_hash() -> None:
    store = MemoryStore()
    folder = begun(store)
    folder.add([SEEN])
    end(folder)
    named = evidence(store, folder)
    assert sorted(named) == [
        "config.snapshot.json",
        "eval/scorecard.json",
        "events.jsonl",
        "run.json",
        "tool_calls.json",
    ]
    for path, digest in named.items():
        assert hashlib.sha256(store.get(f"{folder.path}/{path}")).hexdigest() == digest
    index = read_index(store, folder.path)
    assert index.config_sha256 == named["config.snapshot.json"]
    assert set(index.files.values()) == {*named, "evidence.json"} - {"run.json"}


def test_a_bundle_that_goes_on_again_takes_its_evidence_back_and_keeps_its_events() -> None:
    store = MemoryStore()
    folder = begun(store)
    folder.add([SEEN])
    end(folder)
    store.append(f"{folder.path}/events.jsonl", b'{"type":"ca')  # a killed writer
    again = BundleFolder(store, folder.path)
    again.begin(CONFIG, VERSIONS, created_utc="2026-11-26T20:00:00Z")
    assert not store.exists(f"{folder.path}/evidence.json")
    again.add([SEEN])
    assert read_events(store, folder.path) == [SEEN, SEEN], "the torn line is passed over"


def test_what_a_gate_adds_is_sealed_and_pointed_at() -> None:
    store = MemoryStore()
    folder = begun(store)
    seal_again(store, folder.path, ["eval/gate.json"])
    assert not store.exists(f"{folder.path}/evidence.json"), "one that goes on is not sealed"
    end(folder)
    store.put([ArtifactFile(f"{folder.path}/eval/gate.json", b"{}")])
    seal_again(store, folder.path, ["eval/gate.json"])
    assert "eval/gate.json" in evidence(store, folder)
    assert read_index(store, folder.path).files["gate"] == "eval/gate.json"
    digest = hashlib.sha256(store.get(f"{folder.path}/run.json")).hexdigest()
    assert evidence(store, folder)["run.json"] == digest


def test_what_was_changed_after_the_end_is_named_and_stays_so() -> None:
    store = MemoryStore()
    folder = begun(store)
    assert broken_seal(store, folder.path) == {}, "one that goes on has no evidence yet"
    end(folder)
    assert broken_seal(store, folder.path) == {}
    store.put(
        [ArtifactFile(f"{folder.path}/{name}", b"{}") for name in ("run.json.bak", "eval/scorecard.json")]
    )
    store.delete(f"{folder.path}/tool_calls.json")
    wrong = {
        "eval/scorecard.json": "has another SHA-256 than evidence.json says",
        "run.json.bak": "is not listed in evidence.json",
        "tool_calls.json": "is not there, and evidence.json lists it",
    }
    assert broken_seal(store, folder.path) == wrong
    store.put([ArtifactFile(f"{folder.path}/eval/gate.json", b"{}")])
    seal_again(store, folder.path, ["eval/gate.json"])
    assert broken_seal(store, folder.path) == wrong, "sealing what a gate wrote does not cover it up"


def test_a_bundle_that_has_ended_without_evidence_is_told() -> None:
    store = MemoryStore()
    folder = begun(store)
    end(folder)
    store.delete(f"{folder.path}/evidence.json")
    assert broken_seal(store, folder.path) == {"evidence.json": "is not there, and the bundle has ended"}


def test_two_that_seal_at_once_lose_nothing_of_each_other(tmp_path: Path) -> None:
    folder = begun(LocalStore(tmp_path))
    end(folder)

    def write(name: str) -> None:
        store = LocalStore(tmp_path)
        for number in range(5):
            with store.lock():
                store.put([ArtifactFile(f"{folder.path}/{name}", f"{number}".encode())], durable=False)
            seal_again(store, folder.path, [name])

    with ThreadPoolExecutor() as pool:
        list(pool.map(write, ["a", "b", "c"]))
    assert broken_seal(LocalStore(tmp_path), folder.path) == {}


def test_two_at_once_have_a_folder_each() -> None:
    store = MemoryStore()
    paths = [begun(store).path, begun(store).path]
    assert paths == ["bundles/20261126_200000_fib", "bundles/20261126_200000_fib_2"]
    assert bundle_paths(store) == paths[::-1]


def test_bundles_are_found_by_id_beginning_folder_and_latest() -> None:
    store = MemoryStore()
    first, second = begun(store, "fib").path, begun(store, "io").path
    assert find_bundle(store, "latest") == second
    assert find_bundle(store, "20261126_200000_f") == first
    assert find_bundle(store, f"artifacts/{first}/") == first
    with pytest.raises(UsageError, match="more than one"):
        find_bundle(store, "20261126")
    with pytest.raises(UsageError, match="no bundle is called"):
        find_bundle(store, "nothing")
    with pytest.raises(UsageError, match="no bundle yet"):
        find_bundle(MemoryStore(), "latest")


def test_an_end_without_a_beginning_is_a_mistake() -> None:
    with pytest.raises(StoreError, match="not begun"):
        end(BundleFolder(MemoryStore(), "bundles/x"))
