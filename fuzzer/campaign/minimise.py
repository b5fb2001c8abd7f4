"""The few inputs of a corpus that cover what all of it covers. Pure."""

import heapq
from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from fuzzer.campaign.search.feature_map import BUCKETS


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """A kept input, and what a run of it covers."""

    file: str
    size: int
    """Bytes."""
    coverage: bytes
    """Features, as runners tell them; empty where that is not known."""


class Cover(msgspec.Struct, frozen=True, kw_only=True):
    """Which inputs stay."""

    staying: frozenset[str]
    """Enough to cover all that is covered, and those of which it is not known what they cover."""
    unknown: int
    """How many those are."""
    features: int
    """What all inputs cover, seeds included."""
    bins: int


def smallest_cover(inputs: Sequence[Measured], seeds: Sequence[bytes]) -> Cover:
    """A small choice of inputs that cover, together with the seeds, all that is covered.

    Greedy: the input that adds most is next, of several the smaller one. That is at most ln(n) times as many
    as would do, and no faster way is known to do better. `seeds` is what input files cover: a campaign runs
    them anyway.
    """
    known = {one.file: _features(one.coverage) for one in inputs if one.coverage}
    sizes = {one.file: one.size for one in inputs}
    own = [_features(coverage) for coverage in seeds]
    everything = np.unique(np.concatenate([np.zeros(0, np.uint32), *own, *known.values()]))
    is_covered = np.zeros(int(everything[-1]) + 1 if everything.size else 0, np.bool_)
    for features in own:
        is_covered[features] = True

    def adds(file: str) -> int:
        return int(np.count_nonzero(~is_covered[known[file]]))

    # What an input adds can only become less, so that one which is still first when it is looked at again
    # is the next one.
    heap = [(-adds(file), sizes[file], file) for file in known]
    heapq.heapify(heap)
    chosen = set[str]()
    while heap:
        promised, size, file = heapq.heappop(heap)
        now = adds(file)
        if now and now != -promised:
            heapq.heappush(heap, (-now, size, file))
        elif now:
            chosen.add(file)
            is_covered[known[file]] = True
    unknown = {one.file for one in inputs if not one.coverage}
    return Cover(
        staying=frozenset(chosen | unknown),
        unknown=len(unknown),
        features=int(everything.size),
        bins=int(np.unique(everything // BUCKETS).size),
    )


def _features(coverage: bytes) -> npt.NDArray[np.uint32]:
    return np.frombuffer(coverage, "<u4").astype(np.uint32, copy=False)
