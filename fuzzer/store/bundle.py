"""The documents of a bundle, which every run and every campaign leaves: what was asked, done and found.

A bundle is a folder with `run.json` as its index. The form is that of the contract on
artifacts and run state.
"""

from collections.abc import Mapping

import msgspec

from fuzzer.model import SCHEMA_VERSION, CoreInfo, TargetInfo

BUNDLES = "bundles"
"""Where the bundles of runs lie; that of a campaign is its own folder."""
INDEX_NAME = "run.json"
CONFIG_NAME = "config.snapshot.json"
EVENTS_NAME = "events.jsonl"
EVIDENCE_NAME = "evidence.json"
TOOL_CALLS_NAME = "tool_calls.json"
SCORECARD_NAME = "eval/scorecard.json"
GATE_NAME = "eval/gate.json"


class Versions(msgspec.Struct, frozen=True, kw_only=True):
    """What took part, as far as it is known."""

    fuzz: str
    python: str
    git_sha: str
    """The commit of the project's checkout; empty where there is none."""
    git_dirty: bool
    targets: tuple[TargetInfo, ...]


class FoundRun(msgspec.Struct, frozen=True, kw_only=True):
    """A finding."""

    signature: str
    run_id: str
    """Its folder in the artifacts."""


class BundleResult(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    totals: Mapping[str, object]
    """The fields of `fuzzer.campaign.events.Totals`."""
    findings: tuple[FoundRun, ...]
    verdicts_sha256: str = ""
    """Of the lines `case: target verdict, ...` of all cases, sorted; equal for equal verdicts. Empty for a
    campaign, whose cases are in its shards."""


class BundleIndex(msgspec.Struct, frozen=True, kw_only=True):
    """The document `run.json`."""

    schema_version: int = SCHEMA_VERSION
    run_id: str
    """Name of the folder."""
    command: tuple[str, ...]
    """The words of the call, `fuzz` left out."""
    created_utc: str
    ended_utc: str = ""
    """Empty while it goes on, or when it was killed."""
    seconds: float = 0.0
    status: str
    """`Running`, `Complete`, `Interrupted` or `Ended by an error`."""
    error_summary: str = ""
    exit_code: int | None = None
    config_sha256: str
    """Of `config.snapshot.json`."""
    versions: Versions
    files: Mapping[str, str]
    """The other files of the bundle by what they are, relative to this one."""
    result: BundleResult | None = None
    """None while it goes on."""


class ConfigSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The document `config.snapshot.json`: everything that was resolved before the first case ran."""

    schema_version: int = SCHEMA_VERSION
    command: tuple[str, ...]
    settings: Mapping[str, object]
    """Of `fuzzer.toml`, with its defaults."""
    request: Mapping[str, object]
    """What the call asks for, with its defaults."""
    cores: tuple[CoreInfo, ...]
    targets: tuple[TargetInfo, ...]
    allowed: tuple[str, ...]
    """Ids of the entries of `allowed_divergences.toml`."""


class BundleEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A line of `events.jsonl`; readers pass over types that they do not know."""

    schema_version: int = SCHEMA_VERSION
    type: str
    """`case` (its verdicts were seen for the first time), `finding`, `flaky`, `allowed`, `inconclusive`,
    `restarted`, `stalled`, `resumed`, `ended`."""
    at: float
    """Seconds since the beginning."""
    case: str = ""
    verdicts: Mapping[str, str] = {}
    """A word of `fuzzer.model.VerdictKind` for each target."""
    run_id: str = ""
    """Where the artifacts tell of it."""
    detail: str = ""


class EvidenceFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the bundle."""

    path: str
    """Relative to the bundle."""
    bytes: int
    sha256: str


class EvidenceManifest(msgspec.Struct, frozen=True, kw_only=True):
    """The document `evidence.json`: every other file of the bundle. It is there only when nobody writes."""

    schema_version: int = SCHEMA_VERSION
    run_id: str
    files: tuple[EvidenceFile, ...]


class ToolCall(msgspec.Struct, frozen=True, kw_only=True):
    """A program that was started."""

    name: str
    """Of the executable."""
    target: str
    """Empty for one that is no target's runner."""
    arguments: tuple[str, ...]
    """Without file descriptors."""
    version: str
    sha256: str
    """Of the executable; empty where it is not known."""
    started: int
    """How often."""
    ended: Mapping[str, int]
    """How often each ending was seen: `exit code 0`, `signal 9`."""


class ToolCalls(msgspec.Struct, frozen=True, kw_only=True):
    """The document `tool_calls.json`."""

    schema_version: int = SCHEMA_VERSION
    run_id: str
    calls: tuple[ToolCall, ...]


class Scorecard(msgspec.Struct, frozen=True, kw_only=True):
    """The document `eval/scorecard.json`: counts and rates, named as the metrics of a gate."""

    schema_version: int = SCHEMA_VERSION
    run_id: str
    metrics: Mapping[str, int | float]
