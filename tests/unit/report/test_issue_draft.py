"""A finding as an issue for others."""

from pathlib import Path

import pytest
from sample_results import FLIPPED, NOON, OK, recorded, result

from fuzzer.isa.opcodes import opcodes
from fuzzer.report.issue_draft import render_draft
from fuzzer.store.run_log import RunLog, build_log, decode_log
from fuzzer.triage.manual import rule_of

ROOT = Path(__file__).parents[3]
TROPHIES = sorted((ROOT / "inputs" / "trophies").glob("*/run_log.json"))


def log_of(*, planted: str = "") -> RunLog:
    return build_log(
        recorded(result(FLIPPED, OK), planted=planted), run_id="20261121_120000_fib", created=NOON
    )


def test_draft_of_a_core_says_what_it_was_held_against() -> None:
    text = render_draft(log_of())
    assert text.startswith("# sp1 6.10.0: output at commit 1 in the core fib\n")
    assert "sp1-portable 6.10.0 does the same as native" in text
    assert "built for the host with the same inputs" in text
    assert "fuzz repro 20261121_120000_fib" in text
    assert "sp1-zkvm 6.10.0 in the guest" in text


def test_draft_of_a_planted_finding_is_not_to_be_sent() -> None:
    assert "Do not send this" in render_draft(log_of(planted="flip-bit"))


@pytest.mark.parametrize("path", TROPHIES, ids=lambda path: path.parent.name)
def test_draft_of_a_program_holds_it_and_the_rule(path: Path) -> None:
    log = decode_log(path.read_bytes(), name="run_log.json")
    listing = (path.parent / "program.txt").read_text()
    text = render_draft(log, program=listing)
    assert listing.strip() in text
    assert not {"bug", "broken", "wrong", "fault of"} & set(text.lower().split())
    location = log.program.location if log.program else None
    if location and (rule := rule_of(location.mnemonic)):
        assert rule.section in text
        assert location.instruction in text
    assert all(run.target.version in text for run in log.targets)


def test_every_opcode_has_a_rule() -> None:
    assert [opcode.name for opcode in opcodes(64) if rule_of(opcode.name) is None] == []
