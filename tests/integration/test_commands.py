"""The commands that run nothing: doctor, list, completion."""

import json
import re

import pytest
from cli_project import ROOT, CliProject

pytestmark = pytest.mark.real


def test_doctor_finds_everything_and_puts_every_target_to_the_test(project: CliProject) -> None:
    targets = {"sp1": "6.10.0", "sp1-portable": "6.10.0", "rvref": "0.1.0"}
    project.fuzz("build", "--core", "fib", *(word for name in targets for word in ("--target", name)))
    done = project.fuzz("doctor")
    for target, version in targets.items():
        line = rf"^ target {target} +ok +{re.escape(version)}  known answer ✓  must differ ✓$"
        assert re.search(line, done.stdout, re.MULTILINE)
    checks = [json.loads(line) for line in project.fuzz("doctor", "--json").stdout.splitlines()]
    assert {"python", "rust", "cc", "guest toolchain", "cargo-prove", "disk"} <= {
        check["what"] for check in checks
    }
    assert all(check["ok"] for check in checks)


def test_lists_name_everything_in_full(project: CliProject) -> None:
    cores = {path.parent.name for path in (ROOT / "cores").glob("*/Cargo.toml")}
    listed = [
        json.loads(line)["name"] for line in project.fuzz("list", "cores", "--json").stdout.splitlines()
    ]
    assert set(listed) == cores
    inputs = project.fuzz("list", "inputs").stdout
    assert "inputs/timeout_infinite.json" in inputs
    assert "…" not in inputs
    targets = project.fuzz("list", "targets").stdout
    assert re.findall(r"^ (\S+) +yes ", targets, re.MULTILINE) == ["native", "sp1", "sp1-portable"]


def test_completion_knows_cores_and_targets(project: CliProject) -> None:
    def completed(words: str) -> list[str]:
        env = {
            "_FUZZ_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split()) - 1),
        }
        return [line.split(",")[1] for line in project.fuzz(env=env).stdout.splitlines()]

    assert completed("fuzz run --core fi") == ["fib"]
    assert completed("fuzz run --target sp1-")[:2] == ["sp1-portable", "sp1-portable@6.0.0"]
    assert completed("fuzz doc") == ["doctor"]
    assert "_FUZZ_COMPLETE=bash_complete" in project.fuzz("completion", "bash").stdout
