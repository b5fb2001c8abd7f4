"""`cargo-prove`: the user's where it fits, else the small one over `sp1-build` in `runners/cargo-prove/`."""

import re
import shutil
from pathlib import Path

import msgspec

from fuzzer.build.host_rust import HostRust, user_home
from fuzzer.build.keys import key_of, key_of_files, stat_key
from fuzzer.build.memo import memo_path, recall, remember
from fuzzer.build.steps import Job, Step, Workshop, ensure
from fuzzer.build.tools import ask_tool, clean_environment
from fuzzer.build.versions import SP1_MAJOR, SP1_VERSION, Version, find_version
from fuzzer.errors import ToolchainError

NAME = "cargo-prove"
USERS = "user's"
DRIVER = "sp1-build driver"
_IMAGE_TAG = re.compile(r"\[default: v(\d+\.\d+\.\d+)")
"""`cargo prove build --help` shows the image tag of its release; `--version` shows only a commit."""


class CargoProve(msgspec.Struct, frozen=True, kw_only=True):
    """The program that builds guests."""

    kind: str
    """`user's` or `sp1-build driver`."""
    path: str
    version: str
    key: str


class _Users(msgspec.Struct, frozen=True):
    """What a `cargo-prove` of the user's said; the version is empty when it could not be told."""

    path: str
    version: str


def cargo_prove(shop: Workshop, host: HostRust) -> CargoProve:
    """The user's cargo-prove when it is of the right major version, else ours, built on first use."""
    users = find_users(shop)
    if users is None:
        return _driver(shop, host, f"not on PATH; built the sp1-build driver {SP1_VERSION}")
    version = find_version(users.version)
    if version is None or version.major != SP1_MAJOR:
        said = users.version or "of unknown version"
        return _driver(shop, host, f"the one on PATH is {said}; built the sp1-build driver {SP1_VERSION}")
    return CargoProve(kind=USERS, path=users.path, version=str(version), key=key_of(USERS, str(version)))


def find_users(shop: Workshop) -> _Users | None:
    """The user's cargo-prove on PATH or in `~/.sp1/bin`, asked for its version once."""
    found = shutil.which(NAME, path=shop.env.get("PATH"))
    path = Path(found) if found else user_home(shop.env) / ".sp1" / "bin" / NAME
    if not path.is_file():
        return None
    memo = memo_path(shop.home, NAME)
    known = recall(memo, _Users, lambda _: stat_key(path))
    if known is None:
        known = _Users(str(path), _version_of(path, shop))
        remember(memo, known, stat_key(path))
    return known


def _version_of(path: Path, shop: Workshop) -> str:
    try:
        text = ask_tool(
            [str(path), "prove", "build", "--help"], env=clean_environment(shop.env), cwd=shop.home.root
        )
    except ToolchainError:
        return ""
    return version_in_help(text)


def version_in_help(text: str) -> str:
    """The release that a cargo-prove is of, from its help on `build`; empty when it does not say."""
    match = _IMAGE_TAG.search(text)
    return str(Version(*map(int, match.group(1).split(".")))) if match else ""


def _driver(shop: Workshop, host: HostRust, reason: str) -> CargoProve:
    """Build `runners/cargo-prove/`."""
    crate = shop.home.runners / NAME
    files = [(name, crate / name) for name in ("Cargo.toml", "Cargo.lock", "src/main.rs")]
    key = key_of("cargo-prove", 1, key_of_files(files), host.key)
    target = shop.home.cache / "target" / NAME

    def make(job: Job, folder: Path) -> None:
        env = host.environment(shop.env, CARGO_TARGET_DIR=str(target))
        with shop.lock(f"target-{NAME}", NAME, job):
            job.run([host.cargo, "build", "--release", "--locked"], cwd=crate, env=env)
            shutil.copy2(target / "release" / NAME, folder / NAME)

    step = Step(
        title=NAME,
        reason=reason,
        folder=shop.home.cache / NAME / key,
        make=make,
        made_from={"sp1-build": SP1_VERSION, "rustc": host.version},
    )
    return CargoProve(kind=DRIVER, path=str(ensure(shop, step) / NAME), version=SP1_VERSION, key=key)
