"""Unpacks archives that others may have made, but for what leads out of its folder or fills the disk."""

import io
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import msgspec

_PLENTY = 256 << 20
"""Bytes that an archive may hold however small it is."""
_RATIO = 100
"""How many times its own size it may hold beyond that; documents are packed to a tenth or so."""


class BadMember(msgspec.Struct, frozen=True):
    """Something that was not unpacked."""

    name: str
    """Of the member; empty for the archive itself."""
    problem: str


def extract(data: bytes, folder: Path | None) -> Iterator[BadMember]:
    """Unpack an archive into a folder, or only look at it, and tell of all that must not be unpacked."""
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:*") as tar:
            yield from _extract(tar, folder, packed=len(data))
    except OSError as error:
        yield BadMember("", f"cannot be unpacked: {error.strerror or error}")
    except (tarfile.TarError, EOFError, zlib.error):
        yield BadMember("", "is damaged or cut off")


def _extract(tar: tarfile.TarFile, folder: Path | None, *, packed: int) -> Iterator[BadMember]:
    total = 0
    seen = set()
    for entry in tar:
        total += entry.size
        if total > max(_PLENTY, packed * _RATIO):
            yield BadMember("", f"holds {total:,} bytes or more in {packed:,}, which is not believed")
            return  # on the way to the next entry this one would be read
        if problem := _problem(entry) or ("is there twice" if entry.name in seen else ""):
            yield BadMember(entry.name, problem)
        elif folder is not None:
            tar.extract(entry, folder, filter="data")
        if entry.isfile():
            seen.add(entry.name)


def _problem(entry: tarfile.TarInfo) -> str:
    """Why a member must not be unpacked; empty for one that may."""
    pure = PurePosixPath(entry.name)
    if pure.is_absolute() or ".." in pure.parts:
        return f"leads out of its folder: {entry.name!r}"
    if not (entry.isfile() or entry.isdir()):
        return f"is neither a file nor a folder: {entry.name!r}"
    return ""
