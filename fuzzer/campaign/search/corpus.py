"""The inputs of a core that a campaign goes on from, and what its runs have shown so far. Pure."""

import re
from collections import Counter
from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from fuzzer.campaign.search.feature_map import BUCKETS, FeatureMap
from fuzzer.campaign.search.own_code import FIRST_BRANCH, Bins, OwnCode
from fuzzer.generate.comparisons import Comparison
from fuzzer.model import Case, CaseResult, Outcome, Provenance, Status

_MOST_DONORS = 32
_LIBRARY = 0.05
"""What a branch of a library is worth beside one of the core's own."""
_ENOUGH = 4
"""Entries that go one way, where it is said of edited cases that their parents did not."""
_PATHS = 1 << 20
_NUMBERS = re.compile(r"\d+")
_SHOWN_MESSAGE = 80
_MOST_MESSAGES = 32
"""Messages of runs that end alike but for them: of a program that says its input there is no end."""


class Earlier(msgspec.Struct, frozen=True, kw_only=True):
    """An input that earlier campaigns have kept."""

    name: str
    """Path of its file, relative to the project."""
    buffers: tuple[bytes, ...]
    provenance: Provenance


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An input to go on from."""

    number: int
    """Its place in the corpus of its core; seeds come first, and numbers are never given out again."""
    buffers: tuple[bytes, ...]
    seed: str
    """Name of the input file that it comes from; empty when it was generated without a parent."""
    origin: Provenance | None = None
    """Of an input that earlier campaigns have kept: how it was made then."""
    parent: int | None = None
    case: str = ""
    """The case that it was, `worker:index`; empty for a seed."""

    def as_case(self, core: str) -> Case:
        """A case that is the input itself, as it was when the campaign began."""
        return Case(
            core=core,
            input_name=self.seed,
            buffers=self.buffers,
            provenance=self.origin or Provenance(),
        )


class Corpus:
    """The entries of one core. It only grows, so that what was made of it can be made again."""

    def __init__(
        self, seeds: Sequence[tuple[str, tuple[bytes, ...]]] = (), earlier: Sequence[Earlier] = ()
    ) -> None:
        self.entries: list[Entry] = []
        for name, buffers in seeds:
            self.add(Entry(number=len(self.entries), buffers=buffers, seed=name))
        for kept in earlier:
            self.add(
                Entry(number=len(self.entries), buffers=kept.buffers, seed=kept.name, origin=kept.provenance)
            )
        self.seeds = len(self.entries)
        """How many it begins with: those of files, then what earlier campaigns have kept. All run first."""
        self.compared = dict[int, tuple[Comparison, ...]]()
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
    own: int = 0
    """Of the features, those of the core's own branches; all of them where these are not known."""
    own_bins: int = 0

    def joined_with(self, other: "Fresh") -> "Fresh":
        """Both as one."""
        return Fresh(
            features=self.features + other.features,
            bins=self.bins + other.bins,
            own=self.own + other.own,
            own_bins=self.own_bins + other.own_bins,
        )

    @property
    def worth(self) -> float:
        """What it is worth to find it."""
        return 1.0 if self.own_bins else 0.05 if self.own or self.bins else 0.01


