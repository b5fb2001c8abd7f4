"""Keeps the documents of a campaign up to date while it goes on."""

import shutil
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import msgspec
import psutil

from fuzzer.campaign.events import BatchFinished, Checkpoint, Event
from fuzzer.campaign.history import History
from fuzzer.campaign.hunt.covered import Covered
from fuzzer.campaign.keep.findings import Findings
from fuzzer.campaign.keep.tally import Tally
from fuzzer.report.campaign import render_campaign
from fuzzer.report.live import advice_of
from fuzzer.store.campaign import CampaignFolder, CampaignRecord, FoundRecord
from fuzzer.store.progress import Progress
from fuzzer.store.utc import utc_text

_EVERY_S = 5.0
_COVERAGE_EVERY = 6
"""Every how many samples the counts of the coverage map are written: they are the larger part."""
_MEGABYTE = 1 << 20


class Documents:
    """A handler that writes a campaign's documents every few seconds, and when it has ended."""

    def __init__(
        self,
        folder: CampaignFolder,
        place: Path,
        record: CampaignRecord,
        tally: Tally,
        findings: Findings,
        covered: Covered | None,
        *,
        seconds: Callable[[], float],
        now: Callable[[], datetime],
        show: Callable[[Progress, Sequence[FoundRecord]], None],
    ) -> None:
        """`place` is the folder on the disk; `seconds` says how long this part of the campaign has worked.

        `show` is told of each sample.
        """
        self._folder = folder
        self._place = place
        self._record = record
        self._tally = tally
        self._findings = findings
        self._covered = covered
        self._seconds = seconds
        self._now = now
        self._show = show
        self._history = History()
        self._process = psutil.Process()
        self._next = 0.0
        self._written = 0

    def take(self, event: Event) -> None:
        """See `Handler.take`."""
        if self._covered and isinstance(event, BatchFinished):
            self._covered.add(event)
        # A checkpoint is soon after anything that has run; what is written here is not part of it.
        if not isinstance(event, Checkpoint) and time.monotonic() >= self._next:
            self.write(self._record.end)

    def close(self) -> None:
        """See `Handler.close`; how it ended is told by `write`."""

    def write(self, end: str) -> None:
        """Write all of them; `end` is what the record says of how the campaign ended."""
        self._next = time.monotonic() + _EVERY_S
        seconds = self._tally.before_s + self._seconds()
        record = msgspec.structs.replace(
            self._record,
            end=end,
            seconds=round(seconds, 3),
            totals=msgspec.to_builtins(self._tally.totals),
            findings=self._findings.records,
        )
        with_coverage = end != self._record.end or self._written % _COVERAGE_EVERY == 0
        self._written += 1
        coverage = self._covered.document() if self._covered and with_coverage else None
        lines = self._covered.lines() if self._covered else []
        self._folder.write(record, render_campaign(record, self._tally, lines), coverage)
        sample = self._sample()
        self._folder.add_progress(sample)
        self._show(sample, record.findings)

    def _sample(self) -> Progress:
        """Where the campaign is now, with what there is to say about it."""
        if self._covered:
            (programs,) = self._tally.parts.keys() - set(self._record.cores)
            self._tally.cover(programs, self._covered.share)
        sample = self._tally.sample(
            seconds=self._seconds(),
            utc=utc_text(self._now()),
            memory_mb=self._process.memory_info().rss / _MEGABYTE,
            disk_mb=_size_of(self._place) / _MEGABYTE,
            disk_free_mb=round(shutil.disk_usage(self._place).free / _MEGABYTE, 1),
        )
        self._history.add(sample)
        return msgspec.structs.replace(sample, advice=advice_of(self._history))


def _size_of(folder: Path) -> int:
    """Bytes of the files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
