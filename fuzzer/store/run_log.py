"""The run log, `<run_id>.json`: everything about one case on all targets, for people and for tools. Pure.

The document only ever grows: readers ignore fields that they do not know.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from fuzzer.model import (
    SCHEMA_VERSION,
    Case,
    CaseResult,
    Comparison,
    CoreInfo,
    FirstDifference,
    Limits,
    Outcome,
    Provenance,
    Status,
    Symptom,
    TargetInfo,
    VerdictKind,
)
from fuzzer.store.artifact_store import ArtifactFile
from fuzzer.store.document import decode_document
from fuzzer.store.input_copy import InputEncoding, encoding_of
from fuzzer.store.program_record import ProgramRecord
from fuzzer.store.summary import SummaryRow, status_word
from fuzzer.store.utc import utc_text
from fuzzer.triage.signature import attribution, signature

PREVIEW_BYTES = 256
"""How much of the committed bytes a log shows; a finding's folder holds all of them."""

TEXT_BYTES = 4096
"""How much of what the guest printed a log shows."""


class InputRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Which input it was; its bytes are in the finding's `input.json`, written as `encoding` says."""

    path: str
    encoding: InputEncoding
    sha256: str
    """Of all buffers, one after the other."""
    sizes: tuple[int, ...]
    """Of each buffer."""


class Committed(msgspec.Struct, frozen=True, kw_only=True):
    """What a target committed, in short."""

    bytes: int
    sha256: str
    commits: int | None
    """How many commits there were; null where the target knows only the stream."""
    preview: str
    """The first bytes in hex."""


class OutcomeRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An outcome in readable form."""

    status: Status
    exit_code: int | None
    signal: int | None
    message: str
    cycles: int | None
    elapsed_ns: int
    peak_memory: int | None
    committed: Committed
    stdout: str
    stderr: str


class TargetRun(msgspec.Struct, frozen=True, kw_only=True):
    """A target and what it did."""

    target: TargetInfo
    outcome: OutcomeRecord


class DifferenceRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Where two commit streams part; the bytes are hex."""

    commit: int
    byte: int
    offset: int
    reference: str
    other: str


class ComparisonRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What came of comparing one target with the native one."""

    target: str
    kind: VerdictKind
    equal: bool
    compared: bool
    reason: str
    symptom: Symptom | None
    first_difference: DifferenceRecord | None
    confirmed: int
    attempts: int
    allowed_by: str

    @property
    def is_finding(self) -> bool:
        """See `fuzzer.model.Comparison.is_finding`."""
        repeated = 0 < self.attempts == self.confirmed
        return self.kind is VerdictKind.DIVERGE and repeated and not self.allowed_by


class Diff(msgspec.Struct, frozen=True, kw_only=True):
    """The comparisons taken together: equal when every one of them is."""

    equal: bool
    reason: str


class Details(msgspec.Struct, frozen=True, kw_only=True):
    """What artifacts say of a finding in an instruction program, beyond its result."""

    record: ProgramRecord
    files: tuple[ArtifactFile, ...] = ()
    """Its own files, by their names in the finding's folder."""

    @property
    def place(self) -> str:
        """The instruction at which executors part, for the signature; empty where it is not known."""
        return self.record.location.mnemonic if self.record.location else ""


class RunLog(msgspec.Struct, frozen=True, kw_only=True):
    """The document; `<run_id>.json` and a finding's `run_log.json` hold the same."""

    schema_version: int = SCHEMA_VERSION
    run_id: str
    created_utc: str
    core: CoreInfo
    input: InputRecord
    provenance: Provenance
    limits: Limits
    planted: str
    """Says which faults were planted on purpose; empty in every real run."""
    diff: Diff
    signature: str
    attribution: str
    comparisons: tuple[ComparisonRecord, ...]
    targets: tuple[TargetRun, ...]
    """The reference first: `native`, or `rvref` for a generated program."""
    program: ProgramRecord | None = None
    """Of an instruction program."""
    campaign: str = ""
    """The campaign that ran it; empty for a run."""


class RecordedCase(msgspec.Struct, frozen=True, kw_only=True):
    """A result together with what artifacts say about where it was obtained."""

    result: CaseResult
    core: CoreInfo
    targets: Mapping[str, TargetInfo]
    """By name, the native one included."""
    limits: Limits
    sources: Path | None = None
    """A copy of everything that the core is built from, where there is one."""
    details: Details | None = None
    """Of an instruction program."""
    original: tuple[bytes, ...] | None = None
    """The input as it was found, where the result is that of a reduced one."""
    campaign: str = ""


def build_log(recorded: RecordedCase, *, run_id: str, created: datetime) -> RunLog:
    """The log of one result."""
    result = recorded.result
    outcomes = {
        result.reference_name: result.reference,
        **{entry.target: entry.outcome for entry in result.comparisons},
    }
    runs = tuple(
        TargetRun(target=recorded.targets[name], outcome=outcome_record(outcome))
        for name, outcome in outcomes.items()
    )
    return RunLog(
        run_id=run_id,
        created_utc=utc_text(created),
        core=recorded.core,
        input=_input_record(result.case),
        provenance=result.case.provenance,
        limits=recorded.limits,
        planted=_planted([run.target for run in runs]),
        diff=diff_of(result.comparisons),
        signature=signature(result, place=recorded.details.place if recorded.details else ""),
        attribution=attribution(result),
        comparisons=tuple(map(comparison_record, result.comparisons)),
        targets=runs,
        program=recorded.details.record if recorded.details else None,
        campaign=recorded.campaign,
    )


