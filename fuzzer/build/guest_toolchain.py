"""The Rust toolchain that builds guests: the user's `succinct` one, else one from distribution packages.

Nothing of the user's is changed: no toolchain is linked into rustup and no package is installed. Either way
the result is a folder with a `rustc` to put in front of PATH; `cargo prove build` asks that one for its
version and its sysroot.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from fuzzer.build.debian_packages import DebianPackages, ensure_packages
from fuzzer.build.guest_sysroot import ensure_sysroot
from fuzzer.build.host_rust import HostRust, rustup_home, user_home
from fuzzer.build.keys import key_of, stat_key
from fuzzer.build.memo import memo_path, recall, remember
from fuzzer.build.steps import Job, Step, Workshop, ensure
from fuzzer.build.tools import ask_tool, clean_environment
from fuzzer.build.versions import find_version
from fuzzer.errors import ToolchainError

USERS = "user's"
DISTRIBUTION = "distribution packages"


class GuestToolchain(msgspec.Struct, frozen=True, kw_only=True):
    """A toolchain for SP1's guest target."""

    kind: str
    """`user's` or `distribution packages`."""
    version: str
    """Its rustc, as `rustc 1.96.0`."""
    bin_dir: str
    """Folder to put in front of PATH; holds `rustc` only, so that cargo stays the host's."""
    key: str
    """Of what its rustc says about itself and of how the standard library was built."""


def guest_toolchain(shop: Workshop, host: HostRust) -> GuestToolchain:
    """The toolchain that guests are built with, made when the user has none.

    Raises:
        ToolchainError: the user has none and the packages cannot be had.
    """
    users = find_users_toolchain(shop.env)
    if users is not None:
        return _of_rustc(shop, USERS, _ensure_front(shop, users), users / "bin" / "rustc")
    packages = ensure_packages(shop)
    sysroot = ensure_sysroot(shop, host, packages)
    return _from_packages(shop, packages, sysroot)


def find_users_toolchain(caller: Mapping[str, str]) -> Path | None:
    """The folder of the user's `succinct` toolchain: rustup's, else the newest under `~/.sp1`.

    rustup keeps a linked toolchain as a link of that name, so looking is as good as asking it, and quicker.
    """
    linked = rustup_home(caller) / "toolchains" / "succinct"
    if (linked / "bin" / "rustc").is_file():
        return linked.resolve()
    unpacked = (user_home(caller) / ".sp1" / "toolchains").glob("*/bin/rustc")
    newest = max(unpacked, key=lambda rustc: rustc.stat().st_mtime, default=None)
    return newest.parent.parent if newest else None


def _ensure_front(shop: Workshop, toolchain: Path) -> Path:
    """A folder with only a `rustc` in it that runs the toolchain's."""
    rustc = toolchain / "bin" / "rustc"
    script = f'#!/bin/sh\nexec {_quoted(str(rustc))} "$@"\n'

    def make(_job: Job, folder: Path) -> None:
        (folder / "rustc").write_text(script)
        (folder / "rustc").chmod(0o755)

    folder = shop.home.cache / "toolchain" / f"users-{key_of(script)}"
    return ensure(shop, Step(title="guest toolchain (yours)", folder=folder, make=make))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _from_packages(shop: Workshop, packages: DebianPackages, sysroot: Path) -> GuestToolchain:
    toolchain = _of_rustc(shop, DISTRIBUTION, sysroot / "bin", sysroot / "bin" / "rustc")
    return msgspec.structs.replace(toolchain, key=key_of(toolchain.key, packages.key, sysroot.name))


def _of_rustc(shop: Workshop, kind: str, bin_dir: Path, rustc: Path) -> GuestToolchain:
    """What a guest rustc says about itself, remembered until its file changes."""

    def state(toolchain: GuestToolchain) -> str:
        return key_of(kind, toolchain.bin_dir, str(bin_dir), stat_key(rustc))

    path = memo_path(shop.home, f"guest-rust-{key_of(str(rustc))}")
    known = recall(path, GuestToolchain, state)
    if known is not None:
        return known
    about = ask_tool([str(bin_dir / "rustc"), "-vV"], env=clean_environment(shop.env), cwd=shop.home.root)
    version = find_version(about)
    if version is None:
        raise ToolchainError(f"`{rustc}` does not say its version", details=about)
    toolchain = GuestToolchain(
        kind=kind, version=f"rustc {version}", bin_dir=str(bin_dir), key=key_of(kind, about)
    )
    remember(path, toolchain, state(toolchain))
    return toolchain
