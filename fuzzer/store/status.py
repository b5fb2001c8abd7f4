"""`status.json`: what one run or campaign measured, and the gates that follow from it. Pure.

The form is the contract's: `metrics` say what was measured, `gates` what was decided. `external` holds the
results of other tools. Each gate is repeated at the top level for simple queries; `gates` is what counts.
"""

import math
from collections.abc import Mapping

import msgspec

from fuzzer.errors import StoreError
from fuzzer.model import SCHEMA_VERSION
from fuzzer.store.document import decode_document

STATUS_NAME = "status.json"
STATUS_BASELINE_NAME = "status_baseline.json"
"""The status as it was before results of other tools were added to it."""

STATUS_SCHEMA = "schemas/status/status_v1.schema.json"
_SCHEMA_ID = "status_v1"

Metric = bool | int | float | str
"""A count, a rate or a share; a word where it says where something comes from."""


EXTERNAL_GATE = "external_all_pass"
OWN_METRICS = frozenset(
    (
        *("run_mode", "git_sha", "git_dirty", "run_key", "gate_policy_path", "gate_policy_sha256"),
        *("cases", "agree", "diverge", "inconclusive", "inconclusive_share", "allowed", "flaky"),
        *("comparisons", "unique_signatures", "not_examined", "repeated", "rejected"),
        *("errors", "restarts", "timeouts", "seconds", "cases_per_second", "memory_mb", "disk_mb"),
        *("covered_bins", "coverage_share", "mutation_score"),
        *("regressions", "regressions_blocked", "regressions_returned", "regressions_unchecked"),
    )
)
"""What the harness measures; no other tool's result may pass for one of these."""
SHARES = frozenset(("inconclusive_share", "coverage_share", "mutation_score"))
"""Those of them that lie between 0 and 1."""
MS_PER_RUN = "_ms_per_run"
"""Behind the name of a target: how long one run of it took, in milliseconds."""


def baseline_name(name: str) -> str:
    """What the baseline of a status of this file name is called."""
    stem, dot, suffix = name.rpartition(".")
    return f"{stem}_baseline.{suffix}" if dot and stem else f"{name}_baseline"


class StatusMeta(msgspec.Struct, frozen=True, kw_only=True):
    """For people."""

    release_id: str
    """The campaign, or the first of the runs, that was measured."""
    model_version: str
    """The targets with their versions: `sp1 6.10.0, sp1-portable 6.10.0`."""
    notes: str = ""


class ExternalMetric(msgspec.Struct, frozen=True, kw_only=True):
    """What another tool measured."""

    name: str
    value: float
    threshold: float
    """The largest value that passes."""
    passed: bool = msgspec.field(name="pass")


