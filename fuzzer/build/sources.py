"""A core's sources, ready to be built: found, copied into the cache, and known by a key.

The core may be ours or any SP1 guest of the user's; either is read and never written.
"""

import os
from pathlib import Path

import msgspec

from fuzzer.build.cargo_facts import Metadata, decode_metadata, locked_package
from fuzzer.build.host_rust import HostRust
from fuzzer.build.keys import key_of, stat_key
from fuzzer.build.layout import GUEST_CRATE, LOCK, Layout, check_major, find_layout
from fuzzer.build.memo import memo_path, recall, remember
from fuzzer.build.mirror import content_keys, copy_files, list_files, lock_in
from fuzzer.build.steps import Job, Step, Workshop, ensure, is_done
from fuzzer.build.tools import ToolFailed, ask_tool
from fuzzer.errors import InputError

REGISTRY = "registry"
GIT = "git"
PATH = "path"
_CRATES_IO = "crates-io"
_LIBRARY = "sp1-lib"
_GUEST = "guest"
_NATIVE = "native"


class CoreRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A core that somebody wants built."""

    name: str
    path: Path
    """Folder of the crate, or of a workspace with one guest in it."""
    bin: str = ""
    """Which binary, when the crate has several."""
    features: tuple[str, ...] = ()


class CoreSource(msgspec.Struct, frozen=True, kw_only=True):
    """The sources of one core."""

    name: str
    package: str
    bin: str
    features: tuple[str, ...]
    crate_dir: Path
    """The original's folder."""
    mirror: Path
    """The folder of the cache that holds the copies, one to build for SP1 and one to build for the host."""
    sha256: str
    """Of names and bytes of all files that go into the core; the same for a copy of it somewhere else."""
    key: str
    """Of the files and of what is built from them."""
    sp1_zkvm_version: str
    sp1_lib_version: str
    sp1_zkvm_source: str
    """Where the manifest takes `sp1-zkvm` from: `registry`, `git` or `path`."""
    patch_table: str
    """The `[patch]` table that replaces it: `crates-io`, or the URL; empty for a path."""
    overlay: str
    """The folder of `sp1-zkvm` in a copy, when it is taken from a path; else empty."""
    workspace: str
    """The workspace's folder in a copy."""
    crate: str
    """The crate's folder in a copy."""

    @property
    def guest_copy(self) -> Path:
        """The copy to build for SP1: the sources as they are, with a lock file."""
        return self.mirror / _GUEST

    @property
    def guest_workspace(self) -> Path:
        """The workspace to build for SP1 in."""
        return self.guest_copy / self.workspace

    @property
    def native_workspace(self) -> Path:
        """The workspace to build for the host in; its lock file changes."""
        return self.mirror / _NATIVE / self.workspace

    @property
    def native_overlay(self) -> Path | None:
        """The folder to put the host's `sp1-zkvm` over, when the core takes it from a path."""
        return self.mirror / _NATIVE / self.overlay if self.overlay else None


class _Locked(msgspec.Struct, frozen=True):
    """What a memo keeps for a mirror: the versions that its lock file asks for."""

    guest_crate: str
    library: str
    """Of `sp1-lib`, which may be newer than the guest crate."""


def find_source(shop: Workshop, host: HostRust, request: CoreRequest) -> CoreSource:
    """The sources of a core, copied into the cache when they are new or have changed.

    Raises:
        InputError: it is not a crate, not an SP1 guest, or of another major version.
        ToolchainError: cargo cannot read it or make its lock file.
    """
    layout = _layout(shop, host, request)
    files = list_files(layout)
    content, mirror_key = content_keys(files)
    mirror = shop.home.cache / "sources" / f"{Path(layout.workspace).name}-{mirror_key}"
    if not is_done(mirror):
        _check_locked(layout, Path(layout.workspace) / LOCK)

        def make(job: Job, draft: Path) -> None:
            for copy in (_GUEST, _NATIVE):
                copy_files(files, draft / copy)
            _complete_lock(shop, host, job, layout, draft)

        ensure(shop, Step(title=f"sources of {request.name}", folder=mirror, make=make))
    locked = _locked_versions(shop, layout, mirror)
    source, table, overlay = _origin(layout)
    return CoreSource(
        name=request.name,
        package=layout.package,
        bin=layout.bin,
        features=request.features,
        crate_dir=Path(layout.crate_dir),
        mirror=mirror,
        sha256=content,
        key=key_of(content, layout.package, layout.bin, request.features, locked.guest_crate),
        sp1_zkvm_version=locked.guest_crate,
        sp1_lib_version=locked.library,
        sp1_zkvm_source=source,
        patch_table=table,
        overlay=overlay,
        workspace=layout.name_of(Path(layout.workspace)),
        crate=layout.name_of(Path(layout.crate_dir)),
    )


