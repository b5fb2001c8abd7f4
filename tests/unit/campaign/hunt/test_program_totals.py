"""Counts of a campaign of instruction programs, and the exit code that follows."""

from pathlib import Path

import msgspec
from sample_results import FLIPPED, OK, comparison, result

from fuzzer.campaign.events import BatchFinished, CaseFinished, Counts, Event, NotExamined, SeenBefore, Totals
from fuzzer.campaign.program import ProgramTargets
from fuzzer.cli.outcome import exit_code_of
from fuzzer.errors import ExitCode
from fuzzer.model import CaseResult, Limits
from fuzzer.store.program_record import ProgramRecord
from fuzzer.store.run_log import Details

COUNTS = Counts(cases=64, agree=60, compared=120, rejected=1, inconclusive=2, differ=1)
BATCH = BatchFinished(part="riscv", counts=COUNTS)
RECORD = ProgramRecord(
    xlen=64,
    instructions=1,
    original_instructions=9,
    published_bytes=8,
    checkpoint=None,
    location=None,
    listing="",
)


def finished(of: CaseResult) -> CaseFinished:
    targets = ProgramTargets(commands=(), targets={}, rvref=Path(), generator=Path(), rustc="")
    return CaseFinished(targets.program(b""), of, Limits(), Details(record=RECORD), counted=True)


def totals(*events: Event) -> Totals:
    counted = Totals()
    for event in events:
        counted.add(event)
    return counted


def test_batches_add_up() -> None:
    found = totals(BATCH, BATCH)
    assert found == Totals(cases=128, agree=120, compared=240, rejected=2, inconclusive=4, differ=2)
    assert exit_code_of(found, interrupted=False) is ExitCode.AGREE


def test_program_that_was_looked_into_is_no_case_more() -> None:
    found = totals(BATCH, finished(result(FLIPPED, OK)))
    assert (found.cases, found.compared, found.findings) == (64, 120, 1)
    assert exit_code_of(found, interrupted=False) is ExitCode.FINDINGS


def test_difference_that_does_not_repeat_is_flaky_and_still_not_green() -> None:
    one = msgspec.structs.replace(result(OK), comparisons=(comparison("sp1", FLIPPED, repeated=1),))
    found = totals(BATCH, finished(one))
    assert (found.findings, found.flaky) == (0, 1)
    assert exit_code_of(found, interrupted=False) is ExitCode.FINDINGS


def test_findings_seen_again_and_programs_left_aside_are_counted_apart() -> None:
    case = result(OK).case
    found = totals(SeenBefore(case, "x"), SeenBefore(case, "x"), NotExamined(case))
    assert found == Totals(repeated=2, not_examined=1)


def test_every_program_of_a_campaign_is_counted_once() -> None:
    case = result(OK).case
    batch = BatchFinished(part="riscv", counts=msgspec.structs.replace(COUNTS, agree=56, differ=5))
    found = totals(
        batch,
        finished(result(FLIPPED)),
        finished(result(OK)),
        SeenBefore(case, "x"),
        NotExamined(case),
        NotExamined(case),
    )
    parts = (found.agree, found.findings, found.repeated, found.not_examined, found.rejected)
    assert parts == (57, 1, 1, 2, 1)
    assert sum(parts) + found.inconclusive == found.cases


def test_programs_that_the_reference_rejects_compare_nothing_and_are_not_green() -> None:
    rejected = BatchFinished(part="riscv", counts=Counts(cases=64, rejected=64))
    assert exit_code_of(totals(rejected), interrupted=False) is ExitCode.NOTHING_COMPARED


def test_interrupted_campaign_says_so_whatever_it_found() -> None:
    found = totals(BATCH, finished(result(FLIPPED)))
    assert exit_code_of(found, interrupted=True) is ExitCode.INTERRUPTED
