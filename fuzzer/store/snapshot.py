"""A core's sources in one file, so that a finding can be run again without the crate that it came from."""

import gzip
import io
import tarfile
from functools import lru_cache
from pathlib import Path

from fuzzer.errors import StoreError
from fuzzer.store.archive import extract

SNAPSHOT_NAME = "core.tar.gz"


@lru_cache(maxsize=8)
def pack(folder: Path) -> bytes:
    """An archive of a folder; equal folders give equal bytes."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w") as tar,
    ):
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                data = path.read_bytes()
                entry = tarfile.TarInfo(path.relative_to(folder).as_posix())
                entry.size = len(data)
                entry.mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
                tar.addfile(entry, io.BytesIO(data))
    return packed.getvalue()


def unpack(archive: bytes, folder: Path) -> None:
    """Unpack an archive into a folder; with an entry that would leave the folder it is refused.

    Raises:
        StoreError: the archive is damaged, or holds such an entry.
    """
    for bad in extract(archive, folder):
        what = f"{SNAPSHOT_NAME}: {bad.name}".rstrip(": ")
        raise StoreError(f"{what} {bad.problem}", hint="copy the finding's folder again")
