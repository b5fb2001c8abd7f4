"""A file that only grows, record by record: what a campaign remembers when its machine does not.

Each line is a JSON object whose last field, `crc`, is the CRC-32 of everything before it. A line is there
whole or it does not count: at the next opening everything from the first broken line on is moved to a file
beside it, so that nothing that is appended later stands behind garbage.
"""

import errno
import os
import warnings
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import filelock
import msgspec

from fuzzer.errors import StoreError
from fuzzer.store.redact import Redactor, SecretWarning, redactor_of_process

_SEPARATOR = b',"crc":"'
_TAIL = len(_SEPARATOR) + 8 + len(b'"}')
_SYNC_SECONDS = 1.0
_TEXTS = frozenset({"signature", "input_name", "base_seed", "repeated"})
"""Keys of what people read, and nothing is made of: secrets are taken out of it."""


class Cut(msgspec.Struct, frozen=True):
    """What was found behind the last good line, and where it went."""

    bytes: int
    lines: int
    """Whole lines in it, which a killed writer does not leave."""
    kept: str
    """Name of the file beside the journal that holds it; empty when there was nothing to cut."""


class JournalFile:
    """An open journal; no other process can open it meanwhile.

    Every record is with the operating system when `append` returns, so that killing the process loses none.
    A power cut loses none of those that were appended as `durable`, and of others those of the last second.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float], redactor: Redactor | None = None) -> None:
        """Open a journal, or begin one.

        Raises:
            StoreError: another process has it open, or it cannot be read or written.
        """
        self.path = path
        self._clock = clock
        self._redactor = redactor or redactor_of_process()
        self._synced = clock()
        with _plain_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = filelock.FileLock(path.with_name(f".{path.name}.lock"))
            try:
                self._lock.acquire(timeout=0)
            except filelock.Timeout:
                raise StoreError(
                    f"another process works on {path.parent.name}", hint="wait for it, or end it"
                ) from None
            try:
                self.records, self.cut = _mend(path)
                self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
                self._size = os.fstat(self._file).st_size
                _sync_folder(path.parent)
            except BaseException:
                self._lock.release()
                raise

    def __enter__(self) -> Self:
        """It is open already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def append(self, record: bytes, *, durable: bool = False) -> None:
        """Add a record, a JSON object with at least one field: all of it, or none.

        Secrets are taken out of its texts. Cases are made again from all the rest, so that one which stands
        there is kept, and is a `SecretWarning`.

        Raises:
            StoreError: the disk is full, or does not take it for another reason.
        """
        record = self._redactor.clean_record(record, names=_TEXTS)
        for name in self._redactor.names_in(record):
            text = f"{self.path.name} holds the value of {name}; it is kept, since cases are made of it"
            warnings.warn(text, SecretWarning, stacklevel=2)
        line = _line(record)
        with _plain_errors(self.path):
            try:
                _write_all(self._file, line)
            except BaseException:
                os.ftruncate(self._file, self._size)
                raise
            self._size += len(line)
            # Also when the clock has jumped back.
            if durable or not 0 <= self._clock() - self._synced < _SYNC_SECONDS:
                os.fsync(self._file)
                self._synced = self._clock()

    def close(self) -> None:
        """Write everything to the disk and let others open it; may be called again."""
        if self._file >= 0:
            with _plain_errors(self.path):
                os.fsync(self._file)
            os.close(self._file)
            self._file = -1
            self._lock.release()


def read_journal(path: Path) -> list[bytes]:
    """The good records of a journal that may be in use; what is broken at its end is passed over.

    Raises:
        StoreError: it cannot be read.
    """
    with _plain_errors(path):
        return [record for record, _ in _good_lines(path.read_bytes())]


def _line(record: bytes) -> bytes:
    body = record.rstrip()[:-1]
    return body + _SEPARATOR + b"%08x" % zlib.crc32(body) + b'"}\n'


def _good_lines(data: bytes) -> Iterator[tuple[bytes, int]]:
    """Records up to the first broken line, each with the offset behind its line."""
    start = 0
    while (newline := data.find(b"\n", start)) >= 0:
        line = data[start:newline]
        body, tail = line[:-_TAIL], line[-_TAIL:]
        if not body or tail != _SEPARATOR + b"%08x" % zlib.crc32(body) + b'"}':
            return
        start = newline + 1
        yield body + b"}", start


def _mend(path: Path) -> tuple[list[bytes], Cut]:
    """The records of a journal, whose broken end is moved away."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return [], Cut(0, 0, "")
    records, end = [], 0
    for record, behind in _good_lines(data):
        records.append(record)
        end = behind
    if end == len(data):
        return records, Cut(0, 0, "")
    number = 1
    while (kept := path.with_name(f"{path.stem}.cut-{number}")).exists():
        number += 1
    rest = data[end:]
    with kept.open("xb") as file:
        file.write(rest)
        file.flush()
        os.fsync(file.fileno())
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.ftruncate(descriptor, end)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return records, Cut(len(rest), rest.count(b"\n"), kept.name)


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class _plain_errors:  # noqa: N801 -- used like a function
    """Say in plain words what the system refused to do with a file."""

    def __init__(self, path: Path) -> None:
        self._name = path.name

    def __enter__(self) -> None:
        """Nothing yet."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Turn an `OSError` into a `StoreError`."""
        if isinstance(error, OSError):
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            raise StoreError(
                f"the journal {self._name}: {'the disk is full' if full else error.strerror or error}",
                hint="make room there; what was written before stays, and `--resume` goes on from it"
                if full
                else "check the artifacts folder",
            ) from error