class Seen:
    """What runs of one core have shown: how they ended, and what they covered."""

    def __init__(self, own: OwnCode | None = None) -> None:
        self._own = own or OwnCode()
        self.runs = 0
        """Runs whose coverage is known."""
        self._shapes: dict[str, set[str]] = {}
        """The messages of each way to end."""
        self._paths = bytearray(_PATHS)
        self._map = FeatureMap()
        self._unseen: npt.NDArray[np.float32] = np.zeros(0, np.float32)
        """How often each bin was hit, by guess, in runs whose coverage is not known."""

        self._entries: dict[int, Bins] = {}
        """The bins of each entry."""
        self._deepest = 0
        self._ways: Counter[int] = Counter()
        """How many entries have each bin."""

    @property
    def bins(self) -> int:
        """How many bins were hit."""
        return int(np.count_nonzero(self._map.hits))

    @property
    def features(self) -> int:
        """How many features were seen."""
        return int(np.count_nonzero(self._map.seen))

    def is_new_shape(self, result: CaseResult) -> bool:
        """Whether no case has ended in this way before; from now on one has."""
        way, message = shape_of(result.reference)
        messages = self._shapes.setdefault(way, set())
        if message in messages or len(messages) >= _MOST_MESSAGES:
            return False
        messages.add(message)
        return True

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
        self.runs += 1
        new, fresh = self._map.add(features)
        if more := self._map.hits.size - self._unseen.size:
            self._unseen = np.pad(self._unseen, (0, more))
        return Fresh(
            features=int(new.size),
            bins=int(fresh.size),
            own=int(self._is_own(new // BUCKETS).sum()),
            own_bins=int(self._is_own(fresh).sum()),
        )

    def admit(self, number: int, coverage: bytes) -> None:
        """A run is that of an entry of the corpus."""
        bins = self._counted(coverage)
        self._entries[number] = bins
        self._deepest = max(self._deepest, bins.size)
        self._ways.update(bins.tolist())

    def goes_further(self, coverage: bytes, parent: int | None) -> bool:
        """Whether a run went where its parent did not and few entries do: each may get further from there."""
        before = self._entries.get(-1 if parent is None else parent, np.zeros(0, np.uint32))
        bins = np.setdiff1d(self._counted(coverage), before)
        return any(self._ways[number] < _ENOUGH for number in bins.tolist())

    def depth(self, number: int) -> float:
        """How much of the core an entry reaches, of what the one does that reaches most.

        An input that is not of the right form is refused early.
        """
        own = self._entries.get(number)
        return own.size / self._deepest if own is not None and self._deepest else 0.0

    def _counted(self, coverage: bytes) -> Bins:
        """The bins of a run, of the core's own branches where those are known."""
        bins = np.unique(np.frombuffer(coverage, "<u4") // BUCKETS)
        return bins[self._is_own(bins)]

    def _is_own(self, bins: Bins) -> npt.NDArray[np.bool_]:
        return self._own.among(bins) if self._own.is_known else np.ones(bins.size, np.bool_)

    def is_own(self, branch: int) -> bool:
        """Whether a branch is one of the core's own, or may be."""
        return not self._own.is_known or self._own.has(branch)

    def is_one_sided(self, branch: int) -> bool:
        """Whether no run went the other way at the branch with this bin."""
        return branch ^ 1 >= self._map.hits.size or not self._map.hits[branch ^ 1]

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
        own = self._is_own(left)
        return left, self._hope(left[own]) + _LIBRARY * self._hope(left[~own])

    def _hope(self, branches: Bins) -> float:
        tried = np.unique(np.rint(self._map.hits[branches] + self._unseen[branches]))
        return float((1.0 / (tried + 2.0)).sum())

    def not_looked_at(self, frontier: Bins, cases: int) -> None:
        """So many cases were made of an input with this frontier, and nobody knows what they cover.

        Those that executed as many instructions as a case before are left out by the sampling: most do what
        their parent does. Half of them is the guess.
        """
        self._unseen[frontier] += cases / 2

    def _one_sided(self, branches: Bins) -> Bins:
        left: Bins = branches[self._map.hits[branches ^ 1] == 0]
        return left


def cycles_of(result: CaseResult) -> int | None:
    """How many instructions a case took, where a target counts them."""
    counted = (entry.outcome.cycles for entry in result.comparisons)
    return next((count for count in counted if count is not None), None)


def shape_of(outcome: Outcome) -> tuple[str, str]:
    """How a case ended, roughly: status, exit code and how much it committed; and what a panic says."""
    commits = -1 if outcome.commit_ends is None else len(outcome.commit_ends)
    words = [outcome.status.value, outcome.exit_code, commits.bit_length(), len(outcome.stream).bit_length()]
    is_ok = outcome.status is Status.OK
    return " ".join(map(str, words)), "" if is_ok else _NUMBERS.sub("#", outcome.message[:_SHOWN_MESSAGE])
