"""The shape of every search for a smaller case, and what drives one.

A search is a generator. It yields candidates, the most wanted first, and is sent the place of the first of
them that still fails, or None when none does; it goes on from there. Nothing in it tests anything, so the
caller may test one at a time or many at once, and stop whenever its time is up.
"""

from collections.abc import Callable, Generator, Hashable, Iterable, Iterator, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")

Search = Generator[Iterable[T], int | None, T]
"""Yields candidates, is sent the place of the one that was taken, returns the last one taken."""

MOST = 20_000
"""Candidates that are tested, unless the caller says otherwise."""


class Reduction(Generic[T]):
    """A search under way.

    `best` is the smallest case that is known to fail: the start, or a candidate that was tested. It is there
    at any time. `candidates` and `tell` take turns; no candidate is given out twice once it was seen to pass.
    """

    def __init__(
        self,
        start: T,
        search: Generator[Iterable[T], int | None, object],
        *,
        key: Callable[[T], Hashable],
        most: int = MOST,
    ) -> None:
        self.best = start
        self.tested = 0
        """How many answers were given."""
        self._search = search
        self._key = key
        self._most = most
        self._passed: set[Hashable] = set()
        self._batch: list[tuple[int, T]] = []
        self._source: Iterator[tuple[int, T]] = iter(())
        self._begun = False
        self._ended = False

    def candidates(self, limit: int = 1) -> Sequence[T]:
        """Up to `limit` cases to test next, the most wanted first; none when the search has ended.

        Until they are answered, the same ones are given again.
        """
        if not self._batch and not self._ended:
            limit = min(limit, self._most - self.tested)
            while limit > 0 and not self._ended:
                self._fill(limit)
                if self._batch:
                    break
                self._go_on(None)
            self._ended = self._ended or limit <= 0
        return [candidate for _, candidate in self._batch]

    def tell(self, fails: Sequence[bool]) -> None:
        """Say of each candidate whether it still fails; what comes after the first that does may be left out.

        Raises ValueError when there are fewer answers than that, or more than candidates.
        """
        if len(fails) > len(self._batch) or (len(fails) < len(self._batch) and True not in fails):
            raise ValueError(f"{len(fails)} answers for {len(self._batch)} candidates")
        batch, self._batch = self._batch, []
        self.tested += len(fails)
        for (_, candidate), still_fails in zip(batch, fails, strict=False):
            if not still_fails:
                self._passed.add(self._key(candidate))
        if True in fails:
            place, self.best = batch[fails.index(True)]
            self._go_on(place)

    def _fill(self, limit: int) -> None:
        for place, candidate in self._source:
            if self._key(candidate) not in self._passed:
                self._batch.append((place, candidate))
                if len(self._batch) >= limit:
                    return

    def _go_on(self, taken: int | None) -> None:
        try:
            if self._begun:
                found = self._search.send(taken)
            else:
                self._begun = True
                found = next(self._search)
        except StopIteration:
            self._ended = True
            return
        self._source = iter(enumerate(found))


def run(reduction: Reduction[T], still_fails: Callable[[T], bool]) -> T:
    """Test one candidate at a time to the end: the smallest that still fails."""
    while batch := reduction.candidates():
        reduction.tell([still_fails(batch[0])])
    return reduction.best


def mapped(
    search: Generator[Iterable[A], int | None, A], make: Callable[[A], B | None]
) -> Generator[Iterable[B], int | None, A]:
    """A search for one thing as a search for what is made of it; what nothing can be made of is left out."""
    places: list[int] = []

    def made(candidates: Iterable[A]) -> Iterator[B]:
        for place, candidate in enumerate(candidates):
            result = make(candidate)
            if result is not None:
                places.append(place)
                yield result

    taken: int | None = None
    try:
        candidates = next(search)
        while True:
            places.clear()
            taken = yield made(candidates)
            candidates = search.send(None if taken is None else places[taken])
    except StopIteration as stop:
        result: A = stop.value
        return result
