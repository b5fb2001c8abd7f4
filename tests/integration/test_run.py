"""`fuzz run` end to end, on real runners, as users call it."""

import json
import os
import pty
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from cli_project import INPUTS, ROOT, CliProject

from fuzzer.errors import ExitCode

pytestmark = pytest.mark.real

HEADER = (
    "run_id,core,input,native_status,sp1_status,equal,reason,elapsed_native_ms,elapsed_sp1_ms,timing_delta_ms,"
    "repro_path,generator,base_seed,mutation_ops,rng_seed,zkvm_target,sp1_version,rustc_version"
)


def test_fib_agrees_and_is_recorded(project: CliProject) -> None:
    done = project.fuzz("run", "--core", "fib")
    text = (project.artifacts / "summary.csv").read_text()
    assert text.splitlines()[0] == HEADER
    row = re.compile(
        r"^\d{8}_\d{6}_fib(_\d+)?,fib,\S*inputs/fib_24\.json,Ok,Ok,true,,\d+,\d+,\d+,,hand_written,,,,sp1,"
        r"6\.10\.0,rustc 1\.\d+\.\d+$",
        re.MULTILINE,
    )
    assert len(row.findall(text)) == 1
    inputs = len(list(INPUTS.glob("fib_*")))
    assert len(project.rows()) == 2 * inputs
    assert {row["run_id"] for row in project.rows()} == project.logs().keys()
    assert len(project.logs()) == inputs
    assert project.findings() == []
    assert re.search(
        rf"^{inputs} cases, {inputs} agree · artifacts/summary.csv · ", done.stdout, re.MULTILINE
    )


def test_a_run_log_tells_what_ran(project: CliProject) -> None:
    project.fuzz("run", "--core", "fib", "--input", INPUTS / "fib_24.json", "--target", "sp1")
    ((run_id, log),) = project.logs().items()
    assert log.run_id == run_id
    assert log.diff.equal
    assert [run.target.name for run in log.targets] == ["native", "sp1"]
    native, sp1 = (run.outcome for run in log.targets)
    assert native.committed.preview == sp1.committed.preview == "1800000020b50000000000001125010000000000"
    assert native.committed.commits == 3
    assert sp1.cycles
    assert log.planted == ""
    text = (project.artifacts / f"{run_id}.json").read_text()
    assert re.findall(r'"/[^"]*"', text) == [], "all paths are relative"


def test_record_findings_keeps_rows_and_leaves_logs_out(project: CliProject) -> None:
    project.fuzz("run", "--core", "fib", "--record", "findings")
    assert len(project.rows()) == 2 * len(list(INPUTS.glob("fib_*")))
    assert project.logs() == {}


def test_json_is_one_object_per_line(project: CliProject) -> None:
    arguments = ("run", "--core", "panic_test", "--json", "--plant", "sp1:drop-commit")
    done = project.fuzz(*arguments, expect=ExitCode.FINDINGS)
    *cases, end = map(json.loads, done.stdout.splitlines())
    verdicts = {Path(case["input"]).stem: case["verdict"] for case in cases}
    assert {case["event"] for case in cases} == {"case"}
    assert verdicts["panic_no"] == "diverge"
    assert all((project.artifacts / f"{case['run_id']}.json").is_file() for case in cases)
    assert end["event"] == "end"
    assert (end["complete"], end["interrupted"], end["cases"]) == (True, False, len(cases))
    assert end["findings"] + end["agree"] == len(cases)


def test_panic_on_both_sides_agrees(project: CliProject) -> None:
    project.fuzz("run", "--core", "panic_test", "--input", INPUTS / "panic_yes.json")
    words = [(row["native_status"], row["sp1_status"], row["equal"]) for row in project.rows()]
    assert words == [("Panic", "Panic", "true")] * 2


def test_timeout_on_both_sides_agrees_at_the_limit_but_compares_nothing(project: CliProject) -> None:
    arguments = ("run", "--core", "timeout_test", "--input", INPUTS / "timeout_infinite.json", "--timeout", 1)
    done = project.fuzz(*arguments, expect=ExitCode.NOTHING_COMPARED)
    for row in project.rows():
        assert (row["native_status"], row["sp1_status"], row["equal"]) == ("Timeout", "Timeout", "true")
        assert 1000 <= int(row["elapsed_native_ms"]) < 1500
        assert 1000 <= int(row["elapsed_sp1_ms"]) < 1500
    assert "warning: nothing was compared" in done.stderr


