"""The frozen cases on real runners: what passes, what a fault looks like, and what is refused."""

import json
from pathlib import Path

import pytest
from cli_project import ROOT, CliProject
from copied_checkout import copy_checkout

from fuzzer.build.plan import build
from fuzzer.build.steps import Silent
from fuzzer.conformance.files import read_files
from fuzzer.conformance.grade import Grade, grade
from fuzzer.conformance.targets import chosen_cases
from fuzzer.errors import ExitCode
from fuzzer.execute.programs import ProgramRunners
from fuzzer.execute.runner import RunnerCommand
from fuzzer.home import Home
from fuzzer.model import Limits

pytestmark = pytest.mark.real


def test_the_reference_passes_every_case(project: CliProject) -> None:
    events = [json.loads(line) for line in project.fuzz("conformance", "--json").stdout.splitlines()]
    opcodes = [event for event in events if event["event"] == "opcode"]
    assert len(opcodes) == 46 + 63
    assert all(event["passed"] > 0 == event["failed"] == event["not_compared"] for event in opcodes)
    assert sum(event["passed"] for event in opcodes) > 25_000


def test_sp1_is_graded_in_its_width(project: CliProject) -> None:
    done = project.fuzz("conformance", "--target", "sp1", "--target", "rvref", "--opcode", "mulhsu")
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["opcode", "width", "cases", "sp1", "rvref"]
    assert {tuple(line.split()[:2]): line.split()[3:] for line in lines[1:3]} == {
        ("mulhsu", "RV32"): ["-", "pass"],
        ("mulhsu", "RV64"): ["pass", "pass"],
    }


@pytest.mark.parametrize("fault", ["flip-bit", "drop-commit", "lose-exit-code"])
def test_a_planted_fault_fails(home: Home, fault: str) -> None:
    built = build(home, cores=[], targets=["rvref"], progress=Silent())
    files = read_files(home.root / "inputs" / "conformance", [64], "inputs/conformance")
    cases = chosen_cases(files, 64, ["ecall"])
    command = RunnerCommand(target="rvref", binary=built.runners[0].path, fault=fault)
    with ProgramRunners([command], limits=Limits()) as runners:
        graded = grade(cases, 64, lambda programs: runners.run(programs)["rvref"])
    assert any(one.grade is Grade.FAILED for one in graded)
    assert all(one.why for one in graded if one.grade is not Grade.PASSED)


def test_a_target_without_an_instruction_level_mode_is_refused(project: CliProject) -> None:
    said = project.refused("conformance", "--target", "native", code=ExitCode.USAGE)
    assert "`native` has no instruction-level mode" in said


def test_a_damaged_file_is_an_error_and_stays_as_it_is(tmp_path: Path) -> None:
    checkout = copy_checkout(ROOT, tmp_path / "checkout")
    path = checkout / "inputs" / "conformance" / "rv64-muldiv.jsonl"
    damaged = path.read_bytes().replace(b'"a0"', b'"a1"', 1)
    path.write_bytes(damaged)
    project = CliProject(tmp_path / "project", launcher=checkout / "scripts" / "fuzz")
    said = project.refused("conformance", code=ExitCode.BAD_INPUT)
    assert "`inputs/conformance/rv64-muldiv.jsonl` is damaged" in said
    assert "scripts/calibrate --freeze" in said
    assert path.read_bytes() == damaged
