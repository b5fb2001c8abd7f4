"""Artifacts in a real S3-compatible server: up, down, killed in the middle, and two writers at once."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fuzzer.home import find_home

pytestmark = [pytest.mark.real, pytest.mark.heavy]

VERSION = "v1.8.0"
MODULE = f"github.com/versity/versitygw/cmd/versitygw@{VERSION}"
KEY, SECRET = "tester", secrets.token_hex(12)


@pytest.fixture(scope="session")
def server_program() -> Path:
    """The server, built once into the cache; takes minutes the first time."""
    folder = find_home().cache / f"versitygw-{VERSION}"
    program = folder / "versitygw"
    if not program.exists():
        environment = {**os.environ, "GOBIN": str(folder)}
        subprocess.run(["go", "install", MODULE], env=environment, check=True, timeout=1_200)
    return program


class Server:
    """One server on a port of its own, that can be stopped and started."""

    def __init__(self, program: Path, folder: Path) -> None:
        self._program, self._folder = program, folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.bucket = folder / "bucket"
        self.bucket.mkdir(parents=True)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it listens."""
        call = [str(self._program), "--port", f"127.0.0.1:{self.port}", "posix", str(self._folder)]
        environment = {**os.environ, "ROOT_ACCESS_KEY": KEY, "ROOT_SECRET_KEY": SECRET}
        self._process = subprocess.Popen(call, env=environment, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError("the server does not listen")

    def kill(self) -> None:
        """Take it away at once."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None


@pytest.fixture
def server(server_program: Path, tmp_path: Path) -> Iterator[Server]:
    server = Server(server_program, tmp_path / "s3")
    yield server
    server.kill()


def project(folder: Path, server: Server) -> Path:
    (folder / "inputs").mkdir(parents=True)
    url = 'url = "s3://bucket/one"\nendpoint = "http:' + f'//127.0.0.1:{server.port}"\n'
    (folder / "fuzzer.toml").write_text("[artifacts]\n" + url)
    (folder / "inputs" / "fib_24.json").write_text('{"n": 24}')
    return folder


def start(folder: Path, *call: str) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
    }
    command = [sys.executable, "-m", "fuzzer", *call]
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def fuzz(folder: Path, *call: str) -> tuple[int, str]:
    process = start(folder, *call)
    out, err = process.communicate(timeout=600)
    return process.returncode, out + err


def files(folder: Path) -> dict[str, bytes]:
    """All that is not hidden, but the journals, which stay on their machine."""
    found = (path for path in folder.rglob("*") if path.is_file() and path.name != "journal.jsonl")
    named = {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}
    return {name: data for name, data in named.items() if not any(p[0] == "." for p in name.split("/"))}


RUN = ("run", "--core", "fib", "--target", "sp1")
CAMPAIGN = ("campaign", "--core", "fib", "--target", "sp1", "--seed", "7")


def test_a_finding_is_sent_and_runs_from_another_folder(server: Server, tmp_path: Path) -> None:
    server.start()
    here, there = project(tmp_path / "here", server), project(tmp_path / "there", server)
    assert fuzz(here, *RUN, "--plant", "sp1:flip-bit")[0] == 1
    assert files(server.bucket / "one") == files(here / "artifacts") != {}
    assert fuzz(there, "artifacts", "pull", "--all")[0] == 0
    assert files(there / "artifacts") == files(here / "artifacts")
    scripts = list((there / "artifacts").glob("*/repro.sh"))
    assert scripts
    assert all(os.access(script, os.X_OK) for script in scripts)
    # Run, since a finding is more than its bytes; the launcher of the checkout stands for an installed one.
    launcher = {**os.environ, "PATH": f"{find_home().root / 'scripts'}:{os.environ['PATH']}"}
    assert subprocess.run(["bash", scripts[0]], env=launcher, check=False, timeout=300).returncode == 0


def test_a_bucket_that_is_not_there_is_said(server: Server, tmp_path: Path) -> None:
    server.bucket.rmdir()
    server.start()
    here = project(tmp_path / "here", server)
    code, text = fuzz(here, *RUN, "--input", "inputs/fib_24.json")
    assert code == 0, text
    assert "the object store has no such bucket" in text


def test_a_campaign_without_a_network_loses_nothing(server: Server, tmp_path: Path) -> None:
    here = project(tmp_path / "here", server)
    code, text = fuzz(here, *CAMPAIGN, "--cases", "300")
    assert code == 0, text
    assert "files wait here, none is lost" in text
    server.start()
    code, text = fuzz(here, "artifacts", "push")
    assert code == 0, text
    assert files(server.bucket / "one") == files(here / "artifacts") != {}


def test_a_server_that_is_killed_in_the_middle_of_a_campaign_stops_nothing(
    server: Server, tmp_path: Path
) -> None:
    server.start()
    here = project(tmp_path / "here", server)
    campaign = start(here, *CAMPAIGN, "--for", "30s")
    deadline = time.monotonic() + 300
    while not (server.bucket / "one").is_dir() and time.monotonic() < deadline:
        time.sleep(0.1)
    server.kill()
    assert campaign.poll() is None, "the campaign ended before the server was killed"
    out, err = campaign.communicate(timeout=300)
    assert campaign.returncode == 0, out + err
    assert "files wait here, none is lost" in out + err
    server.start()
    assert fuzz(here, "artifacts", "push")[0] == 0
    assert files(server.bucket / "one") == files(here / "artifacts")


def test_two_writers_at_once(server: Server, tmp_path: Path) -> None:
    server.start()
    here = project(tmp_path / "here", server)
    for process in [start(here, *RUN), start(here, *RUN)]:
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, out + err
    assert fuzz(here, "artifacts", "push")[0] == 0
    assert files(server.bucket / "one") == files(here / "artifacts") != {}
