"""Findings: planted faults are found, kept in folders, and run again wherever these are copied to."""

import json
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from cli_project import INPUTS, ROOT, CliProject
from copied_checkout import copy_checkout

from fuzzer.errors import ExitCode

pytestmark = pytest.mark.real

FOLDER_FILES = {"README.md", "core.tar.gz", "input.json", "outcomes", "repro.sh", "run_log.json"}


PLANTS = [
    ("sp1:drop-commit", "fib", "fib_24.json"),
    ("sp1:flip-bit", "fib", "fib_24.json"),
    ("sp1:extra-commit", "fib", "fib_24.json"),
    ("sp1:lose-exit-code", "panic_test", "panic_yes.json"),
    ("sp1:short-read", "fib", "fib_24.json"),
    ("native:flip-bit", "fib", "fib_24.json"),
]


@pytest.mark.parametrize(("plant", "core", "input_name"), PLANTS, ids=[plant for plant, _, _ in PLANTS])
def test_planted_fault_is_found_kept_and_run_again(
    project: CliProject, plant: str, core: str, input_name: str
) -> None:
    given = project.root / "given.json"
    given.write_bytes((INPUTS / input_name).read_bytes().strip())  # every byte of it counts
    arguments = ("run", "--core", core, "--input", given, "--target", "sp1", "--plant", plant)
    done = project.fuzz(*arguments, expect=ExitCode.FINDINGS)
    assert "Finding (confirmed 3/3)" in done.stdout
    assert plant in done.stderr
    (folder,) = project.findings()
    check_folder(folder, given.read_bytes())
    check_said_everywhere(project, folder, plant)
    assert repro(folder) == 0
    assert repro(folder, "--unplant") == 1


def check_folder(folder: Path, input_bytes: bytes) -> None:
    assert {path.name for path in folder.iterdir()} == FOLDER_FILES
    assert (folder / "input.json").read_bytes() == input_bytes
    assert (folder / "repro.sh").stat().st_mode & stat.S_IXUSR
    assert (folder / "run_log.json").read_bytes() == folder.with_suffix(".json").read_bytes()


def check_said_everywhere(project: CliProject, folder: Path, plant: str) -> None:
    """Each artifact that speaks of the result says that the fault was planted."""
    target, fault = plant.split(":")
    (log,) = project.logs().values()
    assert plant in log.planted
    assert not log.diff.equal
    assert [run.target.planted for run in log.targets if run.target.name == target] == [fault]
    assert f"faults planted on purpose: {plant}" in (folder / "README.md").read_text()
    assert json.loads((folder / "outcomes" / f"{target}.json").read_text())["target"]["planted"] == fault
    (row,) = project.rows()
    assert row["reason"].startswith(f"planted ({plant}): ")
    assert (row["equal"], row["repro_path"]) == ("false", f"artifacts/{folder.name}/")


def repro(folder: Path, *arguments: str, path: str | None = None, cwd: Path | None = None) -> int:
    return run_repro(folder, *arguments, path=path, cwd=cwd).returncode


def run_repro(
    folder: Path, *arguments: str, path: str | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the script of a folder; the checkout's `fuzz` is on PATH unless told otherwise."""
    path = f"{ROOT / 'scripts'}:{os.environ['PATH']}" if path is None else path
    return subprocess.run(
        ["bash", folder / "repro.sh", *arguments],
        cwd=cwd,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def finding(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finding; tests work on copies of it."""
    project = CliProject(tmp_path_factory.mktemp("finding"))
    arguments = ("run", "--core", "fib", "--input", INPUTS / "fib_24.json", "--plant", "sp1:flip-bit")
    project.fuzz(*arguments, expect=ExitCode.FINDINGS)
    (folder,) = project.findings()
    return folder


def test_repro_works_from_any_folder(finding: Path, tmp_path: Path) -> None:
    assert repro(finding, cwd=tmp_path) == 0
    assert repro(Path(), cwd=finding) == 0
    moved = tmp_path / "some where" / "else"
    shutil.copytree(finding, moved)
    assert repro(moved, cwd=tmp_path) == 0


def test_repro_works_in_another_checkout(finding: Path, tmp_path: Path) -> None:
    checkout = copy_checkout(ROOT, tmp_path / "checkout")
    # The core itself is gone there: the folder brings its own.
    shutil.rmtree(checkout / "cores" / "fib")
    folder = checkout / "artifacts" / finding.name
    shutil.copytree(finding, folder)
    nothing_else = os.environ["PATH"]
    done = run_repro(folder, path=nothing_else, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "reproduced" in done.stdout
    assert repro(folder, "--unplant", path=nothing_else) == 1
    assert (checkout / ".fuzz" / "repro").is_dir()


def test_repro_without_a_fuzzer_says_what_is_missing(finding: Path, tmp_path: Path) -> None:
    folder = tmp_path / "finding"
    shutil.copytree(finding, folder)
    done = run_repro(folder, path=os.environ["PATH"])
    assert done.returncode == 2
    assert "no checkout of the fuzzer above" in done.stderr
    assert "no `fuzz` on PATH" in done.stderr


@pytest.mark.parametrize("missing", ["core.tar.gz", "input.json", "run_log.json"])
def test_repro_without_one_of_its_files_says_which(finding: Path, tmp_path: Path, missing: str) -> None:
    folder = tmp_path / "finding"
    shutil.copytree(finding, folder)
    (folder / missing).unlink()
    done = run_repro(folder)
    assert done.returncode == 2
    assert missing in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("damaged", ["core.tar.gz", "run_log.json"])
def test_repro_with_a_damaged_file_says_which(finding: Path, tmp_path: Path, damaged: str) -> None:
    # In a checkout that has not unpacked these sources yet.
    checkout = copy_checkout(ROOT, tmp_path / "checkout")
    folder = checkout / "artifacts" / finding.name
    shutil.copytree(finding, folder)
    (folder / damaged).write_bytes((folder / damaged).read_bytes()[:200])
    done = run_repro(folder)
    assert done.returncode == 2
    assert damaged in done.stderr
    assert "Traceback" not in done.stderr


def test_two_repros_of_one_finding_at_once(finding: Path, tmp_path: Path) -> None:
    checkout = copy_checkout(ROOT, tmp_path / "checkout")
    folder = checkout / "artifacts" / finding.name
    shutil.copytree(finding, folder)
    both = [subprocess.Popen(["bash", folder / "repro.sh"], stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]


def test_several_buffers(project: CliProject) -> None:
    path = INPUTS / "io_typed.stdin.json"
    done = project.fuzz(
        "run", "--core", "io", "--input", path, "--plant", "sp1:short-read", expect=ExitCode.FINDINGS
    )
    assert " io    io_typed " in done.stdout
    (log,) = project.logs().values()
    assert len(log.input.sizes) > 1
    (folder,) = project.findings()
    assert len(json.loads((folder / "input.json").read_text())["stdin"]) == len(log.input.sizes)
    assert repro(folder) == 0
    assert repro(folder, "--unplant") == 1
