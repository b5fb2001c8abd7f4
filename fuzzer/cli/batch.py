"""Gathers results so that a fast run does not wait for the disk with each of them."""

import time
from collections import deque
from typing import Protocol

from fuzzer.campaign.events import CaseFinished
from fuzzer.errors import StoreError
from fuzzer.store.recorder import Recorder
from fuzzer.store.run_log import RecordedCase


class Shows(Protocol):
    """What results are shown on once they are recorded."""

    def result(self, event: CaseFinished, run_id: str) -> None:
        """Show a result."""

    def not_recorded(self, count: int) -> None:
        """Say that results are lost to the artifacts."""


class Batch:
    """Results that are finished and not recorded yet, or recorded and not shown yet."""

    _SHARE = 20.0
    """Recording takes at most about one part in this many of the time."""
    _MOST = 1_000

    def __init__(self, recorder: Recorder, table: Shows) -> None:
        self._recorder = recorder
        self._table = table
        self._finished: list[CaseFinished] = []
        self._recorded: deque[tuple[CaseFinished, str]] = deque()
        self._next_record = 0.0

    def add(self, event: CaseFinished) -> None:
        """Take a result, and record what has gathered when it is time."""
        self._finished.append(event)
        if time.monotonic() >= self._next_record or len(self._finished) >= self._MOST:
            self.record()

    def record(self) -> None:
        """Record what has gathered."""
        if not self._finished:
            return
        started = time.monotonic()
        finished, self._finished = self._finished, []
        try:
            run_ids = self._recorder.record([_recorded(event) for event in finished])
        except StoreError:
            self._table.not_recorded(len(finished))
            raise
        self._recorded.extend(zip(finished, run_ids, strict=True))
        ended = time.monotonic()
        self._next_record = ended + (ended - started) * self._SHARE

    def show(self) -> None:
        """Show what is recorded; whoever reads may take as long as they like."""
        while self._recorded:
            self._table.result(*self._recorded.popleft())


def _recorded(event: CaseFinished) -> RecordedCase:
    program = event.program
    return RecordedCase(
        result=event.result,
        core=program.core,
        targets=program.targets,
        limits=event.limits,
        sources=program.sources,
        details=event.details,
    )
