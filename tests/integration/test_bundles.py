"""Bundles of real runs: shown, compared, repeated, packed, checked elsewhere."""

import json
import shutil
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from cli_project import CliProject

from fuzzer.errors import ExitCode
from fuzzer.store.artifact_store import LocalStore
from fuzzer.store.seal import seal

pytestmark = pytest.mark.real

FILES = {
    "config.snapshot.json",
    "eval",
    "events.jsonl",
    "evidence.json",
    "run.json",
    "tool_calls.json",
}


def bundles(project: CliProject) -> list[Path]:
    return sorted((project.artifacts / "bundles").iterdir())


def test_a_run_leaves_a_bundle_that_says_what_it_did(project: CliProject) -> None:
    project.fuzz("run", "--core", "fib", "--target", "sp1")
    (bundle,) = bundles(project)
    assert {path.name for path in bundle.iterdir()} == FILES
    index = json.loads((bundle / "run.json").read_text())
    assert (index["status"], index["exit_code"]) == ("Complete", 0)
    assert index["result"]["totals"]["cases"] == index["result"]["totals"]["agree"] > 5
    calls = json.loads((bundle / "tool_calls.json").read_text())["calls"]
    assert {call["target"] for call in calls} == {"native", "sp1"}
    assert all(call["sha256"] and call["started"] == sum(call["ended"].values()) for call in calls)
    assert "8 agree" in project.fuzz("show").stdout
    assert project.fuzz("validate", "artifacts").stdout.count(" 0 problems") == 1


def test_a_run_repeated_has_the_same_verdicts_and_a_fault_changes_them(project: CliProject) -> None:
    call = ("run", "--core", "fib", "--target", "sp1")
    project.fuzz(*call)
    assert "Identical: 8 cases, the same ids and verdicts" in project.fuzz("rerun").stdout
    first, again = bundles(project)
    hashes = {
        json.loads((path / "run.json").read_text())["result"]["verdicts_sha256"] for path in (first, again)
    }
    assert len(hashes) == 1
    project.fuzz("diff", first.name, again.name)
    project.fuzz(*call, "--plant", "sp1:flip-bit", expect=ExitCode.FINDINGS)
    told = project.fuzz("diff", again.name, "latest", expect=ExitCode.FINDINGS).stdout
    assert "targets.sp1.planted  - -> flip-bit" in told
    assert "sp1 agree -> sp1 diverge" in told


def test_a_bundle_is_taken_elsewhere_with_its_findings(project: CliProject, tmp_path: Path) -> None:
    project.fuzz(
        "run", "--core", "fib", "--target", "sp1", "--plant", "sp1:flip-bit", expect=ExitCode.FINDINGS
    )
    archive = tmp_path / "bundle.tar.gz"
    project.fuzz("export", "--to", str(archive))
    assert " 0 problems" in project.fuzz("validate", str(archive)).stdout
    archive.write_bytes(archive.read_bytes()[:-2_000])
    assert "damaged or cut off" in project.fuzz("validate", str(archive), expect=ExitCode.BAD_INPUT).stdout


def test_what_was_changed_in_a_bundle_is_named(project: CliProject) -> None:
    project.fuzz("run", "--core", "fib", "--target", "sp1")
    (bundle,) = bundles(project)
    with (bundle / "events.jsonl").open("a") as file:
        file.write('{"schema_version": 1, "type": "case", "at": 0.1}\n')
    told = project.fuzz("validate", "artifacts", expect=ExitCode.BAD_INPUT).stdout
    assert "events.jsonl has" in told
    (bundle / "tool_calls.json").unlink()
    assert (
        "tool_calls.json is not there"
        in project.fuzz("validate", "artifacts", expect=ExitCode.BAD_INPUT).stdout
    )


def test_a_campaign_of_programs_is_repeated_case_by_case(project: CliProject) -> None:
    project.fuzz("campaign", "--generator", "riscv", "--target", "sp1", "--cases", 100, "--seed", 3)
    assert "Identical: 100 cases, the same ids and verdicts" in project.fuzz("rerun").stdout
    project.fuzz("gate")
    assert " 0 problems" in project.fuzz("validate", "artifacts").stdout
    latest = max((project.artifacts / "campaigns").iterdir())
    assert json.loads((latest / "run.json").read_text())["files"]["gate"] == "eval/gate.json"


def test_a_campaign_of_cores_runs_the_very_cases_again(project: CliProject) -> None:
    call = ("campaign", "--core", "json", "--target", "sp1", "--cases", 300, "--seed", 3)
    project.fuzz(*call, "--generator", "mutated", "--generator", "generated", "--generator", "riscv")
    (campaign,) = (project.artifacts / "campaigns").iterdir()
    assert "Identical: 300 cases, the same ids and verdicts" in project.fuzz("rerun").stdout
    (shard,) = campaign.glob("passes/inputs-*.npz")
    with np.load(shard) as columns:
        changed = {name: columns[name] for name in columns}
    changed["verdicts"] = changed["verdicts"].copy()
    changed["verdicts"][7] = 1
    np.savez_compressed(shard, **changed)
    changed_by_hand = project.fuzz("rerun", expect=ExitCode.BAD_INPUT).stderr
    assert f"{shard.name} has another SHA-256 than evidence.json says" in changed_by_hand
    store, folder = LocalStore(project.artifacts), f"campaigns/{campaign.name}"
    seal(store, folder)  # as if the campaign had left it so
    told = project.fuzz("rerun", expect=ExitCode.NOT_REPRODUCED).stdout
    assert "1 case of 300 with another verdict" in told
    assert "0:7  diverge (ok, ok; " in told
    shutil.rmtree(campaign / "passes")
    seal(store, folder)
    assert "has no passes" in project.fuzz("rerun", expect=ExitCode.BAD_INPUT).stderr


def test_a_killed_campaign_has_no_evidence_until_it_was_resumed(project: CliProject) -> None:
    call = ("campaign", "--core", "fib", "--target", "sp1", "--for", "30s", "--seed", "3")
    process = project.start(*call)
    folder = project.artifacts / "campaigns"
    deadline = time.monotonic() + 120
    while not list(folder.glob("*/passes/*")) and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    (campaign,) = folder.iterdir()
    assert not (campaign / "evidence.json").exists()
    assert json.loads((campaign / "run.json").read_text())["status"] == "Running"
    assert "Running, or killed" in project.fuzz("show").stdout
    project.fuzz("campaign", "--resume", "latest", "--cases", 30)
    types = [json.loads(line)["type"] for line in (campaign / "events.jsonl").read_text().splitlines()]
    assert types.count("resumed") == 1
    assert types[-1] == "ended"
    assert " 0 problems" in project.fuzz("validate", "artifacts").stdout
