"""Programs that do what is forbidden are held against each other by how they end."""

import pytest
from sample_results import FLIPPED, OK, OOM, PANIC, TIMEOUT

from fuzzer.compare.compare import compare, compare_endings
from fuzzer.model import Outcome, Status, Symptom, VerdictKind

SEGFAULT = Outcome(status=Status.CRASH, signal=11)
FAULT = Outcome(status=Status.CRASH, signal=6, message="misaligned load")
OTHER_PANIC = Outcome(status=Status.PANIC, exit_code=3, stream=b"\1", message="something else")


@pytest.mark.parametrize(
    ("reference", "other"),
    [(OK, FLIPPED), (PANIC, OTHER_PANIC), (SEGFAULT, FAULT)],
    ids=["other bytes", "another panic", "another crash"],
)
def test_same_ending_agrees_however_it_came_about(reference: Outcome, other: Outcome) -> None:
    assert compare(reference, other).kind is VerdictKind.DIVERGE, "the difference matters elsewhere"
    for verdict in (compare_endings(reference, other), compare_endings(other, reference)):
        assert verdict.kind is VerdictKind.AGREE
        assert verdict.compared
        assert verdict.reason == ""


@pytest.mark.parametrize(
    ("reference", "other", "symptom"),
    [
        (SEGFAULT, OK, Symptom.CRASH),
        (OK, SEGFAULT, Symptom.CRASH),
        (PANIC, OK, Symptom.LOST_PANIC),
        (PANIC, FAULT, Symptom.CRASH),
    ],
)
def test_another_ending_is_a_divergence_under_its_names(
    reference: Outcome, other: Outcome, symptom: Symptom
) -> None:
    verdict = compare_endings(reference, other, reference_name="rvref", other_name="sp1")
    assert (verdict.kind, verdict.symptom) == (VerdictKind.DIVERGE, symptom)
    assert verdict.reason.startswith("rvref ")
    assert "sp1 " in verdict.reason


def test_two_timeouts_agree_and_nothing_was_compared() -> None:
    verdict = compare_endings(TIMEOUT, TIMEOUT)
    assert (verdict.kind, verdict.compared) == (VerdictKind.AGREE, False)


@pytest.mark.parametrize("status", [Status.LIMIT, Status.OOM, Status.UNSUPPORTED, Status.ERROR])
def test_ending_that_tells_nothing_is_inconclusive_even_on_both_sides(status: Status) -> None:
    silent = Outcome(status=status)
    for reference, other in ((silent, silent), (silent, OK), (OK, silent), (PANIC, silent)):
        verdict = compare_endings(reference, other)
        assert (verdict.kind, verdict.compared) == (VerdictKind.INCONCLUSIVE, False)


@pytest.mark.parametrize("other", [OK, PANIC, SEGFAULT])
def test_one_sided_timeout_waits_for_more_time(other: Outcome) -> None:
    assert compare_endings(TIMEOUT, other).kind is VerdictKind.INCONCLUSIVE
    assert compare_endings(other, TIMEOUT).kind is VerdictKind.INCONCLUSIVE
    assert compare_endings(other, OOM).kind is VerdictKind.INCONCLUSIVE
