"""Which results of regression tests say something about what is judged. Pure.

A result that lets through counts only for what it was made for and with: the same campaign or run, the same
targets in the same versions, from the same runners, with the same faults planted. One that blocks counts
always.
"""

from collections.abc import Mapping, Sequence

import msgspec

from fuzzer.gate.measure import Measured
from fuzzer.model import NATIVE, TargetInfo
from fuzzer.store.regression_tests import (
    GateVerdict,
    Movement,
    RegressionResult,
    RegressionResults,
    RegressionTests,
)
from fuzzer.store.status import Metric


class Regressions(msgspec.Struct, frozen=True, kw_only=True):
    """How the regression tests stand."""

    tests: int
    results: tuple[RegressionResult, ...]
    """Of the tests that there are, those that count."""
    unchecked: Mapping[str, str]
    """Tests that have no such result, and why, by their ids."""

    @property
    def metrics(self) -> dict[str, Metric]:
        """The counts, for a status."""
        return {
            "regressions": self.tests,
            "regressions_blocked": sum(entry.verdict is GateVerdict.BLOCK for entry in self.results),
            "regressions_returned": sum(entry.movement is Movement.RETURNED for entry in self.results),
            "regressions_unchecked": len(self.unchecked),
        }


def stand_of(
    tests: RegressionTests,
    results: RegressionResults | None,
    measured: Measured,
    versions: Mapping[str, str],
) -> Regressions:
    """The tests beside what their last run said, as far as that is about the targets that were measured.

    `versions` are those that a policy pins; they stand for targets that took no part.
    """
    known = dict.fromkeys(test.test_id for test in tests.tests)
    unchecked = dict.fromkeys(known, "it was not run")
    counted = []
    for result in results.results if results else ():
        if result.test_id not in known:
            continue
        problem = "" if result.verdict is GateVerdict.BLOCK else _mismatch(result, measured, versions)
        if problem:
            unchecked[result.test_id] = problem
        else:
            unchecked.pop(result.test_id, None)
            counted.append(result)
    return Regressions(tests=len(known), results=tuple(counted), unchecked=unchecked)


def _mismatch(result: RegressionResult, measured: Measured, versions: Mapping[str, str]) -> str:
    """Why a result that lets through says nothing of what was measured; empty if it does."""
    if result.subject != measured.subject:
        return f"it was run for {result.subject or 'no campaign'}, and what is judged is {measured.subject}"
    if len(result.ran_on) < 2:  # noqa: PLR2004 - the reference and another one
        return "its result does not say what it ran on"
    problems = (_target_mismatch(target, measured.targets, versions) for target in result.ran_on)
    return next(filter(None, problems), "")


def _target_mismatch(ran: TargetInfo, targets: Sequence[TargetInfo], versions: Mapping[str, str]) -> str:
    base = ran.name.partition("@")[0]
    others = [target for target in targets if target.name.partition("@")[0] == base]
    if not others:
        pinned = versions.get(base, "")
        if ran.planted or ran.version not in {pinned, f"rustc {pinned}"}:
            return f"it ran on {_text(ran)}, which took no part and is not what the policy pins"
        return ""
    if any(_is_same(ran, other) for other in others):
        return ""
    there = ", ".join(map(_text, others))
    if any((ran.version, ran.planted) == (other.version, other.planted) for other in others):
        return f"it ran on another build of {_text(ran)} than what is judged"
    return f"it ran on {_text(ran)}, and what is judged on {there}"


def _is_same(ran: TargetInfo, other: TargetInfo) -> bool:
    # The native runner is the core itself, another one for each.
    same_runner = ran.name == NATIVE or ran.runner_sha256 == other.runner_sha256
    return same_runner and (ran.version, ran.planted) == (other.version, other.planted)


def _text(target: TargetInfo) -> str:
    fault = f" with the fault {target.planted}" if target.planted else ""
    return f"{target.name} {target.version}{fault}"
