"""`fuzz campaign` on real executors: what it finds, what it leaves behind, and how it is ended."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from cli_project import ROOT, CliProject

from fuzzer.build.cargo_prove import cargo_prove
from fuzzer.build.cores import GuestTools
from fuzzer.build.guest_sysroot import GUEST_TARGET
from fuzzer.build.guest_toolchain import guest_toolchain
from fuzzer.build.host_rust import HostRust, host_rust
from fuzzer.build.steps import Silent, Workshop
from fuzzer.build.tools import clean_environment, in_front_of_path
from fuzzer.conformance.elf import EXECUTE, READ, WRITE, Image, Segment, write_elf
from fuzzer.errors import ExitCode
from fuzzer.generate.elf import segments_of
from fuzzer.home import Home
from fuzzer.store.guest_crate import guest_crate
from fuzzer.store.run_log import RunLog

pytestmark = pytest.mark.real

PLANTED = ("--target", "rvref-faulty", "--plant", "rvref-faulty:addw-wide")
CAMPAIGN = ("campaign", "--generator", "riscv", *PLANTED, "--cases", 300, "--seed", 1)
ENDLESS = ("campaign", "--generator", "riscv", *PLANTED, "--seed", 1)
OUTPUT_AT_ADDW = "riscv: rvref | rvref-faulty: output at addw"
"""The signature of the planted fault."""
FOLDER_FILES = {
    "README.md", "guest", "input.json", "original.elf", "original.json", "outcomes", "program.elf",
    "program.json", "program.txt", "repro.sh", "run_log.json",
}  # fmt: skip
MOST_BYTES = 16 << 20
"""Of a built guest; more than all that is loaded says that gaps were filled."""
CAMPAIGN_FILES = {
    *("campaign.json", "coverage.json", "journal.jsonl", "passes", "progress.jsonl"),
    *("report.html", "report.md"),
    *("run.json", "config.snapshot.json", "events.jsonl", "tool_calls.json", "eval", "evidence.json"),
}
MOST_INSTRUCTIONS = 10
"""Of a finding in one instruction, reduced."""


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> CliProject:
    """A project with one campaign, which has found a planted fault; nothing in it is changed."""
    project = CliProject(tmp_path_factory.mktemp("planted"))
    done = project.fuzz(*CAMPAIGN, expect=ExitCode.FINDINGS)
    assert f"Finding (confirmed 3/3)  {OUTPUT_AT_ADDW}\n" in done.stdout
    assert "warning: planted on purpose: rvref-faulty:addw-wide" in done.stderr
    return project


def findings(project: CliProject) -> list[Path]:
    """The folders of findings."""
    return [folder for folder in project.findings() if folder.name != "campaigns"]


def finding(project: CliProject, name: str = OUTPUT_AT_ADDW) -> tuple[Path, RunLog]:
    """The finding of a signature: its folder and its run log."""
    ((run_id, log),) = [(run_id, log) for run_id, log in project.logs().items() if log.signature == name]
    return project.artifacts / run_id, log


def campaigns(project: CliProject) -> list[Path]:
    """The folders of campaigns, the oldest first."""
    return sorted((project.artifacts / "campaigns").iterdir(), key=lambda folder: folder.stat().st_mtime)


def totals_of(project: CliProject) -> dict[str, int]:
    """The counts of the only campaign."""
    (campaign,) = campaigns(project)
    totals: dict[str, int] = json.loads((campaign / "campaign.json").read_text())["totals"]
    return totals


def test_planted_fault_is_a_row_that_says_so(planted: CliProject) -> None:
    folder, log = finding(planted)
    (row,) = planted.whole_rows()
    assert (row["core"], row["generator"], row["zkvm_target"]) == ("riscv", "riscv", "rvref-faulty")
    assert re.fullmatch(r"1:\d+", row["rng_seed"])
    assert row["input"] == f"riscv-64/{row['rng_seed'].replace(':', '/')}"
    assert row["reason"].startswith("planted (rvref-faulty:addw-wide): commit #")
    assert (row["equal"], row["repro_path"]) == ("false", f"artifacts/{folder.name}/")
    assert (log.provenance.generator, log.provenance.rng_seed) == ("riscv", row["rng_seed"])
    assert "rvref-faulty:addw-wide" in log.planted


def test_one_fault_is_one_finding(planted: CliProject) -> None:
    assert [log.signature for log in planted.logs().values()] == [OUTPUT_AT_ADDW]


def test_planted_fault_is_located_and_small(planted: CliProject) -> None:
    folder, log = finding(planted)
    assert log.program is not None
    assert log.program.location is not None
    assert log.program.location.mnemonic == "addw"
    assert 1 <= log.program.instructions <= MOST_INSTRUCTIONS < log.program.original_instructions
    listing = (folder / "program.txt").read_text()
    assert log.program.location.instruction in listing
    assert listing == log.program.listing


def test_folder_of_a_finding_is_whole(planted: CliProject) -> None:
    folder, _ = finding(planted)
    assert {path.name for path in folder.iterdir()} == FOLDER_FILES
    assert (folder / "run_log.json").read_bytes() == folder.with_suffix(".json").read_bytes()
    readme = (folder / "README.md").read_text()
    assert "The executors part at `addw " in readme
    assert "faults planted on purpose: rvref-faulty:addw-wide" in readme
    assert (folder / "guest" / "src" / "main.rs").is_file()
    small, original = (segments_of((folder / name).read_bytes()) for name in ("program.elf", "original.elf"))
    assert 0 < small[0].size < original[0].size
    assert json.loads((folder / "program.json").read_text())["xlen"] == 64


def test_finding_is_run_again_from_a_copy(planted: CliProject, tmp_path: Path) -> None:
    folder, _ = finding(planted)
    copy = tmp_path / "some where" / "else"
    shutil.copytree(folder, copy)
    assert repro(copy) == 0
    assert repro(copy, "--unplant") == 1


def repro(folder: Path, *arguments: str) -> int:
    path = f"{ROOT / 'scripts'}:{os.environ['PATH']}"
    script = ["bash", str(folder / "repro.sh"), *arguments]
    return subprocess.run(
        script, cwd="/", env={**os.environ, "PATH": path}, capture_output=True, check=False
    ).returncode


def test_campaign_leaves_its_documents(planted: CliProject) -> None:
    folder, log = finding(planted)
    (campaign,) = campaigns(planted)
    assert names_in(campaign) == CAMPAIGN_FILES
    record = json.loads((campaign / "campaign.json").read_text())
    assert (record["seed"], record["xlen"], record["end"]) == (1, 64, "Complete")
    assert (log.signature, folder.name) in [(of["signature"], of["run_id"]) for of in record["findings"]]
    assert sorted(of["run_id"] for of in record["findings"]) == sorted(planted.logs())
    totals = record["totals"]
    differing = 300 - totals["agree"] - totals["not_examined"]
    assert sum(of["programs"] for of in record["findings"]) == differing, "a busy machine leaves some out"
    assert (totals["cases"], totals["compared"], totals["rejected"]) == (300, 300, 0)
    assert totals["findings"] + totals["repeated"] == differing
    report = (campaign / "report.md").read_text()
    assert "planted on purpose: addw-wide" in report
    assert f"`{folder.name}/`" in report


def test_coverage_of_the_campaign_is_shown(planted: CliProject) -> None:
    (campaign,) = campaigns(planted)
    shown = planted.fuzz("coverage").stdout
    assert shown.startswith(f"Coverage of campaign {campaign.name}: 300 programs, ")
    assert re.search(r"opcode +63 +63 +100\.0 %", shown)
    assert planted.fuzz("coverage", campaign.name).stdout == shown


def test_same_seed_makes_the_same_finding(planted: CliProject, project: CliProject) -> None:
    project.fuzz(*CAMPAIGN, expect=ExitCode.FINDINGS)
    (before, log_before), (now, log_now) = finding(planted), finding(project)
    assert log_now.signature == log_before.signature
    assert log_now.provenance == log_before.provenance
    assert log_now.program == log_before.program
    for name in ("program.elf", "program.json", "original.elf", "original.json"):
        assert (now / name).read_bytes() == (before / name).read_bytes()


@pytest.fixture(scope="module")
def guest_tools(home: Home) -> Iterator[tuple[HostRust, GuestTools]]:
    """What guests are built with."""
    with Workshop(home, Silent()) as shop:
        host = host_rust(home, shop.env)
        yield host, GuestTools(guest_toolchain(shop, host), cargo_prove(shop, host))


def built_guest(tools: tuple[HostRust, GuestTools], crate: Path, target: Path) -> bytes:
    """The ELF file that `cargo prove build` makes of a crate."""
    host, guest = tools
    env = clean_environment(os.environ, CARGO_TARGET_DIR=str(target))
    env["PATH"] = in_front_of_path(env, Path(guest.toolchain.bin_dir), Path(host.bin_dir))
    command = [guest.prove.path, "prove", "build"]
    done = subprocess.run(command, cwd=crate, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    built = target / "elf-compilation" / GUEST_TARGET / "release" / "program"
    assert built.stat().st_size < MOST_BYTES
    return built.read_bytes()


def loaded(elf: bytes) -> tuple[int, list[tuple[int, bytes, bool, bool]]]:
    """The entry, and what is loaded: address, bytes with the zeros behind them, whether writable, code."""
    return int.from_bytes(elf[24:32], "little"), sorted(
        (
            segment.address,
            elf[segment.offset : segment.offset + segment.size].ljust(segment.memory_size, b"\0"),
            segment.writable,
            segment.executable,
        )
        for segment in segments_of(elf)
    )


def test_guest_crate_of_a_finding_builds_to_the_same_bytes(
    planted: CliProject, guest_tools: tuple[HostRust, GuestTools], tmp_path: Path
) -> None:
    folder, _ = finding(planted)
    shutil.copytree(folder / "guest", tmp_path / "guest")
    built = built_guest(guest_tools, tmp_path / "guest", tmp_path / "target")
    expected = (folder / "program.elf").read_bytes()
    assert loaded(built) == loaded(expected)


def original(planted: CliProject) -> bytes:
    """A generated program as it was before it was reduced."""
    return (finding(planted)[0] / "original.elf").read_bytes()


def several_segments(_: CliProject) -> bytes:
    """Constants, data with zeros in and behind them, nothing but zeros, and all of it far apart."""
    segments = (
        Segment(0x7800_0000, bytes.fromhex("130000006f000000"), READ | EXECUTE),
        Segment(0x7810_0000, b'constants\0\0\0{}\\"', READ),
        Segment(0x7820_0008, bytes(range(256)) + bytes(24), READ | WRITE, size=0x1234),
        Segment(0x7830_0000, b"", READ | WRITE, size=0x20_0000),
        Segment(0x3_C000_0000, bytes(40), READ | WRITE),
        Segment(0x40_0000_0000, b"\1", READ | WRITE, size=8),
    )
    elf = write_elf(Image(64, segments[0].address, segments))
    assert any(segment.memory_size > segment.size for segment in segments_of(elf))
    return elf


@pytest.mark.parametrize("elf_of", [original, several_segments])
def test_guest_crate_builds_to_the_same_bytes(
    planted: CliProject,
    guest_tools: tuple[HostRust, GuestTools],
    tmp_path: Path,
    elf_of: Callable[[CliProject], bytes],
) -> None:
    expected = elf_of(planted)
    for file in guest_crate(expected, title="several segments", assembly={}):
        path = tmp_path / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.data)
    built = built_guest(guest_tools, tmp_path / "guest", tmp_path / "target")
    assert loaded(built) == loaded(expected)


def names_in(folder: Path) -> set[str]:
    """What can be seen in a folder."""
    return {path.name for path in folder.iterdir() if not path.name.startswith(".")}


def closing_counts(stdout: str) -> str:
    """The counts in a campaign's last line."""
    return stdout.splitlines()[-1].partition(" · ")[0]


