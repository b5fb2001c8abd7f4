"""The compiler's packages of the distribution, downloaded and unpacked without installing anything.

`apt-get` works on lists and a cache of our own here, which needs no root; `dpkg-deb` unpacks an archive into
a folder. The compiler that comes out is the distribution's newest (`rustc-web`, kept current for
browsers), with its own LLVM, its linker and the source of the standard library.
"""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec

from fuzzer.build.keys import key_of
from fuzzer.build.steps import MARKER, Job, Step, Workshop, ensure
from fuzzer.build.tools import ToolFailed, ask_tool, clean_environment
from fuzzer.build.versions import OLDEST_RUST, find_version
from fuzzer.errors import ToolchainError

COMPILER = "rustc-web"
NAMED_PACKAGES = (COMPILER, "libstd-rust-web-dev", "rust-web-src")
"""The packages asked for by name; the ones with a version in their name are found as their dependencies."""
_TOOLS = ("apt-get", "apt-cache", "bash", "dpkg-deb", "tar")
_LIBRARY = re.compile(r"^\s*\|?Depends: (libstd-rust-web-[\d.]+)$", re.MULTILINE)
_LLVM = re.compile(r"^\s*\|?Depends: (libllvm(\d+))$", re.MULTILINE)
_NOT_NEEDED = ("./usr/src/*/src", "./usr/src/*/compiler", "./usr/share")
"""Parts of the packages that building the standard library does not read: most of their files."""
_UNPACK = 'dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" --no-wildcards-match-slash --exclude-from="$3"'
_REASON = "no `succinct` toolchain found; built from distribution packages"
_HINT = (
    "run `sp1up` (SP1's own installer) to have the `succinct` toolchain, or use Debian 12 or newer "
    "with its security suite enabled, where the package `rustc-web` is recent enough"
)


class DebianPackages(msgspec.Struct, frozen=True):
    """Unpacked packages."""

    folder: Path
    key: str

    @property
    def usr(self) -> Path:
        """The `usr` folder of what was unpacked."""
        return self.folder / "usr"


def ensure_packages(shop: Workshop) -> DebianPackages:
    """The unpacked packages, downloaded on first use.

    Raises:
        ToolchainError: this machine has no apt-get, or its package sources do not hold the packages.
    """
    recipe = key_of("debian packages", 1, NAMED_PACKAGES, _NOT_NEEDED)
    folder = shop.home.cache / "toolchain" / f"packages-{recipe}"
    step = Step(
        title="guest compiler",
        reason=_REASON,
        folder=folder,
        make=lambda job, draft: _make(shop, job, draft),
        made_from={"packages": " ".join(NAMED_PACKAGES)},
    )
    ensure(shop, step)
    return DebianPackages(
        folder, key_of((folder / MARKER).read_text(), (folder / "archives.txt").read_text())
    )


def versioned_packages(depends: Callable[[str], str]) -> tuple[str, ...]:
    """The packages that have a version in their name: the compiler's library, its LLVM, and LLVM's linker.

    `depends` gives what `apt-cache depends` prints for a package.

    Raises:
        ToolchainError: the distribution's compiler is put together in another way.
    """
    library = _LIBRARY.search(depends("libstd-rust-web-dev"))
    llvm = _LLVM.search(depends(library.group(1))) if library else None
    if library is None or llvm is None:
        raise ToolchainError(
            f"the distribution's `{COMPILER}` does not name the compiler's library and LLVM as known",
            hint=_HINT,
        )
    return library.group(1), llvm.group(1), f"lld-{llvm.group(2)}"


def _make(shop: Workshop, job: Job, draft: Path) -> None:
    env = clean_environment(shop.env, LC_ALL="C")
    missing = [tool for tool in _TOOLS if shutil.which(tool, path=env.get("PATH")) is None]
    if missing:
        raise ToolchainError(
            f"no `succinct` toolchain, and no `{'`, `'.join(missing)}` to get one from distribution packages",
            hint=_HINT,
        )
    archives = _download(job, draft, env)
    excluded = draft / "download" / "excluded"
    excluded.write_text("".join(f"{pattern}\n" for pattern in _NOT_NEEDED))
    for archive in archives:
        job.line(f"unpacking {archive.name}")
        args = ["bash", "-o", "pipefail", "-c", _UNPACK, "unpack", str(archive), str(draft), str(excluded)]
        job.run(args, cwd=draft, env=env)
    (draft / "archives.txt").write_text("".join(f"{archive.name}\n" for archive in archives))
    shutil.rmtree(draft / "download")


def _download(job: Job, draft: Path, env: dict[str, str]) -> list[Path]:
    """Download the packages with lists of our own, and return the archives."""
    lists, cache, archives = (
        draft / "download" / "lists",
        draft / "download" / "cache",
        draft / "download" / "debs",
    )
    for folder in (lists / "partial", cache / "archives" / "partial", archives):
        folder.mkdir(parents=True)
    own = ["-o", f"Dir::State::lists={lists}", "-o", f"Dir::Cache={cache}", "-o", "APT::Sandbox::User="]
    try:
        job.run(["apt-get", *own, "update"], cwd=archives, env=env)
        more = versioned_packages(
            lambda package: ask_tool(["apt-cache", *own, "depends", package], env=env, cwd=archives)
        )
        job.run(["apt-get", *own, "download", *NAMED_PACKAGES, *more], cwd=archives, env=env)
    except ToolFailed as error:
        raise ToolchainError(
            f"no `succinct` toolchain, and distribution packages for one cannot be had: {error.message}",
            hint=_HINT,
            details=error.details,
        ) from error
    found = sorted(archives.glob("*.deb"))
    _check_version(found)
    return found


def _check_version(archives: list[Path]) -> None:
    """Refuse a compiler that SP1's crates do not build with, before anything is built."""
    for archive in archives:
        name, _, rest = archive.name.partition("_")
        version = find_version(rest)
        if name == COMPILER and (version is None or version < OLDEST_RUST):
            raise ToolchainError(
                f"the distribution's `{COMPILER}` is {version}; SP1's crates need {OLDEST_RUST} or newer",
                hint=_HINT,
            )
