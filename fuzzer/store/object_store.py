"""Artifacts in an object store that speaks S3, or any other that the library obstore knows.

Every change of an object that exists is conditional on the ETag that was read, so that two writers
never overwrite each other unseen. The lock is an object too: a lease, whose holder writes it anew.
A lease that has not changed for `LEASE_SECONDS`, by the waiter's own clock, is of a dead writer and is
taken over; clocks of different machines are never compared.
"""

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import msgspec
import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError, PreconditionError
from obstore.store import ObjectStore as Backend

from fuzzer.errors import StoreError
from fuzzer.store.artifact_store import LOCK_SECONDS, ArtifactFile, checked_name, without_secrets
from fuzzer.store.redact import Redactor, redactor_of_process

LEASE_SECONDS = 20.0
"""How long a lease may stay unchanged until others take it; less than they wait for it."""

_LOCK_NAME = ".lock"
_POLL_SECONDS = 0.05
_APPEND_TRIES = 50


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """The lock object."""

    owner: str
    """A random word of the holder; empty when nobody holds it."""
    number: int
    """Counts up, so that a renewed lease has another ETag."""


class ObjectStore:
    """Artifacts under the prefix that the backend was opened with; secrets are taken out as in a folder."""

    def __init__(
        self,
        backend: Backend,
        *,
        redactor: Redactor | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._backend = backend
        self._redactor = redactor or redactor_of_process()
        self._clock, self._sleep = clock, sleep
        self._threads = threading.RLock()
        self._depth = 0
        self._owner = secrets.token_hex(8)
        self._number = 0
        self._e_tag: str | None = None
        self._renewed = 0.0

    def put(self, files: Sequence[ArtifactFile], *, durable: bool = True) -> None:  # noqa: ARG002 - always is
        """See `ArtifactStore.put`: an object is there whole or not at all."""
        with self.lock():
            for file in map(self.as_kept, files):
                name = checked_name(file.path)
                self._renew()
                with _plain_errors(name):
                    obstore.put(self._backend, name, file.data)

    def as_kept(self, file: ArtifactFile) -> ArtifactFile:
        """See `ArtifactStore.as_kept`."""
        return without_secrets(file, self._redactor)

    def get(self, path: str, *, start: int = 0, length: int | None = None) -> bytes:
        """See `ArtifactStore.get`."""
        name = checked_name(path)
        with _plain_errors(name):
            if start == 0 and length is None:
                return bytes(obstore.get(self._backend, name).bytes())
            size = obstore.head(self._backend, name)["size"]
            begin = max(0, size + start) if start < 0 else start
            end = size if length is None else min(size, begin + length)
            return bytes(obstore.get_range(self._backend, name, start=begin, end=end)) if begin < end else b""

    def append(self, path: str, data: bytes) -> None:
        """See `ArtifactStore.append`: read, and written back if nobody changed it meanwhile."""
        name = checked_name(path)
        data = self._redactor.clean(data, path=path)
        with self.lock(), _plain_errors(name):
            for _ in range(_APPEND_TRIES):
                self._renew()
                before, e_tag = self._read(name)
                if self._put_if(name, before + data, e_tag) is not None:
                    return
        raise StoreError(f"artifacts: {name}: others change it all the time", hint="try again later")

    def list(self, folder: str = "") -> list[str]:
        """See `ArtifactStore.list`."""
        prefix = f"{checked_name(folder)}/" if folder else None
        with _plain_errors(folder or "."):
            found = obstore.list_with_delimiter(self._backend, prefix)
        names = [entry["path"].rsplit("/", 1)[-1] for entry in found["objects"]]
        names += [f"{common.rstrip('/').rsplit('/', 1)[-1]}/" for common in found["common_prefixes"]]
        return sorted(name for name in names if not name.startswith("."))

    def exists(self, path: str) -> bool:
        """See `ArtifactStore.exists`."""
        name = checked_name(path)
        with _plain_errors(name):
            try:
                obstore.head(self._backend, name)
            except (NotFoundError, FileNotFoundError):
                found = obstore.list_with_delimiter(self._backend, f"{name}/")
                return bool(found["objects"] or found["common_prefixes"])
        return True

    def delete(self, path: str) -> None:
        """See `ArtifactStore.delete`; a folder is nothing but the names of its objects."""
        name = checked_name(path)
        with _plain_errors(name):
            try:
                obstore.delete(self._backend, name)
            except (NotFoundError, FileNotFoundError):
                return

    def sweep(self) -> None:
        """See `ArtifactStore.sweep`: a killed writer leaves nothing unfinished here."""

    @contextmanager
    def lock(self) -> Iterator[None]:
        """See `ArtifactStore.lock`; the lease of a killed process is free after `LEASE_SECONDS`."""
        with self._threads:
            if self._depth == 0:
                self._acquire()
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if self._depth == 0:
                    self._release()

    def _acquire(self) -> None:
        begun = seen_at = self._clock()
        seen: str | None = None
        with _plain_errors(_LOCK_NAME):
            while True:
                data, e_tag = self._read(_LOCK_NAME)
                now = self._clock()
                if e_tag != seen:
                    seen, seen_at = e_tag, now
                free = e_tag is None or not _lease(data).owner or now - seen_at >= LEASE_SECONDS
                if free and self._write_lease(self._owner, e_tag):
                    return
                if now - begun > LOCK_SECONDS:
                    raise StoreError(
                        f"another process has been writing to the object store for {LOCK_SECONDS:.0f} s",
                        hint="wait for the other `fuzz`, or end it",
                    )
                self._sleep(_POLL_SECONDS)

    def _renew(self) -> None:
        """Keep a lease that is held for long; refuse to write when others have taken it."""
        if self._clock() - self._renewed < LEASE_SECONDS / 4:
            return
        with _plain_errors(_LOCK_NAME):
            if not self._write_lease(self._owner, self._e_tag):
                raise StoreError(
                    "the object store's lock was taken over by another process", hint="run it again"
                )

    def _release(self) -> None:
        with _plain_errors(_LOCK_NAME):
            self._write_lease("", self._e_tag)  # that of another by now stays as it is

    def _write_lease(self, owner: str, e_tag: str | None) -> bool:
        self._number += 1
        lease = Lease(owner=owner, number=self._number)
        # The word makes the bytes, and so the ETag, differ from those of every other writer.
        data = msgspec.json.encode({**msgspec.to_builtins(lease), "by": self._owner})
        written = self._put_if(_LOCK_NAME, data, e_tag)
        if written is None:
            return False
        self._e_tag, self._renewed = written, self._clock()
        return True

    def _read(self, name: str) -> tuple[bytes, str | None]:
        """An object and its ETag; nothing and none when there is no such object."""
        try:
            found = obstore.get(self._backend, name)
        except (NotFoundError, FileNotFoundError):
            return b"", None
        return bytes(found.bytes()), found.meta["e_tag"]

    def _put_if(self, name: str, data: bytes, e_tag: str | None) -> str | None:
        """Write an object if it still is what was read; its new ETag, or none if it is not."""
        try:
            if e_tag is None:
                return self._create(name, data)
            return obstore.put(self._backend, name, data, mode={"e_tag": e_tag})["e_tag"]
        except (AlreadyExistsError, PreconditionError, NotFoundError, FileNotFoundError):
            return None

    def _create(self, name: str, data: bytes) -> str | None:
        try:
            return obstore.put(self._backend, name, data, mode="create")["e_tag"]
        except (NotFoundError, FileNotFoundError) as error:  # a race was lost otherwise
            raise StoreError(
                "the object store has no such bucket",
                hint="make it, or mend `[artifacts] url` in fuzzer.toml",
            ) from error


def _lease(data: bytes) -> Lease:
    try:
        return msgspec.json.decode(data, type=Lease)
    except msgspec.DecodeError:
        return Lease(owner="?", number=0)  # not ours to judge: it is taken over when it stays as it is


@contextmanager
def _plain_errors(what: str) -> Iterator[None]:
    """Say in plain words what the object store refused to do with `what`."""
    try:
        yield
    except (NotFoundError, FileNotFoundError) as error:
        text = f"artifacts: {what}: there is no such file"
        raise StoreError(text, hint="it may have been pruned or moved") from error
    except (BaseError, OSError) as error:
        reason = str(error).splitlines()[0]
        text = f"artifacts: {what}: the object store says: {reason}"
        raise StoreError(text, hint="check that it can be reached and the credentials") from error
