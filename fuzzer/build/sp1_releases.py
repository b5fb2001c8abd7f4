"""The releases of SP1 that a runner can be built on: one lock file each, in `runners/sp1/`.

`scripts/lock_sp1_release.py` writes them. The release that the harness is made for has its lock file beside
the crate's manifest, the older ones in `releases/VERSION/`.
"""

from pathlib import Path

from fuzzer.build.versions import SP1_VERSION, Version, find_version
from fuzzer.errors import UsageError
from fuzzer.home import Home

CRATE = "sp1"
"""Folder of the runner's crate in `runners/`."""
FOLDER = "releases"
"""Folder in the crate with the lock files; no part of its sources."""
_LOCK = "Cargo.lock"


def known_releases(home: Home) -> tuple[str, ...]:
    """The releases that can be built, the oldest first."""
    older = (path.parent.name for path in (home.runners / CRATE / FOLDER).glob(f"*/{_LOCK}"))
    return tuple(sorted({SP1_VERSION, *older}, key=_order))


def release_lock(home: Home, release: str) -> Path:
    """The lock file that pins the runner to a release.

    Raises:
        UsageError: no such release is known.
    """
    known = known_releases(home)
    if release not in known:
        raise UsageError(f"no SP1 release {release}", hint=_hint(release, known))
    crate = home.runners / CRATE
    return crate / _LOCK if release == SP1_VERSION else crate / FOLDER / release / _LOCK


def _hint(release: str, known: tuple[str, ...]) -> str:
    """All releases that are known, and the one nearest to what was asked for."""
    wanted = find_version(release)
    listed = f"known: {', '.join(known)}"
    if wanted is None:
        return listed
    return f"the nearest is {min(known, key=lambda other: _distance(wanted, _order(other)))}; {listed}"


def _distance(one: Version, other: Version) -> tuple[int, int, int]:
    """How far two versions lie apart: by major number first, then minor, then patch."""
    return abs(one.major - other.major), abs(one.minor - other.minor), abs(one.patch - other.patch)


def _order(release: str) -> Version:
    """A release as numbers; a folder without a number in its name comes first."""
    return find_version(release) or Version(0)
