"""A disk that is full, artifacts that cannot be written, a summary that is torn: said, and nothing lost."""

import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_project import FIB, FIB_24, CliProject, without_root_rights

from fuzzer.errors import ExitCode

pytestmark = pytest.mark.real


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 kB; without the right to mount one, a folder in which files stay small."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk], capture_output=True, check=False
    )
    yield disk
    if mounted.returncode == 0:
        subprocess.run(["umount", disk], check=True)


def with_small_files(disk: Path) -> tuple[str, ...]:
    """What makes the disk full where none could be mounted."""
    return () if os.path.ismount(disk) else ("bash", "-c", 'ulimit -f 2; exec "$@"', "bash")


def test_full_disk_is_said_and_costs_no_earlier_row(small_disk: Path) -> None:
    project = CliProject(small_disk / "project")
    project.fuzz(*FIB_24)
    before = (project.artifacts / "summary.csv").read_bytes()
    if os.path.ismount(small_disk):
        filler = small_disk / "filler"
        with filler.open("wb") as file, pytest.raises(OSError, match="No space left"):
            file.write(bytes(1 << 20))
    done = project.fuzz(
        *FIB,
        "--repeat",
        20,
        "--record",
        "findings",
        expect=ExitCode.BAD_INPUT,
        prefix=with_small_files(small_disk),
    )
    assert re.search(
        r"^error: artifacts: .*(the disk is full|larger than allowed)$", done.stderr, re.MULTILINE
    )
    assert "\nhint: " in done.stderr
    assert (project.artifacts / "summary.csv").read_bytes().startswith(before)
    project.whole_rows()
    (small_disk / "filler").unlink(missing_ok=True)
    project.fuzz(*FIB_24)
    assert len(project.whole_rows()) >= 2


def test_disk_that_fills_up_in_mid_run_keeps_what_was_recorded(small_disk: Path) -> None:
    project = CliProject(small_disk / "project")
    done = project.fuzz(
        *FIB, "--repeat", 200, "--jobs", 1, expect=ExitCode.BAD_INPUT, prefix=with_small_files(small_disk)
    )
    assert re.search(r"^warning: .* could not be recorded$", done.stderr, re.MULTILINE)
    assert "Ended by an error: " in done.stdout
    rows = project.whole_rows()
    assert rows
    assert {row["run_id"] for row in rows} <= project.logs().keys()


def test_read_only_artifacts_are_said_before_anything_is_built(project: CliProject) -> None:
    project.artifacts.mkdir()
    project.artifacts.chmod(0o555)
    said = project.refused(*FIB_24, code=ExitCode.BAD_INPUT, prefix=without_root_rights())
    assert re.match(r"error: artifacts: .*: permission denied\nhint: check who owns the folder", said)


def test_artifacts_that_are_a_file(project: CliProject) -> None:
    project.artifacts.write_text("not a folder")
    said = project.refused(*FIB_24, code=ExitCode.BAD_INPUT)
    assert said.startswith("error: artifacts: ")


def test_torn_summary_is_mended_with_a_warning(project: CliProject) -> None:
    project.fuzz(*FIB)
    before = project.whole_rows()
    path = project.artifacts / "summary.csv"
    path.write_bytes(path.read_bytes()[:-20])
    done = project.fuzz(*FIB_24)
    assert "warning: summary.csv was damaged" in done.stderr
    after = project.whole_rows()
    assert Counter(row["run_id"] for row in after) >= Counter(row["run_id"] for row in before)
    assert len(after) == len(before) + 1
