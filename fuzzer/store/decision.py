"""`eval/gate.json`, what the gate said, and `gate_decision.json`, what a person made of it.

A decision holds the hash of the report that it was made on: a report that was changed later is found out.
"""

import hashlib
from enum import StrEnum

import msgspec

from fuzzer.errors import StoreError
from fuzzer.model import SCHEMA_VERSION
from fuzzer.store.artifact_store import ArtifactFile, ArtifactStore
from fuzzer.store.document import decode_document
from fuzzer.store.regression_tests import GateVerdict
from fuzzer.store.run_log import encode_document

GATE_NAME = "eval/gate.json"
GATE_REPORT_NAME = "gate_report.html"
GATE_DECISION_NAME = "gate_decision.json"


class RunMode(StrEnum):
    """How much a gate asks for."""

    DEMO = "demo"
    CORE = "core"
    PROD = "prod"


class GateCheck(msgspec.Struct, frozen=True, kw_only=True):
    """One gate beside what it was decided on."""

    gate: str
    required: bool
    passed: bool
    says: str
    """What it asks for: `unique_signatures <= 0`."""
    reason: str
    """Why it did not pass; empty when it did."""


class ScoreTerm(msgspec.Struct, frozen=True, kw_only=True):
    """What one finding adds to the severity score."""

    what: str
    severity: str
    weight: int
    factor: int


class GateResult(msgspec.Struct, frozen=True, kw_only=True):
    """The document `eval/gate.json`."""

    gate_id: str
    """The campaign or run that was judged; empty for a status that came as a file."""
    created_utc: str
    run_mode: RunMode
    verdict: GateVerdict
    reasons: tuple[str, ...]
    """Why it blocks; empty when it allows."""
    checks: tuple[GateCheck, ...]
    severity_score: int
    score_terms: tuple[ScoreTerm, ...]
    policy_path: str
    policy_sha256: str
    status_sha256: str
    baseline_id: str
    """What the metrics were held against; empty when there was nothing."""
    report_sha256: str = ""
    schema_version: int = SCHEMA_VERSION


class Choice(StrEnum):
    """What a person decides."""

    APPROVE = "approve"
    """Goes along with a gate that allows."""
    OVERRIDE = "override"
    """Lets something through that the gate blocks."""


class GateDecision(msgspec.Struct, frozen=True, kw_only=True):
    """The document `gate_decision.json`."""

    gate_id: str
    signed_by: str
    decision: Choice
    reason: str
    signed_utc: str
    verdict: GateVerdict
    """What the gate said."""
    report: str
    report_sha256: str
    schema_version: int = SCHEMA_VERSION


class SignedReport(msgspec.Struct, frozen=True, kw_only=True):
    """A gate's report with what the gate said and who signed it."""

    result: GateResult
    report_sha256: str
    """Of the report as it is now."""
    decision: GateDecision | None

    @property
    def problem(self) -> str:
        """What keeps the report from being taken at its word; empty if nothing."""
        signed = self.decision.report_sha256 if self.decision else self.result.report_sha256
        if self.report_sha256 == signed == self.result.report_sha256:
            return ""
        if self.decision is None:
            return f"{GATE_REPORT_NAME} is not the one that the gate wrote"
        return f"{GATE_REPORT_NAME} was changed after {self.decision.signed_by} signed it"


def read_signed(store: ArtifactStore, folder: str) -> SignedReport:
    """What a gate left in its folder.

    Raises:
        StoreError: there was no gate there, or a document is damaged.
    """
    if not store.exists(f"{folder}/{GATE_NAME}") or not store.exists(f"{folder}/{GATE_REPORT_NAME}"):
        raise StoreError(f"{folder}/ holds no gate's report", hint="`fuzz gate` makes one")
    name = f"{folder}/{GATE_NAME}"
    result = decode_document(store.get(name), GateResult, name=name, what="a gate's result")
    decision = None
    name = f"{folder}/{GATE_DECISION_NAME}"
    if store.exists(name):
        decision = decode_document(store.get(name), GateDecision, name=name, what="a gate's decision")
    report = hashlib.sha256(store.get(f"{folder}/{GATE_REPORT_NAME}")).hexdigest()
    return SignedReport(result=result, report_sha256=report, decision=decision)


def sign(
    store: ArtifactStore, folder: str, *, name: str, choice: Choice, reason: str, now: str
) -> GateDecision:
    """Sign a gate's report; of two who do it at once the second one is told.

    Raises:
        StoreError: it is signed already, was changed, or the gate blocks and this is no override.
    """
    with store.lock():
        found = read_signed(store, folder)
        if found.problem:
            raise StoreError(found.problem, hint="run the gate again and look at its new report")
        if found.decision:
            before = found.decision
            raise StoreError(
                f"{before.signed_by} signed this report before, at {before.signed_utc}: {before.decision}",
                hint="a report is signed once; run the gate again for another one",
            )
        if choice is Choice.APPROVE and found.result.verdict is GateVerdict.BLOCK:
            raise StoreError(
                f"the gate blocks, which cannot be approved: {found.result.reasons[0]}",
                hint="`--decision override` with a reason lets it through under your name",
            )
        decision = GateDecision(
            gate_id=found.result.gate_id,
            signed_by=name,
            decision=choice,
            reason=reason,
            signed_utc=now,
            verdict=found.result.verdict,
            report=GATE_REPORT_NAME,
            report_sha256=found.report_sha256,
        )
        store.put([ArtifactFile(f"{folder}/{GATE_DECISION_NAME}", encode_document(decision))])
    return decision


def keep_gate(store: ArtifactStore, folder: str, result: GateResult, report: bytes) -> GateResult:
    """Keep what a gate said with its report; the decision on the report before is kept under its hash."""
    page = store.as_kept(ArtifactFile(f"{folder}/{GATE_REPORT_NAME}", report))
    signed = msgspec.structs.replace(result, report_sha256=hashlib.sha256(page.data).hexdigest())
    with store.lock():
        old = f"{folder}/{GATE_DECISION_NAME}"
        files = []
        if store.exists(old):
            data = store.get(old)
            files.append(
                ArtifactFile(f"{folder}/gate_decision.{hashlib.sha256(data).hexdigest()[:8]}.json", data)
            )
        files += [
            page,
            ArtifactFile(f"{folder}/{GATE_NAME}", encode_document(signed)),
        ]
        store.put(files)
        store.delete(old)
    return signed
