"""Where artifacts are kept: the interface, and the local folder behind it.

A file's name is a relative path with `/`. A file is there whole or not at all, whatever is killed or
fills up.
"""

import errno
import os
import secrets
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Protocol

import filelock
import msgspec

from fuzzer.errors import StoreError
from fuzzer.store.redact import Redactor, SecretWarning, redactor_of_process

LOCK_SECONDS = 60.0
"""How long a writer waits for the others; each holds the lock for a batch, well under a second."""

_LOCK_POLL_SECONDS = 0.002
_LOCK_NAME = ".lock"
_TEMPORARY = ".tmp"


class ArtifactFile(msgspec.Struct, frozen=True):
    """One file to keep."""

    path: str
    data: bytes
    executable: bool = False
    exact: bool = False
    """Whether every byte counts, so that not even a secret is taken out."""


class ArtifactStore(Protocol):
    """What a place for artifacts can do."""

    def put(self, files: Sequence[ArtifactFile], *, durable: bool = True) -> None:
        """Keep these files, replacing any of the same name; they become visible one by one, in this order.

        When `durable`, they survive a power cut from here on.
        """

    def as_kept(self, file: ArtifactFile) -> ArtifactFile:
        """The file as `put` keeps it, without secrets; who writes hashes down takes them of this one."""

    def get(self, path: str, *, start: int = 0, length: int | None = None) -> bytes:
        """The bytes of a file or of a part of it; a negative `start` counts from the end."""

    def append(self, path: str, data: bytes) -> None:
        """Add all of these bytes to the end of a file, or none of them."""

    def list(self, folder: str = "") -> list[str]:
        """The names in a folder, sorted, those of folders with a trailing `/`; hidden ones are left out."""

    def exists(self, path: str) -> bool:
        """Whether there is a file or a folder of this name."""

    def delete(self, path: str) -> None:
        """Remove a file if it is there, and folders that have nothing in them then."""

    def sweep(self) -> None:
        """Remove what a killed writer left unfinished; slow in a large store."""

    def lock(self) -> AbstractContextManager[None]:
        """Keep all other writers out, in this process and in others; may be nested."""


class LocalStore:
    """Artifacts in a folder of this machine, made when it is first written to.

    Secrets are taken out of all that is written but exact files.
    """

    def __init__(self, root: Path, *, redactor: Redactor | None = None) -> None:
        self.root = root
        self._redactor = redactor or redactor_of_process()
        self._lock = filelock.FileLock(root / _LOCK_NAME, timeout=LOCK_SECONDS)

    def put(self, files: Sequence[ArtifactFile], *, durable: bool = True) -> None:
        """See `ArtifactStore.put`: temporary files beside the final ones, which then take their names."""
        pending: list[tuple[Path, Path]] = []
        with self.lock():
            try:
                for file in map(self.as_kept, files):
                    path = self._path(file.path)
                    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}{_TEMPORARY}")
                    with _plain_errors(file.path):
                        path.parent.mkdir(parents=True, exist_ok=True)
                        pending.append((temporary, path))
                        _write_new(temporary, file)
                with _plain_errors(str(self.root)):
                    _rename_all(pending, durable=durable)
            except BaseException:
                for temporary, _ in pending:
                    with suppress(OSError):
                        temporary.unlink(missing_ok=True)
                raise

    def as_kept(self, file: ArtifactFile) -> ArtifactFile:
        """See `ArtifactStore.as_kept`; a secret in an exact file is a `SecretWarning`."""
        return without_secrets(file, self._redactor)

    def get(self, path: str, *, start: int = 0, length: int | None = None) -> bytes:
        """See `ArtifactStore.get`."""
        with _plain_errors(path), self._path(path).open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size + start) if start < 0 else start)
            return file.read(length)

    def append(self, path: str, data: bytes) -> None:
        """See `ArtifactStore.append`: what was written of them is cut off again when the rest cannot be."""
        data = self._redactor.clean(data, path=path)
        with self.lock(), _plain_errors(path), self._path(path).open("ab", buffering=0) as file:
            size = file.tell()
            try:
                _write_all(file.fileno(), data)
                os.fsync(file.fileno())
            except BaseException:
                file.truncate(size)
                raise

    def list(self, folder: str = "") -> list[str]:
        """See `ArtifactStore.list`."""
        path = self._path(folder) if folder else self.root
        with _plain_errors(folder), suppress(FileNotFoundError), os.scandir(path) as entries:
            visible = (entry for entry in entries if not entry.name.startswith("."))
            return sorted(f"{entry.name}/" if entry.is_dir() else entry.name for entry in visible)
        return []

    def exists(self, path: str) -> bool:
        """See `ArtifactStore.exists`."""
        return self._path(path).exists()

    def delete(self, path: str) -> None:
        """See `ArtifactStore.delete`."""
        with _plain_errors(path):
            self._path(path).unlink(missing_ok=True)
            if self._path(path).parent.is_dir():
                _remove_empty(self._path(path).parent, self.root)

    def sweep(self) -> None:
        """See `ArtifactStore.sweep`: temporary files that are there while nobody writes."""
        with self.lock(), _plain_errors(str(self.root)):
            for temporary in list(self.root.rglob(f".*{_TEMPORARY}")):
                temporary.unlink()
                _remove_empty(temporary.parent, self.root)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """See `ArtifactStore.lock`; the lock of a killed process is free at once."""
        with _plain_errors(str(self.root)):
            self.root.mkdir(parents=True, exist_ok=True)
            try:
                self._lock.acquire(poll_interval=_LOCK_POLL_SECONDS)
            except filelock.Timeout:
                raise StoreError(
                    f"another process has been writing to {self.root} for {LOCK_SECONDS:.0f} s",
                    hint="look for a `fuzz` that was stopped (state T in `ps`), and end it",
                ) from None
        try:
            yield
        finally:
            self._lock.release()

    def _path(self, name: str) -> Path:
        return self.root / checked_name(name)


