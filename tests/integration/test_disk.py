"""A disk that is full, artifacts that cannot be written, a summary that is torn: said, and nothing lost."""

import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_project import FIB, FIB_24, CliProject, without_root_rights
from copied_checkout import project_with_runner

from fuzzer.errors import ExitCode

pytestmark = pytest.mark.real


ECHOES_FIB_24 = """
    hello()
    for run in runs():
        send(5, outcome(run) | {"stream": bytes.fromhex("1800000020b50000000000001125010000000000")})
"""


class SmallDisk:
    """A disk that is soon full: a file system of 256 kB, or where none can be mounted, a limit on files.

    SP1's runner needs files that the limit forbids, so that a script stands in for it there.
    """

    def __init__(self, folder: Path) -> None:
        self._disk = folder / "disk"
        self._disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(self._disk)]
        self.is_mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
        if self.is_mounted:
            self.project = CliProject(self._disk / "project")
        else:
            self.project = project_with_runner(folder, ECHOES_FIB_24)
        self.prefix = () if self.is_mounted else ("bash", "-c", 'ulimit -f 8; exec "$@"', "bash")

    def fill(self) -> None:
        """Leave no room on it; a limit on files is there from the start."""
        if self.is_mounted:
            with (self._disk / "filler").open("wb") as file, pytest.raises(OSError, match="No space left"):
                file.write(bytes(1 << 20))

    def free(self) -> None:
        """Make room again."""
        (self._disk / "filler").unlink(missing_ok=True)

    def close(self) -> None:
        """Take it away."""
        if self.is_mounted:
            subprocess.run(["umount", self._disk], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    disk = SmallDisk(tmp_path)
    yield disk
    disk.close()


def test_full_disk_is_said_and_costs_no_earlier_row(disk: SmallDisk) -> None:
    project = disk.project
    project.fuzz(*FIB_24)
    before = (project.artifacts / "summary.csv").read_bytes()
    disk.fill()
    arguments = (*FIB_24, "--repeat", 200, "--record", "findings")
    done = project.fuzz(*arguments, expect=ExitCode.BAD_INPUT, prefix=disk.prefix)
    full = r"^error: artifacts: .*(the disk is full|the file would be larger than allowed)$"
    assert re.search(full, done.stderr, re.MULTILINE)
    assert "\nhint: " in done.stderr
    assert (project.artifacts / "summary.csv").read_bytes().startswith(before)
    rows = project.whole_rows()
    disk.free()
    project.fuzz(*FIB_24)
    assert project.whole_rows()[: len(rows)] == rows


def test_disk_that_fills_up_in_mid_run_keeps_what_was_recorded(disk: SmallDisk) -> None:
    project = disk.project
    arguments = (*FIB_24, "--repeat", 5_000)
    done = project.fuzz(*arguments, expect=ExitCode.BAD_INPUT, prefix=disk.prefix)
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
