"""What one runner is sent, and when, before and after a death."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fake_runner import fake_runner

from fuzzer.execute.lane import WINDOW, Lane
from fuzzer.execute.protocol import run_frame
from fuzzer.model import Case, Limits, Outcome, Status

ECHO = """
    hello()
    for run in runs():
        answer(run)
"""
DIES_ON_A_WORD = """
    hello()
    for run in runs():
        if run["buffers"] == [b"die"]:
            os._exit(1)
        answer(run)
"""

Start = Callable[[str], Lane]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    lanes = []

    def start_lane(body: str) -> Lane:
        lanes.append(Lane(fake_runner(tmp_path, body), wall_ms=1_000, grace_s=1.0))
        return lanes[-1]

    yield start_lane
    for lane in lanes:
        lane.close()


def frame(identity: int, buffer: bytes = b"") -> bytes:
    case = Case(core="core", input_name="input", buffers=(buffer,))
    return run_frame(case, Limits(), identity)


def as_outcome(answer: object) -> Outcome:
    assert isinstance(answer, Outcome)
    return answer


def collect(lane: Lane, count: int) -> list[tuple[int, Outcome]]:
    """Exactly so many outcomes, as they come."""
    deadline = time.monotonic() + 20
    collected: list[tuple[int, Outcome]] = []
    while len(collected) < count and time.monotonic() < deadline:
        lane.runner.flush()
        collected += [(identity, as_outcome(answer)) for identity, answer in lane.collect()]
        time.sleep(0.001)
    assert len(collected) == count
    return collected


def test_window_is_full_and_has_room_again(start: Start) -> None:
    lane = start(ECHO)
    for identity in range(WINDOW):
        assert lane.has_room
        lane.submit(identity, frame(identity))
    assert not lane.has_room
    assert [identity for identity, _ in collect(lane, WINDOW)] == list(range(WINDOW))
    assert lane.has_room
    assert lane.load == 0


def test_window_is_also_one_of_bytes(start: Start) -> None:
    lane = start(ECHO)
    lane.submit(0, frame(0, bytes(9 << 20)))
    assert not lane.has_room
    collect(lane, 1)
    assert lane.has_room


def test_requests_are_sent_ahead_again_once_the_suspects_are_cleared(start: Start) -> None:
    # It answers in pairs, so it needs two requests at the same time; alone it answers the first of all only.
    pairs = """
        hello()
        waiting = []
        for run in runs():
            if run["buffers"] == [b"die"]:
                os._exit(1)
            waiting.append(run)
            if len(waiting) == 2 or run["id"] < 2:
                for one in waiting:
                    answer(one)
                waiting.clear()
    """
    lane = start(pairs)
    lane.submit(0, frame(0, b"die"))
    lane.submit(1, frame(1))
    lane.runner.flush()
    while lane.restarts == 0:
        assert lane.collect() == []
    for identity in (2, 3, 4, 5):
        lane.submit(identity, frame(identity))
    collected = collect(lane, 6)
    assert [identity for identity, _ in collected] == list(range(6))
    assert [outcome.status for _, outcome in collected] == [Status.CRASH] + [Status.OK] * 5


def test_idle_runner_that_ends_is_nobodys_crash(start: Start) -> None:
    lane = start("hello(); answer(next(runs())); os._exit(3)")
    lane.submit(0, frame(0))
    collect(lane, 1)
    while lane.restarts == 0:
        assert lane.collect() == []
    lane.submit(1, frame(1))
    assert collect(lane, 1)[0][1].status is Status.OK


def test_silence_counts_only_while_an_answer_is_owed(start: Start) -> None:
    lane = start(ECHO)
    assert lane.waited(100) == []
    lane.submit(0, frame(0))
    assert lane.waited(1.9) == []
    collect(lane, 1)
    lane.submit(1, frame(1))
    assert lane.waited(1.9) == []
    collect(lane, 1)
    assert lane.restarts == 0


def test_runner_that_is_silent_beyond_its_patience_is_started_again(start: Start) -> None:
    lane = start("hello(); next(runs()); time.sleep(3600)")
    lane.submit(0, frame(0))
    while lane.runner.hello is None:
        assert lane.collect() == []
    assert lane.waited(1.5) == []
    ((identity, answer),) = lane.waited(1.0)
    outcome = as_outcome(answer)
    assert (identity, outcome.status) == (0, Status.CRASH)
    assert outcome.message == "the runner of fake did not answer for 2 s"
    assert lane.restarts == 1


def test_closing_twice_is_closing_once(start: Start) -> None:
    lane = start(DIES_ON_A_WORD)
    lane.close()
    lane.close()
