"""What cargo knows of a crate, as records: `cargo metadata`, `Cargo.lock`, `[patch]` tables."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from fuzzer.errors import InputError


class Dependency(msgspec.Struct, frozen=True):
    """A dependency as a manifest declares it."""

    name: str
    req: str = "*"
    source: str | None = None
    """`registry+…`, `git+…`; None for a path."""
    path: str | None = None


class CargoTarget(msgspec.Struct, frozen=True):
    """Something a package builds."""

    name: str
    kind: tuple[str, ...]


class Package(msgspec.Struct, frozen=True):
    """A package of a workspace."""

    name: str
    version: str
    manifest_path: str
    targets: tuple[CargoTarget, ...] = ()
    dependencies: tuple[Dependency, ...] = ()

    @property
    def folder(self) -> Path:
        """Folder of its manifest."""
        return Path(self.manifest_path).parent

    @property
    def bins(self) -> tuple[str, ...]:
        """Names of its binaries."""
        return tuple(target.name for target in self.targets if "bin" in target.kind)

    def dependency(self, name: str) -> Dependency | None:
        """The dependency on a package of this name."""
        return next((dependency for dependency in self.dependencies if dependency.name == name), None)


class Metadata(msgspec.Struct, frozen=True):
    """The answer of `cargo metadata --no-deps`: the packages of one workspace."""

    packages: tuple[Package, ...]
    workspace_root: str

    def package_in(self, folder: Path) -> Package | None:
        """The package whose manifest lies in a folder."""
        return next((package for package in self.packages if package.folder == folder), None)


class Locked(msgspec.Struct, frozen=True):
    """A package as a lock file has it."""

    version: str
    source: str | None
    """None for a path."""


def decode_metadata(text: str) -> Metadata:
    """Read the answer of `cargo metadata`."""
    return msgspec.json.decode(text, type=Metadata)


def locked_package(lock: str, name: str, *, wanted_by: str = "") -> Locked | None:
    """A package in the text of a lock file; with several versions the one that `wanted_by` depends on.

    Raises:
        InputError: the lock file is not TOML.
    """
    try:
        packages = tomllib.loads(lock).get("package", [])
    except tomllib.TOMLDecodeError as error:
        raise InputError(
            f"the core's Cargo.lock is broken: {error}", hint="`cargo generate-lockfile`"
        ) from error
    found = [entry for entry in packages if entry["name"] == name]
    if len(found) > 1:
        wanted = {
            entry_name
            for entry in packages
            if entry["name"] == wanted_by
            for entry_name in entry.get("dependencies", [])
        }
        found = [entry for entry in found if f"{name} {entry['version']}" in wanted] or found
    return Locked(found[0]["version"], found[0].get("source")) if found else None


def patch_paths(manifest: str, folder: Path) -> Iterator[Path]:
    """Folders that the `[patch]` tables of a workspace's manifest name."""
    tables: Mapping[str, object] = tomllib.loads(manifest).get("patch", {})
    for table in tables.values():
        for entry in table.values() if isinstance(table, Mapping) else ():
            if isinstance(entry, Mapping) and isinstance(path := entry.get("path"), str):
                yield (folder / path).resolve()


def locked_sources(lock: str, name: str) -> tuple[str | None, ...]:
    """Where a lock file takes each version of a package from; None is a path."""
    packages = tomllib.loads(lock).get("package", [])
    return tuple(entry.get("source") for entry in packages if entry["name"] == name)
