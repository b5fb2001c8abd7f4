"""Samples of a campaign's progress, and a campaign that has gone on for a while, as tests need them."""

from typing import Any

from fuzzer.model import TargetInfo
from fuzzer.store.campaign import CampaignRecord, FoundRecord
from fuzzer.store.progress import PartProgress, Progress, TargetProgress

TARGETS = (
    TargetInfo(name="native", version="1.95.0"),
    TargetInfo(name="sp1", version="6.10.0", runner_sha256="b" * 64),
    TargetInfo(name="sp1-portable", version="6.10.0", runner_sha256="c" * 64),
)
FOUND = (
    FoundRecord(
        signature="ledger: native | sp1, sp1-portable: output at commit 3",
        run_id="20261121_031907_ledger",
        case="ledger/7/mutated/1204",
        instructions=0,
        programs=309,
        core="ledger",
        generator="mutated",
        symptom="output",
        at=247.0,
    ),
    FoundRecord(
        signature="riscv: rvref | sp1: lost-panic at mulh",
        run_id="20261121_033000_riscv",
        case="riscv-64/7/42",
        instructions=3,
        programs=2,
        symptom="lost-panic",
        at=900.0,
    ),
)


def progress(seconds: float, **changed: Any) -> Progress:  # noqa: ANN401 - any field of a sample
    """A sample after so many seconds of a campaign that does well; `changed` are fields."""
    cases = int(seconds * 1_600)
    fields: dict[str, Any] = {
        "seconds": float(seconds),
        "utc": "2026-11-21T03:15:00Z",
        "cases": cases,
        "compared": 2 * cases,
        "agree": cases,
        "inconclusive": 0,
        "timeouts": 0,
        "findings": 0,
        "repeated": 0,
        "flaky": 0,
        "restarts": 0,
        "memory_mb": 402.0,
        "disk_mb": 20.0 + seconds / 100,
        "disk_free_mb": 61_000.0,
        "parts": (
            PartProgress(
                name="ledger",
                cases=cases // 2,
                seconds=seconds / 2,
                corpus=12 + int(seconds / 40),
                covered=300 + int(seconds / 30),
                idle_s=seconds % 70,
            ),
            PartProgress(
                name="riscv",
                cases=cases // 2,
                seconds=seconds / 2,
                covered=9_565 + int(seconds / 20),
                bins=18_762,
                idle_s=seconds % 50,
            ),
        ),
        "targets": (
            TargetProgress(name="native", runs=cases, seconds=cases * 0.000_03),
            TargetProgress(name="sp1", runs=cases, seconds=cases * 0.000_36),
            TargetProgress(name="sp1-portable", runs=cases // 50, seconds=cases * 0.000_016),
        ),
    }
    return Progress(**{**fields, **changed})


def record(**changed: Any) -> CampaignRecord:  # noqa: ANN401 - any field of a record
    """The record of such a campaign; `changed` are fields."""
    fields: dict[str, Any] = {
        "campaign_id": "20261121_031500_mixed",
        "created_utc": "2026-11-21T03:15:00Z",
        "generator": "mutated,generated,riscv",
        "generators": ("mutated", "generated", "riscv"),
        "cores": ("fib", "ledger"),
        "xlen": 64,
        "seed": 7,
        "end": "Complete",
        "seconds": 1_200.0,
        "targets": TARGETS,
        "totals": {
            "cases": 1_920_000,
            "agree": 1_919_689,
            "findings": 2,
            "repeated": 309,
            "compared": 3_840_000,
        },
        "findings": FOUND,
        "workers": 2,
        "command": ("campaign", "--target", "sp1", "--target", "sp1-portable", "--seed", "7"),
    }
    return CampaignRecord(**{**fields, **changed})
