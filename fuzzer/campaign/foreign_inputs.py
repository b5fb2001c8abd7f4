"""Inputs from elsewhere that are to be kept: files of other fuzzers, an exported corpus, an older campaign.

Nothing in them is trusted: a link, a device, what is too large or has no form is told and passed over.
"""

import gzip
import hashlib
import io
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path, PurePosixPath

import msgspec

from fuzzer.campaign.keep.inputs import admitted_case
from fuzzer.campaign.search.journal import remember
from fuzzer.errors import InputError
from fuzzer.model import Case
from fuzzer.store.campaign import JOURNAL_NAME
from fuzzer.store.corpus import (
    INDEX_NAME,
    LARGEST_ENTRY,
    LARGEST_FILE,
    CorpusIndex,
    KeptInput,
    decode_kept,
    has_kept_name,
    kept_input,
)
from fuzzer.store.document import decode_document
from fuzzer.store.journal import read_journal

ARCHIVE_SUFFIX = ".tar.gz"
IMPORT = "import"
"""The `source` of inputs from elsewhere of which no more is known."""

_TOO_LARGE = f"it has more than {LARGEST_ENTRY >> 10} KiB"
_LARGEST_INDEX = 64 << 20
_MOST_UNPACKED = 64 << 20
"""Bytes of all members of an archive."""


class Offered(msgspec.Struct, frozen=True):
    """An input that may be kept, as `kept_input` makes it."""

    name: str
    """Of its file, as people know it."""
    kept: KeptInput
    data: bytes


class PassedOver(msgspec.Struct, frozen=True):
    """What is no input, or none that can be kept."""

    name: str
    why: str


class _File(msgspec.Struct, frozen=True):
    """A file of a folder or of an archive."""

    name: str
    read: Callable[[], bytes]
    """At most one byte more than is looked at."""
    refused: str = ""
    """Why it is not read."""


def foreign_inputs(path: Path, *, core: str, now: datetime) -> Iterator[Offered | PassedOver]:
    """What a file, a folder or an archive holds, in the order of names.

    A folder is one of input files, also as `fuzz corpus export` writes it, or that of a campaign, whose
    journal has what was admitted before corpora were kept.

    Raises:
        InputError: it is not there, or cannot be read.
        StoreError: it was written by a newer `fuzz`, or the journal is damaged.
    """
    if path.name == JOURNAL_NAME or (path / JOURNAL_NAME).is_file():
        return _of_journal(path if path.name == JOURNAL_NAME else path / JOURNAL_NAME, core, now)
    if path.is_dir():
        return _of_files(_folder_files(path), core, now)
    if path.name.endswith(ARCHIVE_SUFFIX):
        return _of_files(_archive_files(path), core, now)
    return _of_files(iter([_file_of(path)]), core, now)


def _of_journal(path: Path, core: str, now: datetime) -> Iterator[Offered | PassedOver]:
    remembered = remember(read_journal(path))
    admitted = remembered.admitted if remembered else {}
    if core not in admitted:
        known = ", ".join(sorted(admitted)) or "no core at all"
        raise InputError(f"no core `{core}` took part in this campaign", hint=f"it was one of {known}")
    source = path.resolve().parent.name
    for record in admitted[core]:
        case = admitted_case(core, record)
        if not record.features:
            continue  # it only ended in a new way
        kept = kept_input(case, now=now, source=source, features=record.features)
        yield Offered(case.input_name, *kept) if kept else PassedOver(case.input_name, _TOO_LARGE)


def _of_files(files: Iterator[_File], core: str, now: datetime) -> Iterator[Offered | PassedOver]:
    found = sorted(files, key=lambda file: file.name)
    index = next((file for file in found if file.name == INDEX_NAME and not file.refused), None)
    listed = _listed(index.read()) if index else None
    for file in found:
        if listed is None or file is not index:
            yield _looked_at(file, core, listed or {}, now)


