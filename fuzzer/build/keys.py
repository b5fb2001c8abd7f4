"""Keys: short names for "made from exactly this"."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import msgspec

KEY_LENGTH = 16
"""Hex digits of a key: 64 bits are plenty for the folders of one machine and keep paths readable."""


def digest_of(*parts: object) -> str:
    """The SHA-256 of a list of plain values, as hex; order and boundaries count."""
    encoded = msgspec.json.encode(parts, enc_hook=str, order="deterministic")
    return hashlib.sha256(encoded).hexdigest()


def key_of(*parts: object) -> str:
    """The key of a list of plain values: the start of their digest."""
    return digest_of(*parts)[:KEY_LENGTH]


def sha256_file(path: Path) -> str:
    """The SHA-256 of a file's bytes, as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def key_of_files(files: Iterable[tuple[str, Path]]) -> str:
    """The key of files by the names they are given and their bytes, not by where they lie."""
    return key_of(*sorted((name, sha256_file(path)) for name, path in files))


def stat_key(*paths: Path) -> str:
    """The key of files by place, size and time; changes when a file is replaced, and costs no reading."""
    marks: list[object] = []
    for path in paths:
        try:
            stat = path.stat()
        except OSError:
            marks.append((str(path), None))
        else:
            marks.append((str(path), stat.st_size, stat.st_mtime_ns, stat.st_ino))
    return key_of(*marks)
