"""`fuzz triage` and `fuzz prune` as people call them, on artifacts that a recorder left."""

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sample_findings import DIFFERS, LOSES_PANIC, PASS, PLANTED, record

from fuzzer.cli.main import cli
from fuzzer.errors import InputError, UsageError
from fuzzer.store.artifact_store import LocalStore

SIGNATURE = "fib: native | sp1: output at commit 1"
PART = "fib: native | sp1: output"


@pytest.fixture(name="project")
def fixture_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a pass, two findings, and one that was planted."""
    (tmp_path / "fuzzer.toml").write_text("")
    record(LocalStore(tmp_path / "artifacts"), PASS, DIFFERS, LOSES_PANIC, PLANTED)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*words: str) -> Result:
    return CliRunner().invoke(cli, words, standalone_mode=False, catch_exceptions=False)


def test_findings_are_listed_with_their_state(project: Path) -> None:
    shown = call("triage").output
    assert "2 findings: 2 new" in shown
    assert shown.index("output") < shown.index("lost-panic")
    assert "3 findings" in call("triage", "--all").output
    call("triage", "mark", PART, "--state", "reported", "--link", "https://example.org/1")
    assert "2 findings: 1 new, 1 reported" in call("triage").output
    assert SIGNATURE in call("triage", "--state", "reported").output
    assert SIGNATURE not in call("triage", "--state", "new").output
    (kept,) = tomllib.loads((project / "inputs" / "triage.toml").read_text())["finding"]
    assert (kept["signature"], kept["state"]) == (SIGNATURE, "reported")


def test_accepted_finding_is_where_runs_look_for_it(project: Path) -> None:
    call("triage", "mark", PART, "--state", "accepted", "--reason", "known", "--expires", "2999-01-01")
    assert "1 accepted" in call("triage").output
    (entry,) = tomllib.loads((project / "inputs" / "allowed_divergences.toml").read_text())["allowed"]
    assert entry["signature"] == SIGNATURE
    shown = call("triage", "show", PART).output
    assert "until 2999-01-01" in shown
    assert "known" in shown
    call("triage", "mark", PART, "--state", "new")
    assert "2 new" in call("triage").output


@pytest.mark.parametrize(
    "words",
    [
        ("--state", "accepted"),
        ("--state", "accepted", "--reason", "r", "--expires", "2020-01-01"),
        ("--state", "fixed", "--expires", "2999-01-01"),
    ],
)
def test_what_makes_no_sense_is_refused(project: Path, words: tuple[str, ...]) -> None:
    with pytest.raises(UsageError):
        call("triage", "mark", PART, *words)
    assert not (project / "inputs").exists()


def test_a_log_that_was_made_to_agree_hides_no_finding(project: Path) -> None:
    run = call("triage", "--json").output.partition('"runs":["')[2].partition('"')[0]
    log = project / "artifacts" / run / "run_log.json"
    log.write_bytes(log.read_bytes().replace(b'"kind": "diverge"', b'"kind": "agree"'))
    (project / "artifacts" / ".findings.json").unlink()
    done = call("triage")
    assert "1 finding" in done.output
    assert "of 1 run that differ no run log can be read, or it tells of no difference" in done.output
    with pytest.raises(InputError, match=r"run_log.json tells of no divergence"):
        call("incident", f"artifacts/{run}")


def test_draft_is_written_to_a_file(project: Path) -> None:
    call("triage", "draft", "lost-panic", "--to", "issue.md")
    assert (project / "issue.md").read_text().startswith("# sp1 6.10.0: lost-panic")


def test_prune_says_what_would_go_and_does_it_when_told(project: Path) -> None:
    artifacts = project / "artifacts"
    before = sorted(artifacts.rglob("*"))
    assert "Would remove 1 passes" in call("prune", "--older-than", "0h").output
    assert sorted(artifacts.rglob("*")) == before
    assert "Removed 1 passes" in call("prune", "--older-than", "0h", "--yes").output
    assert set(before) - set(artifacts.rglob("*")) == {artifacts / "20261121_120000_fib.json"}
    assert "2 findings" in call("triage").output


def test_report_of_a_core_is_written(project: Path) -> None:
    assert "a1_pilot.md" in call("report", "validation", "--core", "fib").output
    assert "Not validated" in (project / "artifacts" / "reports" / "a1_pilot.md").read_text()
