"""A bundle as people read it, and what differs between two."""

from collections.abc import Mapping

import msgspec

from fuzzer.model import TargetInfo
from fuzzer.report.bundle import Bundle, changes, lines
from fuzzer.store.bundle import (
    BundleEvent,
    BundleIndex,
    BundleResult,
    ConfigSnapshot,
    FoundRun,
    Scorecard,
    Versions,
)

SP1 = TargetInfo(name="sp1", version="6.10.0")
VERDICTS = {"fib/fib_24.json": "sp1 agree"}


def bundle(
    *,
    verdicts: Mapping[str, str] = VERDICTS,
    targets: tuple[TargetInfo, ...] = (SP1,),
    seconds: float = 1.0,
    repeat: int = 1,
    killed: bool = False,
) -> Bundle:
    result = BundleResult(
        totals={"cases": 1, "agree": 1, "flaky": 0, "allowances": {}},
        findings=(FoundRun(signature="fib: native | sp1: hang", run_id="x"),),
    )
    index = BundleIndex(
        run_id="20261126_200000_fib",
        command=("run", "--core", "fib"),
        created_utc="2026-11-26T20:00:00Z",
        ended_utc="" if killed else "2026-11-26T20:00:01Z",
        seconds=seconds,
        status="Running" if killed else "Complete",
        exit_code=None if killed else 1,
        config_sha256="",
        versions=Versions(fuzz="0.1.0", python="3.11.7", git_sha="", git_dirty=True, targets=targets),
        files={},
        result=None if killed else result,
    )
    config = ConfigSnapshot(
        command=(), settings={}, request={"repeat": repeat}, cores=(), targets=targets, allowed=()
    )
    return Bundle(
        path="bundles/20261126_200000_fib",
        index=index,
        config=config,
        scorecard=None if killed else Scorecard(run_id="", metrics={"cases": 1, "seconds": seconds}),
        events=tuple(BundleEvent(type="flaky", at=0.1, case=f"fib/{number}") for number in range(25)),
        verdicts=verdicts,
    )


def test_a_screen_says_what_was_run_how_it_ended_and_what_was_found() -> None:
    shown = list(lines(bundle()))
    assert shown[0] == "20261126_200000_fib: Complete, exit code 1 · 1.0 s · 2026-11-26T20:00:00Z"
    assert "  fuzz run --core fib" in shown
    assert "  targets   sp1 6.10.0" in shown
    assert "  counts    1 cases, 1 agree" in shown
    assert "  finding   fib: native | sp1: hang · x/" in shown
    assert sum(line.startswith("  flaky") for line in shown) == 20
    assert shown[-1] == "  and 5 events more in events.jsonl"


def test_one_that_was_killed_says_that_it_may_have_been() -> None:
    assert "Running, or killed" in next(lines(bundle(killed=True)))


def test_the_same_again_differs_in_its_times_only() -> None:
    assert changes(bundle(), bundle()) == []
    (change,) = changes(bundle(), bundle(seconds=2.0))
    assert (change.section, change.name, change.first, change.second) == ("times", "seconds", "1", "2")


def test_each_kind_of_difference_is_named() -> None:
    newer = msgspec.structs.replace(SP1, version="6.11.0")
    other = bundle(
        verdicts={"fib/fib_24.json": "sp1 diverge", "fib/new": "sp1 agree"}, targets=(newer,), repeat=2
    )
    found = {
        (change.section, change.name): (change.first, change.second) for change in changes(bundle(), other)
    }
    assert found == {
        ("config", "request.repeat"): ("1", "2"),
        ("versions", "targets.sp1.version"): ("6.10.0", "6.11.0"),
        ("verdicts", "fib/fib_24.json"): ("sp1 agree", "sp1 diverge"),
        ("verdicts", "fib/new"): ("", "sp1 agree"),
    }
