"""A bundle and the findings that it tells of, in one file that can be taken elsewhere."""

import gzip
import io
import tarfile
from collections.abc import Iterator

from fuzzer.store.artifact_store import ArtifactStore
from fuzzer.store.seal import read_index

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


def _files(store: ArtifactStore, folder: str) -> Iterator[str]:
    for name in store.list(folder):
        if name.endswith("/"):
            yield from _files(store, f"{folder}/{name.rstrip('/')}")
        else:
            yield f"{folder}/{name}"
