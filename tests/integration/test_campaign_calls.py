"""Calls of `fuzz campaign` that cannot be served."""

import pytest
from cli_project import CliProject

from fuzzer.errors import ExitCode

pytestmark = pytest.mark.real

FAULTY = "--target rvref-faulty --plant rvref-faulty"
BAD_CALLS = [
    ("--target native", "there is nothing to compare `native` with", "sp1"),
    ("--target rvref", "there is nothing to compare `rvref` with", "sp1"),
    ("--target sp2", "no target `sp2`", "did you mean `sp1`?"),
    ("--target sp1@9.9.9", "no SP1 release 9.9.9", "the nearest is 6."),
    (f"{FAULTY}:addw-wid", "no fault `addw-wid`", "did you mean `addw-wide`?"),
    (f"{FAULTY}:nonsense", "no fault `nonsense`", "known: "),
    ("--target sp1 --plant sp1:addw-wide", "no fault `addw-wide`", "known: "),
    ("--target sp1 --plant rvref-faulty:addw-wide", "`rvref-faulty` takes no part", ""),
    ("--for 0", "'0' is no time to work in", ""),
    ("--cases 0", "0 is not in the range", ""),
    ("--seed -1", "-1 is not in the range", ""),
    ("--xlen 16", "'16' is not one of", ""),
    ("--generator nonsense", "'nonsense' is not one of", ""),
]


@pytest.mark.parametrize(("arguments", "says", "hint"), BAD_CALLS, ids=[call[0] for call in BAD_CALLS])
def test_bad_call_is_refused_in_a_line(project: CliProject, arguments: str, says: str, hint: str) -> None:
    said = project.refused(
        "campaign", "--generator", "riscv", "--cases", 64, *arguments.split(), code=ExitCode.USAGE
    ).splitlines()
    (line,) = [line for line in said if line.lower().startswith("error: ")]
    assert says in line
    hints = [line for line in said if line.startswith("hint: ")]
    assert not hint or hint in " ".join(hints)
    if project.artifacts.exists():
        assert project.rows() == []
        assert [path for path in project.findings() if path.name != "campaigns"] == []
        assert project.logs() == {}
        assert not (project.artifacts / "campaigns").exists()


def test_width_that_a_target_has_not_is_refused(project: CliProject) -> None:
    project.refused(
        "campaign",
        "--generator",
        "riscv",
        "--xlen",
        "32",
        "--target",
        "sp1",
        "--cases",
        1,
        code=ExitCode.USAGE,
    )


def test_plant_without_a_fault_is_refused(project: CliProject) -> None:
    project.refused("campaign", "--generator", "riscv", *FAULTY.split(), "--cases", 1, code=ExitCode.USAGE)
