"""What runs of a core's build for the host have executed, where it was built to count. Pure."""

import numpy as np
import numpy.typing as npt

from fuzzer.campaign.search.corpus import BUCKETS, Fresh

_MOST_BINS = 1 << 22


class NativeCoverage:
    """What all runs have shown, each being asked. All of it is of the core's own crates: no others count.

    A bin is a stretch of code. Of its ways out nothing is known, unlike in the branches that `rvref` tells.
    """

    def __init__(self) -> None:
        self._features: npt.NDArray[np.bool_] = np.zeros(0, np.bool_)
        self._hits: npt.NDArray[np.uint32] = np.zeros(0, np.uint32)
        """How many runs executed each bin."""
        self._entries: dict[int, npt.NDArray[np.uint32]] = {}

    def add(self, coverage: bytes) -> Fresh:
        """What is new in the features of a run; from now on it is not."""
        features = _features(coverage)
        if not features.size:
            return Fresh()
        self._grow(int(features.max()) // BUCKETS + 1)
        bins = features // BUCKETS
        before = self._hits[bins]
        self._hits[bins] = before + 1
        new = int(np.count_nonzero(~self._features[features]))
        if not new:
            return Fresh()
        self._features[features] = True
        fresh = int(np.count_nonzero(before == 0))
        return Fresh(features=new, bins=fresh, own=new, own_bins=fresh)

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
        tried = np.unique(self._hits[bins])
        return float((1.0 / (np.maximum(tried, cases) + 2.0)).sum())

    def _grow(self, bins: int) -> None:
        if bins > self._hits.size:
            more = 2 * bins - self._hits.size
            self._hits = np.concatenate([self._hits, np.zeros(more, np.uint32)])
            self._features = np.concatenate([self._features, np.zeros(more * BUCKETS, np.bool_)])


def _features(coverage: bytes) -> npt.NDArray[np.uint32]:
    """What a run told; nothing where that cannot be: a guest may have written over what it says."""
    features = np.frombuffer(coverage if len(coverage) % 4 == 0 else b"", "<u4")
    return features if features.size and features.max() < _MOST_BINS * BUCKETS else features[:0]
