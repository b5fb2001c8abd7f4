"""What a campaign remembers of inputs, and of what they covered."""

import struct

import pytest

from fuzzer.campaign.search.corpus import Corpus, Entry, Fresh, Seen, shape_of
from fuzzer.campaign.search.own_code import FIRST_BRANCH
from fuzzer.model import Case, CaseResult, Outcome, Status

CASE = Case(core="core", input_name="input", buffers=())


def coverage(*bins: int, bucket: int = 0) -> bytes:
    return b"".join(struct.pack("<I", 8 * number + bucket) for number in sorted(bins))


def test_a_bin_is_new_once_and_so_is_each_count_of_it() -> None:
    seen = Seen()
    assert seen.add(coverage(3, 9)) == Fresh(2, 2, 2, 2)
    assert seen.add(coverage(3, 9)) == Fresh()
    assert seen.add(coverage(3, bucket=5)) == Fresh(1, 0, 1, 0)
    assert seen.add(coverage(100_000)) == Fresh(1, 1, 1, 1)
    assert (seen.bins, seen.features, seen.runs) == (3, 4, 4)
    assert seen.add(b"") == Fresh()
    assert seen.runs == 4


def test_a_branch_that_always_went_one_way_promises_less_each_time() -> None:
    seen = Seen()
    way, other = FIRST_BRANCH + 6, FIRST_BRANCH + 7
    run = coverage(2, way)
    seen.add(run)
    frontier = seen.frontier(run)
    assert frontier.tolist() == [way], "what is no branch has no other way"
    assert seen.promise(frontier)[1] == pytest.approx(1 / 3)
    for _ in range(7):
        seen.add(run)
    assert seen.promise(frontier)[1] == pytest.approx(1 / 10)
    seen.not_looked_at(frontier, 20)
    assert seen.promise(frontier)[1] == pytest.approx(1 / 20)
    seen.add(coverage(other))
    left, promise = seen.promise(frontier)
    assert (left.tolist(), promise) == ([], 0.0)


def test_donors_follow_from_a_number_alone() -> None:
    corpus = Corpus([(f"seed {number}", (b"%d" % number,)) for number in range(3)])
    before = corpus.donors(3)
    for number in range(3, 100):
        corpus.add(Entry(number=number, buffers=(b"%d" % number,), seed="seed 0", parent=0, case="0:1"))
    assert corpus.donors(3) == before
    donors = corpus.donors(100)
    assert donors[:3] == before
    assert (len(donors), donors[-1]) == (35, (b"99",))
    with pytest.raises(ValueError, match="entry 7 behind 100 entries"):
        corpus.add(Entry(number=7, buffers=(), seed=""))


def test_the_shape_of_an_ending_is_rough() -> None:
    def panic(message: str) -> tuple[str, str]:
        return shape_of(Outcome(status=Status.PANIC, exit_code=1, message=message))

    assert panic("index 7 of 3") == panic("index 12 of 5")
    assert panic("index 7 of 3") != panic("overflow")
    ok = [shape_of(Outcome(status=Status.OK, exit_code=0, stream=bytes(size))) for size in (8, 9, 300)]
    assert ok[0] == ok[1] != ok[2]


def test_a_program_that_panics_with_its_input_does_not_end_in_new_ways_for_ever() -> None:
    def is_new(message: str) -> bool:
        panicked = Outcome(status=Status.PANIC, exit_code=1, message=message)
        return seen.is_new_shape(CaseResult(case=CASE, reference=panicked, comparisons=()))

    seen = Seen()
    messages = [chr(ord("a") + place % 26) * (1 + place // 26) for place in range(1_000)]
    assert 10 < sum(map(is_new, messages)) < 100
    assert not is_new(messages[0])
    exited = Outcome(status=Status.PANIC, exit_code=7, message="a")
    assert seen.is_new_shape(CaseResult(case=CASE, reference=exited, comparisons=())), "another exit code"


def test_a_branch_is_one_sided_until_a_run_goes_the_other_way() -> None:
    seen = Seen()
    assert seen.is_one_sided(FIRST_BRANCH), "nothing is known of it"
    seen.add(coverage(FIRST_BRANCH, FIRST_BRANCH + 3))
    assert seen.is_one_sided(FIRST_BRANCH)
    assert not seen.is_one_sided(FIRST_BRANCH + 2), "its other way is the one that was gone"