def checked_name(name: str) -> str:
    """The name of a file in its plain form, refused if it leads out of the store."""
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts or not pure.parts:
        raise StoreError(f"not a path inside the artifacts folder: {name!r}")
    return str(pure)


def without_secrets(file: ArtifactFile, redactor: Redactor) -> ArtifactFile:
    """The file as every store keeps it; a secret in an exact file is a `SecretWarning`."""
    if not file.exact:
        data = redactor.clean(file.data, path=file.path)
        return file if data is file.data else msgspec.structs.replace(file, data=data)
    for name in redactor.names_in(file.data):
        text = f"{file.path} holds the value of {name}; it is kept, since every byte of it counts"
        warnings.warn(text, SecretWarning, stacklevel=4)
    return file


_MEANINGS = {
    errno.ENOSPC: ("the disk is full", "make room there, or point the artifacts to another disk"),
    errno.EDQUOT: ("the disk quota is used up", "make room there, or ask for a larger quota"),
    errno.EFBIG: ("the file would be larger than allowed", "see `ulimit -f`"),
    errno.EROFS: ("the file system is read-only", "point the artifacts to a folder that can be written"),
    errno.EACCES: ("permission denied", "check who owns the folder and its permissions"),
    errno.EPERM: ("permission denied", "check who owns the folder and its permissions"),
    errno.ENOENT: ("there is no such file", "it may have been pruned or moved"),
}


@contextmanager
def _plain_errors(what: str) -> Iterator[None]:
    """Say in plain words what the system refused to do with `what`."""
    try:
        yield
    except OSError as error:
        number = error.errno or 0
        meaning, hint = _MEANINGS.get(number, (error.strerror or str(error), "check the artifacts folder"))
        raise StoreError(f"artifacts: {what}: {meaning}", hint=hint) from error


def _write_new(path: Path, file: ArtifactFile) -> None:
    mode = 0o777 if file.executable else 0o666  # as the user's umask cuts it
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        _write_all(descriptor, file.data)
    finally:
        os.close(descriptor)


def _rename_all(pending: Sequence[tuple[Path, Path]], *, durable: bool) -> None:
    if durable:
        _sync(temporary for temporary, _ in pending)
    for temporary, path in pending:
        temporary.replace(path)
    if durable:
        _sync({path.parent for _, path in pending})


def _remove_empty(folder: Path, root: Path) -> None:
    """Remove a folder that has nothing in it, and those above that only led to it."""
    while folder != root and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _sync(paths: Iterable[Path]) -> None:
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