def test_timeout_beside_what_ends_is_green(project: CliProject) -> None:
    project.fuzz("run", "--core", "timeout_test", "--timeout", 1, "--target", "sp1")
    words = {Path(row["input"]).stem: row["native_status"] for row in project.rows()}
    assert words["timeout_infinite"] == "Timeout"
    assert words["timeout_none"] == "Ok"


def test_all_cores_agree_everywhere(project: CliProject) -> None:
    done = project.fuzz("run", "--timeout", 2, "--memory", 512)
    unequal = [row for row in project.rows() if row["equal"] != "true"]
    expected = ("allowed (sp1-has-no-process-exit): ", "inconclusive: native oom", "inconclusive: sp1")
    assert [row for row in unequal if not row["reason"].startswith(expected)] == []
    assert {row["core"] for row in unequal} == {"hostile"}
    assert {row["zkvm_target"] for row in project.rows()} == {"sp1", "sp1-portable"}
    cores = {path.parent.name for path in (ROOT / "cores").glob("*/Cargo.toml")}
    assert {row["core"] for row in project.rows()} == cores
    assert "warning" not in done.stderr


def test_allowances_that_nothing_needs_are_named_when_all_cores_ran(tmp_path: Path) -> None:
    settings = f'[cores.own]\npath = "{ROOT}/cores/fib"\ninputs = "{INPUTS}/fib_24.json"\n'
    project = CliProject(tmp_path / "project", settings)
    entry = '[[allowed]]\nid = "{}"\ncore = "own"\ntargets = ["sp1"]\nsymptom = "output"\n'
    entry += 'reason = "r"\nlink = "l"\n'
    (project.root / "inputs").mkdir()
    (project.root / "inputs" / "allowed_divergences.toml").write_text(
        f"{entry.format('unused')}{entry.format('old')}expires = 2020-01-01\n"
    )
    done = project.fuzz("run")
    assert sorted(re.findall(r"^warning: (.*)$", done.stderr, re.MULTILINE)) == [
        "allowed divergence `old` expired on 2020-01-01 and allows nothing any more",
        "allowed divergence `unused` was not needed: the difference does not show any more",
    ]
    assert "warning" not in project.fuzz("run", "--core", "own", "--input", INPUTS / "fib_24.json").stderr
    assert "warning" not in project.fuzz("run", "--core", "fib").stderr


class Shown:
    """What a command writes to a terminal."""

    def __init__(self, project: CliProject, env: Mapping[str, str]) -> None:
        ours, theirs = pty.openpty()
        with subprocess.Popen(
            project.command("run", "--core", "fib", "--plant", "sp1:flip-bit"),
            cwd=project.root,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm-256color", **env},
        ) as process:
            os.close(theirs)
            self.text = b"".join(_until_closed(ours)).decode()
        os.close(ours)
        self.code = process.returncode


def _until_closed(terminal: int) -> Iterator[bytes]:
    try:
        while data := os.read(terminal, 65536):
            yield data
    except OSError:
        return


def test_colour_on_a_terminal_only_and_never_as_the_only_carrier(project: CliProject) -> None:
    colour = re.compile(r"\x1b\[(?:\d+;)*3\d")
    terminal = Shown(project, {})
    assert terminal.code == ExitCode.FINDINGS
    assert colour.search(terminal.text)
    assert " of 8 cases" in terminal.text
    without = Shown(project, {"NO_COLOR": "1"})
    assert not colour.search(without.text)
    assert "DIVERGE" in without.text
    plain = project.fuzz("run", "--core", "fib", "--plant", "sp1:flip-bit", expect=ExitCode.FINDINGS)
    assert "\x1b" not in plain.stdout + plain.stderr
    assert " of 8 cases" not in plain.stdout + plain.stderr


def test_reader_that_leaves_does_not_make_it_green(project: CliProject) -> None:
    fuzz = " ".join(project.command("run", "--core", "fib"))
    done = subprocess.run(
        ["bash", "-c", f"{fuzz} | head -n 1; echo ${{PIPESTATUS[0]}}"],
        cwd=project.root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[1] == str(int(ExitCode.INTERRUPTED))
    assert "Traceback" not in done.stderr
