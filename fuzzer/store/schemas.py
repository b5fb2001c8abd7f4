"""The registry of documents: which file holds which, and where the schema of each lies. Pure.

Everything else that is said of documents is made from it: the files under `schemas/`, the tables of
`docs/artifacts.md` and what `fuzz validate` checks.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Any

import msgspec

from fuzzer.coverage.document import CoverageDocument
from fuzzer.store.bundle import (
    BundleEvent,
    BundleIndex,
    ConfigSnapshot,
    EvidenceManifest,
    Scorecard,
    ToolCalls,
)
from fuzzer.store.campaign import CampaignRecord
from fuzzer.store.corpus import CorpusIndex
from fuzzer.store.decision import GateDecision, GateResult
from fuzzer.store.incident import IncidentReplay
from fuzzer.store.progress import Progress
from fuzzer.store.quality_ledger import LedgerEntry
from fuzzer.store.regression_tests import RegressionResults, RegressionTests
from fuzzer.store.run_log import RunLog, TargetRun
from fuzzer.store.status import STATUS_SCHEMA, Status, status_schema
from fuzzer.store.stress_failures import StressFailures
from fuzzer.store.upgrade import (
    CASE_VERSION,
    CORPUS_VERSION,
    EVALUATION_VERSION,
    FAILURE_META_VERSION,
    MANIFEST_VERSION,
    RUN_VERSION,
    AssetManifest,
    Corpus,
    Evaluation,
    FailureMeta,
    UpgradeCaseRecord,
    UpgradeRun,
)
from fuzzer.triage.allowed import AllowedDocument
from fuzzer.triage.marks import TriageDocument

SCHEMAS = "schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
RUN_ID = r"\d{8}_\d{6}_[\w.-]+"


class Form(StrEnum):
    """How a file holds its document."""

    JSON = "JSON"
    LINES = "JSON lines"
    """One document in each line."""
    TOML = "TOML"


class DocumentKind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of document."""

    name: str
    """What people read: `run log`."""
    file: str
    """Where it lies, for people."""
    pattern: str
    """A regular expression of the end of its path, from the beginning of a name on."""
    type: type[msgspec.Struct]
    schema: str
    """Path of its schema in the checkout."""
    form: Form = Form.JSON
    version: str = ""
    """The word in `schema_version` by which it is known under any name; empty where that is a number."""


def _kind(
    name: str,
    file: str,
    type_: type[msgspec.Struct],
    schema: str,
    *,
    pattern: str = "",
    form: Form = Form.JSON,
    version: str = "",
) -> DocumentKind:
    return DocumentKind(
        name=name,
        file=file,
        pattern=pattern or re.escape(file.rsplit("/", 1)[-1]),
        type=type_,
        schema=f"{SCHEMAS}/{schema}_v1.schema.json",
        form=form,
        version=version,
    )


_BUNDLE = rf"(?:bundles|campaigns)/{RUN_ID}/"
_SIDE = rf"runs/(?:baseline|new)/{RUN_ID}/"