class External(msgspec.Struct, frozen=True, kw_only=True):
    """What all other tools measured."""

    metrics: tuple[ExternalMetric, ...]
    all_pass: bool


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The document, without the mirrors of its gates."""

    version: str
    """`1.0.0-core`: of the contract, and the mode."""
    created_utc: str
    meta: StatusMeta
    metrics: Mapping[str, Metric]
    gates: Mapping[str, bool]
    external: External | msgspec.UnsetType = msgspec.UNSET
    schema_version: int = SCHEMA_VERSION


def encode_status(status: Status, *, over: bytes = b"{}") -> bytes:
    """The text of the document, with a mirror of each gate before the version of its form.

    What the document `over` has beside the fields of a status, and in its `meta`, is kept.
    """
    before = msgspec.json.decode(over, type=dict[str, object])
    fields = msgspec.to_builtins(status)
    schema_version = fields.pop("schema_version")
    mirrors = {name: value for name, value in status.gates.items() if name not in fields}
    document = {**before, **fields, **mirrors}
    if isinstance(meta := before.get("meta"), dict):
        document["meta"] = meta | fields["meta"]
    document.pop("schema_version", None)
    text = msgspec.json.encode({**document, "schema_version": schema_version})
    return msgspec.json.format(text, indent=2) + b"\n"


def decode_status(data: bytes, *, name: str) -> Status:
    """The status in a document whose gates are all booleans."""
    return decode_document(data, Status, name=name, what="a status")


class _Loose(msgspec.Struct, frozen=True):
    """A status of which nothing is taken for granted but that it is an object with these two in it."""

    metrics: Mapping[str, object] = {}
    gates: Mapping[str, object] = {}


def read_loosely(data: bytes, *, name: str) -> tuple[Mapping[str, object], Mapping[str, object]]:
    """Metrics and gates as they stand, whatever they hold: a gate that is no boolean must be seen as one."""
    found = decode_document(data, _Loose, name=name, what="a status")
    return found.metrics, found.gates


def contradictions(data: bytes, *, name: str) -> list[str]:
    """What a status says in two ways that do not go together."""
    status = decode_status(data, name=name)
    top = msgspec.json.decode(data, type=dict[str, object])
    found = [
        f"$.{gate} is {top[gate]!r} and $.gates.{gate} is {value!r}"
        for gate, value in status.gates.items()
        if gate in top and gate not in Status.__struct_fields__ and top[gate] is not value
    ]
    mode = status.version.partition("-")[2]
    if mode and status.metrics.get("run_mode", mode) != mode:
        found.append(f"$.version is {status.version} and $.metrics.run_mode {status.metrics['run_mode']!r}")
    dirty = status.metrics.get("git_dirty", False) is not False
    if status.gates.get("clean_tree_ok") and (dirty or not status.metrics.get("git_sha", True)):
        found.append("$.gates.clean_tree_ok is true, which $.metrics.git_sha and git_dirty do not say")
    if isinstance(status.external, External):
        found += _external_contradictions(status, status.external)
    elif status.gates.get(EXTERNAL_GATE):
        found.append(f"$.gates.{EXTERNAL_GATE} is true and there is no $.external")
    return found


def _external_contradictions(status: Status, external: External) -> list[str]:
    found = [
        f"$.external.metrics[{place}].pass is {metric.passed}: {metric.value:g} <= {metric.threshold:g} not"
        for place, metric in enumerate(external.metrics)
        if metric.passed != (metric.value <= metric.threshold)
    ]
    found += [
        f"$.metrics.{metric.name} is {status.metrics[metric.name]!r} and in $.external {metric.value:g}"
        for metric in external.metrics
        if status.metrics.get(metric.name, metric.value) != metric.value
    ]
    if external.all_pass != _all_pass(external.metrics):
        found.append(f"$.external.all_pass is {external.all_pass}, which its metrics do not say")
    if status.gates.get(EXTERNAL_GATE, external.all_pass) is not external.all_pass:
        found.append(f"$.gates.{EXTERNAL_GATE} is not $.external.all_pass, {external.all_pass}")
    return found


def _all_pass(metrics: tuple[ExternalMetric, ...]) -> bool:
    """Whether there are results, and each value lies within its threshold, whatever is said of it."""
    return bool(metrics) and all(metric.value <= metric.threshold for metric in metrics)


def finite_number(value: object) -> float | None:
    """A value as a number; a boolean is none, and neither is one that cannot be compared."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def with_external(status: Status, added: tuple[ExternalMetric, ...], *, name: str) -> Status:
    """The status with further results of other tools; one of the same name replaces the one before.

    Whether a result passes is decided here again: what a document says of it may have been edited.

    Raises:
        StoreError: one is called as something that the harness measured itself.
    """
    before = status.external.metrics if isinstance(status.external, External) else ()
    known = {metric.name: metric for metric in before}
    for metric in added:
        is_own = metric.name in OWN_METRICS or metric.name.endswith(MS_PER_RUN)
        is_own |= metric.name in status.gates or metric.name in Status.__struct_fields__
        if is_own or (metric.name in status.metrics and metric.name not in known):
            raise StoreError(
                f"{name}: `{metric.name}` is a metric or a gate of the harness's own",
                hint="give the other tool's result a name of its own, such as `TOOL_rate`",
            )
        known[metric.name] = metric
    metrics = tuple(
        msgspec.structs.replace(metric, passed=metric.value <= metric.threshold) for metric in known.values()
    )
    all_pass = _all_pass(metrics)
    return msgspec.structs.replace(
        status,
        metrics={**status.metrics, **{metric.name: metric.value for metric in metrics}},
        gates={**status.gates, EXTERNAL_GATE: all_pass},
        external=External(metrics=metrics, all_pass=all_pass),
    )


def without_external(status: Status) -> Status:
    """The status as it was before results of other tools were added to it."""
    external = status.external
    names = {metric.name for metric in external.metrics} if isinstance(external, External) else set()
    return msgspec.structs.replace(
        status,
        metrics={name: value for name, value in status.metrics.items() if name not in names},
        gates={name: value for name, value in status.gates.items() if name != EXTERNAL_GATE},
        external=msgspec.UNSET,
    )


def status_schema() -> bytes:
    """The text of `schemas/status/status_v1.schema.json`, which is normative."""
    (schema,), components = msgspec.json.schema_components((Status,), ref_template="#/$defs/{name}")
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": _SCHEMA_ID,
        **schema,
        "$defs": components,
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"
