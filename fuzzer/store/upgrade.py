"""The documents of two versions side by side, `runs/<baseline|new>/<run_id>/`; names are the contract's.

A field that has nothing to say is left out, never null unless the contract says so. Documents only ever grow:
readers pass over fields and types of events that they do not know. Paths are relative to the folder of the
document that holds them.
"""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from fuzzer.errors import StoreError
from fuzzer.model import TargetInfo
from fuzzer.triage.upgrade import CaseChange, Decision, ErrorClass, Speed, Thresholds

RUNS = "runs"
RUN_VERSION: Final = "run.v1"
CASE_VERSION: Final = "case.v1"
MANIFEST_VERSION: Final = "assets-manifest.v1"
FAILURE_META_VERSION: Final = "failure-meta.v1"
EVALUATION_VERSION: Final = "evaluation.v1"
CORPUS_VERSION: Final = "corpus.v1"

RUN_NAME = "run.json"
EVALUATION_NAME = "evaluation.json"
COMPARISON_NAME = "comparison.html"
MANIFEST_PATH = "assets/manifest.json"
CORPUS_PATH = "assets/corpus.json"

Side = Literal["baseline", "new"]
SIDES: tuple[Side, Side] = ("baseline", "new")


class UpgradeLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How large what is written may be, in bytes."""

    max_body_bytes: int = 1 << 20
    """Of a failure's body, in `assets/`."""
    max_inline_snippet_bytes: int = 512
    max_payload_inline_bytes: int = 4096
    """Of committed bytes; more of them go to `assets/`."""


class RetryPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """After which failures a case is tried again."""

    classes: tuple[ErrorClass, ...]
    backoff: Literal["exponential"] = "exponential"
    jitter: bool = False


class UpgradeStats(msgspec.Struct, frozen=True, kw_only=True):
    """How far a side came."""

    cases_total: int
    cases_completed: int = 0
    cases_failed: int = 0
    """Of those, how many have no answer."""
    duration_ms: int = 0


class UpgradeRun(msgspec.Struct, frozen=True, kw_only=True):
    """The document `run.json`, `run.v1`."""

    schema_version: Literal["run.v1"] = RUN_VERSION
    run_id: str
    version: Side
    generated_at: str
    base_url: str
    """Identifier of the target: `sp1@6.10.0/jit`."""
    cases_path: str = CORPUS_PATH
    out_dir: str = "."
    selected_case_ids: tuple[str, ...]
    runner_version: str
    """Of this harness."""
    repo_commit: str | UnsetType = UNSET
    dirty: bool | UnsetType = UNSET
    node_version: str
    """Of what the harness runs in: `Python 3.11.2`."""
    timeout_ms: int
    retries: int
    concurrency: int
    retry_policy: RetryPolicy
    limits: UpgradeLimits
    stats: UpgradeStats
    target: TargetInfo
    seed: int | UnsetType = UNSET
    """Of the generated programs, where there are some."""


class CorpusCase(msgspec.Struct, frozen=True, kw_only=True):
    """One case of both sides."""

    case_id: str
    core: str
    input: str
    """Path of the input relative to the project, or the name that the generator gave."""
    href: str
    sha256: str


class Corpus(msgspec.Struct, frozen=True, kw_only=True):
    """The document `assets/corpus.json`: what was run."""

    schema_version: Literal["corpus.v1"] = CORPUS_VERSION
    cases: tuple[CorpusCase, ...]


class AttemptRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One try of a case."""

    attempt: int
    started_at: str
    latency_ms: float
    outcome: Literal["ok", "runner_error"]
    error_class: ErrorClass | UnsetType = UNSET


class FinalOutput(msgspec.Struct, frozen=True, kw_only=True):
    """What a target gave in the end."""

    content_type: Literal["text", "json"] = "json"
    content: Mapping[str, object]
    output_hash: str


class RunnerFailureRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is no answer."""

    class_: ErrorClass = msgspec.field(name="class")
    url: str
    attempt: int
    timeout_ms: int | UnsetType = UNSET
    latency_ms: float | UnsetType = UNSET
    status: int | UnsetType = UNSET
    status_text: str | UnsetType = UNSET
    error_name: str | UnsetType = UNSET
    error_message: str | UnsetType = UNSET
    body_snippet: str | None
    full_body_saved_to: str | None
    full_body_meta_saved_to: str | None


class UpgradeCaseRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The document `<case_id>.json`, `case.v1`: an answer, or the failure to give one."""

    schema_version: Literal["case.v1"] = CASE_VERSION
    case_id: str
    version: Side
    status: Literal["ok", "runner_error"]
    workflow_id: str
    """The core, or `riscv`."""
    attempts: tuple[AttemptRecord, ...] | UnsetType = UNSET
    proposed_actions: tuple[Mapping[str, object], ...] | UnsetType = UNSET
    events: tuple[Mapping[str, object], ...] | UnsetType = UNSET
    final_output: FinalOutput | UnsetType = UNSET
    runner_failure: RunnerFailureRecord | UnsetType = UNSET


class FailureMeta(msgspec.Struct, frozen=True, kw_only=True):
    """What is beside a failure's body, `failure-meta.v1`."""

    schema_version: Literal["failure-meta.v1"] = FAILURE_META_VERSION
    case_id: str
    version: Side
    class_: ErrorClass = msgspec.field(name="class")
    content_type: str | None
    encoding: str | None
    bytes_written: int
    bytes_total: int | None
    truncated: bool
    sha256: str
    """Of what was written."""
    note: str | UnsetType = UNSET


class AssetItem(msgspec.Struct, frozen=True, kw_only=True):
    """One file in `assets/`."""

    asset_id: str
    href: str
    kind: Literal["full_body", "failure_meta", "full_payload", "retrieval_snippets", "other"]
    case_id: str | None
    side: Side | None
    size_bytes: int
    sha256: str


class AssetManifest(msgspec.Struct, frozen=True, kw_only=True):
    """The document `assets/manifest.json`, `assets-manifest.v1`."""

    schema_version: Literal["assets-manifest.v1"] = MANIFEST_VERSION
    generated_at: str
    items: tuple[AssetItem, ...]


class SideSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One version in short, for one case."""

    status: str
    """A word of `fuzzer.model.Status`."""
    verdict: str
    """A word of `fuzzer.model.VerdictKind`, against the reference."""
    reason: str
    error_class: ErrorClass | None
    output_hash: str
    committed_bytes: int
    cycles: int | None
    elapsed_ms: float


class StreamDifference(msgspec.Struct, frozen=True, kw_only=True):
    """Where the commit streams of the two versions part, where both ended alike; the bytes are hex."""

    commit: int
    byte: int
    baseline: str
    new: str


class CaseEvaluation(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a case."""

    change: CaseChange
    baseline: SideSummary
    new: SideSummary
    stream_difference: StreamDifference | None
    artifact: str
    """Path of the case's document in each version's folder."""


class VersionSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A version, and how many of its cases have no answer."""

    base_url: str
    target: TargetInfo
    failures: dict[str, int]
    """By class, those that occurred."""


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """The document `evaluation.json`, the same in both folders."""

    schema_version: Literal["evaluation.v1"] = EVALUATION_VERSION
    run_id: str
    generated_at: str
    references: tuple[TargetInfo, ...]
    baseline: VersionSummary
    new: VersionSummary
    thresholds: Thresholds
    decision: Decision
    speed: Speed
    cases: tuple[CaseEvaluation, ...]


Document = UpgradeRun | UpgradeCaseRecord | Corpus | AssetManifest | FailureMeta | Evaluation


def encode_upgrade(document: Document) -> bytes:
    """The text of a document."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def decode_case(data: bytes, *, name: str) -> UpgradeCaseRecord:
    """The case that a document holds; `name` is what errors call it.

    Raises:
        StoreError: it is damaged, or of another version.
    """
    try:
        return msgspec.json.decode(data, type=UpgradeCaseRecord)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise StoreError(
            f"{name} is no {CASE_VERSION}: {error}", hint="it may be damaged, or of a newer `fuzz`"
        ) from None
