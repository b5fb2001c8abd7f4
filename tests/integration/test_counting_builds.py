"""`fuzz campaign --native-coverage`: led by what the host's build executes, confirmed on the ordinary one."""

from pathlib import Path

import pytest
from cli_project import CliProject

from fuzzer.campaign.search.journal import Begun, remember
from fuzzer.errors import ExitCode
from fuzzer.store.journal import read_journal

pytestmark = pytest.mark.real

GUESTS = Path(__file__).parents[1] / "guests"
HOST_ALONE = ("campaign", "--core-path", GUESTS / "host-difference", "--target", "sp1", "--seed", 3)


def begun(project: CliProject) -> Begun:
    """What the journal of the only campaign says at first."""
    remembered = remember(read_journal(project.only_campaign() / "journal.jsonl"))
    assert remembered is not None
    return remembered.begun


@pytest.mark.heavy
def test_what_hides_in_code_of_the_host_alone_is_found(project: CliProject) -> None:
    project.fuzz(*HOST_ALONE, "--native-coverage", "--cases", 150_000, expect=ExitCode.FINDINGS)
    assert len([log for log in project.logs().values() if log.signature]) == 1


def test_what_differs_is_confirmed_on_the_ordinary_build(project: CliProject) -> None:
    planted = ("--plant", "sp1:flip-bit", "--reduce-for", "1s", "--cases", 20)
    project.fuzz(*HOST_ALONE, "--native-coverage", *planted, expect=ExitCode.FINDINGS)
    (log,) = [log for log in project.logs().values() if log.signature]
    (target,) = [target for target in log.targets if target.target.name == "native"]
    (core,) = begun(project).cores
    assert core.counted_sha256
    assert target.target.runner_sha256 == core.native_sha256 != core.counted_sha256


def test_a_campaign_goes_on_with_the_coverage_that_it_began_with(project: CliProject) -> None:
    project.fuzz(*HOST_ALONE, "--native-coverage", "--cases", 200)
    assert begun(project).cores[0].counted_sha256
    project.fuzz("campaign", "--resume", "latest", "--cases", 200)
    plain = CliProject(project.root.parent / "plain")
    plain.fuzz(*HOST_ALONE, "--cases", 200)
    assert not begun(plain).cores[0].counted_sha256
    said = plain.fuzz(
        "campaign", "--resume", "latest", "--native-coverage", "--cases", 9, expect=ExitCode.USAGE
    ).stderr
    assert "native coverage by" in said


def test_what_runs_while_a_workspace_is_built_does_not_count(project: CliProject) -> None:
    guest = GUESTS / "workspace" / "program"
    project.fuzz("campaign", "--core-path", guest, "--target", "sp1", "--native-coverage", "--cases", 50)


def test_without_cores_it_is_refused(project: CliProject) -> None:
    said = project.refused(
        "campaign", "--generator", "riscv", "--native-coverage", "--cases", 10, code=ExitCode.USAGE
    )
    assert "--native-coverage is about cores" in said


def test_a_time_limit_of_the_call_goes_before_the_usual_one(project: CliProject) -> None:
    call = ("campaign", "--core", "timeout_test", "--target", "sp1", "--generator", "mutated", "--cases", 8)
    project.fuzz(*call, "--timeout", "0.2", expect=None)
    assert begun(project).limits.wall_ms == 200
    project.refused(*call, "--timeout", 0, code=ExitCode.USAGE)
