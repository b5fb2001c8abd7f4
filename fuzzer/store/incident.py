"""`incident_replay.json`: one finding run again over targets and releases, and what follows from it."""

from enum import StrEnum

import msgspec

from fuzzer.model import SCHEMA_VERSION
from fuzzer.store.document import decode_document

INCIDENT_NAME = "incident_replay.json"


class RootCause(StrEnum):
    """Which part of the way from source to proof is to be suspected."""

    CORE = "core"
    COMPILER = "compiler"
    LIBRARY = "library"
    EXECUTOR = "executor"
    JIT = "JIT"
    PROVER = "prover"
    UNKNOWN = "unknown"
    """It does not show any more, or too few places took part to tell."""


class RiskLevel(StrEnum):
    """How far it reaches; see `fuzzer.gate.incident.risk_level`."""

    NONE = "none"
    ISOLATED = "isolated"
    CONTAINED = "contained"
    SYSTEMIC = "systemic"


class BlastRadius(msgspec.Struct, frozen=True, kw_only=True):
    """What it touches; the first two fields are the contract's."""

    affected_conversations: int
    """The contract's word for cases: how many are known to show it."""
    risk_level: RiskLevel
    affected_versions: tuple[str, ...]
    """Targets with their versions that show it now: `sp1 6.10.0`."""
    affected_cores: tuple[str, ...]
    affected_cases: int
    """The same number as `affected_conversations`, by the harness's own word."""


class IncidentRun(msgspec.Struct, frozen=True, kw_only=True):
    """The finding on one target of one release."""

    target: str
    version: str
    status: str
    """How it ended there, in a status word."""
    verdict: str
    reason: str
    planted: str = ""


class IncidentReplay(msgspec.Struct, frozen=True, kw_only=True):
    """The document; the first four fields are the contract's."""

    incident_id: str
    root_cause: RootCause
    blast_radius: BlastRadius
    new_regression_tests: int
    """How many tests were added for it now."""
    created_utc: str
    failure_id: str
    run_id: str
    signature: str
    severity: str
    because: str
    """What the root cause was told from, as one sentence."""
    regression_tests: tuple[str, ...]
    """All tests of this finding."""
    replays: tuple[IncidentRun, ...]
    """The reference first."""
    schema_version: int = SCHEMA_VERSION


def decode_incident(data: bytes, *, name: str) -> IncidentReplay:
    """The document in these bytes."""
    return decode_document(data, IncidentReplay, name=name, what="an incident's replay")
