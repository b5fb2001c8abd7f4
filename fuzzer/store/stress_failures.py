"""`stress_failures.json`: the confirmed findings of a campaign or of runs, where the loop begins."""

import msgspec

from fuzzer.model import SCHEMA_VERSION
from fuzzer.store.document import decode_document

STRESS_FAILURES_NAME = "stress_failures.json"


class StressFailure(msgspec.Struct, frozen=True, kw_only=True):
    """One confirmed finding; the first four fields are the contract's."""

    failure_id: str
    """Follows from its signature and its input, so that it is the same in every campaign."""
    attack_family: str
    """The generator, and the families of mutation: `mutated:bytes+number`."""
    first_failure_turn: int
    """Number of the first commit that differs, from 1."""
    severity: str
    """A word of `fuzzer.gate.severity.Severity`."""
    run_id: str
    """Its folder in the artifacts."""
    signature: str
    core: str
    cases: int
    """How many cases showed it."""
    planted: str = ""
    """Says which fault was planted on purpose; empty for a real one."""


class StressFailures(msgspec.Struct, frozen=True, kw_only=True):
    """The document; the first three fields are the contract's."""

    run_id: str
    """The campaign, or the first of the runs."""
    total_rollouts: int
    """Cases that were executed."""
    failures: tuple[StressFailure, ...]
    created_utc: str
    schema_version: int = SCHEMA_VERSION


def decode_failures(data: bytes, *, name: str) -> StressFailures:
    """The document in these bytes."""
    return decode_document(data, StressFailures, name=name, what="a list of stress failures")
