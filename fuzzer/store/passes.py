"""How each case of a campaign ended, in compressed columns: `campaigns/<id>/passes/<kind>-<number>.npz`.

A case is known by its index, and the campaign's journal says how to make it again, so a row needs a few
bytes only. Shards are written whole; a case that was run again after a kill may be in two, and the later one
counts.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence

import msgspec
import numpy as np

from fuzzer.errors import StoreError
from fuzzer.model import SCHEMA_VERSION, Status
from fuzzer.store.artifact_store import ArtifactFile, ArtifactStore

PASSES = "passes"
STATUSES = tuple(Status)
"""A status is stored as its place here: further ones are added at the end only."""
VERDICTS = ("agree", "diverge", "inconclusive", "rejected")
AGREE, DIVERGE, INCONCLUSIVE, REJECTED = range(len(VERDICTS))
INPUTS, PROGRAMS = "inputs", "programs"
"""Kinds of shards."""
UNKNOWN_CYCLES = (1 << 64) - 1

_ROWS = 1 << 14
"""Rows of a full shard: the one that is open is written anew every few seconds, so it is to be small. Four
times as many take 4 % less room, and three times the processor time."""
_SHARD = re.compile(r"(inputs|programs)-([0-9]+)\.npz")
_LONGEST_US = (1 << 32) - 1


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """Cases of one part with indices in a row, as columns of little-endian numbers."""

    kind: str
    """`INPUTS` or `PROGRAMS`: those of one kind have the same targets."""
    part: str
    worker: int = 0
    first: int
    count: int
    targets: tuple[str, ...]
    """The reference first."""
    statuses: bytes
    """A byte for each case and target, one case after the other."""
    verdicts: bytes
    """A byte for each case."""
    micros: bytes = b""
    """Wall time by case and target in 32 bits each, in microseconds; empty where it is not known."""
    cycles: bytes = b""
    """By case, in 64 bits each; all ones where it is not known."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """How one case ended."""

    part: str
    worker: int
    index: int
    statuses: tuple[Status, ...]
    verdict: str
    micros: tuple[int, ...]
    cycles: int | None


class BlockBuilder:
    """Gathers the cases of a block."""

    def __init__(self) -> None:
        self._statuses = bytearray()
        self._verdicts = bytearray()
        self._micros: list[int] = []
        self._cycles: list[int] = []

    def add(
        self, statuses: Sequence[Status], verdict: int, nanoseconds: Sequence[int], cycles: int | None
    ) -> None:
        """Take the next case."""
        self._statuses += status_codes(statuses)
        self._verdicts.append(verdict)
        self._micros += [min(_LONGEST_US, value // 1000) for value in nanoseconds]
        self._cycles.append(UNKNOWN_CYCLES if cycles is None else cycles)

    def block(self, part: str, worker: int, first: int, targets: Sequence[str]) -> Block:
        """All of them."""
        return Block(
            kind=INPUTS,
            part=part,
            worker=worker,
            first=first,
            count=len(self._verdicts),
            targets=tuple(targets),
            statuses=bytes(self._statuses),
            verdicts=bytes(self._verdicts),
            micros=np.array(self._micros, "<u4").tobytes() if any(self._micros) else b"",
            cycles=np.array(self._cycles, "<u8").tobytes(),
        )


_CODES = {status: code for code, status in enumerate(STATUSES)}


def status_codes(statuses: Iterable[Status]) -> bytes:
    """A byte for each status."""
    return bytes(_CODES[status] for status in statuses)


class PassShards:
    """Writes blocks into the shards of one campaign; `flush` makes them last."""

    def __init__(self, store: ArtifactStore, folder: str) -> None:
        self._store = store
        self._folder = f"{folder}/{PASSES}"
        taken = (int(match[2]) for match in map(_SHARD.fullmatch, store.list(self._folder)) if match)
        self._next = max(taken, default=0) + 1
        self._open: dict[str, tuple[int, list[Block]]] = {}
        self._changed: set[str] = set()

    def add(self, block: Block) -> None:
        """Take a block."""
        kind = block.kind
        if kind not in self._open:
            self._open[kind] = (self._next, [])
            self._next += 1
        self._open[kind][1].append(block)
        self._changed.add(kind)

    def flush(self) -> None:
        """Write what has changed: the shard that is open as a whole again, until it is full.

        Raises:
            StoreError: it cannot be written.
        """
        changed, self._changed = self._changed, set()
        for kind in changed:
            number, blocks = self._open[kind]
            path = f"{self._folder}/{kind}-{number:06}.npz"
            self._store.put([ArtifactFile(path, _encode(blocks), exact=True)])
            if sum(block.count for block in blocks) >= _ROWS:
                del self._open[kind]


def read_rows(store: ArtifactStore, folder: str, kind: str) -> Iterator[tuple[tuple[str, ...], list[Row]]]:
    """The rows of each shard of a kind, with the names of its targets, in the order of writing.

    Raises:
        StoreError: a shard is damaged, or of a newer version.
    """
    for name in store.list(f"{folder}/{PASSES}"):
        match = _SHARD.fullmatch(name)
        if match and match[1] == kind:
            yield from _decode(store.get(f"{folder}/{PASSES}/{name}"), name)


def find_row(
    store: ArtifactStore, folder: str, kind: str, *, worker: int, index: int
) -> tuple[tuple[str, ...], Row] | None:
    """The row of one case with the names of its targets, of the shard that counts; None where it has none.

    Raises:
        StoreError: a shard is damaged, or of a newer version.
    """
    for name in reversed(store.list(f"{folder}/{PASSES}")):
        match = _SHARD.fullmatch(name)
        if match and match[1] == kind:
            for targets, rows in _decode(store.get(f"{folder}/{PASSES}/{name}"), name):
                for row in reversed(rows):
                    if row.worker == worker and row.index == index:
                        return targets, row
    return None


def _encode(blocks: Sequence[Block]) -> bytes:
    parts = sorted({block.part for block in blocks})
    targets = blocks[0].targets
    rows = sum(block.count for block in blocks)
    micros = [
        np.frombuffer(block.micros, "<u4") if block.micros else np.zeros(block.count * len(targets), "<u4")
        for block in blocks
    ]
    heads = [(parts.index(block.part), block.worker, block.first, block.count) for block in blocks]
    packed = io.BytesIO()
    np.savez_compressed(
        packed,
        schema_version=np.array(SCHEMA_VERSION),
        parts=np.array(parts),
        targets=np.array(targets),
        blocks=np.array(heads, "<i8"),
        # Column by column: neighbours are alike, and small when compressed.
        statuses=np.frombuffer(b"".join(block.statuses for block in blocks), "u1").reshape(rows, -1).T.copy(),
        verdicts=np.frombuffer(b"".join(block.verdicts for block in blocks), "u1"),
        micros=np.concatenate(micros).reshape(rows, -1).T.copy(),
        cycles=np.frombuffer(b"".join(block.cycles for block in blocks), "<u8"),
    )
    return packed.getvalue()


def _decode(data: bytes, name: str) -> Iterator[tuple[tuple[str, ...], list[Row]]]:
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as shard:
            if int(shard["schema_version"]) > SCHEMA_VERSION:
                raise StoreError(
                    f"{name} has schema version {int(shard['schema_version'])}, "
                    f"this `fuzz` reads up to {SCHEMA_VERSION}",
                    hint="use the `fuzz` that wrote it, or a newer one",
                )
            parts, targets = shard["parts"].tolist(), tuple(shard["targets"].tolist())
            statuses, micros = shard["statuses"].T.tolist(), shard["micros"].T.tolist()
            verdicts, cycles = shard["verdicts"].tolist(), shard["cycles"].tolist()
            heads = shard["blocks"].tolist()
    except (ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
        raise StoreError(f"{name} is no shard of passes: {error}", hint="it may be damaged") from None
    rows, at = [], 0
    for part, worker, first, count in heads:
        for index in range(first, first + count):
            rows.append(
                Row(
                    part=parts[part],
                    worker=worker,
                    index=index,
                    statuses=tuple(STATUSES[code] for code in statuses[at]),
                    verdict=VERDICTS[verdicts[at]],
                    micros=tuple(micros[at]),
                    cycles=None if cycles[at] == UNKNOWN_CYCLES else cycles[at],
                )
            )
            at += 1
    yield targets, rows
