"""Which comparisons are aimed at, and in which order entries are edited for them."""

import struct

from fuzzer.campaign.search.aims import Aims
from fuzzer.campaign.search.corpus import Corpus, Seen
from fuzzer.campaign.search.own_code import FIRST_BRANCH
from fuzzer.generate.comparisons import Comparison

WAY = FIRST_BRANCH + 10


def coverage(*bins: int) -> bytes:
    return b"".join(struct.pack("<I", 8 * number) for number in sorted(bins))


def aims(seen: Seen, corpus: Corpus | None = None, *, edits: int = 5) -> Aims:
    return Aims(
        corpus or Corpus([("a", (b"a",)), ("b", (b"b",))]), seen, lambda _: edits, may_edit=lambda _: True
    )


def test_what_was_tried_least_comes_first_and_what_was_tried_often_is_left_alone() -> None:
    seen = Seen()
    found = aims(seen)
    old, new = Comparison(WAY, 1, 2), Comparison(WAY + 2, 3, 4)
    found.learn(0, (old,))
    assert found.choose([old, new]) == (new, old)
    for _ in range(40):
        found.learn(0, (old,))
    assert found.choose([old, new]) == (new,)


def test_edits_are_given_out_once_and_one_turn_in_four_is_others() -> None:
    corpus = Corpus([("a", (b"a",))])
    found = aims(Seen(), corpus)
    assert found.next() is None, "nothing is known yet"
    found.learn(0, (Comparison(WAY, 1, 2),))
    assert found.next() == (0, 0, 5)
    found.took(0, 3)
    assert found.next() == (0, 3, 2)
    assert found.next() is None, "others' turn"
    found.took(0, 2)
    assert found.next() is None
    assert corpus.edited == {0: 5}


def test_an_entry_whose_edits_must_wait_is_passed_over() -> None:
    corpus, waiting = Corpus([("a", (b"a",)), ("b", (b"b",))]), {1}
    found = Aims(corpus, Seen(), lambda _: 5, may_edit=lambda number: number not in waiting)
    found.learn(0, (Comparison(WAY, 1, 2),))
    found.learn(1, (Comparison(WAY + 2, 1, 2),))
    assert found.next() == (0, 0, 5)
    waiting.add(0)
    assert found.next() is None
    waiting.clear()
    assert found.next() == (1, 0, 5)


def test_a_campaign_without_mutations_has_no_edits() -> None:
    found = Aims(Corpus([("a", (b"a",))]), Seen(), lambda _: 5, may_edit=lambda _: True, is_wanted=False)
    found.learn(0, (Comparison(WAY, 1, 2),))
    assert [found.next() for _ in range(3)] == [None, None, None]


def test_the_input_that_gets_furthest_is_edited_first_if_it_meets_something_new() -> None:
    seen = Seen()
    found = aims(seen)
    seen.admit(0, coverage(WAY, WAY + 2, WAY + 4))
    seen.admit(1, coverage(WAY))
    found.learn(0, (Comparison(WAY, 1, 2),))
    found.learn(1, (Comparison(WAY + 2, 3, 4),))
    assert found.next() == (0, 0, 5)
    found = aims(seen)
    found.learn(1, (Comparison(WAY, 1, 2),))
    found.learn(0, (Comparison(WAY, 1, 2),))
    assert found.next() == (1, 0, 5), "the other one meets nothing that was not aimed at"


def test_a_resumed_search_goes_on_where_the_edits_had_come_to() -> None:
    corpus = Corpus([("a", (b"a",)), ("b", (b"b",))])
    corpus.compared = {0: (Comparison(WAY, 1, 2),), 1: (Comparison(WAY, 1, 2),)}
    corpus.edited = {0: 4, 1: 5}
    found = aims(Seen(), corpus)
    assert found.next() == (0, 4, 1)
