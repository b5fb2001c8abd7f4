"""Campaigns whose cases run on workers of a cluster: a scheduler and worker processes, one of them killed."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from cli_project import ROOT, CliProject

from fuzzer.errors import ExitCode
from fuzzer.model import VERSION
from fuzzer.report.status import count_of
from fuzzer.store.campaign import CampaignRecord, decode_campaign

pytestmark = [pytest.mark.real, pytest.mark.slow]

WORKERS = 3
PLANTED = (
    "--target",
    "rvref-faulty",
    "--plant",
    "rvref-faulty:rem-overflow-is-dividend",
    "--reduce-for",
    "10s",
)
FAULTY = ("campaign", "--generator", "riscv", *PLANTED, "--cases", 6_000, "--seed", 1)


class DaskCluster:
    """A scheduler and workers on the loopback, which take the harness from a folder."""

    def __init__(self, folder: Path, harness: Path = ROOT) -> None:
        folder.mkdir(exist_ok=True)
        self._here = folder
        self._harness = harness
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start the scheduler, then the workers."""
        file = self._here / "scheduler.json"
        here = ("--host", "127.0.0.1")
        ports = ("--port", "0", "--dashboard-address", "127.0.0.1:0")
        self._start("dask_scheduler", *here, *ports, "--scheduler-file", str(file))
        self.address = _address_in(file)
        for number in range(WORKERS):
            place = str(self._here / f"worker-{number}")
            alone = ("--nthreads", "1", "--no-nanny", "--no-dashboard")
            self._start("dask_worker", self.address, *here, *alone, "--local-directory", place)

    def kill_workers(self, count: int) -> None:
        """Take some away."""
        for process in self._started[-count:]:
            process.send_signal(signal.SIGKILL)

    def kill_the_scheduler(self) -> None:
        """Take it away, and with it the cluster."""
        self._started[0].send_signal(signal.SIGKILL)

    def _start(self, module: str, *arguments: str) -> None:
        process = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{module}", *arguments],
            cwd=self._here,
            env={**os.environ, "PYTHONPATH": str(self._harness)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._started.append(process)

    def close(self) -> None:
        """End all processes."""
        for process in self._started:
            process.kill()
            process.wait()


def _address_in(file: Path) -> str:
    """The address that a scheduler writes when it has started."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if file.is_file() and (text := file.read_bytes()):
            return str(msgspec.json.decode(text)["address"])
        time.sleep(0.1)
    raise AssertionError("the scheduler did not start")


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[DaskCluster]:
    started = DaskCluster(tmp_path / "dask")
    try:
        started.start()
        yield started
    finally:
        started.close()


def _wait_for_programs(project: CliProject, process: subprocess.Popen[str]) -> None:
    """Until a campaign has run some."""
    deadline = time.monotonic() + 200
    journal = "artifacts/campaigns/*/journal.jsonl"
    while not any(b'"programs","first"' in path.read_bytes() for path in project.root.glob(journal)):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.02)


def record_of(project: CliProject) -> CampaignRecord:
    """The record of the only campaign."""
    return decode_campaign((project.only_campaign() / "campaign.json").read_bytes(), name="campaign.json")


def told(record: CampaignRecord) -> dict[str, object]:
    """What a campaign found, without what time decides: how many that differ it could look into."""
    timed = ("restarts", "repeated", "not_examined")
    totals = {name: count for name, count in record.totals.items() if name not in timed}
    again = count_of(record, "repeated") + count_of(record, "not_examined")
    return {**totals, "again": again, "found": sorted(found.signature for found in record.findings)}


def test_a_lost_worker_loses_nothing(tmp_path: Path, dask: DaskCluster) -> None:
    alone, spread = CliProject(tmp_path / "alone"), CliProject(tmp_path / "spread")
    alone.fuzz(*FAULTY, expect=ExitCode.FINDINGS)
    process = spread.start(*FAULTY, "--scheduler", dask.address)
    _wait_for_programs(spread, process)
    dask.kill_workers(1)
    out, err = process.communicate(timeout=300)
    spread.close()
    assert process.returncode == ExitCode.FINDINGS, out + err
    assert told(record_of(spread)) == told(record_of(alone))
    assert record_of(spread).totals["cases"] == 6_000
    assert " 0 problems" in spread.fuzz("validate", "artifacts").stdout


def test_inputs_of_cores_run_on_workers_and_can_be_run_again_here(
    project: CliProject, dask: DaskCluster
) -> None:
    call = ("campaign", "--core", "fib", "--target", "sp1", "--plant", "sp1:flip-bit", "--cases", 200)
    project.fuzz(*call, "--seed", 3, "--scheduler", dask.address, expect=ExitCode.FINDINGS)
    (finding,) = project.findings()
    project.fuzz("repro", f"artifacts/{finding.name}")
    assert "Identical: 200 cases, the same ids and verdicts" in project.fuzz("rerun").stdout


def test_a_scheduler_that_goes_away_ends_a_campaign_that_can_go_on_without(
    project: CliProject, dask: DaskCluster
) -> None:
    call = ("campaign", "--generator", "riscv", "--target", "sp1", "--for", "90s", "--seed", 4)
    process = project.start(*call, "--scheduler", dask.address)
    _wait_for_programs(project, process)
    dask.kill_the_scheduler()
    _, err = process.communicate(timeout=120)
    assert process.returncode == ExitCode.RUNNER, err
    assert "the cluster did not do what it was asked" in err
    assert "Traceback" not in err
    project.fuzz("campaign", "--resume", "latest", "--cases", 300)
    totals = record_of(project).totals
    assert totals["agree"] == totals["cases"] != 300, "what was done before counts"


IMPATIENT = """
import fuzzer.cli.campaign as command
from functools import partial
from fuzzer.cli.main import main
command.cluster = partial(command.cluster, lost_s=3.0)
main()
"""
"""`fuzz` that does not wait long for workers."""


def test_a_campaign_that_has_lost_all_workers_ends_and_can_go_on_without(
    tmp_path: Path, dask: DaskCluster
) -> None:
    launcher = tmp_path / "impatient"
    launcher.write_text(f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(ROOT)!r}){IMPATIENT}")
    launcher.chmod(0o755)
    project = CliProject(tmp_path / "lost", launcher=launcher)
    call = ("campaign", "--generator", "riscv", "--target", "sp1", "--for", "120s", "--seed", 4)
    process = project.start(*call, "--scheduler", dask.address)
    _wait_for_programs(project, process)
    killed = time.monotonic()
    dask.kill_workers(WORKERS)
    _, err = process.communicate(timeout=60)
    assert process.returncode == ExitCode.RUNNER, err
    assert "error: the cluster has had no worker for 3 s\n" in err
    assert "hint: `fuzz campaign --resume latest` goes on, with workers or without" in err
    assert "Traceback" not in err
    assert time.monotonic() - killed < 30
    project.fuzz("campaign", "--resume", "latest", "--cases", 300)
    totals = record_of(project).totals
    assert totals["agree"] == totals["cases"] != 300, "what was done before counts"


def test_a_worker_of_another_version_is_refused(tmp_path: Path, project: CliProject) -> None:
    other = tmp_path / "other"
    shutil.copytree(ROOT / "fuzzer", other / "fuzzer", ignore=shutil.ignore_patterns("__pycache__"))
    model = other / "fuzzer" / "model.py"
    model.write_text(model.read_text().replace(f'VERSION = "{VERSION}"', 'VERSION = "0.0.9"', 1))
    dask = DaskCluster(tmp_path / "dask", other)
    try:
        dask.start()
        call = ("campaign", "--core", "fib", "--target", "sp1", "--cases", 100, "--scheduler", dask.address)
        said = project.fuzz(*call, expect=ExitCode.RUNNER).stderr
    finally:
        dask.close()
    assert "a worker has fuzz 0.0.9 (schema 1, protocol 1), and this is fuzz 0.1.0 (schema 1" in said
    assert "hint: workers use a checkout at the same path, in the same version" in said


def test_workers_of_this_machine_are_started_and_ended(project: CliProject) -> None:
    project.fuzz("campaign", "--generator", "riscv", "--target", "sp1", "--cases", 600, "--workers", 2)
    assert record_of(project).totals["agree"] == 600


def test_a_scheduler_that_cannot_be_reached_is_said_before_anything_is_built(project: CliProject) -> None:
    call = ("campaign", "--generator", "riscv", "--target", "sp1", "--cases", 10)
    said = project.refused(*call, "--scheduler", "tcp://127.0.0.1:1", code=ExitCode.USAGE)
    assert "the scheduler tcp://127.0.0.1:1 cannot be reached" in said
    assert "hint: see that `dask scheduler` runs there" in said
    assert not (project.artifacts / "campaigns").exists()
