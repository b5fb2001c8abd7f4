"""The files of the checkout: nothing of one machine in them, nothing left to do, nothing too long."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from checkout import ROOT, python_modules, text_of, tracked

from fuzzer.generate.hand_written import inputs_of

MODULE_LINES = 400
FUNCTION_LINES = 70
BUILT_CRATES = (
    "cores",
    "runners/cargo-prove",
    "runners/protocol",
    "runners/riscv",
    "runners/rvref",
    "runners/sp1",
)
"""Where cargo is started with `--locked`; `runners/native` is built as part of each core."""

MACHINE_PATH = re.compile(r"(?<![\w.~})*-])/(?:home|root|work|Users|mnt|private)/[\w.-]")
UNFINISHED = re.compile(r"\b(?:TO[D]O|FIX[M]E|XX[X])\b|\b(?:unimplemente[d]|tod[o])!\s*[({\[]")
REGISTRY = re.compile(
    r"(?:index|static)\.crates\.io|pypi\.org|pythonhosted\.org|(?:deb|security)\.debian\.org"
    r"|sparse\+http|[-_]index[-_]url\s*[=:]",
    re.IGNORECASE,
)
"""Hosts of package registries, and settings that name one: where packages come from is the user's affair."""
URL_HOST = re.compile(r"https?://([\w.-]+)")
KNOWN_HOSTS = {
    "example.org",
    "github.com",
    "json-schema.org",
    "docs.oasis-open.org",
    "keepachangelog.com",
    "msgpack.org",
    "rustup.rs",
    "semver.org",
    "www.apache.org",
}


def is_lock(path: Path) -> bool:
    return path.name.endswith(".lock")


def matches(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path}:{number}: {line.strip()[:100]}"
        for path in tracked()
        if not is_lock(path)
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if pattern.search(line)
    ]


def sources() -> list[Path]:
    return [path for path in tracked() if path.suffix in {".py", ".rs"}]


def functions() -> Iterator[tuple[Path, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path, tree in python_modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path, node


@pytest.mark.parametrize(
    ("pattern", "sample"),
    [
        (MACHINE_PATH, "see /" + "home/somebody/fuzz"),
        (UNFINISHED, "TO" + "DO: later"),
        (UNFINISHED, "unimplemente" + "d!()"),
        (REGISTRY, "see index" + ".crates.io/ab"),
    ],
)
def test_the_patterns_find_what_they_are_for(pattern: re.Pattern[str], sample: str) -> None:
    assert pattern.search(sample)


def test_no_path_of_one_machine() -> None:
    assert matches(MACHINE_PATH) == []


def test_nothing_is_left_to_do() -> None:
    assert matches(UNFINISHED) == []


def test_no_registry_is_named() -> None:
    assert matches(REGISTRY) == []


def test_links_lead_to_known_hosts() -> None:
    hosts = {
        host: path for path in tracked() if not is_lock(path) for host in URL_HOST.findall(text_of(path))
    }
    assert {host: path for host, path in hosts.items() if host.rstrip(".") not in KNOWN_HOSTS} == {}


def test_every_module_says_what_it_is() -> None:
    assert [path for path, tree in python_modules().items() if not ast.get_docstring(tree)] == []
    guests = Path("tests/guests")
    crates = [path for path in sources() if path.suffix == ".rs" and guests not in path.parents]
    assert [path for path in crates if not text_of(path).startswith("//! ")] == []


def test_no_module_is_too_long() -> None:
    lines = {path: len(text_of(path).splitlines()) for path in sources()}
    assert {path: count for path, count in lines.items() if count > MODULE_LINES} == {}


def test_no_function_is_too_long() -> None:
    lines = {
        f"{path}:{node.lineno} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path, node in functions()
    }
    assert len(lines) > len(python_modules())
    assert {name: count for name, count in lines.items() if count > FUNCTION_LINES} == {}


@pytest.mark.parametrize("crate", BUILT_CRATES)
def test_a_crate_that_is_built_has_a_lock_file(crate: str) -> None:
    assert Path(crate, "Cargo.lock") in tracked()


def test_every_crate_is_built_alone_or_into_a_core() -> None:
    manifests = {path.parent for path in tracked() if path.name == "Cargo.toml"}
    runners = {path.as_posix() for path in manifests if path.parts[0] == "runners"}
    assert runners == {crate for crate in BUILT_CRATES if crate != "cores"} | {"runners/native"}
    members = tomllib.loads(text_of("cores/Cargo.toml"))["workspace"]["members"]
    assert {f"cores/{name}" for name in members} == {
        path.as_posix() for path in manifests if path.parent == Path("cores")
    }


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_python_packages_are_pinned_with_hashes(lock: str) -> None:
    pins = re.findall(r"^([a-z0-9._-]+)==\S+ \\\n    --hash=sha256:", text_of(lock), re.MULTILINE)
    assert len(pins) == len(re.findall(r"^\S+==", text_of(lock), re.MULTILINE))
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    wanted = [*project["dependencies"]]
    wanted += project["optional-dependencies"]["dev"] if "dev" in lock else []
    assert {re.split(r"[<>=!~ ]", name)[0] for name in wanted} <= set(pins)


def test_cargo_packages_come_from_the_public_registry() -> None:
    for path in tracked():
        if path.name == "Cargo.lock":
            found = set(re.findall(r'^source = "(.+)"$', text_of(path), re.MULTILINE))
            assert found <= {"registry+https://github.com/rust-lang/crates.io-index"}, path


def test_every_input_belongs_to_one_core() -> None:
    cores = [path.parent.name for path in tracked() if path.match("cores/*/Cargo.toml")]
    owned = [path.name for core in cores for path in inputs_of(core, ROOT / "inputs", cores)]
    files = [path for path in tracked() if path.parts[0] == "inputs" and path.suffix != ".toml"]
    inputs = {path.name for path in files if len(path.parts) == 2}
    assert {name: owned.count(name) for name in inputs if owned.count(name) != 1} == {}
    assert {core for core in cores if not inputs_of(core, ROOT / "inputs", cores)} == set()
