"""Several processes record at once, some are killed, disks fill up: the summary stays whole."""

import os
import resource
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sample_results import FLIPPED, OK, recorded, result

from fuzzer.errors import StoreError
from fuzzer.model import Record
from fuzzer.store.artifact_store import LocalStore
from fuzzer.store.recorder import Recorder
from fuzzer.store.run_log import decode_log, rows_of
from fuzzer.store.summary_file import SummaryFile

TESTS = Path(__file__).parents[1]
FOLDER_FILES = {"README.md", "input.json", "outcomes/", "repro.sh", "run_log.json"}


def start_writer(folder: Path, core: str, batches: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, TESTS / "integration" / "record_batches.py", folder, core, str(batches)],
        env={**os.environ, "PYTHONPATH": f"{TESTS.parent}:{TESTS}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def said(writer: subprocess.Popen[str], number: int) -> None:
    """Wait until a writer says that it has recorded this many batches."""
    assert writer.stdout is not None
    assert any(line == f"{number}\n" for line in writer.stdout)


def recorder(folder: Path, warnings: list[str]) -> Recorder:
    return Recorder(
        LocalStore(folder), record=Record.ALL, clock=lambda: datetime.now(UTC), warn=warnings.append
    )


def check_whole(folder: Path) -> Counter[str]:
    """Every log has its rows, every row its log and, when not equal, its folder; returns runs by core."""
    store = LocalStore(folder)
    rows = SummaryFile(store).read()
    assert len(store.get("summary.csv").splitlines()) == len(rows) + 1
    names = [name for name in store.list() if name.endswith(".json")]
    logs = [decode_log(store.get(name), name=name) for name in names]
    expected = [row for log in logs for row in rows_of(log)]
    assert sorted(rows, key=repr) == sorted(expected, key=repr)
    for log in logs:
        assert set(store.list(log.run_id)) == (set() if log.diff.equal else FOLDER_FILES)
    return Counter(log.core.name for log in logs)


def test_rows_of_several_writers_are_whole_and_ids_unique(tmp_path: Path) -> None:
    writers = [start_writer(tmp_path, core, 12) for core in ("fib", "fib", "io", "sha_256")]
    for writer in writers:
        _, warnings = writer.communicate(timeout=60)
        assert (writer.returncode, warnings) == (0, "")
    assert check_whole(tmp_path) == {"fib": 48, "io": 24, "sha_256": 24}


@pytest.mark.parametrize("delay", range(6))
def test_killed_writer_leaves_nothing_half_done(tmp_path: Path, delay: int) -> None:
    writer = start_writer(tmp_path, "fib", 0)
    said(writer, 2)
    with pytest.raises(subprocess.TimeoutExpired):
        writer.wait(timeout=delay * 0.0037)
    writer.kill()
    writer.communicate()
    recorder(tmp_path, []).repair()
    assert check_whole(tmp_path)["fib"] >= 4
    assert list(tmp_path.rglob("*.tmp")) == []


def test_others_go_on_when_a_writer_is_killed(tmp_path: Path) -> None:
    killed, other = start_writer(tmp_path, "fib", 0), start_writer(tmp_path, "io", 25)
    said(killed, 3)
    killed.kill()
    killed.communicate()
    other.communicate(timeout=60)
    assert other.returncode == 0
    recorder(tmp_path, []).repair()
    runs = check_whole(tmp_path)
    assert runs["io"] == 50
    assert runs["fib"] >= 6


@contextmanager
def file_size_limit(limit: int) -> Iterator[None]:
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, former[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)


def record_until_refused(folder: Path) -> StoreError:
    """Record until there is no more room; a summary that cannot take a row still has only whole ones."""
    refusal = None
    writer = recorder(folder, [])
    while refusal is None:
        try:
            writer.record([recorded(result(OK)), recorded(result(FLIPPED))])
        except StoreError as error:
            refusal = error
    store = LocalStore(folder)
    assert len(store.get("summary.csv").splitlines()) == len(SummaryFile(store).read()) + 1
    assert list(folder.rglob("*.tmp")) == []
    return refusal


def test_summary_that_may_not_grow(tmp_path: Path) -> None:
    with file_size_limit(6000):
        assert "larger than allowed" in record_until_refused(tmp_path).message
    warnings: list[str] = []
    recorder(tmp_path, warnings).repair()
    assert warnings == ["summary.csv lacked 2 rows: rebuilt from their run logs"]
    check_whole(tmp_path)


def test_full_disk(tmp_path: Path) -> None:
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "none", str(tmp_path)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        # Said aloud where a person reads it; in CI a required part that is missing is a failure.
        missing = "a small disk cannot be mounted here: run as root, with the right to mount"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    try:
        filler = tmp_path / "filler"
        filler.write_bytes(b"x" * 100_000)
        assert "the disk is full" in record_until_refused(tmp_path).message
        filler.unlink()
        recorder(tmp_path, []).repair()
        check_whole(tmp_path)
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_read_only_folder() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o555)
        with as_ordinary_user(), pytest.raises(StoreError, match="permission denied") as raised:
            recorder(folder, []).record([recorded(result(OK))])
        assert raised.value.hint == "check who owns the folder and its permissions"
        assert list(folder.iterdir()) == []


@contextmanager
def as_ordinary_user() -> Iterator[None]:
    """Permissions mean nothing to root."""
    former = os.geteuid()
    if former == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(former)
