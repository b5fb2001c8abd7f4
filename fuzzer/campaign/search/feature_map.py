"""Which features runs have shown, and how many runs hit each bin (`docs/protocol.md`). Pure."""

import numpy as np
import numpy.typing as npt

BUCKETS = 8
"""Buckets of each bin."""

Features = npt.NDArray[np.uint32]


class FeatureMap:
    """Grows with the bins that are told."""

    def __init__(self) -> None:
        self.seen: npt.NDArray[np.bool_] = np.zeros(0, np.bool_)
        """By feature: whether a run has shown it."""
        self.hits: npt.NDArray[np.uint32] = np.zeros(0, np.uint32)
        """By bin: how many runs hit it. There is room for both ways of a branch."""

    def add(self, features: Features) -> tuple[Features, Features]:
        """Take the features of a run, at least one: those that are new, and the bins that were hit first."""
        self._grow(int(features.max()) // BUCKETS + 1)
        new = features[~self.seen[features]]
        bins = features // BUCKETS
        fresh = bins[self.hits[bins] == 0]
        self.seen[new] = True
        self.hits[bins] += 1
        return new, fresh

    def _grow(self, bins: int) -> None:
        if bins >= self.hits.size:
            # Half as much again, so that there are few such steps; even, so that both ways of a branch fit.
            more = ((bins + bins // 2) | 1) + 1 - self.hits.size
            self.hits = np.pad(self.hits, (0, more))
            self.seen = np.pad(self.seen, (0, more * BUCKETS))
