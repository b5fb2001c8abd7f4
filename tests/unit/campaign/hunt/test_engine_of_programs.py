"""A campaign of instruction programs on processes that really execute them."""

from collections.abc import Callable, Sequence
from pathlib import Path

import psutil
import pytest
from fake_generator import RIGHT, WRONG, WRONG_IN_BATCHES, fake_targets, generates

from fuzzer.campaign.budget import Budget
from fuzzer.campaign.care import Care
from fuzzer.campaign.events import (
    BatchFinished,
    CaseFinished,
    Confirming,
    Event,
    SeenBefore,
    Totals,
    Waiting,
)
from fuzzer.campaign.hunt.engine import hunt
from fuzzer.campaign.program import ProgramTargets
from fuzzer.cli.outcome import exit_code_of
from fuzzer.errors import ExitCode, RunnerError
from fuzzer.execute.generator import Source
from fuzzer.execute.programs import BATCH
from fuzzer.model import Limits

pytestmark = pytest.mark.slow  # each test starts several processes

SOURCE = Source(generator="riscv", xlen=64, seed=7)
NEGATIVE = Source(generator="riscv-negative", xlen=64, seed=7)
CARE = Care(limits=Limits(wall_ms=2_000), confirmations=1, reduce_s=0.0)
ANSWERS = """
hello()
while True:
    kind, body = request()
    if kind == 7:
        answer_batch(body, [fate for _ in body["programs"]])
"""


def answering(fate: str) -> str:
    """A runner whose programs all end in this way."""
    return f"fate = {fate}\n{ANSWERS}"


class Clock:
    """A clock that goes on by so many seconds at each look."""

    def __init__(self, step: float = 0.0) -> None:
        self.now = 0.0
        self._step = step

    def __call__(self) -> float:
        """The time."""
        self.now += self._step
        return self.now


def events_of(
    targets: ProgramTargets,
    *,
    source: Source = SOURCE,
    cases: int | None = BATCH,
    seconds: float | None = None,
    clock: Callable[[], float] | None = None,
) -> list[Event]:
    budget = Budget(cases=cases, seconds=seconds)
    running = hunt(targets, source, budget, CARE, clock=clock or Clock())
    return [event for event in running if not isinstance(event, Waiting)]


def totals_of(events: Sequence[Event]) -> Totals:
    totals = Totals()
    for event in events:
        totals.add(event)
    return totals


def batches(events: Sequence[Event]) -> list[BatchFinished]:
    return [event for event in events if isinstance(event, BatchFinished)]


@pytest.mark.parametrize("cases", [1, BATCH, 2 * BATCH + 3])
def test_targets_that_agree_on_all_programs(tmp_path: Path, cases: int) -> None:
    events = events_of(fake_targets(tmp_path, generates([5]), one=RIGHT, two=RIGHT), cases=cases)
    assert [event.counts.cases for event in batches(events)] == [BATCH] * (cases // BATCH) + [
        cases % BATCH
    ] * (cases % BATCH > 0)
    assert {event.coverage for event in batches(events)} == {b"covered"}
    totals = totals_of(events)
    assert totals == Totals(cases=cases, agree=cases, compared=2 * cases)
    assert exit_code_of(totals, interrupted=False) is ExitCode.AGREE


def test_wrong_instruction_is_found_once_and_then_seen_again(tmp_path: Path) -> None:
    multiply = [3, 40, BATCH + 1]
    events = events_of(fake_targets(tmp_path, generates(multiply), one=WRONG, two=RIGHT), cases=BATCH + 2)
    kinds = [type(event) for event in events]
    looked_into = [Confirming, Confirming, CaseFinished]
    assert kinds == [BatchFinished, *looked_into, SeenBefore, BatchFinished, SeenBefore]
    totals = totals_of(events)
    assert (totals.cases, totals.findings, totals.repeated) == (BATCH + 2, 1, 2)
    assert totals.agree == BATCH - 1
    assert [event.counts.differ for event in batches(events)] == [2, 1]
    again = [event for event in events if isinstance(event, SeenBefore)]
    assert [event.case.input_name for event in again] == ["riscv-64/7/40", f"riscv-64/7/{BATCH + 1}"]
    assert {event.signature for event in again} == {"riscv: rvref, two | one: output at mul"}


def test_difference_that_only_shows_among_other_programs_is_no_finding(tmp_path: Path) -> None:
    events = events_of(fake_targets(tmp_path, generates([3]), one=WRONG_IN_BATCHES))
    (last,) = [event for event in events if isinstance(event, CaseFinished)]
    assert [entry.target for entry in last.result.comparisons if entry.is_flaky] == ["one"]
    assert totals_of(events).findings == 0


