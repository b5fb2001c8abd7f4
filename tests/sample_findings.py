"""Artifacts with findings in a store, as a recorder leaves them."""

from collections.abc import Sequence
from datetime import datetime

from sample_results import FLIPPED, NOON, OK, PANIC, recorded, result

from fuzzer.model import Outcome, Record
from fuzzer.store.artifact_store import ArtifactStore
from fuzzer.store.recorder import Recorder
from fuzzer.store.run_log import RecordedCase

PASS = recorded(result(OK))
DIFFERS = recorded(result(FLIPPED))
LOSES_PANIC = recorded(result(OK, reference=PANIC))
PLANTED = recorded(result(FLIPPED, core="io"), planted="flip-bit")


def record(store: ArtifactStore, *results: RecordedCase, at: datetime = NOON) -> list[str]:
    """Record results, and give their run ids."""
    recorder = Recorder(store, record=Record.ALL, clock=lambda: at, warn=_complain)
    return recorder.record(results)


def differing(core: str, others: Sequence[Outcome] = (FLIPPED,)) -> RecordedCase:
    """A finding of a core."""
    return recorded(result(*others, core=core))


def _complain(warning: str) -> None:
    raise AssertionError(warning)
