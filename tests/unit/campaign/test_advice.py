"""Advice to whoever watches a campaign."""

import msgspec
import pytest
from sample_progress import progress

from fuzzer.campaign.advice import advise
from fuzzer.store.progress import PartProgress, Progress, TargetProgress


def part(name: str, *, seconds: float, covered: int, idle_s: float = 0.0) -> PartProgress:
    return PartProgress(name=name, cases=100, seconds=seconds, corpus=2, covered=covered, idle_s=idle_s)


def advice(*samples: Progress) -> str:
    return advise(samples)


def test_a_campaign_that_does_well_gets_no_advice() -> None:
    assert advise([]) == ""
    assert advice(progress(100)) == ""
    assert advice(*(progress(seconds) for seconds in range(0, 900, 5))) == ""


@pytest.mark.parametrize(
    ("free", "used", "said"),
    [
        (50_000.0, 5.0, ""),
        (900.0, 0.0, "900 MB of disk are left: make room for artifacts"),
        (50_000.0, 10_000.0, "50,000 MB of disk are left, at this rate for 25 min: make room"),
        (None, 10_000.0, ""),
    ],
)
def test_a_disk_that_fills_is_named_while_there_is_time(free: float | None, used: float, said: str) -> None:
    before, now = progress(100, disk_mb=10.0), progress(400, disk_mb=10.0 + used, disk_free_mb=free)
    assert advice(before, now).startswith(said)
    assert bool(advice(before, now)) == bool(said)


def test_an_inconclusive_share_is_told_with_its_reason() -> None:
    before = progress(100, cases=1_000, inconclusive=900)
    now = progress(200, cases=2_000, inconclusive=1_120, inconclusive_why="the memory limit was reached")
    assert advice(before, now) == "22 % of the cases are inconclusive, mostly: the memory limit was reached"
    assert advice(before, progress(200, cases=2_000, inconclusive=940)) == ""


def test_runners_that_die_again_and_again_are_told() -> None:
    said = advice(progress(60, restarts=1), progress(180, restarts=13))
    assert said == "runners died 12 times in 2 min: `fuzz doctor` looks at each target"


def test_a_target_that_eats_the_time_is_told() -> None:
    def targets(portable_s: float) -> tuple[TargetProgress, ...]:
        return (
            TargetProgress(name="native", runs=1_000, seconds=0.1),
            TargetProgress(name="sp1", runs=1_000, seconds=0.5),
            TargetProgress(name="sp1-portable", runs=1_000, seconds=portable_s),
        )

    start = progress(30, targets=())
    said = advice(start, progress(60, targets=targets(9.4)))
    assert said == "sp1-portable takes 94 % of the time, 19x as long for a run as the others"
    assert advice(start, progress(60, targets=targets(0.6))) == ""
    assert advice(start, progress(60, targets=(targets(9.4)[0], targets(9.4)[2]))) == "", "no other executor"


def test_only_the_latest_samples_count() -> None:
    long_ago = progress(0, cases=0, inconclusive=0)
    bad = progress(500, cases=1_000, inconclusive=1_000)
    well = progress(2_000, cases=9_000, inconclusive=1_000)
    assert advice(long_ago, bad) != ""
    assert advice(long_ago, bad, progress(1_500, cases=5_000, inconclusive=1_000), well) == ""


def test_a_stall_is_told_when_no_part_shows_anything_new() -> None:
    quiet = part("fib", seconds=800, covered=9, idle_s=700)
    said = advice(progress(2_000, parts=(quiet, part("ledger", seconds=900, covered=8, idle_s=3_000))))
    assert said.startswith("nothing new for 12 min of each part's own time")
    assert advice(progress(2_000, parts=(quiet, part("ledger", seconds=900, covered=8)))) == ""


def test_a_part_that_earns_more_is_told() -> None:
    def two(rich: int, poor: int, seconds: float) -> Progress:
        both = (part("ledger", seconds=seconds, covered=rich), part("fib", seconds=seconds, covered=poor))
        return progress(2 * seconds, parts=both)

    start = two(0, 0, 50)
    assert (
        advice(start, two(96, 8, 100)) == "`ledger` earns 12x as much new behaviour per second as `fib` now"
    )
    assert advice(start, two(96, 0, 100)).startswith(
        "`ledger` shows new behaviour still; `fib` has shown none"
    )
    assert advice(start, two(7, 0, 100)) == "", "too little to tell"
    assert advice(start, two(96, 40, 100)) == ""


def test_too_early_only_the_disk_speaks() -> None:
    early = progress(5, cases=10, inconclusive=9, disk_free_mb=50.0)
    assert advice(early).startswith("50 MB of disk")
    assert advice(msgspec.structs.replace(early, disk_free_mb=None)) == ""
