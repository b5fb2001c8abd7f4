"""The commit that a folder is at."""

import subprocess
from pathlib import Path


def revision_of(folder: Path) -> tuple[str, bool]:
    """The commit, and whether files differ from it; an empty one where there is no repository."""
    commit = _git(folder, "rev-parse", "HEAD")
    return commit, bool(commit and _git(folder, "status", "--porcelain"))


def _git(folder: Path, *words: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words], capture_output=True, text=True, check=False, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
