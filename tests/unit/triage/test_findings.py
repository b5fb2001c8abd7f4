"""Findings by signature, with severity and state."""

from datetime import date, timedelta

import pytest
from memory_store import MemoryStore
from sample_findings import DIFFERS, LOSES_PANIC, PLANTED, differing, record
from sample_results import FLIPPED, NOON, PANIC, comparison, recorded, result

from fuzzer.errors import UsageError
from fuzzer.store.finding_index import FindingIndex
from fuzzer.store.run_log import RecordedCase
from fuzzer.store.toml_text import table_text
from fuzzer.triage.allowed import AllowedDivergences, parse_allowed
from fuzzer.triage.findings import Finding, acceptances, chosen, findings_of
from fuzzer.triage.marks import Mark, State

TODAY = date(2026, 11, 26)
NONE = AllowedDivergences()


def found(*results: RecordedCase, allowed: AllowedDivergences = NONE, **marks: Mark) -> list[Finding]:
    store = MemoryStore()
    for number, one in enumerate(results):
        record(store, one, at=NOON + timedelta(minutes=number))
    by_signature = {mark.signature: mark for mark in marks.values()}
    return findings_of(FindingIndex(store).runs(), by_signature, allowed, TODAY)


def test_equal_signatures_are_one_finding_and_the_worst_comes_first() -> None:
    first, second = found(LOSES_PANIC, DIFFERS, LOSES_PANIC)
    assert (first.symptom, len(first.runs)) == ("output", 1)
    assert (second.symptom, len(second.runs)) == ("lost-panic", 2)
    assert second.first.created < second.last.created
    assert first.age_days(TODAY) == 5


def test_planted_and_flaky_ones_are_left_out_unless_asked_for() -> None:
    flaky = result(FLIPPED, core="json")
    unsteady = recorded(
        type(flaky)(
            case=flaky.case, reference=flaky.reference, comparisons=(comparison("sp1", FLIPPED, repeated=1),)
        )
    )
    assert found(PLANTED, unsteady) == []
    store = MemoryStore()
    record(store, PLANTED, unsteady)
    assert len(findings_of(FindingIndex(store).runs(), {}, NONE, TODAY, everything=True)) == 2


def test_mark_gives_the_state() -> None:
    signature = found(DIFFERS)[0].signature
    mark = Mark(signature=signature, state=State.REPORTED)
    assert found(DIFFERS, mark=mark)[0].state is State.REPORTED
    assert found(DIFFERS)[0].state is State.NEW


@pytest.mark.parametrize(
    ("state", "since", "again"),
    [
        (State.FIXED, date(2026, 11, 20), "2026-11-21"),
        (State.FIXED, date(2026, 11, 21), ""),
        (State.REPORTED, date(2026, 11, 20), ""),
    ],
)
def test_what_was_fixed_and_shows_on_a_later_day_says_so(state: State, since: date, again: str) -> None:
    mark = Mark(signature=found(DIFFERS)[0].signature, state=state, since=since)
    assert found(DIFFERS, mark=mark)[0].shown_again == again


def accepting(finding: Finding, expires: date) -> AllowedDivergences:
    entries = acceptances(finding, reason='looked at: "fine"', link="", expires=expires)
    return parse_allowed("\n".join(table_text("allowed", entry) for entry in entries), name="test")


def test_accepted_finding_is_covered_by_its_own_entries_and_no_other_is() -> None:
    (finding,) = found(DIFFERS)
    allowed = accepting(finding, TODAY + timedelta(days=1))
    assert found(DIFFERS, allowed=allowed)[0].state is State.ACCEPTED
    assert found(differing("io"), allowed=allowed)[0].state is State.NEW
    other = found(differing("fib", [FLIPPED, FLIPPED]), allowed=allowed)
    assert other[0].state is State.NEW, "the same core, with another signature"


def test_acceptance_ends_on_its_day() -> None:
    (finding,) = found(DIFFERS)
    assert found(DIFFERS, allowed=accepting(finding, TODAY))[0].state is State.NEW


def test_every_symptom_of_a_finding_is_accepted() -> None:
    both = recorded(result(FLIPPED, PANIC))
    (finding,) = found(both)
    entries = acceptances(finding, reason="r", link="l", expires=date(2027, 1, 1))
    assert [entry["symptom"] for entry in entries] == ["output", "lost-panic"]
    assert found(both, allowed=accepting(finding, date(2027, 1, 1)))[0].state is State.ACCEPTED


def test_finding_is_named_by_id_signature_run_or_a_part() -> None:
    findings = found(LOSES_PANIC, DIFFERS)
    wanted = findings[0]
    for name in (wanted.id, wanted.signature, wanted.first.run_id, "output"):
        assert chosen(findings, name) is wanted
    with pytest.raises(UsageError, match="in 2 signatures"):
        chosen(findings, "fib")
    with pytest.raises(UsageError, match="no finding"):
        chosen(findings, "nothing")
