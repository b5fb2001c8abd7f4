"""A decision is about one report: what is changed before or after it is found out."""

import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from sample_gates import GATE, gate_result, kept_gate

from fuzzer.errors import FuzzerError, StoreError, UsageError
from fuzzer.store.artifact_store import ArtifactFile, LocalStore
from fuzzer.store.decision import Choice, GateDecision, read_signed, result_sha256, sign
from fuzzer.store.regression_tests import GateVerdict

TESTS = Path(__file__).parents[2]
SIGN = """
import sys
from pathlib import Path
from fuzzer.errors import StoreError
from fuzzer.store.artifact_store import LocalStore
from fuzzer.store.decision import Choice, sign
store = LocalStore(Path(sys.argv[1]))
sys.stdin.readline()
try:
    sign(store, "campaigns/c", name=sys.argv[2], choice=Choice.APPROVE, reason="fine", now="2026")
except StoreError as error:
    print(error.message)
"""


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path)


def signed(store: LocalStore, choice: Choice = Choice.APPROVE, *, name: str = "Ada") -> GateDecision:
    return sign(store, GATE, name=name, choice=choice, reason="fine", now="2026-11-21T12:00:00Z")


def edit(store: LocalStore, name: str, **fields: object) -> None:
    """Change fields of a document as somebody with an editor would."""
    path = f"{GATE}/{name}"
    document = {**json.loads(store.get(path)), **fields}
    store.put([ArtifactFile(path, json.dumps(document).encode())])


def test_a_signed_report_lets_out_and_the_decision_holds_its_hash(store: LocalStore) -> None:
    result = kept_gate(store)
    assert read_signed(store, GATE).refusal == "the gate says ALLOW, and nobody has signed its report"
    decision = signed(store)
    found = read_signed(store, GATE)
    assert (found.decision, found.refusal) == (decision, "")
    assert decision.report_sha256 == result.report_sha256 == found.report_sha256
    assert (decision.verdict, decision.gate_id) == (GateVerdict.ALLOW, "c")


@pytest.mark.parametrize(("name", "reason"), [("", "fine"), (" ", "fine"), ("Ada", ""), ("Ada", "\n\t ")])
@pytest.mark.parametrize("choice", list(Choice))
def test_a_signature_without_a_name_or_a_reason_is_refused(
    store: LocalStore, name: str, reason: str, choice: Choice
) -> None:
    kept_gate(store, GateVerdict.BLOCK if choice is Choice.OVERRIDE else GateVerdict.ALLOW)
    with pytest.raises(UsageError, match="a name and a reason"):
        sign(store, GATE, name=name, choice=choice, reason=reason, now="")
    assert read_signed(store, GATE).decision is None


def test_a_gate_that_blocks_is_overridden_and_never_approved(store: LocalStore) -> None:
    kept_gate(store, GateVerdict.BLOCK)
    with pytest.raises(StoreError, match="cannot be approved: no_divergence_ok"):
        signed(store)
    signed(store, Choice.OVERRIDE)
    assert read_signed(store, GATE).refusal == ""


def test_a_report_is_signed_once(store: LocalStore) -> None:
    kept_gate(store)
    signed(store)
    with pytest.raises(StoreError, match="Ada signed this report before"):
        signed(store, name="Bob")
    decision = read_signed(store, GATE).decision
    assert decision is not None
    assert decision.signed_by == "Ada"


