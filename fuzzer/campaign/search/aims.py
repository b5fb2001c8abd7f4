"""Which comparisons a search aims at, and what is left to be tried of each entry. Pure.

An entry is new because it went where no run has been, so that it meets branches that nothing has aimed at
yet. Those come first, and so does the latest entry. A branch that many entries were edited for in vain is
one of a library's own checks, most likely, and is left alone.
"""

from collections import Counter
from collections.abc import Callable, Sequence

from fuzzer.campaign.search.corpus import Corpus, Seen
from fuzzer.generate.comparisons import Comparison

MOST_PAIRS = 96
"""Pairs of one entry that edits are made of."""
_OFTEN = 16
"""Entries that are edited for the same comparison."""
_REST = 4
"""One turn in so many goes to other inputs, however many edits there are."""


class Aims:
    """The edits of one core's entries that are still to be made."""

    def __init__(self, corpus: Corpus, count_edits: Callable[[int], int]) -> None:
        self._corpus = corpus
        self._count_edits = count_edits
        self._tried: Counter[object] = Counter()
        self._open: list[tuple[int, int]] = []
        """Number and count of edits of each entry that has some left, the latest at the end."""
        self._turns = 0
        for number, pairs in corpus.compared.items():
            self._tried.update({_key(pair) for pair in pairs})
            self._add(number)

    def choose(self, pairs: Sequence[Comparison], seen: Seen) -> tuple[Comparison, ...]:
        """Of what a run compared, what the search is to aim at, the least tried first."""
        wanted = [pair for pair in pairs if seen.is_one_sided(pair.bin) and self._tried[_key(pair)] < _OFTEN]
        wanted.sort(key=lambda pair: self._tried[_key(pair)])
        return tuple(wanted[:MOST_PAIRS])

    def learn(self, number: int, pairs: tuple[Comparison, ...]) -> None:
        """An entry is to be edited for these pairs."""
        self._tried.update({_key(pair) for pair in pairs})
        self._corpus.compared[number] = pairs
        self._add(number)

    def next(self) -> tuple[int, int, int] | None:
        """An entry, its first edit that was not made, and how many are left; None if it is others' turn."""
        self._turns += 1
        if not self._open or not self._turns % _REST:
            return None
        number, count = self._open[-1]
        done = self._corpus.edited.get(number, 0)
        return number, done, count - done

    def took(self, number: int, count: int) -> None:
        """So many further edits of an entry are made."""
        done = self._corpus.edited.get(number, 0) + count
        self._corpus.edited[number] = done
        self._open = [entry for entry in self._open if entry[0] != number or done < entry[1]]

    def _add(self, number: int) -> None:
        count = self._count_edits(number)
        if self._corpus.edited.get(number, 0) < count:
            self._open.append((number, count))


def _key(pair: Comparison) -> object:
    """What counts as the same comparison; the place of a call is one that all callers of a library share."""
    return pair.bin if isinstance(pair.one, int) else (pair.bin, pair.one, pair.other)
