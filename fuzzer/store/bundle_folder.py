"""Writing and reading a bundle: its index first, its evidence last and only when everything else is there."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from fuzzer.errors import StoreError, UsageError, closest
from fuzzer.store.artifact_store import ArtifactFile, ArtifactStore
from fuzzer.store.bundle import (
    BUNDLES,
    CONFIG_NAME,
    EVENTS_NAME,
    EVIDENCE_NAME,
    GATE_NAME,
    INDEX_NAME,
    SCORECARD_NAME,
    TOOL_CALLS_NAME,
    BundleEvent,
    BundleIndex,
    BundleResult,
    ConfigSnapshot,
    Scorecard,
    ToolCall,
    ToolCalls,
    Versions,
)
from fuzzer.store.campaign import CAMPAIGNS, LATEST, RUNNING
from fuzzer.store.document import decode_document
from fuzzer.store.run_id import free_id
from fuzzer.store.run_log import encode_document
from fuzzer.store.seal import seal
from fuzzer.store.utc import utc_text

_encoder = msgspec.json.Encoder()
_decode_event = msgspec.json.Decoder(BundleEvent).decode


class BundleFolder:
    """A bundle that is being written."""

    def __init__(self, store: ArtifactStore, path: str) -> None:
        self._store = store
        self.path = path
        self._index: BundleIndex | None = None

    @property
    def run_id(self) -> str:
        """Name of the folder."""
        return self.path.rpartition("/")[2]

    def begin(self, config: ConfigSnapshot, versions: Versions, *, created_utc: str) -> None:
        """Write what is known before anything has run; evidence of an earlier part is taken back."""
        snapshot = self._store.as_kept(self._file(CONFIG_NAME, encode_document(config)))
        self._index = BundleIndex(
            run_id=self.run_id,
            command=config.command,
            created_utc=created_utc,
            status=RUNNING,
            config_sha256=hashlib.sha256(snapshot.data).hexdigest(),
            versions=versions,
            files={"config": CONFIG_NAME, "events": EVENTS_NAME},
        )
        self._store.delete(f"{self.path}/{EVIDENCE_NAME}")
        events = f"{self.path}/{EVENTS_NAME}"
        files = [snapshot, self._file(INDEX_NAME, encode_document(self._index))]
        if not self._store.exists(events):
            files.insert(0, self._file(EVENTS_NAME, b""))
        elif self._store.get(events, start=-1) not in (b"", b"\n"):
            self._store.append(events, b"\n")  # behind what a killed writer left unfinished
        self._store.put(files, durable=False)

    def add(self, events: Sequence[BundleEvent]) -> None:
        """Add lines to `events.jsonl`."""
        if events:
            data = b"".join(_encoder.encode(event) + b"\n" for event in events)
            self._store.append(f"{self.path}/{EVENTS_NAME}", data)

    def end(
        self,
        *,
        status: str,
        error_summary: str,
        exit_code: int | None,
        ended: datetime,
        seconds: float,
        result: BundleResult,
        metrics: Mapping[str, int | float],
        calls: Sequence[ToolCall],
    ) -> None:
        """Write the rest, and the evidence of all of it."""
        if self._index is None:
            raise StoreError(f"the bundle {self.path} was not begun")
        named = {"tool_calls": TOOL_CALLS_NAME, "scorecard": SCORECARD_NAME, "evidence": EVIDENCE_NAME}
        if self._store.exists(f"{self.path}/{GATE_NAME}"):
            named["gate"] = GATE_NAME
        index = msgspec.structs.replace(
            self._index,
            status=status,
            error_summary=error_summary,
            exit_code=exit_code,
            ended_utc=utc_text(ended),
            seconds=round(seconds, 3),
            files={**self._index.files, **named},
            result=result,
        )
        self._store.put(
            [
                self._file(
                    TOOL_CALLS_NAME, encode_document(ToolCalls(run_id=self.run_id, calls=tuple(calls)))
                ),
                self._file(SCORECARD_NAME, encode_document(Scorecard(run_id=self.run_id, metrics=metrics))),
                self._file(INDEX_NAME, encode_document(index)),
            ],
            durable=False,
        )
        seal(self._store, self.path)

    def _file(self, name: str, data: bytes) -> ArtifactFile:
        return ArtifactFile(f"{self.path}/{name}", data)


def begin_bundle(store: ArtifactStore, *, created: datetime, name: str) -> BundleFolder:
    """A folder that no other run has."""
    with store.lock():
        run_id = free_id(store, BUNDLES, created=created, name=name)
        store.put([ArtifactFile(f"{BUNDLES}/{run_id}/{EVENTS_NAME}", b"")], durable=False)
    return BundleFolder(store, f"{BUNDLES}/{run_id}")


def bundle_paths(store: ArtifactStore) -> list[str]:
    """The bundles of the artifacts, of runs and of campaigns, the newest first."""
    found = [
        f"{folder}/{name.rstrip('/')}"
        for folder in (BUNDLES, CAMPAIGNS)
        for name in store.list(folder)
        if name.endswith("/") and store.exists(f"{folder}/{name}{INDEX_NAME}")
    ]
    return sorted(found, key=lambda path: path.rpartition("/")[2], reverse=True)


def find_bundle(store: ArtifactStore, given: str) -> str:
    """The path of the bundle that is meant: an id, the beginning of one, its folder, or `latest`.

    Raises:
        UsageError: there is none, or more than one.
    """
    paths = bundle_paths(store)
    name = given.rstrip("/").rpartition("/")[2]
    if not paths:
        raise UsageError("there is no bundle yet", hint="`fuzz run` and `fuzz campaign` leave one each")
    if name == LATEST:
        return paths[0]
    ids = {path.rpartition("/")[2]: path for path in reversed(paths)}
    if name in ids:
        return ids[name]
    begun = [run_id for run_id in ids if name and run_id.startswith(name)]
    if len(begun) == 1:
        return ids[begun[0]]
    hint = f"it could be {' or '.join(begun[:3])}" if begun else closest(name, [*ids, LATEST])
    raise UsageError(f"{'more than one' if begun else 'no'} bundle is called `{given}`", hint=hint)


def read_config(store: ArtifactStore, path: str) -> ConfigSnapshot:
    """What a bundle was asked.

    Raises:
        StoreError: it is damaged, or of a newer version.
    """
    name = f"{path}/{CONFIG_NAME}"
    return decode_document(store.get(name), ConfigSnapshot, name=name, what="the configuration of a bundle")


def read_scorecard(store: ArtifactStore, path: str) -> Scorecard | None:
    """What a bundle counted; None while it goes on.

    Raises:
        StoreError: it is damaged, or of a newer version.
    """
    name = f"{path}/{SCORECARD_NAME}"
    if not store.exists(name):
        return None
    return decode_document(store.get(name), Scorecard, name=name, what="a scorecard")


def read_events(store: ArtifactStore, path: str) -> list[BundleEvent]:
    """The events of a bundle; lines that cannot be read, such as a torn last one, are left out."""
    events = []
    name = f"{path}/{EVENTS_NAME}"
    for line in store.get(name).splitlines() if store.exists(name) else []:
        try:
            events.append(_decode_event(line))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
    return events