def _layout(shop: Workshop, host: HostRust, request: CoreRequest) -> Layout:
    """The layout of a core: the remembered one while the manifests that it was read from are the same."""
    crate_dir = Path(os.path.realpath(request.path))
    if not crate_dir.is_dir():
        raise InputError(
            f"the folder `{request.path}` of core `{request.name}` is not there",
            hint="`fuzz list cores` shows cores",
        )
    memo = memo_path(shop.home, f"layout-{key_of(str(crate_dir), request.bin)}")
    known = recall(memo, Layout, lambda layout: stat_key(*layout.deciders))
    if known is None:
        known = find_layout(crate_dir, lambda folder: _ask_cargo(shop, host, folder), bin_name=request.bin)
        remember(memo, known, stat_key(*known.deciders))
    return known


def _ask_cargo(shop: Workshop, host: HostRust, folder: Path) -> Metadata:
    """`cargo metadata` of the manifest in a folder; with `--no-deps` it leaves lock files alone."""
    args = [
        host.cargo,
        "metadata",
        "--no-deps",
        "--format-version",
        "1",
        "--manifest-path",
        str(folder / "Cargo.toml"),
    ]
    try:
        return decode_metadata(ask_tool(args, env=host.environment(shop.env), cwd=folder))
    except ToolFailed as error:
        raise InputError(
            f"cargo cannot read the crate in `{folder}`",
            hint="it must build by itself first",
            details=error.details,
        ) from error


def _complete_lock(shop: Workshop, host: HostRust, job: Job, layout: Layout, draft: Path) -> None:
    """Make the lock file where the original has none, for both copies, and check what it asks for."""
    guest, native = (lock_in(draft / copy, layout) for copy in (_GUEST, _NATIVE))
    if not guest.is_file():
        job.run([host.cargo, "generate-lockfile"], cwd=guest.parent, env=host.environment(shop.env))
        native.write_bytes(guest.read_bytes())
    _check_locked(layout, guest)


def _check_locked(layout: Layout, lock: Path) -> None:
    locked = (
        locked_package(lock.read_text(), GUEST_CRATE, wanted_by=layout.package) if lock.is_file() else None
    )
    check_major(layout.package, layout.guest_crate, locked.version if locked else None)


def _locked_versions(shop: Workshop, layout: Layout, mirror: Path) -> _Locked:
    """The versions that the mirror's lock file asks for."""
    lock = lock_in(mirror / _GUEST, layout)
    memo = memo_path(shop.home, f"locked-{key_of(mirror.name, layout.package)}")
    known = recall(memo, _Locked, lambda _: stat_key(lock))
    if known is None:
        found = locked_package(lock.read_text(), GUEST_CRATE, wanted_by=layout.package)
        if found is None:
            raise InputError(
                f"the {LOCK} of `{layout.package}` does not hold `{GUEST_CRATE}`",
                hint="the lock file is older than the manifest: `cargo update --workspace` in the crate",
            )
        library = locked_package(lock.read_text(), _LIBRARY, wanted_by=GUEST_CRATE)
        known = _Locked(found.version, library.version if library else found.version)
        remember(memo, known, stat_key(lock))
    return known


def _origin(layout: Layout) -> tuple[str, str, str]:
    """Where `sp1-zkvm` comes from, the patch table that replaces it, and its folder if that is a path."""
    asked = layout.guest_crate
    if asked.path is not None:
        return PATH, "", layout.name_of(Path(asked.path))
    source = asked.source or ""
    kind, _, url = source.partition("+")
    if kind == "git":
        return GIT, url.partition("?")[0].partition("#")[0], ""
    return REGISTRY, _CRATES_IO if "crates.io-index" in url else url, ""
