"""`status.json`: what one run or campaign measured, and the gates that follow from it. Pure.

The form is the contract's: `metrics` say what was measured, `gates` what was decided. `external` holds the
results of other tools. Each gate is repeated at the top level for simple queries; `gates` is what counts.
"""

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


def encode_status(status: Status) -> bytes:
    """The text of the document, with a mirror of each gate before the version of its form."""
    fields = msgspec.to_builtins(status)
    schema_version = fields.pop("schema_version")
    mirrors = {name: value for name, value in status.gates.items() if name not in fields}
    document = {**fields, **mirrors, "schema_version": schema_version}
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


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
    if isinstance(status.external, External):
        found += _external_contradictions(status, status.external)
    return found


def _external_contradictions(status: Status, external: External) -> list[str]:
    found = [
        f"$.external.metrics[{place}].pass is {metric.passed}: {metric.value:g} <= {metric.threshold:g} not"
        for place, metric in enumerate(external.metrics)
        if metric.passed != (metric.value <= metric.threshold)
    ]
    if external.all_pass != all(metric.passed for metric in external.metrics):
        found.append(f"$.external.all_pass is {external.all_pass}, which its metrics do not say")
    if status.gates.get("external_all_pass", external.all_pass) is not external.all_pass:
        found.append(f"$.gates.external_all_pass is not $.external.all_pass, {external.all_pass}")
    return found


def with_external(status: Status, added: tuple[ExternalMetric, ...], *, name: str) -> Status:
    """The status with further results of other tools; one of the same name replaces the one before.

    Raises:
        StoreError: one is called as something that the harness measured itself.
    """
    before = status.external.metrics if isinstance(status.external, External) else ()
    known = {metric.name: metric for metric in before}
    for metric in added:
        if metric.name in status.metrics and metric.name not in known:
            raise StoreError(
                f"{name}: `{metric.name}` is a metric of the harness's own",
                hint="give the other tool's result a name of its own, such as `TOOL_rate`",
            )
        known[metric.name] = metric
    metrics = tuple(known.values())
    all_pass = all(metric.passed for metric in metrics)
    return msgspec.structs.replace(
        status,
        metrics={**status.metrics, **{metric.name: metric.value for metric in metrics}},
        gates={**status.gates, "external_all_pass": all_pass},
        external=External(metrics=metrics, all_pass=all_pass),
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
