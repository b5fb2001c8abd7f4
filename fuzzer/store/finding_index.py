"""Which findings there are, without reading all of `summary.csv` each time.

The hidden file `.findings.json` remembers what was found up to a place in the summary; only what was added
since is looked at. It may be lost or wrong at any time: then the summary is gone through once.
"""

import hashlib
from collections.abc import Iterator
from contextlib import suppress

import msgspec

from fuzzer.errors import StoreError
from fuzzer.store.artifact_store import ArtifactFile, ArtifactStore
from fuzzer.store.finding import RUN_LOG_NAME
from fuzzer.store.summary import COLUMNS, SUMMARY_PATH, decode_fields, decode_header
from fuzzer.triage.findings import FoundRun, LogHead

INDEX_PATH = ".findings.json"
_VERSION = 1
_CHUNK = 16 << 20
_TAIL = 256
"""How many bytes in front of the place are looked at to see that the file is still the same."""
_LONGEST_HEADER = 1 << 16
_NOT_EQUAL = b",false,"
_RUN_ID, _EQUAL, _REASON = (COLUMNS.index(name) for name in ("run_id", "equal", "reason"))
_decode_head = msgspec.json.Decoder(LogHead).decode


class _Index(msgspec.Struct):
    """The document."""

    version: int = _VERSION
    offset: int = 0
    """Everything in front of it was looked at."""
    tail: str = ""
    width: int = len(COLUMNS)
    """Columns of the summary."""
    runs: list[FoundRun] = msgspec.field(default_factory=list)
    unreadable: int = 0
    """Runs that differ and whose log cannot be read, or tells of no difference."""


class FindingIndex:
    """The findings of a store."""

    def __init__(self, store: ArtifactStore) -> None:
        self._store = store
        self._index = _Index()

    def runs(self) -> list[FoundRun]:
        """Every run that differs, in the order of the summary; the folder may be read-only.

        Raises:
            StoreError: the summary is none.
        """
        self._index = self._remembered()
        if self._advance():
            data = msgspec.json.encode(self._index)
            with suppress(StoreError):  # a folder that cannot be written can still be looked at
                self._store.put([ArtifactFile(INDEX_PATH, data)], durable=False)
        return self._index.runs

    @property
    def unreadable(self) -> int:
        """How many runs that differ have no log that can be read and says so."""
        return self._index.unreadable

    def _remembered(self) -> _Index:
        """What was found before, if the summary still begins with what was looked at then."""
        if not self._store.exists(INDEX_PATH):
            return _Index()
        try:
            index = msgspec.json.decode(self._store.get(INDEX_PATH), type=_Index)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return _Index()
        same = index.version == _VERSION and index.offset and index.tail == self._tail(index.offset)
        return index if same else _Index()

    def _tail(self, offset: int) -> str:
        if not self._store.exists(SUMMARY_PATH):
            return ""
        start = max(0, offset - _TAIL)
        return hashlib.sha256(self._store.get(SUMMARY_PATH, start=start, length=offset - start)).hexdigest()

    def _advance(self) -> bool:
        """Look at what was added to the summary; whether there was anything."""
        index = self._index
        if not self._store.exists(SUMMARY_PATH):
            return False
        before = index.offset
        if before == 0:
            index.width = self._width()
        known = {run.run_id for run in index.runs}
        for chunk in self._chunks(before):
            for run_id in _differing(chunk, index.width):
                if run_id not in known:
                    known.add(run_id)
                    self._add(run_id)
            index.offset += len(chunk)
        if index.offset > before:
            index.tail = self._tail(index.offset)
        return index.offset > before

    def _width(self) -> int:
        """How many columns the summary has; a file that is none must not pass for one without findings."""
        head = self._store.get(SUMMARY_PATH, start=0, length=_LONGEST_HEADER)
        columns = decode_header(head[: head.find(b"\n") + 1]) if head else COLUMNS
        if columns is None:
            raise StoreError(
                f"{SUMMARY_PATH} does not begin with its header: {','.join(COLUMNS[:3])},…",
                hint="it is damaged or another file: put the right one back, `fuzz validate` looks at it",
            )
        return len(columns)

    def _chunks(self, offset: int) -> Iterator[bytes]:
        """Whole lines from an offset on."""
        rest = b""
        while data := self._store.get(SUMMARY_PATH, start=offset, length=_CHUNK):
            offset += len(data)
            data = rest + data
            end = data.rfind(b"\n") + 1
            rest = data[end:]
            if end:
                yield data[:end]

    def _add(self, run_id: str) -> None:
        try:
            found = _decode_head(self._store.get(f"{run_id}/{RUN_LOG_NAME}")).found()
        except (StoreError, msgspec.DecodeError, UnicodeDecodeError):
            found = None
        if found:
            self._index.runs.append(found)
        else:  # a log that tells of no difference is not the one that was written with the row
            self._index.unreadable += 1


def _differing(chunk: bytes, width: int) -> Iterator[str]:
    """The runs of rows that are not equal, though something was compared."""
    at = 0
    while (at := chunk.find(_NOT_EQUAL, at)) >= 0:
        start = chunk.rfind(b"\n", 0, at) + 1
        end = chunk.find(b"\n", at) + 1
        fields = decode_fields(chunk[start:end], width=width)
        at = end
        # What was planted says so in front of its reason.
        if fields and fields[_EQUAL] == "false" and "inconclusive:" not in fields[_REASON]:
            yield fields[_RUN_ID]
