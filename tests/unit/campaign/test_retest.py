"""Is a finding still there, elsewhere or later?"""

from pathlib import Path

import msgspec
import pytest
from fake_program import ALWAYS_X, ECHO, case, fake_program, timing_out
from sample_results import NOON

from fuzzer.campaign.confirm import confirm, result_of, run_once
from fuzzer.campaign.retest import retest
from fuzzer.model import Limits
from fuzzer.store.run_log import RecordedCase, RunLog, build_log
from fuzzer.triage.marks import Seen

LIMITS = Limits(wall_ms=200)


@pytest.fixture(name="log")
def fixture_log(tmp_path: Path) -> RunLog:
    """The record of `sp1` committing another byte."""
    folder = tmp_path / "first"
    folder.mkdir()
    program = fake_program(folder, ECHO, sp1=ALWAYS_X)
    result = confirm(
        program, result_of(case(b"yyy"), run_once(program.commands, case(b"yyy"), LIMITS)), LIMITS, 1
    )
    recorded = RecordedCase(result=result, core=program.core, targets=program.targets, limits=LIMITS)
    return build_log(recorded, run_id="20261121_120000_core", created=NOON)


@pytest.mark.parametrize(
    ("now", "seen"),
    [
        pytest.param(ALWAYS_X, Seen.STILL_THERE, id="the same"),
        pytest.param(ECHO, Seen.FIXED, id="agrees"),
        pytest.param(ALWAYS_X.replace('[b"x"]', '[b"yyx"]'), Seen.CHANGED, id="another place"),
        pytest.param(timing_out(below_ms=10_000), Seen.NOT_RUN, id="timeout"),
        pytest.param(ECHO.replace("answer(run)", 'send(6, "full")'), Seen.NOT_RUN, id="failure"),
    ],
)
def test_what_is_seen(tmp_path: Path, log: RunLog, now: str, seen: Seen) -> None:
    assert retest(fake_program(tmp_path, ECHO, sp1=now), case(b"yyy"), log).seen is seen


def test_what_never_showed_each_time_is_not_fixed_by_one_run_that_agrees(tmp_path: Path, log: RunLog) -> None:
    (entry,) = log.comparisons
    flaky = msgspec.structs.replace(log, comparisons=(msgspec.structs.replace(entry, attempts=3),))
    found = retest(fake_program(tmp_path, ECHO, sp1=ECHO), case(b"yyy"), flaky)
    assert found.seen is Seen.NOT_RUN
    assert found.reasons[0].startswith("sp1: it showed in 1 of 3 runs before")
    folder = tmp_path / "again"
    folder.mkdir()
    assert retest(fake_program(folder, ECHO, sp1=ALWAYS_X), case(b"yyy"), flaky).seen is Seen.STILL_THERE


def test_variants_are_told_apart(tmp_path: Path, log: RunLog) -> None:
    found = retest(fake_program(tmp_path, ECHO, sp1=ECHO, second=ALWAYS_X, third=ECHO), case(b"yyy"), log)
    assert found.seen is Seen.FIXED, "what other targets do says nothing about this one"
    assert (found.also_on, found.not_on) == (("second",), ("third",))
