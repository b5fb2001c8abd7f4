"""The closed loop from a planted fault to a signed gate, as `scripts/demo` shows it."""

import subprocess
from pathlib import Path

import pytest
from cli_project import ROOT

pytestmark = [pytest.mark.real, pytest.mark.slow]


def test_the_demo_goes_through_and_leaves_all_its_documents(tmp_path: Path) -> None:
    project = tmp_path / "demo"
    done = subprocess.run(
        [ROOT / "scripts" / "demo", "--to", project], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "Every step ended as it should" in done.stdout
    artifacts = project / "artifacts"
    for name in (
        "regression_tests.json",
        "regression_results.json",
        "campaigns/*/status.json",
        "campaigns/*/stress_failures.json",
        "campaigns/*/eval/gate.json",
        "campaigns/*/gate_report.html",
        "campaigns/*/gate_decision.json",
        "*/incident_replay.json",
        "*/repro.sh",
    ):
        assert list(artifacts.glob(name)), name
    checked = subprocess.run(
        [ROOT / "scripts" / "examples", artifacts, "--check"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, f"{checked.stdout}\n{checked.stderr}"