def test_executors_agree(project: CliProject) -> None:
    arguments = ("--target", "sp1", "--target", "sp1-portable", "--cases", 600, "--seed", 3)
    done = project.fuzz("campaign", "--generator", "riscv", *arguments)
    assert closing_counts(done.stdout) == "600 cases, 600 agree"
    assert done.stderr.count("warning") == 0
    assert project.rows() == []
    totals = totals_of(project)
    assert (totals["rejected"], totals["inconclusive"], totals["compared"]) == (0, 0, 1_200)


def test_fault_of_all_loads_is_one_finding(project: CliProject) -> None:
    plant = ("--target", "rvref-faulty", "--plant", "rvref-faulty:x0-written-by-load")
    project.fuzz(
        "campaign", "--generator", "riscv", *plant, "--cases", 300, "--seed", 1, expect=ExitCode.FINDINGS
    )
    (log,) = project.logs().values()
    assert log.program is not None
    assert log.program.location is not None
    loads = ("lb", "lbu", "lh", "lhu", "lw", "lwu", "ld")
    places = {log.program.location.mnemonic, *log.program.also}
    assert places == {f"x0 of {load}" for load in loads}
    assert log.signature.endswith(f"wrong x0 at {log.program.location.mnemonic.rpartition(' ')[2]}")


