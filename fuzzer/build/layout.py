"""Which folders a core is made of: its crate, the workspace around it, and all path dependencies.

A layout says where the sources lie and which of them count for the core's key; it is found with `cargo
metadata`, which writes nothing, and remembered until a manifest changes.
"""

import os
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import msgspec

from fuzzer.build.cargo_facts import Dependency, Metadata, Package, patch_paths
from fuzzer.build.versions import SP1_MAJOR, required_major
from fuzzer.errors import InputError

GUEST_CRATE = "sp1-zkvm"
MANIFEST = "Cargo.toml"
LOCK = "Cargo.lock"

AskCargo = Callable[[Path], Metadata]
"""Gives the metadata of the manifest in a folder."""


class Layout(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Where the sources of one core lie; paths are absolute, as text, to keep a layout as JSON."""

    package: str
    bin: str
    crate_dir: str
    workspace: str
    """Root of its workspace; the crate itself when it has none around it."""
    members: tuple[str, ...]
    """Packages of the workspace."""
    outside: tuple[str, ...]
    """Path dependencies outside the workspace, with those of all members."""
    manifests_only: tuple[str, ...]
    """Roots of other workspaces that path dependencies take settings from."""
    own: tuple[str, ...]
    """The crates that go into this core, itself included: the rest only has to be there for cargo."""
    guest_crate: Dependency
    """How `sp1-zkvm` is asked for."""

    @cached_property
    def anchor(self) -> Path:
        """The nearest folder that holds everything; names in the mirror are relative to it."""
        return Path(os.path.commonpath([self.workspace, *self.outside, *self.manifests_only]))

    @property
    def deciders(self) -> tuple[Path, ...]:
        """The files that a layout was read from: while they are the same, it is."""
        roots = [self.workspace, *self.manifests_only]
        folders = sorted({*roots, *self.members, *self.outside})
        bins = (Path(self.crate_dir) / "src" / "main.rs", Path(self.crate_dir) / "src" / "bin")
        return (*(Path(folder) / MANIFEST for folder in folders), *bins)

    def name_of(self, path: Path) -> str:
        """The name of a file in a mirror: relative to the anchor, with `/`."""
        return path.relative_to(self.anchor).as_posix()


def find_layout(crate_dir: Path, ask: AskCargo, *, package: str = "", bin_name: str = "") -> Layout:
    """The layout of the core in a folder: a crate, or a workspace with one guest in it.

    Raises:
        InputError: it is no crate, no SP1 guest, one of another major version, or more than one.
    """
    if not (crate_dir / MANIFEST).is_file():
        raise InputError(
            f"`{crate_dir}` is not a crate: it has no {MANIFEST}",
            hint="give the folder of an SP1 guest, often called `program`",
        )
    metadata = ask(crate_dir)
    chosen = _choose_package(metadata, crate_dir, package)
    folders = _Folders(ask)
    own = folders.closure([chosen])
    guest_crate = _guest_crate(chosen, [folders.package(Path(folder)) for folder in sorted(own)])
    patches = _patches(Path(metadata.workspace_root))
    everything = folders.closure(metadata.packages, patches)
    members = {str(member.folder) for member in metadata.packages}
    outside = everything - members - {metadata.workspace_root}
    return Layout(
        package=chosen.name,
        bin=_choose_bin(chosen, bin_name),
        crate_dir=str(chosen.folder),
        workspace=metadata.workspace_root,
        members=tuple(sorted(members)),
        outside=tuple(sorted(outside)),
        manifests_only=tuple(sorted(folders.roots - {metadata.workspace_root} - everything)),
        own=tuple(sorted(own | {str(patch) for patch in patches})),
        guest_crate=guest_crate,
    )


class _Folders:
    """Follows path dependencies, asking cargo once for each workspace it comes to."""

    def __init__(self, ask: AskCargo) -> None:
        self._ask = ask
        self._packages: dict[Path, Package] = {}
        self.roots: set[str] = set()

    def package(self, folder: Path) -> Package:
        """The package in a folder."""
        if folder not in self._packages:
            metadata = self._ask(folder)
            self.roots.add(metadata.workspace_root)
            self._packages |= {package.folder: package for package in metadata.packages}
        if folder not in self._packages:
            raise InputError(f"the path dependency `{folder}` is not a crate")
        return self._packages[folder]

    def closure(
        self, packages: "list[Package] | tuple[Package, ...]", more: tuple[Path, ...] = ()
    ) -> set[str]:
        """Folders of packages and of all their path dependencies."""
        self._packages |= {package.folder: package for package in packages}
        waiting = [*(package.folder for package in packages), *more]
        found: set[str] = set()
        while waiting:
            folder = waiting.pop()
            if str(folder) in found:
                continue
            found.add(str(folder))
            paths = (dependency.path for dependency in self.package(folder).dependencies)
            waiting += [Path(path) for path in paths if path is not None]
        return found


def _patches(workspace: Path) -> tuple[Path, ...]:
    return tuple(patch_paths((workspace / MANIFEST).read_text(encoding="utf-8"), workspace))


def _choose_package(metadata: Metadata, crate_dir: Path, wanted: str) -> Package:
    """The package in the folder itself, else the only guest of the workspace."""
    if not wanted and (here := metadata.package_in(crate_dir)) is not None:
        return here
    guests = [package for package in metadata.packages if package.dependency(GUEST_CRATE)]
    if wanted:
        guests = [package for package in metadata.packages if package.name == wanted]
    if len(guests) == 1:
        return guests[0]
    if not guests:
        raise InputError(
            f"no crate in the workspace `{crate_dir}` depends on `{GUEST_CRATE}`, so none is an SP1 guest",
            hint="give the folder of an SP1 guest, often called `program`",
        )
    folders = ", ".join(f"`{package.folder}`" for package in guests)
    raise InputError(
        f"the workspace `{crate_dir}` holds several SP1 guests", hint=f"give the folder of one: {folders}"
    )


def _choose_bin(package: Package, wanted: str) -> str:
    """The binary asked for, else the only one, else the one that has the package's name."""
    bins = package.bins
    if wanted in bins:
        return wanted
    if not wanted and len(bins) == 1:
        return bins[0]
    if not wanted and package.name in bins:
        return package.name
    if not bins:
        raise InputError(
            f"`{package.name}` is a library: it has no binary to run",
            hint="an SP1 guest has a `src/main.rs` with `sp1_zkvm::entrypoint!(main)`",
        )
    names = ", ".join(f"`{name}`" for name in bins)
    what = f"no binary `{wanted}`" if wanted else "several binaries and none of its own name"
    raise InputError(
        f"`{package.name}` has {what}: {names}", hint='name one: `[cores.NAME] bin = "…"` in fuzzer.toml'
    )


def _guest_crate(chosen: Package, own: list[Package]) -> Dependency:
    """How the core, or a crate that it is made of, asks for `sp1-zkvm`."""
    found = next((asked for package in (chosen, *own) if (asked := package.dependency(GUEST_CRATE))), None)
    if found is None:
        raise InputError(
            f"`{chosen.name}` is not an SP1 guest: it does not depend on `{GUEST_CRATE}`",
            hint="`fuzz new-core NAME` makes one; the crate that calls the prover, often `script`, is none",
        )
    return found


def check_major(package: str, asked: Dependency, locked: str | None) -> None:
    """Refuse a guest of a release that this harness does not run, by its lock file or else its manifest.

    Raises:
        InputError: it is one.
    """
    version = locked or asked.req.lstrip("^=~ ")
    major = required_major(version) if locked or asked.path is None else None
    if major is None or major == SP1_MAJOR:
        return
    raise InputError(
        f"`{package}` uses {GUEST_CRATE} {version}; this harness runs {SP1_MAJOR}.x",
        hint=f'set `{GUEST_CRATE} = "{SP1_MAJOR}"` in the {MANIFEST} of the crate or a copy, and try again',
    )
