"""What the host's build of a core executed."""

import struct

from fuzzer.campaign.search.native_coverage import NativeCoverage


def covered(*bins: int, bucket: int = 0) -> bytes:
    """Features of a run that hit these bins, ascending."""
    return b"".join(struct.pack("<I", number * 8 + bucket) for number in bins)


def test_bins_and_new_counts_of_them_are_new_once() -> None:
    native = NativeCoverage()
    first = native.add(covered(3, 700))
    assert (first.features, first.bins, first.own_bins) == (2, 2, 2)
    again = native.add(covered(3, 700))
    assert (again.features, again.bins) == (0, 0)
    oftener = native.add(covered(3, bucket=5) + covered(700))
    assert (oftener.features, oftener.bins) == (1, 0)
    assert native.add(covered(2)).bins == 1


def test_a_build_that_does_not_count_shows_nothing() -> None:
    native = NativeCoverage()
    assert native.add(b"").features == 0
    native.admit(0, b"")
    assert native.promise(0, 0) == 0


def test_who_got_where_few_have_been_promises_most_until_it_was_tried() -> None:
    native = NativeCoverage()
    for _ in range(1000):
        native.add(covered(1))
    native.add(covered(1, 2))
    native.admit(0, covered(1))
    native.admit(1, covered(1, 2))
    assert native.promise(1, 0) > 50 * native.promise(0, 0)
    assert native.promise(1, 1000) < 3 * native.promise(0, 1000), "a thousand cases were made of it in vain"
    for _ in range(1000):
        native.add(covered(1, 2))
    assert native.promise(1, 0) < 3 * native.promise(0, 0), "many got there"


def test_what_a_guest_has_written_over_says_nothing() -> None:
    native = NativeCoverage()
    for torn in (b"abc", b"\xff" * 8, covered(1) + b"\xff\xff\xff\x7f"):
        assert native.add(torn).features == 0
        native.admit(0, torn)
        assert native.promise(0, 0) == 0
    assert native.add(covered(9, 1)).bins == 2
