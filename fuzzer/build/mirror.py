"""Copies of a core's sources, laid out as the originals are, so that building writes nothing beside those.

The key of a core is taken from the names and bytes of its files, not from where they lie.
"""

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from fuzzer.build.keys import digest_of, key_of, sha256_file
from fuzzer.build.layout import LOCK, MANIFEST, Layout

_SKIPPED = frozenset({"node_modules", "__pycache__"})
_BUILD_OUTPUT = "target"
"""Left out beside a manifest only: elsewhere it is a module's folder."""
_KEPT_HIDDEN = frozenset({".cargo"})
_CACHE_TAG = "CACHEDIR.TAG"
LARGEST_STRAY = 16 << 20
"""Files beside the crates of a workspace are copied up to this size: some are included, some are data."""


class SourceFile(msgspec.Struct, frozen=True, order=True):
    """A file to copy."""

    name: str
    """Relative to the layout's anchor, with `/`."""
    path: str
    counts: bool
    """Whether it goes into the core; the others are there because cargo wants them to be."""


def list_files(layout: Layout) -> list[SourceFile]:
    """All files of a core's mirror, each once, in the order of their names."""
    crates = {*layout.members, *layout.outside}
    own = set(layout.own)
    found: dict[str, SourceFile] = {}
    for root in (layout.workspace, *layout.members, *layout.outside):
        if layout.name_of(Path(root) / MANIFEST) in found:
            continue
        for path, owner in walk(Path(root), crates | {layout.workspace}):
            stray = owner not in crates
            if stray and path.stat().st_size > LARGEST_STRAY:
                continue
            name = layout.name_of(path)
            found[name] = SourceFile(name, str(path), stray or owner in own or _for_cargo(path))
    for root in layout.manifests_only:
        path = Path(root) / MANIFEST
        found[layout.name_of(path)] = SourceFile(layout.name_of(path), str(path), counts=True)
    return sorted(found.values())


def _for_cargo(path: Path) -> bool:
    """Whether a file changes how cargo builds even when it belongs to a crate that is not built."""
    return path.name in {MANIFEST, LOCK} or path.parent.name in _KEPT_HIDDEN


def walk(root: Path, crates: Iterable[str]) -> Iterator[tuple[Path, str]]:
    """Files under a folder, each with the nearest folder above it that is a crate (else the root).

    Left out: build output, hidden folders but `.cargo`, folders marked as caches. Links are followed.
    """
    known = set(crates)
    owners: dict[str, str] = {}
    seen: set[str] = set()
    for folder, folders, files in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen or (_CACHE_TAG in files and folder != str(root)):
            folders.clear()
            continue
        seen.add(real)
        above = owners.get(os.path.dirname(folder), str(root))  # noqa: PTH120 - text is what os.walk gives
        owners[folder] = folder if folder in known else above
        folders[:] = sorted(name for name in folders if _is_source(name, beside_manifest=MANIFEST in files))
        for name in sorted(files):
            path = Path(folder, name)
            if path.is_file():
                yield path, owners[folder]


def _is_source(name: str, *, beside_manifest: bool) -> bool:
    if name in _SKIPPED or (name == _BUILD_OUTPUT and beside_manifest):
        return False
    return not name.startswith(".") or name in _KEPT_HIDDEN


def content_keys(files: Iterable[SourceFile]) -> tuple[str, str]:
    """The SHA-256 of what goes into the core, and the key of everything in the mirror."""
    counted: list[tuple[str, str]] = []
    everything: list[tuple[str, str]] = []
    for file in files:
        entry = (file.name, sha256_file(Path(file.path)))
        everything.append(entry)
        if file.counts:
            counted.append(entry)
    return digest_of(*counted), key_of(*everything)


def copy_files(files: Iterable[SourceFile], folder: Path) -> None:
    """Copy files to their names under a folder; times are kept so that cargo sees equal files as equal."""
    made: set[Path] = set()
    for file in files:
        place = folder / file.name
        if place.parent not in made:
            place.parent.mkdir(parents=True, exist_ok=True)
            made.add(place.parent)
        shutil.copyfile(file.path, place)
        shutil.copystat(file.path, place)
        place.chmod(place.stat().st_mode | 0o200)


def crate_files(folder: Path, crates: Iterable[str]) -> list[tuple[str, Path]]:
    """The files of crates that lie side by side, with their names relative to the folder around them."""
    return [
        (path.relative_to(folder).as_posix(), path)
        for crate in crates
        for path, _ in walk(folder / crate, ())
    ]


def copy_named(files: Iterable[tuple[str, Path]], folder: Path) -> None:
    """Copy files to names under a folder."""
    for name, path in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, folder / name)


def place_in(folder: Path, layout: Layout, original: str) -> Path:
    """Where a folder of the layout is found in a copy."""
    return folder / Path(original).relative_to(layout.anchor)


def lock_in(folder: Path, layout: Layout) -> Path:
    """The lock file in a copy."""
    return place_in(folder, layout, layout.workspace) / LOCK