def test_fault_is_found_in_32_bits(project: CliProject) -> None:
    plant = ("--target", "rvref-faulty", "--plant", "rvref-faulty:mulhu-ones")
    arguments = ("campaign", "--generator", "riscv", "--xlen", "32", *plant, "--cases", 600, "--seed", 1)
    project.fuzz(*arguments, expect=ExitCode.FINDINGS)
    folder, log = finding(project, "riscv: rvref | rvref-faulty: output at mulhu")
    assert log.program is not None
    assert (log.program.xlen, log.input.path.partition("/")[0]) == (32, "riscv-32")
    assert log.program.instructions <= MOST_INSTRUCTIONS
    assert repro(folder) == 0


def test_forbidden_programs_agree_with_a_reference_without_faults(project: CliProject) -> None:
    arguments = ("--generator", "riscv-negative", "--target", "rvref-faulty", "--cases", 300, "--seed", 1)
    done = project.fuzz("campaign", *arguments)
    assert closing_counts(done.stdout).startswith("300 cases, ")
    assert project.rows() == []
    totals = totals_of(project)
    assert totals["findings"] == totals["flaky"] == totals["rejected"] == 0
    assert totals["agree"] + totals["inconclusive"] == 300
    assert totals["compared"] > 270


def wait_for_finding(project: CliProject, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    summary = project.artifacts / "summary.csv"
    while not summary.exists() or summary.read_bytes().count(b"\n") < 2:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def processes_below(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """The processes that a campaign has started: runners, what they have forked, and generators."""
    below = psutil.Process(process.pid).children(recursive=True)
    names = set()
    for child in below:
        with suppress(psutil.NoSuchProcess):  # what a runner has forked may have ended by now
            names |= {child.name()} if child.status() != psutil.STATUS_ZOMBIE else set()
    assert {"riscv-generator", "rvref-runner"} <= names
    return below


def still_running(processes: list[psutil.Process]) -> list[psutil.Process]:
    _, alive = psutil.wait_procs(processes, timeout=5)
    return [process for process in alive if _status(process) != psutil.STATUS_ZOMBIE]


def _status(process: psutil.Process) -> str:
    try:
        return process.status()
    except psutil.NoSuchProcess:  # by now
        return psutil.STATUS_ZOMBIE


def check_kept(project: CliProject) -> int:
    """See that each finding in the summary is whole; how many there are."""
    rows = project.whole_rows()
    logs = project.logs()
    for row in rows:
        folder = project.artifacts / row["run_id"]
        assert {path.name for path in folder.iterdir()} == FOLDER_FILES
        assert (folder / "run_log.json").read_bytes() == folder.with_suffix(".json").read_bytes()
        assert logs[row["run_id"]].program is not None
        assert row["reason"].startswith("planted (rvref-faulty:addw-wide): ")
    return len(rows)


def test_campaign_that_is_killed_keeps_what_it_has_found(project: CliProject) -> None:
    process = project.start(*ENDLESS)
    wait_for_finding(project, process)
    below = processes_below(process)
    process.kill()
    process.communicate()
    assert still_running(below) == []
    kept = check_kept(project)
    assert kept >= 1
    project.fuzz(*CAMPAIGN, expect=ExitCode.FINDINGS)
    assert check_kept(project) > kept
    assert list(project.artifacts.rglob(".*.tmp")) == []
    assert names_in(campaigns(project)[-1]) == CAMPAIGN_FILES


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_campaign_that_is_interrupted_reports(project: CliProject, number: signal.Signals) -> None:
    process = project.start(*ENDLESS)
    wait_for_finding(project, process)
    below = processes_below(process)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == ExitCode.INTERRUPTED
    assert "Traceback" not in err
    assert still_running(below) == []
    assert re.match(r"Interrupted: [\d,]+ cases, [\d,]+ agree, \d+ finding", out.splitlines()[-1])
    assert check_kept(project) >= 1
    (campaign,) = campaigns(project)
    assert names_in(campaign) == CAMPAIGN_FILES
    record = json.loads((campaign / "campaign.json").read_text())
    assert record["end"] == "Interrupted"
    assert {found["run_id"] for found in record["findings"]} == {path.name for path in findings(project)}
    assert "Interrupted: " in (campaign / "report.md").read_text()
    assert "Coverage of " in project.fuzz("coverage").stdout