def _listed(data: bytes) -> Mapping[str, KeptInput] | None:
    """What an index says of its inputs; None where it is an input that happens to have the same name.

    Raises:
        StoreError: it is of a newer version.
    """
    try:
        document = msgspec.json.decode(data, type=dict)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if not {"core", "inputs"} <= document.keys():
        return None
    index = decode_document(data, CorpusIndex, name=INDEX_NAME, what="the index of a corpus")
    return {kept.file: kept for kept in index.inputs}


def _looked_at(
    file: _File, core: str, listed: Mapping[str, KeptInput], now: datetime
) -> Offered | PassedOver:
    """A file as an input, or why it is none."""
    try:
        buffers = _buffers(file)
    except OSError as error:
        return PassedOver(file.name, error.strerror or str(error))
    except InputError as error:
        return PassedOver(file.name, error.message.removeprefix(f"{file.name}: "))
    made = kept_input(Case(core=core, input_name=file.name, buffers=buffers), now=now, source=IMPORT)
    if made is None:
        return PassedOver(file.name, _TOO_LARGE)
    kept, data = made
    before = listed.get(kept.file)
    return Offered(file.name, msgspec.structs.replace(before, bytes=kept.bytes) if before else kept, data)


def _buffers(file: _File) -> tuple[bytes, ...]:
    """What a file holds.

    Raises:
        InputError: it cannot be kept.
        OSError: it cannot be read.
    """
    if file.refused:
        raise InputError(file.refused)
    data = file.read()
    if len(data) > LARGEST_FILE:
        raise InputError(_TOO_LARGE)
    if has_kept_name(file.name) and hashlib.sha256(data).hexdigest() != file.name.partition(".")[0]:
        raise InputError("what is in it is not what its name says: it was edited or torn")
    return decode_kept(file.name, data)


def _most(name: str) -> int:
    """Bytes of a file of this name that are looked at."""
    return _LARGEST_INDEX if name == INDEX_NAME else LARGEST_FILE


def _folder_files(folder: Path) -> Iterator[_File]:
    try:
        paths = [path for path in folder.iterdir() if not path.name.startswith(".")]
    except OSError as error:
        raise InputError(f"cannot read the folder {folder}: {error.strerror}") from None
    return map(_file_of, paths)


def _file_of(path: Path) -> _File:
    def read() -> bytes:
        with path.open("rb") as file:
            return file.read(_most(path.name) + 1)

    name = path.name.encode(errors="surrogateescape").decode(errors="backslashreplace")
    if path.is_symlink():
        return _File(name, read, "it is a link; name what it points to")
    if not path.exists():
        raise InputError(f"no such file or folder: {path}", hint="name one that holds inputs")
    if path.is_dir():
        return _File(name, read, "it is a folder; import it by itself")
    return _File(name, read, "" if path.is_file() else "it is no plain file")


def _archive_files(path: Path) -> Iterator[_File]:
    try:
        # Unpacked first, since only that finds out whether all of it is there.
        with gzip.open(path, "rb") as zipped:
            data = zipped.read(_MOST_UNPACKED + 1)
        if len(data) > _MOST_UNPACKED:
            raise InputError(f"{path.name} has more than {_MOST_UNPACKED >> 20} MiB when unpacked")
        # None of its files is written, so that a name that leads elsewhere does no harm.
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            return iter([_member_file(archive, member) for member in archive if not member.isdir()])
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise InputError(
            f"{path.name} cannot be read: {error}",
            hint="an archive is a .tar.gz, as `fuzz corpus export` writes it",
        ) from None


def _member_file(archive: tarfile.TarFile, member: tarfile.TarInfo) -> _File:
    name = PurePosixPath(member.name).name
    if not member.isfile():
        return _File(name, bytes, "it is no plain file")
    if member.size > _most(name):
        return _File(name, bytes, _TOO_LARGE)
    stream = archive.extractfile(member)
    data = stream.read() if stream else b""
    return _File(name, lambda: data)
