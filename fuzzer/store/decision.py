"""`eval/gate.json`, what the gate said, and `gate_decision.json`, what a person made of it.

A decision holds the hash of the report that it was made on, the report shows that of the result, and the
result holds that of the status: what was changed later is found out.
"""

import hashlib
import re
from collections.abc import Mapping
from enum import StrEnum

import msgspec

from fuzzer.errors import StoreError, UsageError
from fuzzer.model import SCHEMA_VERSION
from fuzzer.store.artifact_store import ArtifactFile, ArtifactStore
from fuzzer.store.bundle import GATE_NAME
from fuzzer.store.document import decode_document
from fuzzer.store.regression_tests import GateVerdict
from fuzzer.store.run_log import encode_document
from fuzzer.store.seal import broken_seal
from fuzzer.store.status import STATUS_BASELINE_NAME, STATUS_NAME

GATE_REPORT_NAME = "gate_report.html"
GATE_DECISION_NAME = "gate_decision.json"
_DECISION = re.compile(r"gate_decision\.[0-9a-f]{8}\.json")


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
    shows_result: bool
    """Whether the report is about this result."""
    status_sha256: str
    """Of the status as it is now; empty when it is gone."""
    decision: GateDecision | None
    evidence: str = ""
    """What was changed of that which the gate looked at; empty if nothing, or when the gate blocks anyway."""
    decision_changed: str = ""
    """What is wrong with the decision by the evidence of the folder; empty if nothing."""

    @property
    def problem(self) -> str:
        """What keeps the report from being taken at its word; empty if nothing."""
        signed = self.decision
        if signed is not None and signed.report_sha256 != self.report_sha256:
            if self.report_sha256 == self.result.report_sha256:
                return f"{GATE_DECISION_NAME} is about another report than {GATE_REPORT_NAME}"
            return f"{GATE_REPORT_NAME} was changed after {signed.signed_by} signed it"
        if self.report_sha256 != self.result.report_sha256:
            return f"{GATE_REPORT_NAME} is not the one that the gate wrote"
        if not self.shows_result:
            return f"{GATE_NAME} is not what {GATE_REPORT_NAME} is about"
        if signed is not None and (signed.gate_id, signed.verdict) != (
            self.result.gate_id,
            self.result.verdict,
        ):
            return f"{GATE_DECISION_NAME} is about another gate than {GATE_REPORT_NAME}"
        return ""

    @property
    def outdated(self) -> str:
        """Why the report tells nothing of how things are now; empty if it does."""
        if self.status_sha256 == self.result.status_sha256:
            return self.evidence
        return f"{STATUS_NAME} {'was changed' if self.status_sha256 else 'was removed'} after the gate"

    @property
    def refusal(self) -> str:
        """Why the report does not let anything out; empty when it does."""
        if problem := self.problem or self.outdated:
            return problem
        signed, verdict = self.decision, self.result.verdict
        if signed is None:
            return f"the gate says {verdict}, and nobody has signed its report"
        if self.decision_changed:
            return self.decision_changed
        if not signed.signed_by.strip() or not signed.reason.strip():
            return f"{GATE_DECISION_NAME} lacks a name or a reason"
        if verdict is GateVerdict.BLOCK and signed.decision is not Choice.OVERRIDE:
            return "the gate blocks, and that was approved"
        return ""


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
    report, status = store.get(f"{folder}/{GATE_REPORT_NAME}"), f"{folder}/{STATUS_NAME}"
    wrong = broken_seal(store, folder)
    changed = wrong.get(GATE_DECISION_NAME, "")
    return SignedReport(
        result=result,
        report_sha256=hashlib.sha256(report).hexdigest(),
        shows_result=result_sha256(result).encode() in report,
        status_sha256=hashlib.sha256(store.get(status)).hexdigest() if store.exists(status) else "",
        decision=decision,
        evidence=evidence_problem(store, folder, wrong) if result.verdict is GateVerdict.ALLOW else "",
        decision_changed=f"{GATE_DECISION_NAME} {changed}" if changed else "",
    )


def gate_files(store: ArtifactStore, folder: str) -> set[str]:
    """What a gate writes into its folder, or takes away: it says nothing of how the campaign went."""
    decisions = {name for name in store.list(folder) if _DECISION.fullmatch(name)}
    return {STATUS_NAME, STATUS_BASELINE_NAME, GATE_REPORT_NAME, GATE_NAME, GATE_DECISION_NAME, *decisions}


def evidence_problem(store: ArtifactStore, folder: str, changed: Mapping[str, str]) -> str:
    """What is not as its writer left it, of the files that a gate looks at; empty if nothing.

    `changed` is what `broken_seal` says of the folder.
    """
    own = gate_files(store, folder)
    told = [f"{name} {text}" for name, text in changed.items() if name not in own]
    more = f", and {len(told) - 1:,} more" if len(told) > 1 else ""
    return f"{folder}/{told[0]}{more}" if told else ""


def result_sha256(result: GateResult) -> str:
    """What the report shows of a result: its hash, but for that of the report itself."""
    return hashlib.sha256(encode_document(msgspec.structs.replace(result, report_sha256=""))).hexdigest()


def sign(
    store: ArtifactStore, folder: str, *, name: str, choice: Choice, reason: str, now: str
) -> GateDecision:
    """Sign a gate's report; of two who do it at once the second one is told.

    Raises:
        UsageError: the name or the reason is empty.
        StoreError: it is signed already, was changed, or the gate blocks and this is no override.
    """
    name, reason = name.strip(), reason.strip()
    if not name or not reason:
        raise UsageError("a signature has a name and a reason", hint="--as NAME --reason TEXT")
    with store.lock():
        found = read_signed(store, folder)
        if problem := found.problem or found.outdated:
            raise StoreError(problem, hint="run the gate again and look at its new report")
        if found.decision:
            before = found.decision
            raise StoreError(
                f"{before.signed_by} signed this report before, at {before.signed_utc}: {before.decision}",
                hint="a report is signed once; run the gate again for another one",
            )
        if choice is Choice.APPROVE and found.result.verdict is GateVerdict.BLOCK:
            raise StoreError(
                f"the gate blocks, which cannot be approved: {'; '.join(found.result.reasons[:1])}",
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
