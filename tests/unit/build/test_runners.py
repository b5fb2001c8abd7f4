"""Targets by name and release, and what their runners are made from."""

import os
from pathlib import Path

import pytest

from fuzzer.build.host_rust import HostRust
from fuzzer.build.keys import key_of_files
from fuzzer.build.runners import (
    GENERATOR,
    RUNNER_KINDS,
    BuiltRunner,
    TargetSpec,
    build_runner,
    parse_target,
    source_files,
    target_names,
)
from fuzzer.build.steps import Silent, Workshop
from fuzzer.build.versions import SP1_VERSION
from fuzzer.errors import UsageError
from fuzzer.home import Home, find_home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A checkout whose SP1 runner has two older releases."""
    crate = tmp_path / "runners" / "sp1"
    for name, text in {
        "Cargo.toml": "manifest",
        "Cargo.lock": "lock",
        "src/main.rs": "source",
        "releases/6.2.1/Cargo.lock": "lock of 6.2.1",
        "releases/6.0.0/Cargo.lock": "lock of 6.0.0",
        "../protocol/Cargo.toml": "protocol",
    }.items():
        (crate / name).parent.mkdir(parents=True, exist_ok=True)
        (crate / name).write_text(text)
    return Home(root=tmp_path, cache=tmp_path / ".fuzz")


CARGO = """#!/bin/sh
# Instead of building: the lock file, what was asked for, and whether cargo would see the source as changed.
out=$CARGO_TARGET_DIR/release
mkdir -p "$out"
changed=$([ -e "$out/built" ] && [ ! src/main.rs -nt "$out/built" ] && echo stale || echo new)
echo "$(cat Cargo.lock); $*; $changed" > "$out/sp1-runner"
touch "$out/built"
"""


@pytest.fixture
def host(tmp_path: Path) -> HostRust:
    """A toolchain whose cargo writes down how it was called."""
    cargo = tmp_path / "rust" / "bin" / "cargo"
    cargo.parent.mkdir(parents=True)
    cargo.write_text(CARGO)
    cargo.chmod(0o755)
    return HostRust(bin_dir=str(cargo.parent), version="rustc 1.95.0", target="", key="0123456789abcdef")


def built(home: Home, host: HostRust, *targets: str) -> list[BuiltRunner]:
    """The runners of targets, built one after the other."""
    with Workshop(home, Silent(), {"PATH": os.environ["PATH"]}) as shop:
        return [build_runner(shop, host, target) for target in targets]


@pytest.mark.parametrize("text", ["sp1", "rvref", "rvref-faulty", "sp1@6.2.1", "sp1-portable@6.0.0"])
def test_a_target_is_read_and_written(home: Home, text: str) -> None:
    assert str(parse_target(home, text)) == text


def test_a_target_says_what_it_runs_programs_on(home: Home) -> None:
    assert parse_target(home, "sp1").kind.version == SP1_VERSION
    older = parse_target(home, "sp1-portable@6.0.0")
    assert (older.name, older.release, older.kind.version) == ("sp1-portable", "6.0.0", "6.0.0")
    assert older.kind.features == RUNNER_KINDS["sp1-portable"].features


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("sp2", "no target `sp2`", "did you mean `sp1`?"),
        ("sp1-portabel@6.0.0", "no target `sp1-portabel@6.0.0`", "did you mean `sp1-portable`?"),
        ("sp1@6.99.0", "no SP1 release 6.99.0", f"the nearest is {SP1_VERSION}; known: 6.0.0, 6.2.1, "),
        ("sp1@6.2.3", "no SP1 release 6.2.3", "the nearest is 6.2.1; known: 6.0.0, 6.2.1, "),
        ("sp1@5.2.0", "no SP1 release 5.2.0", "the nearest is 6.2.1; known: 6.0.0, 6.2.1, "),
        ("sp1@", "no SP1 release ", "known: 6.0.0, 6.2.1, "),
        ("rvref@0.1.0", "`rvref` has no releases", "`sp1`, `sp1-portable` have releases"),
        ("sp1@../../x", "no SP1 release ../../x", "known: 6.0.0"),
    ],
)
def test_a_wrong_target_is_refused_with_the_nearest(home: Home, text: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_target(home, text)
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_every_target_that_is_listed_is_known(home: Home) -> None:
    names = target_names(home)
    assert [str(parse_target(home, name)) for name in names] == list(names)
    assert names[: len(RUNNER_KINDS)] == tuple(RUNNER_KINDS)
    assert "sp1@6.0.0" in names
    assert f"sp1-portable@{SP1_VERSION}" in names


def test_a_release_changes_the_sources_by_its_lock_file_alone(home: Home) -> None:
    executable = RUNNER_KINDS["sp1"].executable
    own = dict(source_files(home, executable))
    lock = home.runners / "sp1" / "releases" / "6.2.1" / "Cargo.lock"
    older = dict(source_files(home, executable, lock))
    assert {name for name in own if own[name] != older[name]} == {"sp1/Cargo.lock"}
    assert older["sp1/Cargo.lock"].read_text() == "lock of 6.2.1"
    assert key_of_files(own.items()) != key_of_files(older.items())


def test_a_new_release_leaves_the_others_keys_alone(home: Home) -> None:
    before = key_of_files(source_files(home, RUNNER_KINDS["sp1"].executable))
    folder = home.runners / "sp1" / "releases" / "6.3.0"
    folder.mkdir()
    (folder / "Cargo.lock").write_text("lock of 6.3.0")
    assert key_of_files(source_files(home, RUNNER_KINDS["sp1"].executable)) == before


def test_a_runner_is_built_from_the_lock_file_of_its_release(home: Home, host: HostRust) -> None:
    own, older, portable = built(home, host, "sp1", "sp1@6.2.1", "sp1-portable@6.2.1")
    assert own.path.read_text() == "lock; build --release --locked; new\n"
    assert older.path.read_text() == "lock of 6.2.1; build --release --locked; new\n"
    assert portable.path.read_text() == "lock of 6.2.1; build --release --locked --features portable; new\n"
    assert [runner.version for runner in (own, older, portable)] == [SP1_VERSION, "6.2.1", "6.2.1"]
    assert older.target == "sp1@6.2.1"


def test_a_runner_is_built_once(home: Home, host: HostRust) -> None:
    first, *others = built(home, host, "sp1@6.0.0", "sp1", "sp1@6.0.0", f"sp1@{SP1_VERSION}")
    before = first.path.stat().st_mtime_ns
    assert others[1] == first
    assert (others[2].path, others[2].key) == (others[0].path, others[0].key)
    assert built(home, host, "sp1@6.0.0")[0].path.stat().st_mtime_ns == before


def test_the_generator_is_made_from_three_crates() -> None:
    names = [name for name, _ in source_files(find_home(), GENERATOR)]
    assert {name.partition("/")[0] for name in names} == {"riscv", "rvref", "protocol"}
    assert "riscv/Cargo.toml" in names


def test_the_kinds_that_have_releases_are_those_of_sp1() -> None:
    assert {name for name, kind in RUNNER_KINDS.items() if kind.has_releases} == {"sp1", "sp1-portable"}
    assert str(TargetSpec("sp1")) == "sp1"
