"""Grades: each case gets its own, whatever the others do to the program."""

import msgspec
import pytest
from conformance_cases import FakeTarget, added, halting

from fuzzer.conformance.grade import Grade, described, grade, tallies
from fuzzer.conformance.programs import Program
from fuzzer.model import Outcome, Status

CASES = [*(added(number) for number in range(11)), halting(0), halting(7)]
BAD = CASES[5].case


def grades(target: FakeTarget) -> list[Grade]:
    return [one.grade for one in grade(CASES, 64, target.run)]


def with_bad(program: Program, outcome: Outcome, instead: Outcome) -> Outcome:
    return instead if BAD in program.cases else outcome


def test_a_target_without_faults_passes() -> None:
    target = FakeTarget(CASES)
    assert grades(target) == [Grade.PASSED] * len(CASES)
    assert target.runs == 3


@pytest.mark.parametrize("instead", [Status.CRASH, Status.TIMEOUT, Status.PANIC, Status.LIMIT])
def test_a_case_that_ends_its_program_costs_no_other_its_grade(instead: Status) -> None:
    ended = Outcome(status=instead, message="a fault")
    found = grade(CASES, 64, FakeTarget(CASES, lambda p, o: with_bad(p, o, ended)).run)
    assert [one.frozen.case for one in found if one.grade is not Grade.PASSED] == [BAD]
    assert found[5].why == f"the program ended with {instead}: a fault"


def test_a_wrong_result_is_named() -> None:
    def wrong(program: Program, outcome: Outcome) -> Outcome:
        if BAD not in program.cases:
            return outcome
        at = program.places[program.cases.index(BAD)].outputs - program.results.start
        stream = outcome.stream[:at] + b"\xff" + outcome.stream[at + 1 :]
        return msgspec.structs.replace(outcome, stream=stream)

    found = grade(CASES, 64, FakeTarget(CASES, wrong).run)
    assert [(one.grade, one.why) for one in found if one.grade is not Grade.PASSED] == [
        (Grade.FAILED, "a0: expected 0x6, got 0xff")
    ]


def test_a_clobbered_input_is_a_failure() -> None:
    def clobbers(program: Program, outcome: Outcome) -> Outcome:
        if program.cases[0].halts:
            return outcome
        at = program.places[0].outputs - program.results.start + 8
        return msgspec.structs.replace(
            outcome, stream=outcome.stream[:at] + b"\x09" + outcome.stream[at + 1 :]
        )

    found = grade(CASES, 64, FakeTarget(CASES, clobbers).run)
    assert [one.why for one in found if one.why] == ["a1: expected 0x0, got 0x9"]


def test_a_lost_exit_code_is_a_failure() -> None:
    def loses(_: Program, outcome: Outcome) -> Outcome:
        return msgspec.structs.replace(outcome, status=Status.OK, exit_code=0)

    found = grade(CASES, 64, FakeTarget(CASES, loses).run)
    assert [one.why for one in found if one.why] == ["exit code: expected 7, got 0"]


def test_a_short_stream_fails_every_case_of_the_program() -> None:
    def short(_: Program, outcome: Outcome) -> Outcome:
        return msgspec.structs.replace(outcome, stream=outcome.stream[:-1])

    found = grades(FakeTarget(CASES, short))
    assert found[:11] == [Grade.FAILED] * 11


@pytest.mark.parametrize("status", [Status.UNSUPPORTED, Status.ERROR])
def test_what_a_target_does_not_offer_is_not_compared(status: Status) -> None:
    found = grades(FakeTarget(CASES, lambda p, o: with_bad(p, o, Outcome(status=status))))
    assert found[5] is Grade.NOT_COMPARED
    assert found.count(Grade.PASSED) == len(CASES) - 1


def test_a_target_that_hangs_is_not_asked_for_ever() -> None:
    many = [added(number) for number in range(200)]
    target = FakeTarget(many, lambda _p, _o: Outcome(status=Status.TIMEOUT))
    found = grade(many, 64, target.run)
    assert {one.grade for one in found} == {Grade.FAILED}
    assert target.runs < 40


def test_tallies_count_by_opcode() -> None:
    found = tallies(grade(CASES, 64, FakeTarget(CASES).run))
    assert [(tally.op, tally.xlen, tally.passed, tally.failed, tally.compared) for tally in found] == [
        ("add", 64, 11, 0, 11),
        ("ecall", 64, 2, 0, 2),
    ]


def test_a_case_is_described_with_what_goes_into_it() -> None:
    assert described(CASES[3], 64) == "add a0, a1, a2  with a1 = 0x3, a2 = 0x1"
