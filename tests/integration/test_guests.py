"""Guests of users run as they are; new cores; what cannot be built."""

import re
import shutil
from pathlib import Path

import pytest
from cli_project import INPUTS, ROOT, CliProject
from copied_checkout import copy_checkout

from fuzzer.errors import ExitCode

pytestmark = pytest.mark.real

GUESTS = ROOT / "tests" / "guests"


def tree(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Bytes and times of all files of a tree."""
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


GUEST_INPUTS = {
    "bincode-structs": "inputs",
    "curves": "inputs",
    "fibonacci-project/program": "../inputs",
    "frame-difference": "inputs",
    "host-difference": "inputs",
    "nested-difference": "inputs",
    "path-dependency/program": "../inputs",
    "precompiles": "inputs",
    "typed-difference": "inputs",
    "typed-reads": "inputs",
    "unconstrained": "inputs",
}


def test_every_guest_that_has_inputs_is_run() -> None:
    assert {path.parent.name for path in GUESTS.glob("*/inputs")} == {
        guest.partition("/")[0] for guest in GUEST_INPUTS
    }


@pytest.mark.parametrize("guest", GUEST_INPUTS)
def test_guest_of_a_user_runs_and_stays_as_it_is(project: CliProject, guest: str) -> None:
    top = guest.split("/", maxsplit=1)[0]
    shutil.copytree(GUESTS / top, project.root / top)
    crate = project.root / guest
    before = tree(project.root / top)
    inputs = crate / GUEST_INPUTS[guest]
    project.fuzz("run", "--core-path", guest, "--input", inputs)
    assert tree(project.root / top) == before
    rows = project.rows()
    assert len(rows) == 2 * len(list(inputs.iterdir()))
    assert {row["equal"] for row in rows} == {"true"}
    assert "Ok" in {row["sp1_status"] for row in rows}
    assert {log.core.path for log in project.logs().values()} == {guest}


def test_inputs_of_a_guest_are_found_beside_its_manifest(project: CliProject) -> None:
    project.fuzz("run", "--core-path", GUESTS / "typed-reads", "--target", "sp1")
    assert len(project.rows()) == len(list((GUESTS / "typed-reads" / "inputs").iterdir()))


@pytest.mark.parametrize(
    ("guest", "code", "says"),
    [
        ("older-major", ExitCode.BAD_INPUT, "`older-major` uses sp1-zkvm 5.2; this harness runs 6.x"),
        ("not-a-guest", ExitCode.BAD_INPUT, "not an SP1 guest"),
        ("does-not-compile", ExitCode.TOOLCHAIN, "expected `u32`, found `&str`"),
    ],
)
def test_what_cannot_be_built_says_why(project: CliProject, guest: str, code: ExitCode, says: str) -> None:
    done = project.fuzz("run", "--core-path", GUESTS / guest, "--input", INPUTS / "fib_24.json", expect=code)
    assert says in done.stderr
    assert "\nhint: " in done.stderr
    assert "Traceback" not in done.stderr
    assert project.rows() == []


def test_new_core_runs_as_it_is(project: CliProject) -> None:
    assert "run --core-path mine/summing" in project.fuzz("new-core", "summing", "--path", "mine").stdout
    project.fuzz("run", "--core-path", "mine/summing", "--target", "sp1")
    assert [row["equal"] for row in project.rows()] == ["true"]
    again = project.fuzz("new-core", "summing", "--path", "mine", expect=ExitCode.BAD_INPUT)
    assert "mine/summing exists already" in again.stderr


def test_new_core_of_a_checkout_is_one_of_its_cores(tmp_path: Path) -> None:
    checkout = copy_checkout(ROOT, tmp_path / "checkout")
    copied = CliProject(tmp_path / "project", launcher=checkout / "scripts" / "fuzz")
    copied.fuzz("new-core", "summing")
    assert (checkout / "inputs" / "summing_three.stdin.json").is_file()
    assert re.search(r"^ summing +\S+ +1$", copied.fuzz("list", "cores").stdout, re.MULTILINE)
    names = [path.name for path in (checkout / "cores").iterdir()]
    assert "summing" in names