def test_programs_that_the_reference_does_not_run_to_their_end_are_rejected(tmp_path: Path) -> None:
    crash = answering("ended(b'', 'crash', 'misaligned')")
    targets = fake_targets(tmp_path, generates(), rvref=crash, one=RIGHT)
    events = events_of(targets)
    assert totals_of(events) == Totals(cases=BATCH, rejected=BATCH)
    assert exit_code_of(totals_of(events), interrupted=False) is ExitCode.NOTHING_COMPARED


def test_target_that_offers_nothing_is_inconclusive_and_compares_nothing(tmp_path: Path) -> None:
    silent = answering("ended(b'', 'unsupported', 'no such thing')")
    events = events_of(fake_targets(tmp_path, generates(), silent=silent))
    assert totals_of(events) == Totals(cases=BATCH, inconclusive=BATCH)
    again = events_of(fake_targets(tmp_path, generates(), silent=silent, one=RIGHT))
    assert totals_of(again) == Totals(cases=BATCH, inconclusive=BATCH, compared=BATCH)


def test_forbidden_programs_need_only_fail_alike(tmp_path: Path) -> None:
    crash = answering("ended(b'one thing', 'crash', 'load from 3')")
    other = answering("['crash', None, 11, b'another', '']")
    events = events_of(
        fake_targets(tmp_path, generates(), rvref=crash, one=other, two=crash), source=NEGATIVE
    )
    assert totals_of(events) == Totals(cases=BATCH, agree=BATCH, compared=2 * BATCH)


@pytest.mark.parametrize("status", ["unsupported", "oom", "limit", "timeout"])
def test_forbidden_programs_that_tell_nothing_anywhere_are_not_green(tmp_path: Path, status: str) -> None:
    silent = answering(f"ended(b'', {status!r})")
    events = events_of(fake_targets(tmp_path, generates(), rvref=silent, one=silent), source=NEGATIVE)
    assert totals_of(events).compared == 0
    assert exit_code_of(totals_of(events), interrupted=False) is ExitCode.NOTHING_COMPARED


@pytest.mark.parametrize(
    ("seconds", "least", "most"), [(0.0, 1, 1), (10.0, 2, 25)], ids=["no time", "some time"]
)
def test_time_that_is_up_ends_it_after_the_batches_that_are_under_way(
    tmp_path: Path, seconds: float, least: int, most: int
) -> None:
    targets = fake_targets(tmp_path, generates(), one=RIGHT)
    found = batches(events_of(targets, cases=None, seconds=seconds, clock=Clock(1.0)))
    assert least <= len(found) <= most


@pytest.mark.parametrize("multiply", [[], [0]], ids=["between batches", "while a program is looked into"])
def test_closing_ends_all_processes(tmp_path: Path, multiply: list[int]) -> None:
    targets = fake_targets(tmp_path, generates(multiply), one=WRONG)
    running = hunt(targets, SOURCE, Budget(), CARE, clock=Clock())
    wanted = Confirming if multiply else BatchFinished
    next(event for event in running if isinstance(event, wanted))
    assert len(psutil.Process().children()) == (7 if multiply else 3)
    running.close()
    assert psutil.Process().children() == []


def test_runner_without_batches_is_an_error_and_leaves_no_process(tmp_path: Path) -> None:
    refuses = "hello()\nwhile True:\n    request()\n    send(6, 'only cores')"
    with pytest.raises(RunnerError, match="the runner of one does not run whole programs: only cores"):
        events_of(fake_targets(tmp_path, generates(), one=refuses))
    assert psutil.Process().children() == []


def test_restarts_of_runners_are_told(tmp_path: Path) -> None:
    mark = tmp_path / "died"
    dies_once = f"""
if not os.path.exists({str(mark)!r}):
    open({str(mark)!r}, "x").close()
    os._exit((hello(), request()) and 3)
serve()
"""
    totals = totals_of(events_of(fake_targets(tmp_path, generates(), one=dies_once), cases=3))
    assert mark.exists()
    assert (totals.agree, totals.cases) == (3, 3)
    assert totals.restarts == 1


REFUSES_TO_LOAD = """
hello()
while True:
    kind, body = request()
    if kind == 7:
        answer_batch(body, [ended(b"", "crash", "a segment too many") for _ in body["programs"]])
    else:
        send(6, "a segment too many")
"""


def test_program_that_a_target_cannot_load_does_not_end_the_campaign(tmp_path: Path) -> None:
    totals = totals_of(events_of(fake_targets(tmp_path, generates(), one=REFUSES_TO_LOAD), cases=1))
    assert totals.cases == 1
    assert totals.findings + totals.flaky + totals.inconclusive == 1
