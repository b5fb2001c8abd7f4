"""Where things are: the checkout with its cache, and the project that the user works in.

The checkout holds what is built (`runners/`, `cores/`) and, under `.fuzz/`, everything that was made from it.
The project holds the user's inputs and the artifacts of their runs; without a `fuzzer.toml` it is the
checkout.
"""

import os
import shutil
from pathlib import Path

import msgspec

from fuzzer.errors import ConfigError

CACHE_FOLDER = ".fuzz"
CONFIG_FILE = "fuzzer.toml"
_CACHE_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# Made by fuzz; can be removed at any time.\n"
"""Tells backup programs and cargo to leave the folder out (the format is that of CACHEDIR.TAG)."""


class Home(msgspec.Struct, frozen=True):
    """The checkout and the folder that keeps what is made from it."""

    root: Path
    cache: Path

    @property
    def runners(self) -> Path:
        """Sources of the executables behind the targets."""
        return self.root / "runners"

    @property
    def cores(self) -> Path:
        """Workspace of the cores that come with the harness."""
        return self.root / "cores"

    def shown(self, path: Path) -> str:
        """A path as people should read it: relative to the checkout where it lies inside."""
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else str(path)


class Project(msgspec.Struct, frozen=True):
    """The folder whose inputs are run and that receives the artifacts."""

    root: Path
    config: Path | None
    """The `fuzzer.toml` that makes the folder a project; None when the checkout stands in."""

    @property
    def inputs(self) -> Path:
        """Seeds by core."""
        return self.root / "inputs"

    @property
    def artifacts(self) -> Path:
        """What runs leave behind."""
        return self.root / "artifacts"


def find_home(package: Path | None = None) -> Home:
    """The checkout that this package was installed from.

    Raises:
        ConfigError: the package was installed by copying, so that `runners/` is not beside it.
    """
    root = (package or Path(__file__).resolve().parent).parent
    if not (root / "runners").is_dir() or not (root / "pyproject.toml").is_file():
        raise ConfigError(
            f"`{root}` holds no `runners/` folder, so nothing can be built from there",
            hint="use a checkout of the repository: its `scripts/fuzz`, or `pip install -e .` in it",
        )
    return Home(root=root, cache=root / CACHE_FOLDER)


def launcher(home: Home) -> str:
    """What to type for `fuzz`: its name where the shell finds it, else the path of the checkout's."""
    return "fuzz" if shutil.which("fuzz") else os.path.relpath(home.root / "scripts" / "fuzz")


def prepare_cache(home: Home) -> None:
    """Make the cache folder and mark it as one.

    Raises:
        ConfigError: the checkout cannot be written.
    """
    tag = home.cache / "CACHEDIR.TAG"
    if tag.is_file():
        return
    try:
        home.cache.mkdir(parents=True, exist_ok=True)
        tag.write_text(_CACHE_TAG)
    except OSError as error:
        raise ConfigError(
            f"the cache folder `{home.cache}` cannot be written: {error.strerror}",
            hint="everything that is built is kept there; use a checkout that you may write to",
        ) from error


def find_project(start: Path, home: Home) -> Project:
    """The project of a folder: the nearest one upward with a `fuzzer.toml`, else the checkout."""
    start = start.resolve()
    for folder in (start, *start.parents):
        config = folder / CONFIG_FILE
        if config.is_file():
            return Project(root=folder, config=config)
    config = home.root / CONFIG_FILE
    return Project(root=home.root, config=config if config.is_file() else None)
