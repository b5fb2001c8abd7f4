"""A second checkout with the same sources, whose cache begins as links to what this one has built."""

import shlex
import shutil
import sys
from collections.abc import Collection
from pathlib import Path

_SOURCES = (
    "cores",
    "fuzzer",
    "inputs",
    "runners",
    "scripts",
    "fuzzer.toml",
    "pyproject.toml",
    "requirements.lock",
)
_NOT_SHARED = frozenset({"python", "pycache", "repro"})


def copy_checkout(root: Path, copy: Path, *, own: Collection[str] = ()) -> Path:
    """Copy a checkout; the folders of its cache named in `own` are copied too, and the others linked."""
    copy.mkdir(parents=True)
    for name in _SOURCES:
        if (root / name).is_dir():
            shutil.copytree(
                root / name,
                copy / name,
                ignore=shutil.ignore_patterns("target", "__pycache__"),
                symlinks=True,
            )
        else:
            shutil.copy2(root / name, copy / name)
    (copy / ".fuzz").mkdir()
    for entry in (root / ".fuzz").iterdir():
        if entry.name in own:
            shutil.copytree(entry, copy / ".fuzz" / entry.name)
        elif entry.name not in _NOT_SHARED:
            (copy / ".fuzz" / entry.name).symlink_to(entry)
    _give_python(copy)
    return copy


def _give_python(copy: Path) -> None:
    """An environment as `scripts/fuzz` looks for: the tests' own, with the copy's package in front."""
    environment = copy / ".fuzz" / "python" / "run"
    python = environment / "bin" / "python"
    python.parent.mkdir(parents=True)
    quoted, package = shlex.quote(sys.executable), shlex.quote(str(copy))
    python.write_text(f'#!/bin/sh\nPYTHONPATH={package} exec {quoted} "$@"\n')
    python.chmod(0o755)
    (environment / ".done").write_text(f"{copy}\n")
