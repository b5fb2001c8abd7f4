"""In which releases does a difference show? Halving, from one in which it is known to."""

from collections.abc import Callable, Sequence

import msgspec


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """The releases around the one that was looked at in which a difference shows."""

    first_bad: str
    """The first release that shows it; the oldest one where that does already."""
    last_good_before: str | None
    """The release before it, which does not show it; None when even the oldest release does."""
    first_good: str | None
    """The first later release that does not show it; None when even the newest one does."""
    probed: dict[str, bool]
    """Every release that was tried, and whether the difference showed."""


def find_span(releases: Sequence[str], bad: str, shows: Callable[[str], bool]) -> Span | None:
    """The span of releases, oldest first, that show a difference; None when `bad` itself does not.

    Both ends are tried first. Between a release that shows it and one that does not, it is taken to change
    once.
    """
    probed: dict[str, bool] = {}

    def bad_at(place: int) -> bool:
        release = releases[place]
        if release not in probed:
            probed[release] = shows(release)
        return probed[release]

    known = releases.index(bad)
    if not bad_at(known):
        return None
    oldest_bad, newest_bad = bad_at(0), bad_at(len(releases) - 1)
    first = 0 if oldest_bad else _edge(0, known, bad_at)
    last = None if newest_bad else _edge(len(releases) - 1, known, bad_at)
    return Span(
        first_bad=releases[first],
        last_good_before=None if oldest_bad else releases[first - 1],
        first_good=None if last is None else releases[last + 1],
        probed={release: probed[release] for release in releases if release in probed},
    )


def _edge(good: int, bad: int, bad_at: Callable[[int], bool]) -> int:
    """The bad place next to a good one, between a good and a bad place."""
    while abs(bad - good) > 1:
        middle = (good + bad) // 2
        if bad_at(middle):
            bad = middle
        else:
            good = middle
    return bad
