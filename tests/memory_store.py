"""A store without a disk, for tests that look at thousands of states of it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from fuzzer.errors import StoreError
from fuzzer.store.artifact_store import ArtifactFile


class MemoryStore:
    """Keeps artifacts in a dictionary by path."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def put(self, files: Sequence[ArtifactFile], *, durable: bool = True) -> None:
        """See `ArtifactStore.put`."""
        del durable  # nothing of it is
        self.files.update({file.path: file.data for file in files})

    def as_kept(self, file: ArtifactFile) -> ArtifactFile:
        """See `ArtifactStore.as_kept`: all as it is."""
        return file

    def get(self, path: str, *, start: int = 0, length: int | None = None) -> bytes:
        """See `ArtifactStore.get`."""
        if path not in self.files:
            raise StoreError(f"no such file: {path}")
        part = self.files[path][start:]
        return part if length is None else part[:length]

    def append(self, path: str, data: bytes) -> None:
        """See `ArtifactStore.append`."""
        self.files[path] = self.files.get(path, b"") + data

    def list(self, folder: str = "") -> list[str]:
        """See `ArtifactStore.list`."""
        prefix = f"{folder}/" if folder else ""
        inside = (path.removeprefix(prefix) for path in self.files if path.startswith(prefix))
        names = {name.partition("/")[0] + ("/" if "/" in name else "") for name in inside}
        return sorted(name for name in names if not name.startswith("."))

    def exists(self, path: str) -> bool:
        """See `ArtifactStore.exists`."""
        return path in self.files or bool(self.list(path))

    def delete(self, path: str) -> None:
        """See `ArtifactStore.delete`."""
        self.files.pop(path, None)

    def sweep(self) -> None:
        """See `ArtifactStore.sweep`."""

    @contextmanager
    def lock(self) -> Iterator[None]:
        """See `ArtifactStore.lock`."""
        yield
