"""`fuzz bisect` on real releases of SP1, around a bug that one of them has fixed; and what it refuses."""

import json
from pathlib import Path

import pytest
from cli_project import CliProject

from fuzzer.errors import ExitCode
from fuzzer.store.run_log import RunLog

pytestmark = pytest.mark.real

BAD, GOOD = "sp1@6.8.0", "sp1@6.8.1"
"""Until 6.8.0 the JIT cut what a negative `auipc` gives to 32 bits, and read misaligned data wrongly."""
BUILDING_S = 3_600
"""On a machine without any of them some eight releases are built, a minute or two for each."""


@pytest.fixture(scope="module")
def old_release(tmp_path_factory: pytest.TempPathFactory) -> CliProject:
    """A project with the findings of a short campaign on both releases; nothing in it is changed."""
    project = CliProject(tmp_path_factory.mktemp("releases"))
    project.fuzz(
        "campaign", "--generator", "riscv", "--target", BAD, "--target", GOOD,
        "--cases", 64, "--seed", 1, "--reduce-for", "5s", expect=ExitCode.FINDINGS,
    )  # fmt: skip
    return project


def of_auipc(project: CliProject) -> tuple[Path, RunLog]:
    """The finding in `auipc`: its folder and its run log."""
    (run_id, log) = next(
        (run_id, log)
        for run_id, log in project.logs().items()
        if log.program and log.program.location and log.program.location.mnemonic == "auipc"
    )
    return project.artifacts / run_id, log


@pytest.mark.heavy
@pytest.mark.timeout(BUILDING_S)
def test_bug_of_a_release_is_found_and_belongs_to_it_alone(old_release: CliProject) -> None:
    _, log = of_auipc(old_release)
    assert log.signature == f"riscv: rvref, {GOOD} | {BAD}: output at auipc"
    assert log.attribution.startswith(f"{BAD} stands alone")
    assert [(entry.target, entry.equal, entry.confirmed) for entry in log.comparisons] == [
        (BAD, False, 3),
        (GOOD, True, 0),
    ]
    assert log.program is not None
    assert log.program.instructions <= 3


@pytest.mark.heavy
@pytest.mark.timeout(BUILDING_S)
def test_each_bug_of_a_release_is_one_finding(old_release: CliProject) -> None:
    # One program crashes at a load long behind the `auipc` that made its address: it is another of the same.
    places = {log.signature.rpartition(": ")[2] for log in old_release.logs().values()}
    assert places == {"crash", "output at auipc", "output at commit 1"}
    assert len(old_release.logs()) == len(places)


@pytest.mark.heavy
@pytest.mark.timeout(BUILDING_S)
def test_first_bad_and_first_good_release_are_found(old_release: CliProject) -> None:
    folder, _ = of_auipc(old_release)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    (line,) = old_release.fuzz("bisect", folder, "--json").stdout.splitlines()
    event = json.loads(line)
    assert (event["event"], event["target"], event["reproduced"]) == ("bisect", BAD, True)
    assert (event["last_good_before"], event["first_bad"]) == ("6.0.2", "6.1.0")
    assert event["first_good"] == GOOD.partition("@")[2]
    shown = event["probed"]
    assert shown["6.8.0"]
    assert not shown["6.8.1"]
    assert [shown[release] for release in ("6.0.2", "6.1.0")] == [False, True]
    done = old_release.fuzz("bisect", folder, "--target", BAD)
    assert "begins in 6.1.0 (6.0.2 does not show it), and ends in 6.8.1" in done.stdout
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.heavy
@pytest.mark.timeout(BUILDING_S)
def test_target_that_does_not_differ_is_refused(old_release: CliProject) -> None:
    folder, _ = of_auipc(old_release)
    said = old_release.refused("bisect", folder, "--target", GOOD, code=ExitCode.USAGE)
    assert f"`{GOOD}` does not differ in this finding" in said
    assert f"hint: those that do: {BAD}" in said


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finding in a target that has no releases."""
    project = CliProject(tmp_path_factory.mktemp("planted"))
    arguments = ("--target", "rvref-faulty", "--plant", "rvref-faulty:addw-wide", "--cases", 128, "--seed", 1)
    project.fuzz("campaign", "--generator", "riscv", *arguments, expect=ExitCode.FINDINGS)
    return next(path for path in project.findings() if path.name != "campaigns")


def test_finding_of_a_target_without_releases_is_refused(planted: Path, project: CliProject) -> None:
    said = project.refused("bisect", planted, code=ExitCode.BAD_INPUT)
    assert "no target of this finding has releases to choose from" in said
    said = project.refused("bisect", planted, "--target", "sp1", code=ExitCode.USAGE)
    assert "`sp1` does not differ in this finding" in said


def test_folder_that_is_no_finding_is_refused(planted: Path, project: CliProject) -> None:
    for folder in (planted.parent, planted / "nowhere"):
        said = project.refused("bisect", folder, code=ExitCode.BAD_INPUT)
        assert "cannot be read" in said
        assert "hint: name the folder of a finding" in said
