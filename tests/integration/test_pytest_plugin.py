"""The plugin of pytest as users meet it: a guest and tests in a folder, and the examples of the document."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cli_project import ROOT

pytestmark = pytest.mark.real

FENCE = re.compile(r"^```python\n(# (test_\w+\.py)\n)?(.*?)^```$", re.MULTILINE | re.DOTALL)
PASSES = """
import pytest

pytestmark = pytest.mark.fuzz_core("program", targets=["sp1"])

def test_it(fuzz_core):
    fuzz_core.run([bytes(8)]).check()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with a guest that is wrong where it is built for a zkVM."""
    (tmp_path / "fuzzer.toml").write_text("")
    shutil.copytree(ROOT / "tests" / "guests" / "refunds", tmp_path / "program")
    return tmp_path


def documented() -> dict[str, str]:
    """The examples of the document by file name; the one without a name is a program."""
    text = (ROOT / "docs" / "library.md").read_text()
    return {name or "program.py": body for _, name, body in FENCE.findall(text)}


def python(folder: Path, *arguments: str, expect: int) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == expect, f"{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def run_tests(folder: Path, *arguments: str, expect: int) -> str:
    plugin = ("-p", "fuzzer.library.plugin", "-p", "no:cacheprovider")
    return python(folder, "-m", "pytest", "-q", *plugin, *arguments, expect=expect)


def test_the_documented_program_runs(folder: Path) -> None:
    (folder / "program.py").write_text(documented()["program.py"])
    assert python(folder, "program.py", expect=0) == "ok 01000000fa00000000000000\n"


def test_hypothesis_finds_and_shrinks_a_fault_and_the_plugin_keeps_it(folder: Path) -> None:
    (folder / "test_orders.py").write_text(documented()["test_orders.py"])
    report = run_tests(folder, "--hypothesis-seed=1", expect=1)
    assert "buffers=Input([[0, True, 100, Some('')]])" in report
    assert "sp1: commit #2, byte 0: native 9cffffffffffffff sp1 38ffffffffffffff" in report
    assert "zkVM finding" in report
    assert "confirmed 3/3 in fresh processes" in report
    (found,) = re.findall(r"look +(\S+)/README\.md", report)
    assert [path.name for path in (folder / "artifacts").iterdir() if path.is_dir()] == [Path(found).name]
    least = (b"\1" + bytes(15) + b"\1\x64\0\0\0\1" + bytes(8)).hex()
    assert least in (folder / found / "input.json").read_text()


def test_the_documented_fixtures_serve(folder: Path) -> None:
    (folder / "test_fixtures.py").write_text(documented()["test_fixtures.py"])
    assert "3 passed" in run_tests(folder, "--strict-markers", expect=0)
    assert not (folder / "artifacts").exists()


@pytest.mark.parametrize(
    ("settings", "arguments"),
    [("fuzz_core = program\nfuzz_targets = sp1\n", ()), ("", ("--fuzz-core=program", "--fuzz-target=sp1"))],
)
def test_the_core_can_come_from_settings_and_options(
    folder: Path, settings: str, arguments: tuple[str, ...]
) -> None:
    (folder / "pytest.ini").write_text(f"[pytest]\n{settings}")
    (folder / "test_it.py").write_text("def test_it(fuzz_core):\n    assert fuzz_core.targets == ('sp1',)\n")
    assert "1 passed" in run_tests(folder, *arguments, expect=0)


def test_a_fixture_that_does_not_know_its_core_says_what_to_do(folder: Path) -> None:
    (folder / "test_it.py").write_text("def test_it(fuzz_core):\n    pass\n")
    assert "give --fuzz-core DIR" in run_tests(folder, expect=1)
    (folder / "test_it.py").write_text(
        PASSES.replace("pytestmark = ", "mark = ").replace("def", "@mark\ndef")
    )
    assert "the mark fuzz_core is one of modules" in run_tests(folder, expect=4)


def test_a_test_that_fails_for_another_reason_keeps_nothing(folder: Path) -> None:
    (folder / "test_it.py").write_text(f"{PASSES}    assert 1 == 2\n")
    assert "zkVM finding" not in run_tests(folder, expect=1)
    assert not (folder / "artifacts").exists()
