"""Write the lock files that pin the SP1 runner to older releases: `lock_sp1_release.py [VERSION...]`.

Without a version those that are there are written again, as they must be when the runner's own dependencies
have changed.

A release's crates ask for each other by ranges (`^6.0.0`), so cargo by itself would mix releases. Here every
crate of SP1 is pinned to the release, and all others stay as `runners/sp1/Cargo.lock` has them where the
release allows it: then runners of two releases differ by SP1's own code.

The lock of the release that `runners/sp1/Cargo.lock` names is that file; no copy of it is made.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

RUNNERS = Path(__file__).resolve().parent.parent / "runners"
RELEASES = RUNNERS / "sp1" / "releases"
_EXECUTOR = "sp1-core-executor"
_REQUIREMENT = re.compile(rf'^{_EXECUTOR} = "[^"]*"$', re.MULTILINE)
_OF_SP1 = re.compile(r"(sp1|slop)-[\w-]+")
_OURS = frozenset({"sp1-runner"})
_ABSENT = re.compile(r"failed to select a version for the requirement `([\w-]+) = ")
_ROUNDS = 10
"""Pinning crates can bring in others of SP1 that were not there before; three rounds were enough."""


def main(versions: list[str]) -> int:
    """Lock releases; the exit code is 1 when one cannot be locked."""
    for version in versions or sorted(place.name for place in RELEASES.iterdir()):
        try:
            text = lock_of(version)
        except RuntimeError as error:
            print(f"{version}: {error}", file=sys.stderr)  # noqa: T201 - a script
            return 1
        place = RELEASES / version / "Cargo.lock"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        print(f"{place.relative_to(RUNNERS.parent)}: {len(text) >> 10} KiB")  # noqa: T201 - a script
    return 0


def lock_of(version: str) -> str:
    """The text of a lock file that has all crates of SP1 at one version.

    Raises:
        RuntimeError: the registry has no such release, or its crates do not fit together.
    """
    with tempfile.TemporaryDirectory(prefix="lock-sp1-") as scratch:
        crate = _copy(Path(scratch))
        manifest = (crate / "Cargo.toml").read_text()
        pinned, absent = {_EXECUTOR}, set[str]()
        for _ in range(_ROUNDS):
            lines = "\n".join(f'{name} = "={version}"' for name in sorted(pinned - absent))
            (crate / "Cargo.toml").write_text(_REQUIREMENT.sub(lines, manifest, count=1))
            if missing := _resolve(crate):
                # A crate that this release has not yet, or no longer.
                absent.add(missing)
                shutil.copy2(RUNNERS / "sp1" / "Cargo.lock", crate / "Cargo.lock")
            elif set(_of_sp1(crate).values()) == {version}:
                (crate / "Cargo.toml").write_text(manifest)
                _resolve(crate)  # what only the extra requirements brought in goes
                return _checked(crate, version)
            pinned |= _of_sp1(crate).keys()
    raise RuntimeError(f"the crates of SP1 did not settle on one version in {_ROUNDS} rounds")


def _copy(scratch: Path) -> Path:
    """What cargo needs to resolve the runner's dependencies, in a folder of its own."""
    for name in ("sp1", "protocol"):
        shutil.copytree(RUNNERS / name, scratch / name, ignore=shutil.ignore_patterns("target", "releases"))
    return scratch / "sp1"


def _resolve(crate: Path) -> str:
    """Let cargo bring the lock file in line with the manifest; gives a crate that has not this version."""
    ran = subprocess.run(
        ["cargo", "update", "--workspace"], cwd=crate, check=False, capture_output=True, text=True
    )
    if ran.returncode == 0:
        return ""
    absent = _ABSENT.search(ran.stderr)
    if absent is None:
        raise RuntimeError(f"cargo could not resolve it:\n{ran.stderr}")
    if absent[1] == _EXECUTOR:
        raise RuntimeError(f"the registry has no such release; `cargo info {_EXECUTOR}` names the newest")
    return absent[1]


def _of_sp1(crate: Path) -> dict[str, str]:
    """The crates of SP1 in the lock file with their versions."""
    packages = tomllib.loads((crate / "Cargo.lock").read_text())["package"]
    return {
        package["name"]: package["version"]
        for package in packages
        if _OF_SP1.fullmatch(package["name"]) and package["name"] not in _OURS
    }


def _checked(crate: Path, version: str) -> str:
    """The lock file's text, after a last look at it."""
    if stray := {name: found for name, found in _of_sp1(crate).items() if found != version}:
        raise RuntimeError(f"not of this release: {stray}")
    return (crate / "Cargo.lock").read_text()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
