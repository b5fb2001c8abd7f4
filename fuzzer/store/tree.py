"""The git checkout that a project lies in: which commit, and whether anything in it is changed."""

import subprocess
from pathlib import Path

import msgspec

_SECONDS = 20.0


class Tree(msgspec.Struct, frozen=True, kw_only=True):
    """A git checkout."""

    sha: str = ""
    """Of the commit that is checked out; empty where there is none."""
    dirty: bool = True
    """Whether anything is changed or not yet added; what is not known counts as changed."""


def read_tree(folder: Path) -> Tree:
    """The checkout around a folder; an empty one where there is no checkout, or no git."""
    sha = _git(folder, "rev-parse", "--verify", "HEAD")
    changes = _git(folder, "status", "--porcelain", "--untracked-files=normal")
    if sha is None or changes is None:
        return Tree()
    return Tree(sha=sha.strip(), dirty=bool(changes.strip()))


def _git(folder: Path, *words: str) -> str | None:
    command = ["git", "-C", str(folder), *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
