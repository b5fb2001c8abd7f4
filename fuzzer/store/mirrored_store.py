"""Artifacts in a folder, with a copy in an object store that may be out of reach for a while.

Everything is written to the folder first, where it is queried and run; the names of what was written wait in
the folder's outbox until they are pushed.
"""

import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from fuzzer.errors import StoreError
from fuzzer.store.artifact_store import ArtifactFile, ArtifactStore, LocalStore, checked_name
from fuzzer.store.outbox import Outbox
from fuzzer.store.redact import Redactor

OWNER = ".folder"
"""In both places: a random word. An object store whose word is another belongs to another folder."""

_BATCH = 64
_JOIN_SECONDS = 15.0
"""Longer than all tries of a request at an object store that is out of reach."""
_EXECUTABLE = ".sh"


class MirroredStore(LocalStore):
    """A folder whose files are sent to `remote` by `push`."""

    def __init__(self, root: Path, remote: ArtifactStore, *, redactor: Redactor | None = None) -> None:
        super().__init__(root, redactor=redactor)
        self.remote = remote
        self._outbox = Outbox(root)

    def put(self, files: Sequence[ArtifactFile], *, durable: bool = True) -> None:
        """See `ArtifactStore.put`."""
        with self.lock():
            self._outbox.note((checked_name(file.path) for file in files), durable=durable)
            super().put(files, durable=durable)

    def append(self, path: str, data: bytes) -> None:
        """See `ArtifactStore.append`."""
        with self.lock():
            self._outbox.note([checked_name(path)], durable=True)
            super().append(path, data)

    def delete(self, path: str) -> None:
        """See `ArtifactStore.delete`."""
        with self.lock():
            self._outbox.note([checked_name(path)], durable=False)
            super().delete(path)

    def waiting(self) -> int:
        """How many files have not been sent."""
        return self._outbox.waiting()

    def note_all(self) -> None:
        """Let every file of the folder be sent again."""
        with self.lock():
            self._outbox.note(files_in(self), durable=True)

    def push(self) -> int:
        """Send what waits, and return how many files that were; all of it goes on waiting when one fails.

        Raises:
            StoreError: the object store cannot be reached, or belongs to another folder.
        """
        if not self.waiting():
            return 0
        with self._outbox.taken(self.lock()) as names:
            if names:
                self._claim()
            for begin in range(0, len(names), _BATCH):
                self._send(names[begin : begin + _BATCH])
            return len(names)

    @contextmanager
    def pushing(self, every_s: float) -> Iterator[None]:
        """Push now and then while the block goes on; what cannot be reached is tried again each time."""
        ended = threading.Event()

        def work() -> None:
            while not ended.wait(every_s):
                try:
                    self.push()
                except StoreError:
                    continue  # told by the push at the end, when it still is so

        # A daemon, so that a dead network never keeps the process from ending.
        thread = threading.Thread(target=work, daemon=True, name="push")
        thread.start()
        try:
            yield
        finally:
            ended.set()
            # While it sends, the push at the end would get nothing to send, and say nothing.
            thread.join(_JOIN_SECONDS)

    def _claim(self) -> None:
        """Write the folder's word into the object store, or refuse one that has another."""
        with self.lock():
            if not self.exists(OWNER):
                super().put([ArtifactFile(OWNER, secrets.token_hex(16).encode())])
            word = self.get(OWNER)
        with self.remote.lock():
            if not self.remote.exists(OWNER):
                self.remote.put([ArtifactFile(OWNER, word)])
            if self.remote.get(OWNER) != word:
                raise StoreError(
                    "the object store already holds the artifacts of another folder",
                    hint="give each folder a prefix of its own in `[artifacts] url`; "
                    "`fuzz artifacts pull` brings a copy here",
                )

    def _send(self, names: Sequence[str]) -> None:
        files: list[ArtifactFile] = []
        for name in names:
            if (self.root / name).is_file():
                # The folder took out what is secret; what it keeps to the byte is sent to the byte.
                files.append(ArtifactFile(name, self.get(name), exact=True))
            else:
                self.remote.delete(name)
        self.remote.put(files)


def files_in(store: ArtifactStore, folder: str = "") -> Iterator[str]:
    """The names of all files in a folder and in those below."""
    for name in store.list(folder):
        path = f"{folder}/{name}" if folder else name
        if path.endswith("/"):
            yield from files_in(store, path.rstrip("/"))
        else:
            yield path


def pull(store: MirroredStore, folder: str = "") -> tuple[int, int]:
    """Bring the files of a folder, or of all, here; how many there were, and how many of them are new.

    A file that is here already stays as it is: what was written here is never replaced.
    """
    names = [folder] if folder and _is_file(store.remote, folder) else list(files_in(store.remote, folder))
    missing = [name for name in names if not store.exists(name)]
    for name in missing:
        data = store.remote.get(name)
        file = ArtifactFile(name, data, executable=name.endswith(_EXECUTABLE), exact=True)
        LocalStore.put(store, [file])  # not noted: it comes from there
    return len(names), len(missing)


def _is_file(store: ArtifactStore, name: str) -> bool:
    parent, _, last = name.rpartition("/")
    return last in store.list(parent)
