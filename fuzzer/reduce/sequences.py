"""Searches over sequences: fewer items by delta debugging, and plainer items."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from fuzzer.reduce.search import MOST, Reduction, Search, run

T = TypeVar("T")
S = TypeVar("S", bytes, str, tuple[object, ...], tuple[int, ...])


def drop_parts(current: S) -> Search[S]:
    """Ever smaller parts taken out, down to single items, until no one of them can be: 1-minimal."""
    if not current:
        return current
    if (yield [current[:0]]) is not None:
        return current[:0]
    size = max(1, len(current) // 2)
    while True:
        start, dropped = 0, False
        while start < len(current):
            starts = range(start, len(current), size)
            taken = yield _without(current, starts, size)
            if taken is None:
                break
            start, dropped = starts[taken], True
            current = current[:start] + current[start + size :]
        if size == 1 and not dropped:
            return current
        size = max(1, size // 2)


def _without(current: S, starts: Iterable[int], size: int) -> Iterable[S]:
    return (current[:start] + current[start + size :] for start in starts)


def plain_parts(current: S, fills: Sequence[S]) -> Search[S]:
    """Parts replaced by a fill, ever smaller ones, the plainest fill first; a fill is one item long.

    An item is only ever replaced by a plainer one, so that this ends.
    """
    for rank in range(len(fills)):
        plain = fills[: rank + 1]
        size = len(current)
        while size:
            start = 0
            while start < len(current):
                starts = [
                    at
                    for at in range(start, len(current), size)
                    if not _all_plain(current[at : at + size], plain)
                ]
                taken = yield _filled(current, starts, size, plain)
                if taken is None:
                    break
                start = starts[taken]
                current = _with_fill(current, start, size, plain)
                start += size
            size //= 2
    return current


def _filled(current: S, starts: Iterable[int], size: int, plain: Sequence[S]) -> Iterable[S]:
    return (_with_fill(current, start, size, plain) for start in starts)


def _with_fill(current: S, start: int, size: int, plain: Sequence[S]) -> S:
    """The sequence with the last of the plain items in a part, where there is none yet."""
    end = min(start + size, len(current))
    found = current[:start]
    for at in range(start, end):
        item = current[at : at + 1]
        found += item if item in plain else plain[-1]
    return found + current[end:]


def _all_plain(part: S, plain: Sequence[S]) -> bool:
    return all(part[at : at + 1] in plain for at in range(len(part)))


def ddmin(items: Sequence[T], still_fails: Callable[[Sequence[T]], bool], *, most: int = MOST) -> list[T]:
    """As few of the items as still fail, in their order: none of those that are left can be left out alone.

    The items themselves are taken to fail, and are the result where nothing less does. At most `most`
    candidates are tested; when they run out, the result is the smallest that was found.
    """
    reduction = ddmin_reduction(len(items), most=most)
    left = run(reduction, lambda places: still_fails([items[place] for place in places]))
    return [items[place] for place in left]


def ddmin_reduction(count: int, *, most: int = MOST) -> Reduction[tuple[int, ...]]:
    """The same for a caller who tests several candidates at once; they are the places of what is kept."""
    start = tuple(range(count))
    return Reduction(start, drop_parts(start), key=lambda places: places, most=most)
