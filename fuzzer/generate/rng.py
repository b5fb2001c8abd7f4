"""Where chance comes from: one method of `random.Random`, and the few draws that are made of it.

Python promises that `random()` gives the same numbers for the same seed in every later version, and
promises it of no other method. A case that is regenerated from its seed a year later must be the same
case, so nothing else is used here.
"""

from collections.abc import Sequence
from typing import Protocol, TypeVar

_T = TypeVar("_T")
_CHUNK_BITS = 32
_CHUNK = 1 << _CHUNK_BITS


class Rng(Protocol):
    """What generators draw from; `random.Random` is one."""

    def random(self) -> float:
        """A number from 0 up to but not including 1."""
        ...


def below(rng: Rng, bound: int) -> int:
    """A number from 0 to `bound` - 1, each as likely; `bound` is at least 1."""
    if bound <= _CHUNK:
        return int(rng.random() * bound)
    # The excess of drawn bits keeps the remainder's bias far below what anybody could notice.
    return bits(rng, bound.bit_length() + _CHUNK_BITS) % bound


def between(rng: Rng, low: int, high: int) -> int:
    """A number from `low` to `high`, both included, each as likely."""
    return low + below(rng, high - low + 1)


def bits(rng: Rng, count: int) -> int:
    """A number of `count` random bits."""
    value = 0
    for _ in range(0, count, _CHUNK_BITS):
        value = value << _CHUNK_BITS | int(rng.random() * _CHUNK)
    return value & ((1 << count) - 1)


def random_bytes(rng: Rng, count: int) -> bytes:
    """`count` random bytes."""
    return bits(rng, 8 * count).to_bytes(count, "little")


def chance(rng: Rng, share: float) -> bool:
    """True in this share of the draws, 0 to 1."""
    return rng.random() < share


def pick(rng: Rng, items: Sequence[_T]) -> _T:
    """One of the items, each as likely; there is at least one."""
    return items[int(rng.random() * len(items))]


def few(rng: Rng, most: int) -> int:
    """A number from 1 to `most`, where each is half as likely as the one before."""
    count = 1
    while count < most and rng.random() < 0.5:  # noqa: PLR2004 -- a coin
        count += 1
    return count


def shuffle(rng: Rng, items: list[_T]) -> None:
    """Put a list into a random order, in place."""
    for last in range(len(items) - 1, 0, -1):
        other = int(rng.random() * (last + 1))
        items[last], items[other] = items[other], items[last]
