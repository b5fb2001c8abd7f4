"""A bundle and the findings that it tells of, in one file that can be taken elsewhere."""

import gzip
import io
import tarfile
from collections.abc import Iterator
from pathlib import PurePosixPath

from fuzzer.errors import StoreError
from fuzzer.store.artifact_store import ArtifactStore
from fuzzer.store.bundle_folder import read_index

_TOP = "artifacts"


def pack_bundle(store: ArtifactStore, path: str) -> tuple[bytes, int]:
    """A `.tar.gz` of it, and how many files it has; equal bundles give equal bytes.

    Raises:
        StoreError: a file cannot be read.
    """
    index = read_index(store, path)
    found = [one.run_id for one in index.result.findings] if index.result else []
    packed = io.BytesIO()
    count = 0
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w") as tar,
    ):
        for folder in (path, *sorted(set(found))):
            for name in _files(store, folder):
                data = store.get(name)
                entry = tarfile.TarInfo(f"{_TOP}/{name}")
                entry.size = len(data)
                entry.mode = 0o755 if name.endswith(".sh") else 0o644
                tar.addfile(entry, io.BytesIO(data))
                count += 1
    return packed.getvalue(), count


def member_problem(entry: tarfile.TarInfo) -> str:
    """Why a member of an archive must not be unpacked; empty for one that may."""
    pure = PurePosixPath(entry.name)
    if pure.is_absolute() or ".." in pure.parts:
        return f"leads out of its folder: {entry.name!r}"
    if not (entry.isfile() or entry.isdir()):
        return f"is neither a file nor a folder: {entry.name!r}"
    return ""


def open_archive(data: bytes, *, name: str) -> tarfile.TarFile:
    """An archive for reading.

    Raises:
        StoreError: it is none.
    """
    try:
        return tarfile.open(fileobj=io.BytesIO(data), mode="r:*")
    except (tarfile.TarError, EOFError, OSError) as error:
        raise StoreError(f"{name} is no archive: {error}", hint="it may be damaged or cut off") from None


def _files(store: ArtifactStore, folder: str) -> Iterator[str]:
    for name in store.list(folder):
        if name.endswith("/"):
            yield from _files(store, f"{folder}/{name.rstrip('/')}")
        else:
            yield f"{folder}/{name}"
