"""Does a recorded difference show again?"""

from pathlib import Path

import pytest
from fake_program import ALWAYS_X, ECHO, case, differing_by_process, fake_program, timing_out
from sample_results import NOON

from fuzzer.campaign.confirm import confirm, result_of, retry_alone, run_once
from fuzzer.campaign.program import Program
from fuzzer.campaign.replay import replay
from fuzzer.model import CaseResult, Limits
from fuzzer.store.run_log import RecordedCase, RunLog, build_log

LIMITS = Limits(wall_ms=200)
NO_ANSWER = ECHO.replace("answer(run)", 'send(6, "no more processes")')


def log_of(program: Program, result: CaseResult, limits: Limits = LIMITS) -> RunLog:
    recorded = RecordedCase(result=result, core=program.core, targets=program.targets, limits=limits)
    return build_log(recorded, run_id="20261121_120000_core", created=NOON)


def first_run(program: Program) -> RunLog:
    result = result_of(case(b"yyy"), run_once(program.commands, case(b"yyy"), LIMITS))
    return log_of(program, confirm(program, result, LIMITS, 1))


@pytest.fixture
def log(tmp_path: Path) -> RunLog:
    """The record of `sp1` committing another byte and `other` agreeing."""
    (tmp_path / "first").mkdir()
    return first_run(fake_program(tmp_path / "first", ECHO, sp1=ALWAYS_X, other=ECHO))


def test_same_difference_is_reproduced(tmp_path: Path, log: RunLog) -> None:
    found = replay(fake_program(tmp_path, ECHO, sp1=ALWAYS_X, other=ECHO), case(b"yyy"), log)
    assert found.reproduced
    assert (found.repeated, found.changed) == (("sp1",), ())


@pytest.mark.parametrize(
    "now",
    [
        pytest.param(ECHO, id="agrees"),
        pytest.param(ALWAYS_X.replace('[b"x"]', '[b"yyx"]'), id="another place"),
        pytest.param(timing_out(below_ms=10_000), id="timeout"),
        pytest.param(NO_ANSWER, id="failure"),
    ],
)
def test_anything_else_is_not(tmp_path: Path, log: RunLog, now: str) -> None:
    found = replay(fake_program(tmp_path, ECHO, sp1=now, other=ECHO), case(b"yyy"), log)
    assert not found.reproduced
    assert found.changed == ("sp1",)


def test_new_difference_elsewhere_does_not_hide_the_old_one(tmp_path: Path, log: RunLog) -> None:
    found = replay(fake_program(tmp_path, ECHO, sp1=ALWAYS_X, other=ALWAYS_X), case(b"yyy"), log)
    assert found.reproduced


def test_record_in_which_all_agreed_reproduces_nothing(tmp_path: Path) -> None:
    program = fake_program(tmp_path, ECHO, sp1=ECHO)
    assert not replay(program, case(b"yyy"), first_run(program)).reproduced


def test_hang_is_reproduced_under_the_longer_limit(tmp_path: Path) -> None:
    program = fake_program(tmp_path, ECHO, sp1=timing_out(below_ms=601))
    first = result_of(case(b"y"), run_once(program.commands, case(b"y"), LIMITS))
    log = log_of(program, *retry_alone(program, first, LIMITS))
    assert replay(program, case(b"y"), log).reproduced
    (tmp_path / "mended").mkdir()
    mended = fake_program(tmp_path / "mended", ECHO, sp1=timing_out(below_ms=600))
    assert not replay(mended, case(b"y"), log).reproduced


def test_flaky_record_is_reproduced_by_the_same_difference(tmp_path: Path) -> None:
    program = fake_program(tmp_path, ECHO, sp1=differing_by_process("xyx", tmp_path / "turns"))
    log = first_run(program)
    assert log.diff.reason.startswith("flaky: ")
    assert replay(program, case(b"yyy"), log).reproduced