KINDS = (
    _kind(
        "run log",
        "<run_id>.json, <run_id>/run_log.json",
        RunLog,
        "run/run_log",
        pattern=rf"(?:run_log|{RUN_ID})\.json",
    ),
    _kind(
        "outcome of a finding",
        "<run_id>/outcomes/<target>.json",
        TargetRun,
        "run/outcome",
        pattern=r"outcomes/[^/]+\.json",
    ),
    _kind(
        "kept corpus",
        "corpus/<core>/index.json",
        CorpusIndex,
        "campaign/corpus",
        pattern=r"corpus/[^/]+/index\.json",
    ),
    _kind("campaign", "campaigns/<campaign_id>/campaign.json", CampaignRecord, "campaign/campaign"),
    _kind(
        "sample of a campaign",
        "campaigns/<campaign_id>/progress.jsonl",
        Progress,
        "campaign/progress",
        form=Form.LINES,
    ),
    _kind(
        "bundle",
        "bundles/<run_id>/run.json, campaigns/<campaign_id>/run.json",
        BundleIndex,
        "bundle/run",
        pattern=rf"{_BUNDLE}run\.json",
    ),
    _kind(
        "configuration of a bundle",
        "<bundle>/config.snapshot.json",
        ConfigSnapshot,
        "bundle/config_snapshot",
        pattern=r"config\.snapshot\.json",
    ),
    _kind("event of a bundle", "<bundle>/events.jsonl", BundleEvent, "bundle/events", form=Form.LINES),
    _kind("evidence of a bundle", "<bundle>/evidence.json", EvidenceManifest, "bundle/evidence"),
    _kind("tool calls of a bundle", "<bundle>/tool_calls.json", ToolCalls, "bundle/tool_calls"),
    _kind(
        "scorecard of a bundle",
        "<bundle>/eval/scorecard.json",
        Scorecard,
        "bundle/scorecard",
        pattern=r"eval/scorecard\.json",
    ),
    _kind("coverage", "campaigns/<campaign_id>/coverage.json", CoverageDocument, "campaign/coverage"),
    DocumentKind(
        name="status",
        file="campaigns/<campaign_id>/status.json",
        pattern=r"status(?:_baseline)?\.json",
        type=Status,
        schema=STATUS_SCHEMA,
    ),
    _kind(
        "gate result",
        "campaigns/<campaign_id>/eval/gate.json",
        GateResult,
        "gate/gate",
        pattern=r"eval/gate\.json",
    ),
    _kind(
        "gate decision",
        "campaigns/<campaign_id>/gate_decision.json",
        GateDecision,
        "gate/gate_decision",
        pattern=r"gate_decision(?:\.[0-9a-f]{8})?\.json",
    ),
    _kind("quality ledger", "quality_ledger.jsonl", LedgerEntry, "gate/quality_ledger", form=Form.LINES),
    _kind(
        "stress failures",
        "campaigns/<campaign_id>/stress_failures.json",
        StressFailures,
        "loop/stress_failures",
    ),
    _kind("regression tests", "regression_tests.json", RegressionTests, "loop/regression_tests"),
    _kind("regression results", "regression_results.json", RegressionResults, "loop/regression_results"),
    _kind("incident replay", "<run_id>/incident_replay.json", IncidentReplay, "loop/incident_replay"),
    _kind(
        "upgrade run",
        "runs/<side>/<run_id>/run.json",
        UpgradeRun,
        "upgrade/run",
        pattern=rf"{_SIDE}run\.json",
        version=RUN_VERSION,
    ),
    _kind(
        "upgrade manifest",
        "runs/<side>/<run_id>/assets/manifest.json",
        AssetManifest,
        "upgrade/manifest",
        pattern=r"assets/manifest\.json",
        version=MANIFEST_VERSION,
    ),
    _kind(
        "upgrade corpus",
        "runs/<side>/<run_id>/assets/corpus.json",
        Corpus,
        "upgrade/corpus",
        pattern=r"assets/corpus\.json",
        version=CORPUS_VERSION,
    ),
    _kind(
        "upgrade failure",
        "runs/<side>/<run_id>/assets/<case_id>.body.meta.json",
        FailureMeta,
        "upgrade/failure_meta",
        pattern=r"assets/[^/]+\.body\.meta\.json",
        version=FAILURE_META_VERSION,
    ),
    _kind(
        "upgrade evaluation",
        "runs/<side>/<run_id>/evaluation.json",
        Evaluation,
        "upgrade/evaluation",
        pattern=rf"{_SIDE}evaluation\.json",
        version=EVALUATION_VERSION,
    ),
    # After the others of its folder, since a case may have any name.
    _kind(
        "upgrade case",
        "runs/<side>/<run_id>/<case_id>.json",
        UpgradeCaseRecord,
        "upgrade/case",
        pattern=rf"{_SIDE}[^/]+\.json",
        version=CASE_VERSION,
    ),
    _kind("triage state", "inputs/triage.toml", TriageDocument, "triage/triage", form=Form.TOML),
    _kind(
        "allowed divergences",
        "inputs/allowed_divergences.toml",
        AllowedDocument,
        "triage/allowed_divergences",
        form=Form.TOML,
    ),
)
"""Every kind; the first one whose pattern fits a path is meant."""


@cache
def _matcher() -> re.Pattern[str]:
    return re.compile("(?:^|/)(?:" + "|".join(f"({kind.pattern})" for kind in KINDS) + ")$")


def kind_of(path: str) -> DocumentKind | None:
    """The kind of the document at a path with `/`, however much of it is given; None where it is none."""
    # What begins first fits the most of the path: a case of an upgrade may be called as a run log is.
    found = _matcher().search(path)
    return KINDS[found.lastindex - 1] if found and found.lastindex else None


def kind_of_version(version: object) -> DocumentKind | None:
    """The kind that a word in `schema_version` names; None where it names none."""
    return next((kind for kind in KINDS if kind.version and kind.version == version), None)


def schema_text(kind: DocumentKind) -> bytes:
    """The text of its schema, by JSON Schema 2020-12."""
    if kind.schema == STATUS_SCHEMA:
        return status_schema()
    schema, components = _schema(kind.type)
    title = kind.schema.rsplit("/", 1)[-1].removesuffix(".schema.json")
    document = {"$schema": DIALECT, "title": title, **schema, "$defs": components}
    return msgspec.json.format(msgspec.json.encode(document, order="sorted"), indent=2) + b"\n"


def fields_schema(type_: type[msgspec.Struct]) -> Mapping[str, Mapping[str, object]]:
    """The schema of each field of a part of a document, by its name there."""
    schema, components = _schema(type_)
    properties = components[str(schema["$ref"]).rpartition("/")[2]]["properties"]
    return msgspec.convert(properties, dict[str, dict[str, object]])


def _schema(type_: type[msgspec.Struct]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The schema of a type, which refers to that of its parts."""
    (schema,), components = msgspec.json.schema_components(
        (type_,), schema_hook=_anything, ref_template="#/$defs/{name}"
    )
    return schema, components


def _anything(type_: type) -> dict[str, object]:
    """The schema of what may hold anything."""
    if type_ is object:
        return {"description": "Any value."}
    raise NotImplementedError(type_)
