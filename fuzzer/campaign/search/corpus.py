"""The inputs of a core that a campaign goes on from, and what its runs have shown so far. Pure."""

import re
from collections import Counter
from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from fuzzer.generate.comparisons import Comparison
from fuzzer.model import CaseResult, Outcome, Status

LARGEST_ENTRY = 1 << 18
"""Bytes of an input that is admitted, unless it is a seed: the journal keeps all of them."""
BUCKETS = 8
"""Buckets of each bin of a target's coverage (`docs/protocol.md`)."""

FIRST_BRANCH = 1 << 15
"""The first of its bins for branches; the numbers of its two ways differ in the last bit."""

Bins = npt.NDArray[np.uint32]

_MOST_DONORS = 32
_ENOUGH = 4
"""Entries that go one way, where it is said of edited cases that their parents did not."""
_PATHS = 1 << 20
_NUMBERS = re.compile(r"\d+")
_SHOWN_MESSAGE = 80


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An input to go on from."""

    number: int
    """Its place in the corpus of its core; seeds come first, and numbers are never given out again."""
    buffers: tuple[bytes, ...]
    seed: str
    """Name of the input file that it comes from; empty when it was generated without a parent."""
    parent: int | None = None
    case: str = ""
    """The case that it was, `worker:index`; empty for a seed."""


class Corpus:
    """The entries of one core. It only grows, so that what was made of it can be made again."""

    def __init__(self, seeds: Sequence[tuple[str, tuple[bytes, ...]]] = ()) -> None:
        self.entries: list[Entry] = []
        for name, buffers in seeds:
            self.add(Entry(number=len(self.entries), buffers=buffers, seed=name))
        self.seeds = len(self.entries)
        self.compared: dict[int, tuple[Comparison, ...]] = {}
        """By entry: what its run compared, as far as edits are made of it."""
        self.edited: dict[int, int] = {}
        """By entry: how many of its edits have been made."""

    def add(self, entry: Entry) -> None:
        """Take an entry; its number is the next one."""
        if entry.number != len(self.entries):
            raise ValueError(f"entry {entry.number} behind {len(self.entries)} entries")
        self.entries.append(entry)

    def donors(self, below: int) -> list[tuple[bytes, ...]]:
        """Inputs to take parts from, of entries with a number below this one: seeds and the latest."""
        seeds = range(min(below, self.seeds, _MOST_DONORS))
        latest = range(max(len(seeds), below - _MOST_DONORS), below)
        return [self.entries[number].buffers for number in (*seeds, *latest)]


class Fresh(msgspec.Struct, frozen=True):
    """What a run covered for the first time."""

    features: int = 0
    bins: int = 0
    """Bins without a bucket: an edge that no run took before, not only a new count of it."""


class Seen:
    """What runs of one core have shown: how they ended, and what they covered."""

    def __init__(self) -> None:
        self.runs = 0
        """Runs whose coverage is known."""
        self._shapes: set[str] = set()
        self._paths = bytearray(_PATHS)
        self._features: npt.NDArray[np.bool_] = np.zeros(0, np.bool_)
        self._hits: npt.NDArray[np.uint32] = np.zeros(0, np.uint32)
        self._unseen: npt.NDArray[np.float32] = np.zeros(0, np.float32)
        """How often each bin was hit, by guess, in runs whose coverage is not known."""

        self._entries: dict[int, Bins] = {}
        """The bins of each entry."""
        self._ways: Counter[int] = Counter()
        """How many entries have each bin."""

    @property
    def bins(self) -> int:
        """How many bins were hit."""
        return int(np.count_nonzero(self._hits))

    @property
    def features(self) -> int:
        """How many features were seen."""
        return int(np.count_nonzero(self._features))

    def is_new_shape(self, result: CaseResult) -> bool:
        """Whether no case has ended in this way before; from now on one has."""
        shape = shape_of(result.reference)
        new = shape not in self._shapes
        self._shapes.add(shape)
        return new

    def is_new_path(self, result: CaseResult) -> bool:
        """Whether no case has executed as many instructions before, which says that it went another way."""
        cycles = cycles_of(result)
        if cycles is None:
            return False
        place = cycles % _PATHS
        new = not self._paths[place]
        self._paths[place] = 1
        return new

    def add(self, coverage: bytes) -> Fresh:
        """What is new in the features of a run; from now on it is not."""
        features = np.frombuffer(coverage, "<u4")
        if not features.size:
            return Fresh()
        self._grow(int(features[-1]) // BUCKETS + 1)
        self.runs += 1
        new = features[~self._features[features]]
        bins = features // BUCKETS
        fresh = np.count_nonzero(self._hits[bins] == 0)
        self._features[new] = True
        self._hits[bins] += 1
        return Fresh(int(new.size), int(fresh))

    def admit(self, number: int, coverage: bytes) -> None:
        """A run is that of an entry of the corpus."""
        bins = _bins(coverage)
        self._entries[number] = bins
        self._ways.update(bins.tolist())

    def goes_further(self, coverage: bytes, parent: int) -> bool:
        """Whether a run went where its parent did not, and few entries do: each may get further in its own way."""
        bins = np.setdiff1d(_bins(coverage), self._entries.get(parent, np.zeros(0, np.uint32)))
        return any(self._ways[number] < _ENOUGH for number in bins.tolist())

    def is_one_sided(self, branch: int) -> bool:
        """Whether no run went the other way at the branch with this bin."""
        return branch ^ 1 >= self._hits.size or not self._hits[branch ^ 1]

    def frontier(self, coverage: bytes) -> Bins:
        """The branches of a run that no run has seen go the other way. It can only become smaller."""
        bins = np.frombuffer(coverage, "<u4") // BUCKETS
        return self._one_sided(bins[bins >= FIRST_BRANCH])

    def promise(self, frontier: Bins) -> tuple[Bins, float]:
        """What is left of a frontier, and how many new ways a run like this one may be expected to go.

        A branch that went one way in all of n runs goes the other way in the next one with a chance of
        1 in n + 2, by the rule of succession. Branches with the same n lie on one path and count once.
        """
        left = self._one_sided(frontier)
        tried = np.unique(np.rint(self._hits[left] + self._unseen[left]))
        return left, float((1.0 / (tried + 2.0)).sum())

    def not_looked_at(self, frontier: Bins, cases: int) -> None:
        """So many cases were made of an input with this frontier, and nobody knows what they cover.

        Those that executed as many instructions as a case before are left out by the sampling: most do what
        their parent does. Half of them is the guess.
        """
        self._unseen[frontier] += cases / 2

    def _one_sided(self, branches: Bins) -> Bins:
        left: Bins = branches[self._hits[branches ^ 1] == 0]
        return left

    def _grow(self, bins: int) -> None:
        if bins >= self._hits.size:
            # Half as much again, so that there are few such steps; even, so that both ways of a branch fit.
            size = (bins + bins // 2) | 1
            size += 1
            self._unseen = np.concatenate([self._unseen, np.zeros(size - self._hits.size, np.float32)])
            self._hits = np.concatenate([self._hits, np.zeros(size - self._hits.size, np.uint32)])
            more = np.zeros(size * BUCKETS - self._features.size, np.bool_)
            self._features = np.concatenate([self._features, more])


def cycles_of(result: CaseResult) -> int | None:
    """How many instructions a case took, where a target counts them."""
    counted = (entry.outcome.cycles for entry in result.comparisons)
    return next((count for count in counted if count is not None), None)


def _bins(coverage: bytes) -> Bins:
    return np.unique(np.frombuffer(coverage, "<u4") // BUCKETS)


def shape_of(outcome: Outcome) -> str:
    """How a case ended, roughly: status, exit code, how much it committed, and what a panic says."""
    commits = -1 if outcome.commit_ends is None else len(outcome.commit_ends)
    words = [outcome.status.value, outcome.exit_code, commits.bit_length(), len(outcome.stream).bit_length()]
    if outcome.status is not Status.OK:
        words.append(_NUMBERS.sub("#", outcome.message[:_SHOWN_MESSAGE]))
    return " ".join(map(str, words))
