"""What a regression test says of a finding as targets are today."""

from datetime import date
from pathlib import Path

import msgspec
import pytest
from fake_program import ALWAYS_X, ECHO, case, fake_program, timing_out

from fuzzer.campaign.allowances import with_allowances
from fuzzer.campaign.confirm import result_of, run_once
from fuzzer.campaign.regress import judge
from fuzzer.model import Limits
from fuzzer.store.regression_tests import GateVerdict, Movement, RegressionResult, RegressionTest
from fuzzer.triage.allowed import parse_allowed

LIMITS = Limits(wall_ms=2_000)
TEST = RegressionTest(
    test_id="REG_1",
    source_failure="1",
    expected_verdict=GateVerdict.BLOCK,
    max_safe_turn=0,
    folder="20261121_120000_core",
    signature="core: native | sp1: output at commit 1",
    severity="high",
    core="core",
)
ENTRY = """
[[allowed]]
id = "known"
core = "core"
targets = ["sp1"]
symptom = "output"
reason = "known and reported"
link = "https://example.org/1"
expires = 2026-12-01
"""


@pytest.mark.parametrize(
    ("today", "verdict", "movement"),
    [
        pytest.param(date(2026, 11, 30), GateVerdict.ALLOW, Movement.ALLOWED, id="allowed"),
        pytest.param(date(2026, 12, 2), GateVerdict.BLOCK, Movement.STANDS, id="expired"),
    ],
)
@pytest.mark.parametrize("others", [{}, {"third": ECHO}], ids=["alone", "beside one that agrees"])
def test_what_is_allowed_is_not_fixed_and_counts_again_once_its_entry_has_expired(
    tmp_path: Path, today: date, verdict: GateVerdict, movement: Movement, others: dict[str, str]
) -> None:
    judged = judged_on(tmp_path, TEST, today, sp1=ALWAYS_X, **others)
    assert (judged.verdict, judged.movement) == (verdict, movement)
    assert judged.reason.startswith("sp1: commit #1, byte 0")
    assert ("allowed by `known`" in judged.reason) == (movement is Movement.ALLOWED)


def test_what_was_fixed_and_is_allowed_today_does_not_hold(tmp_path: Path) -> None:
    fixed = msgspec.structs.replace(TEST, expected_verdict=GateVerdict.ALLOW)
    judged = judged_on(tmp_path, fixed, date(2026, 11, 30), sp1=ALWAYS_X)
    assert (judged.verdict, judged.movement) == (GateVerdict.ALLOW, Movement.ALLOWED)


@pytest.mark.parametrize(
    ("third", "movement"),
    [
        pytest.param(ALWAYS_X, Movement.STANDS, id="another differs"),
        pytest.param(timing_out(below_ms=10_000), Movement.UNKNOWN, id="another decides nothing"),
    ],
)
def test_what_is_allowed_is_said_beside_what_blocks(tmp_path: Path, third: str, movement: Movement) -> None:
    judged = judged_on(tmp_path, TEST, date(2026, 11, 30), sp1=ALWAYS_X, third=third)
    assert (judged.verdict, judged.movement) == (GateVerdict.BLOCK, movement)
    assert [part.partition(":")[0] for part in judged.reason.split("; ")] == ["third", "sp1"]
    assert judged.reason.endswith("(allowed by `known`)")


def judged_on(folder: Path, test: RegressionTest, today: date, **targets: str) -> RegressionResult:
    """What the test says of these targets."""
    program = fake_program(folder, ECHO, **targets)
    result = result_of(case(b"yyy"), run_once(program.commands, case(b"yyy"), LIMITS))
    result = with_allowances(program, result, parse_allowed(ENTRY, name="allowed"), today)
    return judge(test, result, list(program.targets.values()))
