"""`scripts/nightly`: one at a time, regression tests first, and an exit code that says the truth."""

import subprocess
import time
from pathlib import Path

import pytest
from cli_project import ROOT, CliProject

pytestmark = [pytest.mark.real, pytest.mark.slow]

NIGHTLY = ROOT / "scripts" / "nightly"
BUSY = 75
PLANTED = ("--core", "fib", "--target", "sp1", "--cases", "60", "--seed", "7", "--plant", "sp1:flip-bit")


def start(project: CliProject, *campaign: str, time_s: int = 60) -> subprocess.Popen[str]:
    """Begin a night, with as little of an environment as cron gives."""
    words = [str(NIGHTLY), "--for", f"{time_s}s", "--", *campaign]
    pipe, err = subprocess.PIPE, subprocess.STDOUT
    env = {"PATH": "/usr/bin:/bin", "HOME": str(Path.home()), "SHELL": "/bin/sh"}
    return subprocess.Popen(words, cwd=project.root, stdout=pipe, stderr=err, text=True, env=env)


def steps(said: str) -> list[str]:
    """The commands of a night, in order."""
    return [line.split("fuzz ", 1)[1].split()[0] for line in said.splitlines() if line.startswith("== ")]


def test_a_quiet_night_and_a_second_one_at_the_same_time(project: CliProject) -> None:
    first = start(project, "--core", "fib", "--target", "sp1", "--cases", "60", "--seed", "7")
    deadline = time.monotonic() + 60
    while not list(project.artifacts.glob("nightly/*.log")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    second = start(project)
    assert "another night is at work" in second.communicate()[0]
    assert second.returncode == BUSY
    said, _ = first.communicate()
    assert first.returncode == 0, said
    assert steps(said) == ["campaign", "report", "regressions", "gate", "ledger", "prune"]
    (log,) = project.artifacts.glob("nightly/*.log")
    assert log.read_text() == said
    assert (project.only_campaign() / "gate_report.html").is_file()


def test_a_finding_is_run_again_first_in_the_next_night(project: CliProject) -> None:
    night = start(project, *PLANTED)
    said, _ = night.communicate()
    assert night.returncode == 1, said
    assert "findings, or the gate blocks" in said
    next_night = start(project, "--core", "fib", "--target", "sp1", "--cases", "60", "--seed", "7")
    said, _ = next_night.communicate()
    assert steps(said)[:2] == ["regress", "campaign"]
    assert "ALLOW" in said.partition("fuzz campaign")[0]


def test_a_night_in_which_nothing_was_compared_fails_loudly(project: CliProject) -> None:
    (project.root / "fuzzer.toml").write_text("[run]\ntimeout_s = 1\n")
    # Its first input loops for ever, on both sides.
    night = start(project, "--core", "timeout_test", "--target", "sp1", "--cases", "1")
    said, _ = night.communicate()
    assert night.returncode == 6, said
    assert "NOTHING WAS COMPARED" in said.splitlines()[-1]


def test_a_night_whose_campaign_cannot_begin_fails(project: CliProject) -> None:
    night = start(project, "--core", "no_such_core")
    said, _ = night.communicate()
    assert night.returncode == 2, said
    assert "gate" not in steps(said), "an older campaign says nothing of this night"
    assert "a step failed" in said.splitlines()[-1]
