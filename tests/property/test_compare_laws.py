"""What holds of every comparison."""

from hypothesis import assume, given
from hypothesis import strategies as st

from fuzzer.compare.compare import compare, first_difference, hang_verdict
from fuzzer.model import Outcome, Status, VerdictKind


@st.composite
def outcomes(draw: st.DrawFn, statuses: tuple[Status, ...] = tuple(Status)) -> Outcome:
    """Outcomes that are often near to each other."""
    status = draw(st.sampled_from(statuses))
    commits = draw(st.lists(st.binary(max_size=3), max_size=4))
    ends = tuple(sum(map(len, commits[: count + 1])) for count in range(len(commits)))
    return Outcome(
        status=status,
        exit_code=draw(st.sampled_from((None, 0, 1, 3))),
        signal=draw(st.sampled_from((None, 4, 6, 7, 8, 11, 31))) if status is Status.CRASH else None,
        stream=b"".join(commits),
        commit_ends=draw(st.sampled_from((None, ends))),
        message=draw(st.sampled_from(("", "boom", "two\nlines"))),
    )


@given(outcomes())
def test_nothing_diverges_from_itself(outcome: Outcome) -> None:
    assert compare(outcome, outcome).kind is not VerdictKind.DIVERGE


@given(outcomes(), outcomes())
def test_kind_and_symptom_are_symmetric(left: Outcome, right: Outcome) -> None:
    for judge in (compare, hang_verdict):
        there, back = judge(left, right), judge(right, left)
        assert (there.kind, there.symptom, there.compared) == (back.kind, back.symptom, back.compared)


@given(outcomes((Status.OK, Status.PANIC)), outcomes((Status.OK, Status.PANIC)))
def test_different_streams_never_agree(left: Outcome, right: Outcome) -> None:
    assume(left.stream != right.stream)
    verdict = compare(left, right)
    assert verdict.kind is VerdictKind.DIVERGE
    assert verdict.first_difference is not None


@given(outcomes(), outcomes())
def test_agreement_and_reason_are_honest(left: Outcome, right: Outcome) -> None:
    verdict = compare(left, right)
    assert (verdict.reason == "") == (verdict.kind is VerdictKind.AGREE and verdict.compared)
    assert "\n" not in verdict.reason
    assert (verdict.symptom is not None) == (verdict.kind is VerdictKind.DIVERGE)
    assert verdict.compared or verdict.kind is not VerdictKind.DIVERGE


@given(outcomes(), outcomes())
def test_first_difference_is_the_first(left: Outcome, right: Outcome) -> None:
    found = first_difference(left, right)
    if found is None:
        assert left.stream == right.stream
        return
    at = found.offset
    assert left.stream[:at] == right.stream[:at]
    assert left.stream[at : at + 1] != right.stream[at : at + 1]
    assert left.stream[at:].startswith(found.reference)
    assert right.stream[at:].startswith(found.other)
    ends = left.commit_ends or right.commit_ends or ()
    start = at - found.byte
    assert found.commit == 1 + sum(end <= at for end in ends)
    assert start == max((end for end in ends if end <= at), default=0)
