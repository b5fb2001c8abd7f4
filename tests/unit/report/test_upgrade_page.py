"""The page of two versions side by side."""

import msgspec
import pytest
from html_page import check_alone, check_readable

from fuzzer.model import TargetInfo
from fuzzer.report.upgrade_page import render_upgrade
from fuzzer.store.upgrade import (
    CaseEvaluation,
    Evaluation,
    SideSummary,
    StreamDifference,
    VersionSummary,
)
from fuzzer.triage.upgrade import CaseChange, Change, ErrorClass, Thresholds, decide, speed_of

THRESHOLDS = Thresholds(cycles_percent=5)


def side(**changes: object) -> SideSummary:
    usual = SideSummary(
        status="ok",
        verdict="agree",
        reason="",
        error_class=None,
        output_hash="0123456789abcdef",
        committed_bytes=4,
        cycles=1000,
        elapsed_ms=0.5,
    )
    return msgspec.structs.replace(usual, **changes)


def evaluation(change: Change, *, cycles: float = 0.0, planted: str = "") -> Evaluation:
    told = CaseChange(
        case_id="fib.<b>", change=change, why="new <i>differs", cycles_percent=cycles, dearer=cycles > 5
    )
    speed = speed_of([(1_000_000, 2_000_000)], THRESHOLDS)
    return Evaluation(
        run_id="20261121_120000_upgrade",
        generated_at="2026-11-21T12:00:00.000Z",
        references=(TargetInfo(name="native", version="1.95.0"),),
        baseline=VersionSummary(
            base_url="sp1@6.2.0/jit", target=TargetInfo(name="sp1", version="6.2.0"), failures={}
        ),
        new=VersionSummary(
            base_url="sp1@6.10.0/jit",
            target=TargetInfo(name="sp1", version="6.10.0", planted=planted),
            failures={"timeout": 1},
        ),
        thresholds=THRESHOLDS,
        decision=decide([told], 1, speed, THRESHOLDS),
        speed=speed,
        cases=(
            CaseEvaluation(
                change=told,
                baseline=side(),
                new=side(error_class=ErrorClass.TIMEOUT, cycles=1100),
                stream_difference=StreamDifference(commit=2, byte=3, baseline="2a", new="2b"),
                artifact="fib.json",
            ),
        ),
    )


@pytest.mark.parametrize("change", list(Change))
def test_page_needs_nothing_and_can_be_read(change: Change) -> None:
    page = render_upgrade(evaluation(change, cycles=10.0, planted="flip-bit"))
    check_alone(page)
    check_readable(page)
    assert "<b>" not in page
    assert "flip-bit" in page


def test_decision_is_what_the_page_says() -> None:
    assert "Nothing changed for the worse" in render_upgrade(evaluation(Change.PROGRESSION))
    blocked = render_upgrade(evaluation(Change.REGRESSION))
    assert "Blocked." in blocked
    assert "regressions: 1" in blocked
    assert "commit 2, byte 3" in blocked
    assert "beyond the threshold" in render_upgrade(evaluation(Change.UNCHANGED, cycles=10.0))
