"""How much of a campaign's time goes into looking at what differs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from sample_results import FLIPPED, result

from fuzzer.campaign.care import Care
from fuzzer.campaign.events import Event, NotExamined, SeenBefore
from fuzzer.campaign.hunt import engine as hunt
from fuzzer.campaign.hunt.examine import case_of
from fuzzer.campaign.program import ProgramTargets
from fuzzer.execute.generator import Source
from fuzzer.model import CaseResult, Limits

SOURCE = Source(generator="riscv", xlen=64, seed=1)
CARE = Care(limits=Limits(), confirmations=1, reduce_s=1.0)
NOWHERE = ProgramTargets(commands=(), targets={}, rvref=Path(), generator=Path(), rustc="")


class Surroundings:
    """A clock, and an examiner that takes so long for each program."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.needs = 1.0
        self.started = 0
        self.closed = 0

    def clock(self) -> float:
        """The time."""
        return self.now

    def examiner(
        self,
        _targets: ProgramTargets,
        _care: Care,
        *,
        clock: Callable[[], float],
        known: Mapping[str, str],
    ) -> "Surroundings":
        """Stands for `Examiner`."""
        assert (clock, known) == (self.clock, {})
        self.started += 1
        return self

    def examine(self, source: Source, index: int, _seen: CaseResult) -> Iterator[Event]:
        """Take the time."""
        self.now += self.needs
        yield SeenBefore(case_of(source, index), "known")

    def close(self) -> None:
        """Note it."""
        self.closed += 1


@pytest.fixture
def around(monkeypatch: pytest.MonkeyPatch) -> Surroundings:
    surroundings = Surroundings()
    monkeypatch.setattr(hunt, "Examiner", surroundings.examiner)
    return surroundings


def examined(patience: hunt._Patience, indices: Sequence[int]) -> list[int]:
    """Those of the programs that were looked into at once."""
    events = {index: list(patience.examine(SOURCE, index, result(FLIPPED))) for index in indices}
    return [index for index in indices if events[index]]


def test_first_few_are_looked_into_however_long_it_takes(around: Surroundings) -> None:
    around.needs = 3_600.0
    with hunt._Patience(NOWHERE, CARE, around.clock) as patience:
        assert examined(patience, range(30)) == list(range(16))


def test_what_takes_no_time_is_always_looked_into(around: Surroundings) -> None:
    around.needs = 0.0
    with hunt._Patience(NOWHERE, CARE, around.clock) as patience:
        assert len(examined(patience, range(100))) == 100


def test_running_others_makes_time_for_looking_again(around: Surroundings) -> None:
    with hunt._Patience(NOWHERE, CARE, around.clock) as patience:
        assert len(examined(patience, range(16))) == 16
        around.now += 15.0
        assert examined(patience, [16]) == [], "16 of 31 seconds are more than half"
        around.now += 1.0
        assert examined(patience, [17]) == [17], "16 of 32 are not"
        assert examined(patience, [18]) == [], "17 of 33 are"


@pytest.mark.parametrize("running", [0.1, 1.0, 10.0])
def test_in_the_long_run_about_half_of_the_time_goes_into_it(around: Surroundings, running: float) -> None:
    begun = around.now
    with hunt._Patience(NOWHERE, CARE, around.clock) as patience:
        for index in range(400):
            around.now += running
            examined(patience, [index])
    spent = (around.now - begun) - 400 * running
    assert spent == pytest.approx(min(400.0, 400 * running), abs=17)


def test_what_had_to_wait_is_looked_into_at_the_end_for_a_while(around: Surroundings) -> None:
    around.needs = 40.0
    with hunt._Patience(NOWHERE, CARE, around.clock) as patience:
        assert examined(patience, range(30)) == list(range(16))
        rest = list(patience.rest(SOURCE))
    looked = [event.case for event in rest if isinstance(event, SeenBefore)]
    assert looked == [case_of(SOURCE, index) for index in range(16, 18)], "a tenth of the 640 seconds"
    left = [event.case for event in rest if isinstance(event, NotExamined)]
    assert left == [case_of(SOURCE, index) for index in range(18, 30)]


def test_examiner_is_started_for_the_first_that_differs_and_ended_at_the_end(around: Surroundings) -> None:
    with hunt._Patience(NOWHERE, CARE, around.clock) as patience:
        assert around.started == 0
        examined(patience, range(3))
        assert (around.started, around.closed) == (1, 0)
    assert around.closed == 1


def test_campaign_without_differences_starts_none(around: Surroundings) -> None:
    with hunt._Patience(NOWHERE, CARE, around.clock):
        pass
    assert (around.started, around.closed) == (0, 0)