def encode_document(document: msgspec.Struct) -> bytes:
    """The text of a run log, or of a part of one."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def decode_log(data: bytes, *, name: str) -> RunLog:
    """The log that a document holds; `name` is what errors call it."""
    return decode_document(data, RunLog, name=name, what="a run log")


def rows_of(log: RunLog) -> list[SummaryRow]:
    """The summary's rows of a run: one for each target beside the reference."""
    outcomes = {run.target.name: run for run in log.targets}
    return [_row(log, log.targets[0].outcome, outcomes[entry.target], entry) for entry in log.comparisons]


def outcome_record(outcome: Outcome) -> OutcomeRecord:
    """An outcome in readable form."""
    return OutcomeRecord(
        status=outcome.status,
        exit_code=outcome.exit_code,
        signal=outcome.signal,
        message=outcome.message,
        cycles=outcome.cycles,
        elapsed_ns=outcome.elapsed_ns,
        peak_memory=outcome.peak_memory,
        committed=Committed(
            bytes=len(outcome.stream),
            sha256=hashlib.sha256(outcome.stream).hexdigest(),
            commits=None if outcome.commit_ends is None else len(outcome.commit_ends),
            preview=outcome.stream[:PREVIEW_BYTES].hex(),
        ),
        stdout=_bounded(outcome.stdout),
        stderr=_bounded(outcome.stderr),
    )


def diff_of(comparisons: Sequence[Comparison]) -> Diff:
    """The comparisons taken together; having compared with nobody is not being equal."""
    if not comparisons:
        return Diff(equal=False, reason="inconclusive: no target ran beside the native one")
    reasons = [reason_of(entry) for entry in comparisons if not entry.equal]
    return Diff(equal=not reasons, reason="; ".join(dict.fromkeys(reasons)))


def reason_of(comparison: Comparison) -> str:
    """The contract's `reason`: empty when equal, and in front what keeps it from being a finding."""
    reason = comparison.verdict.reason
    if comparison.equal:
        return ""
    if comparison.verdict.kind is VerdictKind.INCONCLUSIVE:
        return f"inconclusive: {reason}"
    if comparison.allowed_by:
        return f"allowed ({comparison.allowed_by}): {reason}"
    return f"flaky: {reason}" if comparison.is_flaky else reason


def _row(log: RunLog, reference: OutcomeRecord, run: TargetRun, comparison: ComparisonRecord) -> SummaryRow:
    reference_ms, target_ms = _milliseconds(reference), _milliseconds(run.outcome)
    return SummaryRow(
        run_id=log.run_id,
        core=log.core.name,
        input=log.input.path,
        native_status=status_word(reference.status),
        sp1_status=status_word(run.outcome.status),
        equal=comparison.equal,
        reason=_row_reason(log, comparison),
        elapsed_native_ms=reference_ms,
        elapsed_sp1_ms=target_ms,
        timing_delta_ms=abs(target_ms - reference_ms),
        repro_path="" if log.diff.equal else f"artifacts/{log.run_id}/",
        generator=log.provenance.generator,
        base_seed=log.provenance.base_seed,
        mutation_ops=",".join(log.provenance.mutation_ops),
        rng_seed=log.provenance.rng_seed,
        zkvm_target=comparison.target,
        sp1_version=run.target.version,
        rustc_version=log.core.rustc_version,
    )


def _row_reason(log: RunLog, comparison: ComparisonRecord) -> str:
    """A row stands alone, so it says itself that its difference was made on purpose."""
    faults = ", ".join(f"{run.target.name}:{run.target.planted}" for run in log.targets if run.target.planted)
    return f"planted ({faults}): {comparison.reason}" if faults and comparison.reason else comparison.reason


def _milliseconds(outcome: OutcomeRecord) -> int:
    return outcome.elapsed_ns // 1_000_000


def _input_record(case: Case) -> InputRecord:
    return InputRecord(
        path=case.input_name,
        encoding=encoding_of(case.buffers),
        sha256=hashlib.sha256(b"".join(case.buffers)).hexdigest(),
        sizes=tuple(map(len, case.buffers)),
    )


def comparison_record(comparison: Comparison) -> ComparisonRecord:
    """A comparison in readable form."""
    verdict = comparison.verdict
    return ComparisonRecord(
        target=comparison.target,
        kind=verdict.kind,
        equal=comparison.equal,
        compared=verdict.compared,
        reason=reason_of(comparison),
        symptom=verdict.symptom,
        first_difference=_difference_record(verdict.first_difference),
        confirmed=comparison.confirmed,
        attempts=comparison.attempts,
        allowed_by=comparison.allowed_by,
    )


def _difference_record(difference: FirstDifference | None) -> DifferenceRecord | None:
    if difference is None:
        return None
    return DifferenceRecord(
        commit=difference.commit,
        byte=difference.byte,
        offset=difference.offset,
        reference=difference.reference.hex(),
        other=difference.other.hex(),
    )


def _planted(targets: Sequence[TargetInfo]) -> str:
    faults = [f"{target.name}:{target.planted}" for target in targets if target.planted]
    return f"not a real finding: faults planted on purpose: {', '.join(faults)}" if faults else ""


def _bounded(printed: bytes) -> str:
    text = printed[:TEXT_BYTES].decode(errors="replace")
    left_out = len(printed) - TEXT_BYTES
    return f"{text}… ({left_out} more bytes)" if left_out > 0 else text