def test_of_two_processes_that_sign_at_once_one_is_told(store: LocalStore) -> None:
    kept_gate(store)
    command = [sys.executable, "-c", SIGN, str(store.root)]
    both = [
        subprocess.Popen([*command, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for name in ("Ada", "Bob")
    ]
    for process in both:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate()[0].strip() for process in both]
    decision = read_signed(store, GATE).decision
    assert decision is not None
    (told,) = filter(None, said)
    assert told.startswith(f"{decision.signed_by} signed this report before")
    assert read_signed(store, GATE).refusal == ""


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_report_that_was_changed_is_found_out(store: LocalStore, when: str) -> None:
    kept_gate(store, page="BLOCK ")
    if when == "after":
        signed(store)
    page = store.get(f"{GATE}/gate_report.html").replace(b"BLOCK", b"ALLOW")
    store.put([ArtifactFile(f"{GATE}/gate_report.html", page)])
    problem = read_signed(store, GATE).problem
    assert (
        "changed after Ada signed" if when == "after" else "is not the one that the gate wrote"
    ) in problem
    with pytest.raises(StoreError, match=r"gate_report\.html"):
        signed(store, name="Bob")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_result_that_was_changed_is_found_out(store: LocalStore, when: str) -> None:
    kept_gate(store, GateVerdict.BLOCK)
    if when == "after":
        signed(store, Choice.OVERRIDE)
    edit(store, "eval/gate.json", verdict="ALLOW", reasons=[])
    assert read_signed(store, GATE).refusal == "eval/gate.json is not what gate_report.html is about"
    with pytest.raises(StoreError, match=r"eval/gate\.json"):
        signed(store, name="Bob")


def test_the_signature_of_another_report_does_not_count(store: LocalStore) -> None:
    kept_gate(store, page="first")
    signed(store)
    old = store.get(f"{GATE}/gate_decision.json")
    kept_gate(store, page="second")
    store.put([ArtifactFile(f"{GATE}/gate_decision.json", old)])
    assert (
        read_signed(store, GATE).refusal == "gate_decision.json is about another report than gate_report.html"
    )


@pytest.mark.parametrize("fields", [{"gate_id": "d"}, {"verdict": "BLOCK"}])
def test_a_decision_about_another_gate_does_not_count(store: LocalStore, fields: dict[str, str]) -> None:
    kept_gate(store)
    signed(store)
    edit(store, "gate_decision.json", **fields)
    assert "is about another gate" in read_signed(store, GATE).refusal


@pytest.mark.parametrize("fields", [{"reason": " "}, {"signed_by": ""}])
def test_a_decision_whose_name_or_reason_was_taken_out_does_not_count(
    store: LocalStore, fields: dict[str, str]
) -> None:
    kept_gate(store, GateVerdict.BLOCK)
    signed(store, Choice.OVERRIDE)
    edit(store, "gate_decision.json", **fields)
    assert read_signed(store, GATE).refusal == "gate_decision.json lacks a name or a reason"


def test_an_override_that_became_an_approval_does_not_count(store: LocalStore) -> None:
    kept_gate(store, GateVerdict.BLOCK)
    signed(store, Choice.OVERRIDE)
    edit(store, "gate_decision.json", decision="approve")
    assert read_signed(store, GATE).refusal == "the gate blocks, and that was approved"


@pytest.mark.parametrize("gone", [False, True])
def test_a_status_that_was_changed_after_the_gate_is_not_what_was_judged(
    store: LocalStore, *, gone: bool
) -> None:
    kept_gate(store)
    if gone:
        store.delete(f"{GATE}/status.json")
    else:
        store.put([ArtifactFile(f"{GATE}/status.json", b"{ }")])
    with pytest.raises(StoreError, match=r"status\.json was (changed|removed) after the gate"):
        signed(store)
    assert read_signed(store, GATE).problem == ""  # the report itself is as it was


@pytest.mark.parametrize("name", ["eval/gate.json", "gate_decision.json"])
@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"schema_version": 99}', b"\xff"])
def test_a_damaged_or_newer_document_is_refused_by_name(store: LocalStore, name: str, data: bytes) -> None:
    kept_gate(store)
    signed(store)
    store.put([ArtifactFile(f"{GATE}/{name}", data)])
    with pytest.raises(StoreError, match=name) as raised:
        read_signed(store, GATE)
    assert raised.value.hint


@pytest.mark.parametrize("folder", ["campaigns/none", "campaigns/../../etc", "/etc"])
def test_a_folder_without_a_gate_is_refused(store: LocalStore, folder: str) -> None:
    with pytest.raises(FuzzerError):
        read_signed(store, folder)


def test_the_decision_on_the_report_before_is_kept_under_its_hash(store: LocalStore) -> None:
    kept_gate(store, page="first")
    signed(store)
    old = store.get(f"{GATE}/gate_decision.json")
    kept_gate(store, page="second")
    kept = [name for name in store.list(GATE) if name.startswith("gate_decision")]
    assert len(kept) == 1
    assert store.get(f"{GATE}/{kept[0]}") == old
    assert read_signed(store, GATE).decision is None


def test_the_hash_of_a_result_is_of_all_but_the_reports() -> None:
    result = gate_result()
    assert result_sha256(result) == result_sha256(msgspec.structs.replace(result, report_sha256="f" * 64))
    assert result_sha256(result) != result_sha256(msgspec.structs.replace(result, severity_score=1))
