"""Which comparisons a search aims at, and what is left to be tried of each entry. Pure.

An entry is new because it went where no run has been, so that it meets branches that nothing has aimed at
yet. Those come first, and so does the latest entry. A branch that many entries were edited for in vain is
one of a library's own checks, most likely, and is left alone.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from fuzzer.campaign.search.corpus import Corpus, Seen
from fuzzer.generate.comparisons import Comparison

MOST_PAIRS = 96
"""Pairs of one entry that edits are made of."""
_OFTEN = 16
"""Entries that are edited for the same comparison."""
_OTHERS = 16
"""Pairs of libraries among them, and how many entries are edited for the same one."""
_SELDOM = 2
_REST = 4
"""One turn in so many goes to other inputs, however many edits there are."""


class _Open(NamedTuple):
    """An entry with edits left: how many it has in all."""

    edits: int
    is_fresh: bool


class Aims:
    """The edits of one core's entries that are still to be made."""

    def __init__(
        self,
        corpus: Corpus,
        seen: Seen,
        count_edits: Callable[[int], int],
        *,
        may_edit: Callable[[int], bool],
        is_wanted: bool = True,
    ) -> None:
        self._may_edit = may_edit
        self.is_wanted = is_wanted
        """Whether there is to be any edit: they are mutations, and a campaign may be without those."""
        self._corpus = corpus
        self._seen = seen
        self._count_edits = count_edits
        self._tried: Counter[object] = Counter()
        self._open: dict[int, _Open] = {}
        """By number: the entries that have edits left."""
        self._turns = 0
        for number, pairs in corpus.compared.items():
            self._tried.update({_key(pair) for pair in pairs})
            self._add(number, is_fresh=False)

    def choose(self, pairs: Sequence[Comparison]) -> tuple[Comparison, ...]:
        """Of what a run compared where runs went one way only, what to aim at, the least tried first."""
        own = [pair for pair in pairs if self._seen.is_own(pair.bin)]
        others = [pair for pair in pairs if not self._seen.is_own(pair.bin)]
        return (*self._least_tried(own, _OFTEN)[:MOST_PAIRS], *self._least_tried(others, _SELDOM)[:_OTHERS])

    def _least_tried(self, pairs: Sequence[Comparison], most: int) -> list[Comparison]:
        fresh = [pair for pair in pairs if self._tried[_key(pair)] < most]
        return sorted(fresh, key=lambda pair: self._tried[_key(pair)])

    def learn(self, number: int, pairs: tuple[Comparison, ...]) -> None:
        """An entry is to be edited for these pairs."""
        is_fresh = any(not self._tried[_key(pair)] for pair in pairs)
        self._tried.update({_key(pair) for pair in pairs})
        self._corpus.compared[number] = pairs
        self._add(number, is_fresh=is_fresh)

    def next(self) -> tuple[int, int, int] | None:
        """An entry, its first edit that was not made, and how many are left; None if it is others' turn."""
        self._turns += 1
        if not self.is_wanted or not self._open or not self._turns % _REST:
            return None
        number = max(filter(self._may_edit, self._open), key=self._rank, default=None)
        if number is None:
            return None
        done = self._corpus.edited.get(number, 0)
        return number, done, self._open[number].edits - done

    def took(self, number: int, count: int) -> None:
        """So many further edits of an entry are made."""
        done = self._corpus.edited.get(number, 0) + count
        self._corpus.edited[number] = done
        if done >= self._open[number].edits:
            del self._open[number]

    def _add(self, number: int, *, is_fresh: bool) -> None:
        """Take an entry; `is_fresh` if it meets what nothing was edited for."""
        count = self._count_edits(number)
        if self._corpus.edited.get(number, 0) < count:
            self._open[number] = _Open(count, is_fresh)

    def _rank(self, number: int) -> tuple[bool, float, int]:
        """What is tried first: what was never aimed at, of the inputs that get furthest, the latest."""
        return self._open[number].is_fresh, self._seen.depth(number), number


def _key(pair: Comparison) -> object:
    """What counts as the same comparison; the place of a call is one that all callers of a library share."""
    return pair.bin if isinstance(pair.one, int) else (pair.bin, pair.one, pair.other)
