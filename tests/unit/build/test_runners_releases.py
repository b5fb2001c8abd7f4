"""The lock files that pin the SP1 runner to releases hold what they are for."""

import re
import tomllib
from functools import cache

import msgspec
import pytest

from fuzzer.build.sp1_releases import known_releases, release_lock
from fuzzer.build.versions import SP1_VERSION
from fuzzer.home import find_home

HOME = find_home()
RELEASES = known_releases(HOME)
OF_SP1 = re.compile(r"(sp1|slop)-[\w-]+")
OLDEST = "6.0.0"
OWN = {"sp1-runner", "runner-protocol"}


class Package(msgspec.Struct, frozen=True):
    """A package of a lock file."""

    name: str
    version: str
    source: str = ""
    checksum: str = ""
    dependencies: tuple[str, ...] = ()


@cache
def packages(release: str) -> list[Package]:
    """The packages of a release's lock file."""
    found = tomllib.loads(release_lock(HOME, release).read_text())["package"]
    return msgspec.convert(found, list[Package])


def versions(release: str) -> dict[str, set[str]]:
    """The versions of each package of a release."""
    found: dict[str, set[str]] = {}
    for package in packages(release):
        found.setdefault(package.name, set()).add(package.version)
    return found


def test_releases_are_in_order_from_the_oldest_to_the_harness_own() -> None:
    assert RELEASES[0] == OLDEST
    assert RELEASES[-1] == SP1_VERSION
    assert RELEASES.index("6.2.1") < RELEASES.index("6.9.0")


@pytest.mark.parametrize("release", RELEASES)
def test_all_crates_of_sp1_are_of_the_release(release: str) -> None:
    of_sp1 = {p.name: p.version for p in packages(release) if OF_SP1.fullmatch(p.name)}
    assert of_sp1.pop("sp1-runner")
    assert "sp1-core-executor" in of_sp1
    assert set(of_sp1.values()) == {release}


@pytest.mark.parametrize("release", RELEASES)
def test_a_release_comes_with_one_version_of_plonky3(release: str) -> None:
    assert len({p.version for p in packages(release) if p.name.startswith("p3-")}) == 1


@pytest.mark.parametrize("release", RELEASES)
def test_every_package_of_a_registry_has_its_checksum(release: str) -> None:
    assert [p.name for p in packages(release) if p.source and not p.checksum] == []


@pytest.mark.parametrize("release", RELEASES)
def test_other_crates_are_those_of_the_harness_own_release(release: str) -> None:
    """Then releases differ by SP1's own code. An older one may need an older crate beside the newer."""
    own, theirs = versions(SP1_VERSION), versions(release)
    shared = {name for name in own.keys() & theirs if not name.startswith(("sp1-", "slop-", "p3-"))}
    assert len(shared) > 100
    assert {name for name in shared if not own[name] & theirs[name]} == set()


@pytest.mark.parametrize("release", RELEASES)
def test_a_lock_file_knows_the_dependencies_of_the_runner(release: str) -> None:
    """Otherwise it does not build with `--locked`; `scripts/lock_sp1_release.py` writes them all again."""

    def named(version: str) -> dict[str, list[str]]:
        own = (package for package in packages(version) if package.name in OWN)
        return {package.name: [entry.split()[0] for entry in package.dependencies] for package in own}

    assert named(SP1_VERSION).keys() == OWN
    assert named(release) == named(SP1_VERSION)
