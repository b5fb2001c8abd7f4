"""Gates from metrics, and the verdict from gates. Pure.

It fails closed: a required gate that is missing, false, or anything but a boolean blocks, and so does one
whose value is not what its metric says.
"""

import re
from collections.abc import Mapping, Sequence

from fuzzer.gate.measure import Measured
from fuzzer.gate.policy import BuiltIn, Policy, Threshold
from fuzzer.store.decision import GateCheck, RunMode
from fuzzer.store.status import Metric, finite_number
from fuzzer.store.tree import Tree

SAYS: Mapping[str, str] = {
    BuiltIn.EXTERNAL: "results of other tools were added, and all pass",
    BuiltIn.CLEAN_TREE: "the project is a git checkout without changes",
    BuiltIn.TARGETS: "every target that the policy names took part",
    BuiltIn.VERSIONS: "every target ran in the version that the policy pins",
    BuiltIn.NOT_PLANTED: "no fault was planted on purpose",
    BuiltIn.ENDED: "the campaign came to its end",
}
"""What the built-in gates ask for."""
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def derive_gates(
    policy: Policy, measured: Measured, metrics: Mapping[str, Metric], tree: Tree
) -> dict[str, bool]:
    """Every gate that can be decided; one whose metric was not measured is left out."""
    gates = {}
    for name, threshold in policy.gates.items():
        number = finite_number(metrics.get(threshold.metric))
        if number is not None:
            gates[name] = threshold.passes(number)
    gates[BuiltIn.CLEAN_TREE.value] = bool(_SHA.fullmatch(tree.sha)) and not tree.dirty
    gates[BuiltIn.TARGETS.value] = bool(policy.targets) and not absent(policy, measured)
    gates[BuiltIn.VERSIONS.value] = bool(measured.targets) and not unpinned(policy, measured)
    gates[BuiltIn.NOT_PLANTED.value] = not measured.planted
    gates[BuiltIn.ENDED.value] = measured.complete
    return gates


def absent(policy: Policy, measured: Measured) -> list[str]:
    """Targets that the policy names and that took no part, at least not in the version that it pins."""
    found = []
    for name in policy.targets:
        pinned = policy.versions.get(name, "")
        ran = [target for target in measured.targets if name in {target.name, target.name.partition("@")[0]}]
        if not any(not pinned or _is_version(target.version, pinned) for target in ran):
            found.append(f"{name} {pinned}".rstrip())
    return found


def unpinned(policy: Policy, measured: Measured) -> list[str]:
    """Targets that ran in a version that nothing pins, or in another one than that."""
    found = []
    for target in measured.targets:
        name, _, release = target.name.partition("@")
        pinned = release or policy.versions.get(name, "")
        if not pinned or not _is_version(target.version, pinned):
            found.append(f"{target.name} ran in {target.version}, pinned is {pinned or 'nothing'}")
    return found


def _is_version(version: str, pinned: str) -> bool:
    """Whether a target says that it is of a version; that of `native` is one of rustc."""
    return version in {pinned, f"rustc {pinned}"}


def check_gates(
    policy: Policy, mode: RunMode, gates: Mapping[str, object], metrics: Mapping[str, object]
) -> tuple[GateCheck, ...]:
    """Each gate that there is, or that is required, beside why it does not pass."""
    required = policy.required_in(mode)
    return tuple(
        _check(name, policy.gates.get(name), gates, metrics, required=name in required)
        for name in dict.fromkeys((*required, *policy.gates, *gates))
    )


def block_reasons(checks: Sequence[GateCheck], metrics: Mapping[str, object]) -> tuple[str, ...]:
    """Why this blocks; empty when it does not.

    A policy that requires nothing does not let through, and neither does having compared nothing.
    """
    reasons = [f"{check.gate}: {check.reason}" for check in checks if check.required and not check.passed]
    if not any(check.required for check in checks):
        reasons.append("no gate is required in this mode, so nothing says that it may go out")
    if not has_compared(metrics):
        reasons.append("nothing was compared, as far as the metric comparisons says")
    return tuple(reasons)


def has_compared(metrics: Mapping[str, object]) -> bool:
    """Whether a status says that anything was held against anything."""
    return (finite_number(metrics.get("comparisons")) or 0) > 0


def _check(
    name: str,
    threshold: Threshold | None,
    gates: Mapping[str, object],
    metrics: Mapping[str, object],
    *,
    required: bool,
) -> GateCheck:
    reason = _problem(name, threshold, gates, metrics)
    return GateCheck(
        gate=name,
        required=required,
        passed=not reason,
        says=threshold.says if threshold else SAYS.get(name, ""),
        reason=reason,
    )


def _problem(
    name: str, threshold: Threshold | None, gates: Mapping[str, object], metrics: Mapping[str, object]
) -> str:
    measured = _measured_text(threshold, metrics)
    if name not in gates:
        return f"missing: {measured}" if measured else "missing from the status"
    value = gates[name]
    if not isinstance(value, bool):
        return f"not a boolean: {value!r}"
    if not value:
        return measured or "false"
    if threshold is None:
        return ""
    number = finite_number(metrics.get(threshold.metric))
    # A status may have been edited, or made under another policy.
    holds = number is not None and threshold.passes(number)
    return "" if holds else f"true in the status, but {measured}"


def _measured_text(threshold: Threshold | None, metrics: Mapping[str, object]) -> str:
    if threshold is None:
        return ""
    if threshold.metric not in metrics:
        return f"{threshold.metric} was not measured"
    value = metrics[threshold.metric]
    if finite_number(value) is None:
        return f"{threshold.metric} is not a number: {value!r}"
    return f"{threshold.metric} is {value:,}, asked for is {threshold.says}"
