"""Names of files that a folder has and its object store does not have yet.

The names stand in the file `.outbox` of the folder, a JSON string a line. A name is there before its
file is written and goes after it was sent, so that no crash and no dead network loses one. What is sent
is the file as it is by then; a name whose file is gone is deleted in the object store.
"""

import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import filelock
import msgspec

from fuzzer.errors import StoreError

NAME = ".outbox"
PUSH_LOCK = ".push.lock"
_WORD = 16
"""Bytes of the random word that a new file begins with."""


class Outbox:
    """The names of a folder; `lock` keeps its writers out."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._file = root / NAME
        self._noted: set[str] = set()
        self._word = b""

    def note(self, names: Iterable[str], *, durable: bool) -> None:
        """Add names; called under the folder's lock."""
        try:
            if self._first_line() != self._word:
                self._noted.clear()  # the file that they stand in was taken
            new = [name for name in dict.fromkeys(names) if name not in self._noted]
            if not new:
                return
            with self._file.open("ab", buffering=0) as file:
                if file.tell() == 0:
                    file.write(secrets.token_hex(_WORD // 2).encode())
                # The line break before them ends what a crash may have cut.
                file.write(b"\n" + b"\n".join(map(msgspec.json.encode, new)) + b"\n")
                if durable:
                    os.fsync(file.fileno())
            self._word = self._first_line()
        except OSError as error:
            raise StoreError(
                f"artifacts: {NAME}: {error.strerror}", hint="make room there, or check the permissions"
            ) from error
        self._noted.update(new)

    def _first_line(self) -> bytes:
        """The word of the file, which tells it from those before it; empty when there is none."""
        try:
            with self._file.open("rb") as file:
                return file.read(_WORD)
        except FileNotFoundError:
            return b""

    @contextmanager
    def taken(self, lock: AbstractContextManager[None]) -> Iterator[Sequence[str]]:
        """All names so far; they are taken out when the block ends well. `lock` is the folder's.

        Of several processes one has them at a time; the others get none.
        """
        if not self._root.is_dir():
            yield ()
            return
        pushing = filelock.FileLock(self._root / PUSH_LOCK, timeout=0)
        try:
            pushing.acquire()
        except filelock.Timeout:
            yield ()
            return
        try:
            with lock, suppress(FileNotFoundError):
                self._file.rename(self._file.with_name(f"{NAME}.{secrets.token_hex(4)}"))
            files = sorted(self._root.glob(f"{NAME}.*"))
            yield _names(files)
            for file in files:
                file.unlink()
        finally:
            pushing.release()

    def waiting(self) -> int:
        """How many names there are."""
        return len(_names(sorted(self._root.glob(f"{NAME}*"))))


def _names(files: Iterable[Path]) -> list[str]:
    names: dict[str, None] = {}
    for file in files:
        with suppress(FileNotFoundError):  # sent just now by another process
            for line in file.read_bytes().splitlines():
                with suppress(msgspec.DecodeError):
                    names[msgspec.json.decode(line, type=str)] = None
    return list(names)
