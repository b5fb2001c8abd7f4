"""Interrupted, ended, killed, or two at once: what was finished is kept, and nothing is left running."""

import json
import shutil
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest
from cli_project import FIB, FIB_24, INPUTS, ROOT, CliProject

from fuzzer.errors import ExitCode

pytestmark = pytest.mark.real


def told(process: subprocess.Popen[str], word: str) -> str:
    """What a command prints until a line holds this word."""
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if word in line:
            return "".join(lines)
    raise AssertionError(f"it never said {word!r}: {lines}")


def end_with(process: subprocess.Popen[str], number: signal.Signals) -> tuple[str, str, float]:
    """Send a signal; what the command says then, and how long it takes to end with all its children."""
    children = psutil.Process(process.pid).children(recursive=True)
    start = time.monotonic()
    process.send_signal(number)
    try:
        out, err = process.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGABRT)
        pytest.fail(f"it does not end:\n{process.communicate()[1]}")
    seconds = time.monotonic() - start
    _, alive = psutil.wait_procs(children, timeout=2)
    assert [child for child in alive if child.status() != psutil.STATUS_ZOMBIE] == []
    return out, err, seconds


ENDING = [signal.SIGINT, signal.SIGTERM]
SOON_S = 3.0
"""A second is meant; a loaded machine may take some more."""


def wait_for_children(process: subprocess.Popen[str], count: int) -> None:
    deadline = time.monotonic() + 20
    while len(psutil.Process(process.pid).children(recursive=True)) < count:
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("number", ENDING)
def test_interrupt_while_building(project: CliProject, tmp_path: Path, number: signal.Signals) -> None:
    crate = tmp_path / "slow"
    shutil.copytree(ROOT / "tests" / "guests" / "typed-reads", crate)
    (crate / "build.rs").write_text("fn main() { std::thread::sleep(std::time::Duration::from_secs(60)); }\n")
    process = project.start("run", "--core-path", crate, "--target", "sp1")
    told(process, "core typed-reads")
    wait_for_children(process, 3)
    out, err, seconds = end_with(process, number)
    assert process.returncode == ExitCode.INTERRUPTED
    assert "Interrupted; what was finished is kept" in err
    assert "Traceback" not in err
    assert out == ""
    assert seconds < SOON_S
    assert project.rows() == []
    project.fuzz(*FIB_24)


@pytest.mark.parametrize("number", ENDING)
def test_interrupt_while_running_keeps_what_was_finished(project: CliProject, number: signal.Signals) -> None:
    project.write("cases/a.json", (INPUTS / "timeout_none.json").read_bytes())
    project.write("cases/b.json", (INPUTS / "timeout_infinite.json").read_bytes())
    process = project.start("run", "--core", "timeout_test", "--input", "cases", "--target", "sp1")
    wait_for_rows(project, 1)
    out, err, seconds = end_with(process, number)
    assert process.returncode == ExitCode.INTERRUPTED
    assert seconds < SOON_S
    assert "Interrupted: 1 case, 1 agree" in out
    assert "Traceback" not in err
    assert [row["input"] for row in project.whole_rows()] == ["cases/a.json"]


def wait_for_rows(project: CliProject, count: int) -> None:
    deadline = time.monotonic() + 20
    path = project.artifacts / "summary.csv"
    while not path.exists() or path.read_bytes().count(b"\n") <= count:
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("number", ENDING)
def test_interrupt_while_confirming_keeps_what_was_finished(
    project: CliProject, number: signal.Signals
) -> None:
    project.write("cases/a.json", (INPUTS / "timeout_none.json").read_bytes().strip())
    # Without its last byte it is no JSON: natively it loops, in SP1 it panics.
    project.write("cases/b.json", (INPUTS / "timeout_infinite.json").read_bytes().strip())
    process = project.start(
        "run", "--core", "timeout_test", "--input", "cases", "--target", "sp1", "--timeout", "2",
        "--plant", "sp1:short-read",
    )  # fmt: skip
    told(process, "b: running again, alone")
    out, err, seconds = end_with(process, number)
    assert process.returncode == ExitCode.INTERRUPTED
    assert seconds < SOON_S
    assert "Interrupted: 1 case, 0 agree, 1 diverge" in out
    assert "Traceback" not in err
    assert [row["input"] for row in project.whole_rows()] == ["cases/a.json"]


def test_interrupt_is_heeded_while_nobody_reads(project: CliProject) -> None:
    process = project.start(*FIB_24, "--repeat", 100_000, "--json")
    wait_for_rows(project, 100)
    time.sleep(1)  # its output is blocked by now
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    assert process.wait(SOON_S) == ExitCode.INTERRUPTED
    project.whole_rows()


def test_interrupts_at_any_moment_of_a_fast_run_lose_no_recorded_result(project: CliProject) -> None:
    for delay in (0.0, 0.05, 0.1, 0.2, 0.35):
        before = len(project.rows()) if (project.artifacts / "summary.csv").exists() else 0
        process = project.start(*FIB_24, "--repeat", 100_000, "--json")
        wait_for_rows(project, before + 1)
        time.sleep(delay)
        out, err, _ = end_with(process, signal.SIGINT)
        assert process.returncode == ExitCode.INTERRUPTED
        *cases, end = map(json.loads, out.splitlines())
        assert err == ""
        assert end["interrupted"]
        assert len(project.whole_rows()) == before + len(cases) == before + end["cases"]


def test_killed_run_is_mended_by_the_next_one(project: CliProject) -> None:
    process = project.start(*FIB_24, "--repeat", 100_000)
    wait_for_rows(project, 300)
    process.kill()
    process.communicate()
    shown = set(project.logs())
    done = project.fuzz(*FIB_24)
    rows = project.whole_rows()
    recorded = {row["run_id"] for row in rows}
    assert shown <= recorded
    assert recorded == project.logs().keys()
    assert list(project.artifacts.glob(".*.tmp")) == []
    assert "Traceback" not in done.stderr


def test_two_runs_at_once_share_the_artifacts(project: CliProject) -> None:
    both = [project.start(*FIB, "--repeat", 20, "--json") for _ in range(2)]
    ids = []
    for process in both:
        out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (ExitCode.AGREE, "")
        ids += [event["run_id"] for event in map(json.loads, out.splitlines()) if event["event"] == "case"]
    assert len(ids) == 2 * 20 * len(list(INPUTS.glob("fib_*")))
    assert Counter(row["run_id"] for row in project.whole_rows()) == Counter(ids)
    assert project.logs().keys() == set(ids)
