"""How often each bin of a coverage map was hit. Pure."""

from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from fuzzer.coverage.map import Axis, CoverageMap
from fuzzer.errors import RunnerError, UsageError

Counts = npt.NDArray[np.uint64]

_PAIR_BYTES = 8
"""A pair of a runner: the number of a bin and its count, each a `u32` in little endian."""


class Share(msgspec.Struct, frozen=True):
    """How many bins out of how many were hit."""

    covered: int
    total: int

    @property
    def percent(self) -> float:
        """From 0 to 100; of nothing, 0."""
        return 100 * self.covered / self.total if self.total else 0.0

    def __str__(self) -> str:
        """The percentage, rounded down: what is not complete must not read 100."""
        return f"{1000 * self.covered // max(self.total, 1) / 10:.1f} %"


class Hit(msgspec.Struct, frozen=True):
    """A bin that was hit."""

    labels: tuple[str, ...]
    count: int


class Coverage:
    """Counts for the bins of a map. The one mutable value here: it grows as programs run."""

    def __init__(self, bins: CoverageMap, counts: Counts | None = None, *, programs: int = 0) -> None:
        self.map = bins
        self.counts: Counts = np.zeros(bins.size, np.uint64) if counts is None else counts
        """By number of the bin."""
        self.programs = programs
        """How many programs ran for it."""
        if self.counts.shape != (bins.size,):
            raise ValueError(f"{self.counts.shape} counts for {bins.size} bins")

    def add(self, data: bytes, *, programs: int) -> int:
        """Add what a runner tells of so many programs; the number of bins that were never hit before.

        `data` is pairs as `_PAIR_BYTES` says, in any order; a bin may come more than once.

        Raises:
            RunnerError: these are no such pairs, or not of this map. Nothing is added then.
        """
        if len(data) % _PAIR_BYTES:
            raise RunnerError(f"a runner sent {len(data)} bytes of coverage, which are no pairs")
        if not data:
            self.programs += programs
            return 0
        words = np.frombuffer(data, "<u4")
        # Indexing and adding are several times faster on the types that numpy itself works with.
        bins, counts = words[0::2].astype(np.intp), words[1::2].astype(np.uint64)
        if int(bins.max()) >= self.map.size:
            raise RunnerError(
                f"a runner covered bin {bins.max()}, but its map has only {self.map.size}",
                hint="the runner and the map do not belong together; start the campaign again",
            )
        fresh = bins[(self.counts[bins] == 0) & (counts > 0)]
        np.add.at(self.counts, bins, counts)
        self.programs += programs
        return len(np.unique(fresh)) if len(fresh) else 0

    def merge(self, other: "Coverage") -> int:
        """Add other coverage of the same map; the number of bins that were never hit before.

        Raises:
            UsageError: it is of another map.
        """
        if other.map != self.map:
            raise UsageError(
                "coverage of different maps cannot be added",
                hint="they are of different versions of the reference executor",
            )
        fresh = int(np.count_nonzero((self.counts == 0) & (other.counts > 0)))
        self.counts += other.counts
        self.programs += other.programs
        return fresh

    def axes(self) -> tuple[Axis, ...]:
        """The axes of the kinds of programs that ran; all axes when none did.

        A program of one profile covers nothing of another, whose zeros would only hide what was not tested.
        """
        ran = {axis.profile for axis in self.map.axes if self.counts[axis.numbers].any()}
        return tuple(axis for axis in self.map.axes if not ran or axis.profile in ran)

    def share(self, *axes: Axis) -> Share:
        """How much of these axes is covered."""
        covered = sum(int(np.count_nonzero(self.counts[axis.numbers])) for axis in axes)
        return Share(covered=covered, total=sum(len(axis.bins) for axis in axes))

    def hits(self, axis: Axis) -> list[int]:
        """The counts of an axis, by place of the bin on it."""
        found: list[int] = self.counts[axis.numbers].tolist()
        return found


def rarest(coverage: Coverage, axis: Axis, limit: int = 1) -> Sequence[Hit]:
    """The bins of an axis that were hit least often, but were hit; the rarest first, ties in map order."""
    hits = [
        Hit(labels=labels, count=count)
        for labels, count in zip(axis.bins, coverage.hits(axis), strict=True)
        if count
    ]
    return sorted(hits, key=lambda hit: hit.count)[:limit]
