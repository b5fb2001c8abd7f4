"""`pytest --fuzz-regressions`: what was found before, run again as tests."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli_project import FIB_24, ROOT, CliProject

pytestmark = pytest.mark.real

FILE = "artifacts/regression_tests.json"
PLANT = "sp1:flip-bit"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> CliProject:
    """A project with a finding of a planted fault, its regression test, and a test of its own."""
    made = CliProject(tmp_path_factory.mktemp("regressions"))
    made.fuzz(*FIB_24, "--plant", PLANT, expect=1)
    (run,) = (path.name for path in made.artifacts.iterdir() if (path / "run_log.json").is_file())
    made.fuzz("regressions", "generate", "--run", run)
    (made.root / "test_own.py").write_text("def test_own():\n    pass\n")
    return made


def run_tests(project: CliProject, *arguments: str, expect: int) -> str:
    plugin = ("-p", "fuzzer.library.plugin", "-p", "no:cacheprovider")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *plugin, *arguments],
        cwd=project.root,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == expect, f"{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def test_without_the_fault_a_finding_passes_beside_the_tests_of_the_project(project: CliProject) -> None:
    assert "2 passed" in run_tests(project, "--fuzz-regressions", FILE, expect=0)
    assert "1 passed" in run_tests(project, FILE, "--fuzz-regressions", FILE, expect=0)


def test_with_the_fault_it_fails_with_the_first_difference_and_what_to_do(project: CliProject) -> None:
    report = run_tests(project, "--fuzz-regressions", FILE, "--fuzz-plant", PLANT, expect=1)
    (test,) = json.loads((project.root / FILE).read_text())["tests"]
    assert "1 failed, 1 passed" in report
    assert f"{test['test_id']} stands: {test['signature']}" in report
    assert "sp1: commit #" in report
    assert f"replay   bash artifacts/{test['folder']}/repro.sh" in report
    assert not (project.artifacts / "regression_results.json").exists()


def test_what_an_entry_allows_does_not_pass_and_does_not_fail(project: CliProject) -> None:
    allowed = project.root / "inputs" / "allowed_divergences.toml"
    allowed.parent.mkdir(exist_ok=True)
    allowed.write_text(
        '[[allowed]]\nid = "known"\ncore = "fib"\ntargets = ["sp1"]\nsymptom = "output"\n'
        'reason = "known"\nlink = "none"\n'
    )
    try:
        report = run_tests(project, "-rx", "--fuzz-regressions", FILE, "--fuzz-plant", PLANT, expect=0)
    finally:
        allowed.unlink()
    assert "1 passed, 1 xfailed" in report
    assert "(allowed by `known`)" in report


def test_a_finding_that_is_gone_fails_and_says_so(project: CliProject, tmp_path: Path) -> None:
    (tmp_path / "tests.json").write_bytes((project.root / FILE).read_bytes())
    assert "cannot be run: " in run_tests(
        project, "--fuzz-regressions", str(tmp_path / "tests.json"), expect=1
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "there is no such file"),
        ("", "not a list of regression tests"),
        ('{"schema_version": 9, "tests": []}', "has schema version 9"),
        ('{"tests": []}', "holds no test"),
    ],
)
def test_a_file_that_is_none_is_an_error_and_no_pass(
    project: CliProject, tmp_path: Path, text: str | None, says: str
) -> None:
    file = tmp_path / "tests.json"
    if text is not None:
        file.write_text(text)
    assert says in run_tests(project, "--fuzz-regressions", str(file), expect=4 if text is None else 2)


@pytest.mark.parametrize(
    ("arguments", "expect", "says"),
    [
        (("--fuzz-regressions", FILE, "--fuzz-target", "sp9"), 2, "sp9"),
        (("--fuzz-regressions", FILE, "--fuzz-plant", "sp1:flip"), 2, "no fault `flip`"),
        (("--fuzz-plant", PLANT), 4, "goes with --fuzz-regressions"),
    ],
)
def test_options_that_cannot_be_served_are_refused(
    project: CliProject, arguments: tuple[str, ...], expect: int, says: str
) -> None:
    assert says in run_tests(project, *arguments, expect=expect)
