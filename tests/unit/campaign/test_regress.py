"""What a regression test says of a finding as targets are today."""

from datetime import date
from pathlib import Path

import pytest
from fake_program import ALWAYS_X, ECHO, case, fake_program

from fuzzer.campaign.allowances import with_allowances
from fuzzer.campaign.confirm import result_of, run_once
from fuzzer.campaign.regress import judge
from fuzzer.model import Limits
from fuzzer.store.regression_tests import GateVerdict, Movement, RegressionTest
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
        pytest.param(date(2026, 11, 30), GateVerdict.ALLOW, Movement.FIXED, id="allowed"),
        pytest.param(date(2026, 12, 2), GateVerdict.BLOCK, Movement.STANDS, id="expired"),
    ],
)
def test_what_was_allowed_counts_again_once_its_entry_has_expired(
    tmp_path: Path, today: date, verdict: GateVerdict, movement: Movement
) -> None:
    program = fake_program(tmp_path, ECHO, sp1=ALWAYS_X, third=ECHO)
    result = result_of(case(b"yyy"), run_once(program.commands, case(b"yyy"), LIMITS))
    result = with_allowances(program, result, parse_allowed(ENTRY, name="allowed"), today)
    judged = judge(TEST, result, list(program.targets.values()))
    assert (judged.verdict, judged.movement) == (verdict, movement)
