"""Calibration: what counts as agreement and what does not."""

from collections.abc import Sequence

import msgspec

from fuzzer.conformance.calibrate import directed, random_programs
from fuzzer.model import Outcome, Status

GOOD = Outcome(status=Status.OK, exit_code=0, stream=b"abc")
NAMES = ["first", "second"]
PROGRAMS = [b"1", b"2"]


class Fixed:
    """A reference that always gives the same."""

    def __init__(self, outcome: Outcome, name: str = "fixed") -> None:
        self.name = name
        self.version = "1"
        self._outcome = outcome

    def run(self, program: bytes) -> Outcome:
        """The same whatever it is given."""
        del program
        return self._outcome


def all_good(programs: Sequence[bytes]) -> list[Outcome]:
    return [GOOD for _ in programs]


def test_the_same_outcome_agrees_whatever_it_took() -> None:
    slower = msgspec.structs.replace(GOOD, elapsed_ns=5, message="note")
    compared = random_programs(NAMES, PROGRAMS, all_good, [Fixed(slower)])
    assert (compared.total, compared.compared, compared.disagreements) == (2, {"fixed": 2}, ())


def test_each_part_of_an_outcome_counts() -> None:
    for other in (
        msgspec.structs.replace(GOOD, stream=b"abd"),
        msgspec.structs.replace(GOOD, status=Status.PANIC, exit_code=1),
        Outcome(status=Status.TIMEOUT, stream=b"abc"),
        Outcome(status=Status.ERROR),
    ):
        compared = random_programs(NAMES, PROGRAMS, all_good, [Fixed(GOOD, "same"), Fixed(other)])
        found = [(one.what, one.reference, one.program) for one in compared.disagreements]
        assert found == [("first", "fixed", b"1"), ("second", "fixed", b"2")]


def test_a_program_that_ends_badly_on_both_sides_is_no_agreement() -> None:
    crash = Outcome(status=Status.CRASH)
    compared = random_programs(NAMES, PROGRAMS, lambda programs: [crash for _ in programs], [Fixed(crash)])
    assert len(compared.disagreements) == 2


def test_what_a_reference_does_not_support_is_not_counted() -> None:
    compared = random_programs(NAMES, PROGRAMS, all_good, [Fixed(Outcome(status=Status.UNSUPPORTED))])
    assert (compared.compared, compared.disagreements) == ({"fixed": 0}, ())


def test_directed_programs_that_do_not_end_agree_with_nothing() -> None:
    files, compared = directed(32, all_good, [Fixed(GOOD)], {})
    assert len({one.what for one in compared.disagreements}) == 45
    # Cases of ECALL end their programs, and anything that ends well is a value.
    assert {frozen.case.op for file in files for frozen in file.cases} == {"ecall"}
