"""A second checkout with the same sources, whose cache begins as links to what this one has built."""

import shlex
import shutil
import sys
from collections.abc import Collection
from pathlib import Path

from cli_project import ROOT, CliProject
from fake_runner import fake_runner

from fuzzer.build.plan import build
from fuzzer.build.sources import CoreRequest
from fuzzer.build.steps import Silent
from fuzzer.home import find_home

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


def project_with_runner(folder: Path, body: str | bytes, *, root: Path | None = None) -> CliProject:
    """A project whose checkout has a script, or these bytes, in the place of the runner of `sp1`."""
    home = find_home()
    request = CoreRequest(name="fib", path=home.cores / "fib")
    built = build(home, cores=[request], targets=["sp1"], progress=Silent())
    place = built.runners[0].path.relative_to(home.root)
    checkout = copy_checkout(ROOT, folder / "checkout", own=["runners"])
    if isinstance(body, bytes):
        (checkout / place).write_bytes(body)
    else:
        shutil.copy2(fake_runner(folder, body).binary, checkout / place)
    return CliProject(root or folder / "project", launcher=checkout / "scripts" / "fuzz")
