"""What was never hit, put together so that it can be read: gaps, and the words for them. Pure.

Thousands of bins that were never hit are no answer. A gap says in one line what they have in common: that a
class of values was never in rs1, whatever the operation, or that one operation never met it.
"""

from collections.abc import Iterable, Sequence
from itertools import combinations, zip_longest

import msgspec

from fuzzer.coverage.counts import Coverage
from fuzzer.coverage.map import Axis
from fuzzer.coverage.wording import by_importance, wording

Labels = tuple[str, ...]

_LONGEST_LIST = 10
"""Labels that are named one after the other."""
_MOST_PATTERNS = 4
"""Patterns that are named in one line."""


class Pattern(msgspec.Struct, frozen=True):
    """Bins that were all never hit, by what their labels have in common."""

    labels: tuple[Labels, ...]
    """For each place the labels that are meant, one or several; none where it is about any label."""
    bins: int
    """How many were never hit, without those of patterns before it."""


class Gap(msgspec.Struct, frozen=True):
    """What was never hit of one thing on an axis."""

    axis: Axis
    head: Labels
    """What it is about, such as an operation; empty where it is about all of them."""
    patterns: tuple[Pattern, ...]

    @property
    def bins(self) -> int:
        """How many bins were never hit."""
        return sum(pattern.bins for pattern in self.patterns)


def untested(coverage: Coverage, axes: Iterable[Axis] | None = None) -> list[Gap]:
    """What was never hit, the most important axis first, and on it what stands for most bins.

    Bins of an operation that was never executed are left out: the axis of the operations says so already.
    `axes` are those of the programs that ran, unless given.
    """
    gaps = []
    for axis in by_importance(coverage.axes() if axes is None else axes):
        gaps += _gaps(axis, coverage.hits(axis), _never_executed(coverage, axis.profile))
    return gaps


def chosen(gaps: Sequence[Gap], limit: int) -> list[Gap]:
    """At most so many gaps, in the same order: the first one of each axis, then the second ones, and on."""
    by_axis: dict[str, list[int]] = {}
    for place, gap in enumerate(gaps):
        by_axis.setdefault(gap.axis.name, []).append(place)
    rounds = zip_longest(*by_axis.values())
    places = [place for one in rounds for place in one if place is not None]
    return [gaps[place] for place in sorted(places[:limit])]


def gap_text(gap: Gap) -> str:
    """A gap in words: `mulhsu: rs1 min; rs1 max with rs2 0/1`."""
    words = wording(gap.axis)
    shown = [_pattern_text(gap, pattern) for pattern in gap.patterns[:_MOST_PATTERNS]]
    more = sum(pattern.bins for pattern in gap.patterns[_MOST_PATTERNS:])
    if more:
        shown.append(f"{more:,} more bin{'' if more == 1 else 's'}")
    text = "; ".join(shown)
    if gap.head:
        return f"{' '.join(words.phrase(place, label) for place, label in enumerate(gap.head))}: {text}"
    return f"all: {text}" if words.head and gap.patterns[0].labels else text


def _pattern_text(gap: Gap, pattern: Pattern) -> str:
    words, start = wording(gap.axis), len(gap.head)
    given = [(place, labels) for place, labels in enumerate(pattern.labels) if labels and place >= start]
    if not given:
        return "never" if gap.head else "none of its bins"
    # One list needs no mark of where it ends.
    separator = ", " if len(given) == 1 else "/"
    first, *others = (words.phrase(place, _listed(labels, separator)) for place, labels in given)
    return f"{first} with {' and '.join(others)}" if others else first


def _listed(labels: Labels, separator: str) -> str:
    more = len(labels) - _LONGEST_LIST
    listed = separator.join(labels[:_LONGEST_LIST])
    return f"{listed}{separator}{more} more" if more > 0 else listed


def _never_executed(coverage: Coverage, profile: str) -> frozenset[str]:
    """The operations of a profile that no program executed."""
    axes = [axis for axis in coverage.map.axes if (axis.profile, axis.question) == (profile, "opcode")]
    return frozenset(
        labels[0]
        for axis in axes
        for labels, count in zip(axis.bins, coverage.hits(axis), strict=True)
        if not count
    )


def _gaps(axis: Axis, counts: Sequence[int], never: frozenset[str]) -> list[Gap]:
    words = wording(axis)
    hit = [labels for labels, count in zip(axis.bins, counts, strict=True) if count]
    missed = [
        labels
        for labels, count in zip(axis.bins, counts, strict=True)
        if not count and not any(labels[at] in never for at in words.operations if at < len(labels))
    ]
    grouped: dict[Labels, list[Pattern]] = {}
    for pattern in _merged(_patterns(hit, missed, words.head), words.head):
        front = pattern.labels[: words.head]
        about = tuple(labels[0] for labels in front if labels)
        grouped.setdefault(about if len(about) == words.head else (), []).append(pattern)
    gaps = [
        Gap(axis=axis, head=head, patterns=tuple(sorted(found, key=lambda pattern: -pattern.bins)))
        for head, found in grouped.items()
    ]
    return sorted(gaps, key=lambda gap: -gap.bins)


def _patterns(hit: Sequence[Labels], missed: Sequence[Labels], head: int) -> list[Pattern]:
    """Each missed bin in the first pattern that has no bin that was hit; few labels are tried before many.

    What only one head lacks is said of that head, even if no other could have it.
    """
    left = dict.fromkeys(missed)
    found: list[Pattern] = []
    longest = max(map(len, missed), default=0)
    for size in range(longest + 1):
        for places in combinations(range(longest), size):
            if not left:
                return found
            seen = {key for labels in hit if (key := _key(labels, places)) is not None}
            groups: dict[Labels, list[Labels]] = {}
            for labels in left:
                key = _key(labels, places)
                if key is not None and key not in seen:
                    groups.setdefault(key, []).append(labels)
            about_one = not places or places[:head] == tuple(range(head))
            for key, members in groups.items():
                if not about_one and len({labels[:head] for labels in members}) == 1:
                    continue
                found.append(_pattern(dict(zip(places, key, strict=True)), len(members)))
                for labels in members:
                    del left[labels]
    # What is left bears a name that a longer one begins with, which was hit.
    return [*found, *(_pattern(dict(enumerate(labels)), 1) for labels in left)]


def _key(labels: Labels, places: tuple[int, ...]) -> Labels | None:
    """The labels at these places; none if there are not so many."""
    if places and places[-1] >= len(labels):
        return None
    return tuple(labels[place] for place in places)


def _pattern(given: dict[int, str], bins: int) -> Pattern:
    labels = tuple((given[place],) if place in given else () for place in range(max(given, default=-1) + 1))
    return Pattern(labels=labels, bins=bins)


def _merged(patterns: Sequence[Pattern], head: int) -> list[Pattern]:
    """Patterns that differ in one label only become one, unless that label is part of the head."""
    found = list(patterns)
    longest = max((len(pattern.labels) for pattern in found), default=0)
    for place in reversed(range(head, longest)):
        merged: dict[tuple[object, ...], Pattern] = {}
        for pattern in found:
            labels = pattern.labels
            given = len(labels) > place and labels[place]
            key = (labels[:place], labels[place + 1 :]) if given else (labels,)
            before = merged.get(key)
            merged[key] = pattern if before is None else _joined(before, pattern, place)
        found = list(merged.values())
    return found


def _joined(one: Pattern, other: Pattern, place: int) -> Pattern:
    labels = (*one.labels[:place], one.labels[place] + other.labels[place], *one.labels[place + 1 :])
    return Pattern(labels=labels, bins=one.bins + other.bins)
