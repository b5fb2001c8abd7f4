"""What a campaign of instruction programs has covered, as the reference counts it."""

import subprocess
from pathlib import Path

from fuzzer.campaign.events import BatchFinished, Event
from fuzzer.coverage.counts import Coverage, Share
from fuzzer.coverage.document import decode_coverage, encode_coverage
from fuzzer.coverage.map import parse_map
from fuzzer.coverage.summary import summary_lines
from fuzzer.errors import RunnerError


class Covered:
    """Adds up what the batches covered.

    Raises:
        RunnerError: the reference's runner does not say what its coverage map is.
    """

    def __init__(self, rvref: Path, *, before: bytes | None = None) -> None:
        """`before` is the document of an earlier part of the campaign."""
        try:
            bins = subprocess.run([str(rvref), "bins"], capture_output=True, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise RunnerError(f"rvref does not tell what its coverage map is: {error}") from error
        known = parse_map(bins.stdout, name="rvref")
        self.coverage = Coverage(known) if before is None else decode_coverage(before, name="coverage.json")

    def add(self, event: Event) -> None:
        """Count what a batch covered."""
        if isinstance(event, BatchFinished) and event.coverage:
            self.coverage.add(event.coverage, programs=event.counts.cases)

    @property
    def share(self) -> Share:
        """How many bins of the kinds of programs that ran are covered."""
        return self.coverage.share(*self.coverage.axes())

    def lines(self) -> list[str]:
        """Markdown for the report."""
        return summary_lines(self.coverage)

    def document(self) -> bytes:
        """The document `coverage.json`."""
        return encode_coverage(self.coverage)
