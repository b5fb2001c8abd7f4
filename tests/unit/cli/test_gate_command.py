"""`fuzz gate` and `fuzz status validate|augment` in a project, with documents that were edited."""

import hashlib
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
from click.testing import CliRunner
from sample_progress import record

from fuzzer.cli.gate import gate
from fuzzer.cli.status import status
from fuzzer.errors import ConfigError, ExitCode, FuzzerError, InputError, StoreError, UsageError
from fuzzer.model import TargetInfo
from fuzzer.store.artifact_store import LocalStore
from fuzzer.store.bundle import BundleResult, ConfigSnapshot, Versions
from fuzzer.store.bundle_folder import BundleFolder

CAMPAIGN = "20261121_120000_fib"
FOLDER = Path("artifacts", "campaigns", CAMPAIGN)
SIGN = ("sign", "--as", "Ada", "--decision", "approve", "--reason", "fine")
TARGETS = (
    TargetInfo(name="native", version="rustc 1.95.0"),
    TargetInfo(name="sp1", version="6.10.0", runner_sha256="2" * 64),
)
TEST = {
    "test_id": "REG_F1",
    "source_failure": "F1",
    "expected_verdict": "ALLOW",
    "max_safe_turn": 0,
    "folder": "f",
    "signature": "s",
    "severity": "high",
    "core": "fib",
}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a campaign that found nothing."""
    (tmp_path / "fuzzer.toml").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FUZZ_RUN_MODE", raising=False)
    FOLDER.mkdir(parents=True)
    keep(FOLDER / "campaign.json", record_of())
    return tmp_path


def record_of(**totals: int) -> dict[str, Any]:
    counts = {"cases": 10, "agree": 10, "compared": 20, "findings": 0, "not_examined": 0, "flaky": 0}
    made = record(
        campaign_id=CAMPAIGN,
        end="Complete",
        targets=TARGETS,
        totals={**counts, "inconclusive": 0, "errors": 0, **totals},
        findings=(),
    )
    found: dict[str, Any] = msgspec.to_builtins(made)
    return found


def keep(path: Path, document: object) -> Path:
    path.write_text(json.dumps(document))
    return path


def call(command: click.Command, *arguments: object, expect: int = 0) -> str:
    done = CliRunner().invoke(
        command, [str(word) for word in arguments], catch_exceptions=False, standalone_mode=False
    )
    assert (done.return_value or 0) == expect, done.stdout
    return done.stdout


def refused(command: click.Command, *arguments: object) -> FuzzerError:
    error = CliRunner().invoke(command, [str(word) for word in arguments]).exception
    assert isinstance(error, FuzzerError)
    return error


def edit(name: str, change: Callable[[dict[str, Any]], object]) -> None:
    document = json.loads((FOLDER / name).read_text())
    change(document)
    keep(FOLDER / name, document)


def test_a_gate_is_run_signed_and_verified() -> None:
    assert f"ALLOW  {CAMPAIGN}" in call(gate)
    assert "nobody has signed" in call(gate, "verify", expect=1)
    call(gate, *SIGN)
    assert "approve by Ada" in call(gate, "verify")


def test_two_gates_leave_the_decision_of_the_first_and_a_line_each() -> None:
    call(gate)
    call(gate, *SIGN)
    call(gate)
    assert len(list(FOLDER.glob("gate_decision.*.json"))) == 1
    assert len(Path("artifacts", "quality_ledger.jsonl").read_bytes().splitlines()) == 2
    assert "nobody has signed" in call(gate, "verify", expect=1)


def test_a_campaign_that_compared_nothing_has_its_own_exit_code() -> None:
    keep(FOLDER / "campaign.json", record_of(compared=0))
    assert "BLOCK" in call(gate, "--mode", "demo", expect=ExitCode.NOTHING_COMPARED)


def test_the_mode_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUZZ_RUN_MODE", "prod")
    assert "clean_tree_ok: the project is no git checkout" in call(gate, expect=1)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--campaign", ""),
        ("--run", ""),
        ("--campaign", CAMPAIGN, "--run", "r"),
        ("--campaign", "nothing"),
        ("--campaign", "../campaigns"),
        ("--baseline", "nothing"),
        ("--campaign", CAMPAIGN, *SIGN),
        ("--mode", "prod", *SIGN),
        ("--json", "verify"),
        ("sign", "--campaign", "", *SIGN[1:]),
        (*SIGN[:-1], " "),
        ("--status", "nothing.json"),
        ("--status", "s.json", "--campaign", CAMPAIGN),
    ],
)
def test_a_call_that_could_mean_another_gate_is_refused(arguments: tuple[str, ...]) -> None:
    call(gate)
    assert isinstance(refused(gate, *arguments), UsageError)
    assert not (FOLDER / "gate_decision.json").exists()


@pytest.mark.parametrize("text", [None, "", "schema_version = 1", "[required"])
def test_a_policy_of_the_projects_that_cannot_be_understood_is_not_replaced(text: str | None) -> None:
    Path("inputs").mkdir()
    own = Path("inputs", "gate_policy.toml")
    if text is None:
        own.symlink_to("nowhere")
    else:
        own.write_text(text)
    assert isinstance(refused(gate), ConfigError)
    assert isinstance(refused(gate, "--policy", "missing.toml"), ConfigError)


def test_what_was_signed_and_changed_blocks_once_whatever_became_of_it() -> None:
    call(gate)
    call(gate, *SIGN)
    for name in ("gate_report.html", "eval/gate.json", "gate_decision.json"):
        (FOLDER / name).write_bytes(b"{")
        assert "BLOCK" in call(gate, expect=1), name
        assert "ALLOW" in call(gate), name
        call(gate, *SIGN)
    (FOLDER / "gate_report.html").unlink()
    assert "BLOCK" in call(gate, expect=1)
    assert "ALLOW" in call(gate)


def test_a_damaged_status_stops_the_gate_with_a_way_out() -> None:
    call(gate)
    (FOLDER / "status.json").write_bytes(b"{")
    assert "remove it" in refused(gate).hint
    (FOLDER / "status.json").unlink()
    assert "ALLOW" in call(gate)


def test_results_of_other_tools_go_through_the_gate() -> None:
    call(gate)
    call(status, "augment", FOLDER / "status.json", "--external", "audit_rate=0.2<=0.1")
    assert "audit_rate" not in (FOLDER / "status_baseline.json").read_text()
    assert "status.json was changed after the gate" in refused(gate, *SIGN).message
    edit("status.json", lambda found: found["external"]["metrics"][0].update({"pass": True}))
    assert "external_all_pass" in call(gate)
    judged = json.loads((FOLDER / "status.json").read_text())
    assert judged["gates"]["external_all_pass"] is judged["external_all_pass"] is False
    baseline = json.loads((FOLDER / "status_baseline.json").read_text())
    assert "external" not in baseline
    assert baseline["metrics"] == {
        name: value for name, value in judged["metrics"].items() if name != "audit_rate"
    }


def test_an_augmented_link_changes_what_it_leads_to_and_keeps_its_own_baseline() -> None:
    call(gate)
    Path("latest.json").symlink_to(FOLDER / "status.json")
    call(status, "augment", "latest.json", "--external", "audit_rate=0.05<=0.1")
    assert Path("latest.json").is_symlink()
    assert json.loads((FOLDER / "status.json").read_text())["external"]["all_pass"] is True
    assert (FOLDER / "status_baseline.json").is_file()


ODD = (
    "a=1_0<=20",
    "a=\u0661<=2",
    "a=0x1<=2",
    "a b=1<=2",
    "no_divergence_ok=1<=2",
    "gates=1<=2",
    "diverge=0<=1",
)


@pytest.mark.parametrize(
    "given", ["a=nan<=1", "a=1<=inf", "a=one<=2", "a=1", "a<=1", "=1<=2", "a=1<=2<=3", *ODD]
)
def test_a_result_that_is_none_is_refused(given: str) -> None:
    call(gate)
    before = (FOLDER / "status.json").read_bytes()
    error = refused(status, "augment", FOLDER / "status.json", "--external", given)
    assert isinstance(error, UsageError | StoreError)
    assert (FOLDER / "status.json").read_bytes() == before


def test_a_result_that_passes_does_not_hide_one_of_its_name_that_fails() -> None:
    call(gate)
    file = FOLDER / "status.json"
    error = refused(status, "augment", file, "--external", "a=5<=2", "--external", "a=1<=2")
    assert error.message == "`a` was given 2 times"


@pytest.mark.parametrize("value", ['"1"', "true", "nan", "inf", "[1]", "2026-11-27"])
def test_a_file_of_results_holds_names_and_numbers(value: str) -> None:
    call(gate)
    results = Path("results.toml")
    for fields in (f'name = "a"\nvalue = {value}', 'name = "a\\u001b"\nvalue = 1', 'name = ""\nvalue = 1'):
        results.write_text(f"[[metrics]]\n{fields}\nthreshold = 2\n")
        error = refused(status, "augment", FOLDER / "status.json", "--external-file", results)
        assert isinstance(error, UsageError | InputError)


def sealed() -> LocalStore:
    """The artifacts, with the evidence of the campaign as its end leaves it."""
    store = LocalStore(Path("artifacts"))
    path = f"campaigns/{CAMPAIGN}"
    folder = BundleFolder(store, path)
    versions = Versions(fuzz="0.1.0", python="3.11.7", git_sha="", git_dirty=True, targets=())
    config = ConfigSnapshot(command=(), settings={}, request={}, cores=(), targets=(), allowed=())
    folder.begin(config, versions, created_utc="2026-11-21T12:00:00Z")
    folder.end(
        status="Complete",
        error_summary="",
        exit_code=0,
        ended=datetime(2026, 11, 21, tzinfo=UTC),
        seconds=1.0,
        result=BundleResult(totals={}, findings=()),
        metrics={},
        calls=[],
    )
    return store


def test_evidence_that_was_changed_blocks_until_it_is_as_it_was() -> None:
    sealed()
    assert "ALLOW" in call(gate)
    record = FOLDER / "campaign.json"
    before = record.read_bytes()
    keep(record, record_of(cases=11, agree=11))
    assert "campaign.json has another SHA-256 than evidence.json says" in refused(gate, *SIGN).message
    said = f"campaigns/{CAMPAIGN}/campaign.json has another SHA-256 than evidence.json says"
    assert said in call(gate, expect=1)
    assert said in call(gate, expect=1), "the first gate did not make it right"
    record.write_bytes(before)
    (FOLDER / "events.jsonl").unlink()
    assert "events.jsonl is not there, and evidence.json lists it" in call(gate, expect=1)
    (FOLDER / "events.jsonl").write_bytes(b"")
    assert "ALLOW" in call(gate)
    call(gate, *SIGN)
    call(gate, "verify")
    (FOLDER / "evidence.json").unlink()
    call(gate, "verify", expect=1)
    assert "evidence.json is not there" in call(gate, expect=1)


def test_a_decision_that_was_edited_or_forged_lets_nothing_out() -> None:
    sealed()
    call(gate)
    call(gate, *SIGN)
    edit("gate_decision.json", lambda found: found.update(reason="another one"))
    says = "gate_decision.json has another SHA-256 than evidence.json says"
    assert says in call(gate, "verify", expect=1)
    forged = (FOLDER / "gate_decision.json").read_bytes()
    (FOLDER / "gate_decision.json").unlink()
    call(gate)
    (FOLDER / "gate_decision.json").write_bytes(forged)
    edit("gate_decision.json", lambda found: found.update(report_sha256=sha256_of("gate_report.html")))
    assert "gate_decision.json is not listed in evidence.json" in call(gate, "verify", expect=1)


def sha256_of(name: str) -> str:
    return hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()


def test_results_of_other_tools_that_were_edited_are_not_taken_over() -> None:
    sealed()
    call(gate)
    call(status, "augment", FOLDER / "status.json", "--external", "audit_rate=0.2<=0.1")
    edit("status.json", lambda found: found["external"]["metrics"][0].update(threshold=1))
    error = refused(gate)
    assert "status.json has another SHA-256 than evidence.json says" in error.message
    (FOLDER / "status.json").unlink()
    assert "ALLOW" in call(gate)


EDITS: dict[str, Callable[[dict[str, Any]], object]] = {
    "not a boolean: 'yes'": lambda found: found["gates"].update(no_divergence_ok="yes"),
    "missing: unique_signatures is 0": lambda found: found["gates"].pop("no_divergence_ok"),
    "unique_signatures is 3": lambda found: found["metrics"].update(unique_signatures=3),
    "unique_signatures was not measured": lambda found: found["metrics"].pop("unique_signatures"),
    "$.no_divergence_ok is False": lambda found: found.update(no_divergence_ok=False),
    "there is no $.external": lambda found: found["gates"].update(external_all_pass=True),
    "the status is of the mode 'demo'": lambda found: found["metrics"].update(run_mode="demo"),
    "'created_utc' is a required property": lambda found: found.pop("created_utc"),
}


@pytest.mark.parametrize("says", EDITS)
def test_a_status_that_was_edited_blocks_with_the_reason(says: str) -> None:
    call(gate)
    assert "ALLOW" in call(gate, "--status", FOLDER / "status.json")
    edit("status.json", EDITS[says])
    assert says in call(gate, "--status", FOLDER / "status.json", expect=1)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff", b'{"schema_version": 9}', b'{"gates": []}'])
def test_a_file_that_is_no_status_is_refused_everywhere(data: bytes) -> None:
    file = Path("s.json")
    file.write_bytes(data)
    assert isinstance(refused(gate, "--status", file), StoreError)
    assert isinstance(refused(status, "augment", file, "--external", "a=1<=2"), StoreError)
    assert "s.json: " in call(status, "validate", file, expect=ExitCode.BAD_INPUT)
    assert file.read_bytes() == data
    assert not Path("s_baseline.json").exists()


def test_a_regression_test_that_passed_on_another_version_does_not_count() -> None:
    keep(Path("artifacts", "regression_tests.json"), {"tests": [TEST]})
    assert "regressions_checked_ok: regressions_unchecked is 1" in call(gate, expect=1)
    result = {
        **{name: TEST[name] for name in ("test_id", "expected_verdict", "severity", "signature")},
        "verdict": "ALLOW",
        "movement": "holds",
        "reason": "",
        "first_failure_turn": None,
        "targets": [],
        "ran_on": msgspec.to_builtins(TARGETS),
        "subject": FOLDER.name,
    }
    results = {"created_utc": "", "planted": "", "results": [result]}
    file = keep(Path("artifacts", "regression_results.json"), results)
    assert "ALLOW" in call(gate)
    result["ran_on"][1]["version"] = "6.2.0"
    keep(file, results)
    assert "regressions_checked_ok" in call(gate, expect=1)
    report = (FOLDER / "gate_report.html").read_text()
    assert "REG_F1: it ran on sp1 6.2.0, and what is judged on sp1 6.10.0" in report


def test_nothing_is_written_outside_the_project() -> None:
    call(gate)
    text = b"".join(path.read_bytes() for path in FOLDER.rglob("*") if path.is_file())
    assert os.fsencode(Path.cwd()) not in text
