"""What runs of a core's build for the host have executed, where it was built to count. Pure."""

import numpy as np

from fuzzer.campaign.search.corpus import Fresh
from fuzzer.campaign.search.feature_map import BUCKETS, FeatureMap, Features

_MOST_BINS = 1 << 22


class NativeCoverage:
    """What all runs have shown, each being asked. All of it is of the core's own crates: no others count.

    A bin is a stretch of code. Of its ways out nothing is known, unlike in the branches that `rvref` tells.
    """

    def __init__(self) -> None:
        self._map = FeatureMap()
        self._entries: dict[int, Features] = {}

    def add(self, coverage: bytes) -> Fresh:
        """What is new in the features of a run; from now on it is not."""
        features = _features(coverage)
        if not features.size:
            return Fresh()
        new, fresh = self._map.add(features)
        return Fresh(features=new.size, bins=fresh.size, own=new.size, own_bins=fresh.size)

    def admit(self, number: int, coverage: bytes) -> None:
        """A run is that of an entry of the corpus."""
        if (features := _features(coverage)).size:
            self._entries[number] = features // BUCKETS

    def promise(self, number: int, cases: float) -> float:
        """How many new ways a run like an entry's may be expected to go, which so many cases were made of.

        Of n runs that got to a place none went on from there to where none had been: the next one does with a
        chance of 1 in n + 2, by the rule of succession. The same holds of the cases that were made of it.
        """
        bins = self._entries.get(number)
        if bins is None:
            return 0.0
        tried = np.unique(self._map.hits[bins])
        return float((1.0 / (np.maximum(tried, cases) + 2.0)).sum())


def _features(coverage: bytes) -> Features:
    """What a run told; nothing where that cannot be: a guest may have written over what it says."""
    features = np.frombuffer(coverage if len(coverage) % 4 == 0 else b"", "<u4")
    return features if features.size and features.max() < _MOST_BINS * BUCKETS else features[:0]
