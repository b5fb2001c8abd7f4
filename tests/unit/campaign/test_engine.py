"""Cases in, events out."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import psutil
import pytest
from fake_program import ALWAYS_X, ECHO, case, differing_by_process, fake_program, timing_out

from fuzzer.campaign.engine import Rules, Work, run
from fuzzer.campaign.events import (
    CaseFinished,
    Confirming,
    Event,
    ProgramFinished,
    ProgramStarted,
    Totals,
    Waiting,
)
from fuzzer.campaign.program import Program
from fuzzer.errors import RunnerError
from fuzzer.model import Case, Limits
from fuzzer.triage.allowed import AllowedDivergences, parse_allowed

ALLOWS = """
[[allowed]]
id = "known"
core = "core"
targets = ["sp1"]
symptom = "output"
reason = "looked at"
link = "https://example.org/1"
expires = 2027-01-01
"""


def events_of(
    program: Program,
    cases: Sequence[Case],
    *,
    allowed: AllowedDivergences | None = None,
    today: date = date(2026, 11, 21),
) -> list[Event]:
    rules = Rules(
        limits=Limits(wall_ms=200),
        jobs=2,
        confirmations=2,
        allowed=allowed or AllowedDivergences(),
        today=today,
    )
    return [event for event in run([Work(program, cases)], rules) if not isinstance(event, Waiting)]


def kinds(events: Sequence[Event]) -> list[type[Event]]:
    return [type(event) for event in events]


def totals_of(events: Sequence[Event]) -> Totals:
    totals = Totals()
    for event in events:
        totals.add(event)
    return totals


def test_cases_that_agree_finish_in_their_order(tmp_path: Path) -> None:
    cases = [case(b"%d" % number) for number in range(50)]
    events = events_of(fake_program(tmp_path, ECHO, sp1=ECHO), cases)
    assert kinds(events) == [ProgramStarted, *[CaseFinished] * 50, ProgramFinished]
    finished = [event.result.case for event in events if isinstance(event, CaseFinished)]
    assert finished == cases


def test_difference_is_announced_confirmed_and_finished(tmp_path: Path) -> None:
    events = events_of(fake_program(tmp_path, ECHO, sp1=ALWAYS_X), [case(b"x"), case(b"y")])
    assert kinds(events) == [ProgramStarted, CaseFinished, Confirming, CaseFinished, ProgramFinished]
    finding = events[3]
    assert isinstance(finding, CaseFinished)
    assert finding.result.comparisons[0].is_finding


def test_what_is_about_time_waits_until_it_can_be_alone(tmp_path: Path) -> None:
    slow = timing_out(below_ms=600).replace(
        'run["wall_ms"] <', 'run["buffers"] == [b"0"] and run["wall_ms"] <'
    )
    events = events_of(fake_program(tmp_path, ECHO, sp1=slow), [case(b"0"), case(b"1")])
    assert kinds(events) == [ProgramStarted, CaseFinished, Confirming, CaseFinished, ProgramFinished]
    last = events[3]
    assert isinstance(last, CaseFinished)
    assert last.result.case.buffers == (b"0",)
    assert last.limits.wall_ms == 600
    assert totals_of(events).agree == 2


def test_hang_is_a_finding(tmp_path: Path) -> None:
    events = events_of(fake_program(tmp_path, ECHO, sp1=timing_out(below_ms=601)), [case(b"0")])
    assert kinds(events) == [ProgramStarted, Confirming, Confirming, CaseFinished, ProgramFinished]
    assert totals_of(events).findings == 1


def test_core_that_is_not_deterministic_is_no_finding(tmp_path: Path) -> None:
    turns = differing_by_process("abc", tmp_path / "turns")
    events = events_of(fake_program(tmp_path, turns, sp1=ALWAYS_X), [case(b"y")])
    assert (totals_of(events).flaky, totals_of(events).findings) == (1, 0)


@pytest.mark.parametrize(
    ("today", "expected"), [(date(2026, 12, 31), (1, 0)), (date(2027, 1, 1), (0, 1))], ids=["until", "after"]
)
def test_allowed_difference_is_counted_apart_until_it_expires(
    tmp_path: Path, today: date, expected: tuple[int, int]
) -> None:
    program = fake_program(tmp_path, ECHO, sp1=ALWAYS_X)
    allowed = parse_allowed(ALLOWS, name="allowed")
    totals = totals_of(events_of(program, [case(b"y")], allowed=allowed, today=today))
    assert (totals.allowed, totals.findings) == expected
    assert totals.allowances == ({"known": 1} if totals.allowed else {})


def test_restarts_are_told(tmp_path: Path) -> None:
    dies = ECHO.replace("answer(run)", 'os._exit(1) if run["buffers"] == [b"die"] else answer(run)')
    events = events_of(fake_program(tmp_path, ECHO, sp1=dies), [case(b"x"), case(b"die")])
    assert totals_of(events).restarts >= 1
    assert totals_of(events).findings == 1


def test_runner_that_dies_before_it_greets_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RunnerError, match="the runner of sp1 exited with code 3, before it was ready"):
        events_of(fake_program(tmp_path, ECHO, sp1="sys.exit(3)"), [case(b"x")])


def test_closing_ends_the_runners(tmp_path: Path) -> None:
    program = fake_program(tmp_path, ECHO, sp1=ECHO)
    rules = Rules(
        limits=Limits(), jobs=1, confirmations=1, allowed=AllowedDivergences(), today=date(2026, 1, 1)
    )
    before = set(psutil.Process().children())
    running = run([Work(program, (case(b"x") for _ in range(10**6)))], rules)
    next(event for event in running if isinstance(event, CaseFinished))
    runners = set(psutil.Process().children()) - before
    assert len(runners) == 2
    running.close()
    assert not any(runner.is_running() for runner in runners)
