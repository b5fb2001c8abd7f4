"""The reference executor runs the same guest programs as SP1, and counts the same instructions."""

import pytest
from cli_project import CliProject

from fuzzer.model import Status

pytestmark = pytest.mark.real

TARGETS = ("--target", "rvref", "--target", "sp1")


@pytest.mark.parametrize(
    "core", ["arithmetic", "bigint", "collections", "fib", "floats", "hashing", "io", "json"]
)
def test_reference_agrees_with_sp1(project: CliProject, core: str) -> None:
    project.fuzz("run", "--core", core, *TARGETS)
    logs = project.logs().values()
    assert logs
    for log in logs:
        assert log.diff.equal, log.diff.reason
        outcomes = {run.target.name: run.outcome for run in log.targets}
        assert outcomes["rvref"].cycles == outcomes["sp1"].cycles
        assert outcomes["rvref"].status in {Status.OK, Status.PANIC}


def test_reference_tells_a_planted_fault_apart(project: CliProject) -> None:
    project.fuzz("run", "--core", "fib", *TARGETS, "--plant", "sp1:flip-bit", expect=1)
    signatures = {log.signature for log in project.logs().values() if not log.diff.equal}
    assert {signature.split(" at ")[0] for signature in signatures} >= {"fib: native, rvref | sp1: output"}
