"""The host's own Rust: the toolchain that builds native cores and runners.

It is the user's default one. Programs are started from the toolchain's own folder, not through rustup's
stand-ins: those look for a `rust-toolchain` file in the crate and would change PATH for what cargo starts.
"""

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec

from fuzzer.build.keys import key_of, stat_key
from fuzzer.build.memo import memo_path, recall, remember
from fuzzer.build.tools import ask_tool, clean_environment, in_front_of_path
from fuzzer.build.versions import OLDEST_RUST, find_version
from fuzzer.errors import ToolchainError
from fuzzer.home import Home


class HostRust(msgspec.Struct, frozen=True, kw_only=True):
    """A Rust toolchain for this machine."""

    bin_dir: str
    """Folder that holds its `cargo` and `rustc`."""
    version: str
    """`rustc 1.95.0`."""
    target: str
    """This machine, as rustc calls it."""
    key: str
    """Of all that rustc says about itself."""

    @property
    def cargo(self) -> str:
        """Path of its cargo."""
        return str(Path(self.bin_dir) / "cargo")

    def environment(self, caller: Mapping[str, str], **extra: str) -> dict[str, str]:
        """The environment for its cargo: the caller's, without what would change the build."""
        env = clean_environment(caller, **extra)
        return env | {"PATH": in_front_of_path(env, Path(self.bin_dir))}


def host_rust(home: Home, caller: Mapping[str, str]) -> HostRust:
    """The default toolchain of this machine, asked once and then remembered until a file of it changes.

    Raises:
        ToolchainError: there is none, or it is too old for SP1's crates.
    """
    found = _find_rustc(caller)
    if found is None:
        raise ToolchainError(
            "no `rustc` on PATH, nor where rustup puts it",
            hint=f"install a stable Rust, {OLDEST_RUST} or newer, with rustup; then try again",
        )
    settings = rustup_home(caller) / "settings.toml"

    def state(rust: HostRust) -> str:
        return stat_key(Path(found), settings, Path(rust.bin_dir) / "rustc", Path(rust.cargo))

    path = memo_path(home, "host-rust")
    rust = recall(path, HostRust, state)
    if rust is None:
        rust = _ask(found, home, caller)
        remember(path, rust, state(rust))
    return rust


def _find_rustc(caller: Mapping[str, str]) -> str | None:
    """On PATH, else where rustup puts it: cron and systemd start programs with a bare PATH."""
    cargo_home = Path(caller.get("CARGO_HOME") or user_home(caller) / ".cargo")
    return shutil.which("rustc", path=caller.get("PATH")) or shutil.which(
        "rustc", path=str(cargo_home / "bin")
    )


def rustup_home(caller: Mapping[str, str]) -> Path:
    """Where rustup keeps its toolchains."""
    return Path(caller.get("RUSTUP_HOME") or user_home(caller) / ".rustup")


def user_home(caller: Mapping[str, str]) -> Path:
    """The caller's home folder."""
    return Path(caller.get("HOME") or os.path.expanduser("~"))  # noqa: PTH111 - HOME may be missing on purpose


def _ask(rustc: str, home: Home, caller: Mapping[str, str]) -> HostRust:
    env = clean_environment(caller)
    about = ask_tool([rustc, "-vV"], env=env, cwd=home.root)
    version = find_version(about)
    if version is None or version < OLDEST_RUST:
        raise ToolchainError(
            f"`{rustc}` is {about.splitlines()[0] if about else 'of no known version'}; "
            f"SP1's crates need {OLDEST_RUST} or newer",
            hint="`rustup update stable && rustup default stable`",
        )
    machine = re.search(r"^host: (\S+)$", about, re.MULTILINE)
    if machine is None:
        raise ToolchainError(
            f"`{rustc} -vV` does not say for which machine it is", hint="install a stable Rust with rustup"
        )
    sysroot = Path(ask_tool([rustc, "--print", "sysroot"], env=env, cwd=home.root).strip())
    for bin_dir in (sysroot / "bin", Path(rustc).parent):
        if (bin_dir / "cargo").is_file() and (bin_dir / "rustc").is_file():
            return HostRust(
                bin_dir=str(bin_dir),
                version=f"rustc {version}",
                target=machine[1],
                key=key_of(about, str(bin_dir)),
            )
    raise ToolchainError(
        f"`{rustc}` has no `cargo` beside it",
        hint="`rustup component add cargo`, or install Rust with rustup",
    )
