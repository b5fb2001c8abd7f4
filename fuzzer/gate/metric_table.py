"""Metrics beside those of a baseline, with signed differences, as texts. Pure."""

from collections.abc import Mapping, Sequence

import msgspec

from fuzzer.gate.policy import Policy
from fuzzer.store.decision import GateCheck
from fuzzer.store.status import Metric

PROVENANCE = ("run_mode", "git_sha", "git_dirty", "run_key", "gate_policy_path", "gate_policy_sha256")
"""Metrics that say where a status comes from; there is nothing to compare in them."""
NONE = "-"


class MetricRow(msgspec.Struct, frozen=True, kw_only=True):
    """One metric, in words."""

    name: str
    before: str
    now: str
    difference: str
    """With its sign; `-` where there is nothing to take from each other."""
    gates: tuple[str, ...]
    """The gates that are decided on it; where some fail, only those."""
    word: str
    """`pass` or `fail` where a gate is decided on it, else empty."""


def metric_rows(
    now: Mapping[str, Metric], before: Mapping[str, Metric], policy: Policy, checks: Sequence[GateCheck]
) -> list[MetricRow]:
    """A row for each metric of either side, in the order of `now`, what comes from nowhere last."""
    passed = {check.gate: check.passed for check in checks}
    rows = []
    for name in dict.fromkeys((*now, *before)):
        if name in PROVENANCE:
            continue
        gates = tuple(gate for gate, threshold in policy.gates.items() if threshold.metric == name)
        failed = tuple(gate for gate in gates if not passed.get(gate, False))
        rows.append(
            MetricRow(
                name=name,
                before=text_of(before.get(name)),
                now=text_of(now.get(name)),
                difference=difference(before.get(name), now.get(name)),
                gates=failed or gates,
                word="fail" if failed else "pass" if gates else "",
            )
        )
    return rows


def difference(before: Metric | None, now: Metric | None) -> str:
    """What was added to `before`, with its sign, and in percent of it where that can be said."""
    if isinstance(before, bool | str | None) or isinstance(now, bool | str | None):
        return NONE
    old, new = float(before), float(now)
    if old == new:
        return "±0"
    sign = "+" if new > old else "-"
    whole = isinstance(before, int) and isinstance(now, int)
    size = abs(new - old)
    amount = f"{size:,.0f}" if whole else f"{size:,.4g}"
    share = f" ({sign}{100 * size / abs(old):,.1f} %)" if old else ""
    return f"{sign}{amount}{share}"


def text_of(value: Metric | None) -> str:
    """A metric as people read it."""
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.6g}" if isinstance(value, float) else value
