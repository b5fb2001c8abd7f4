"""What documents say of other files: where they are, how long, with which hash. Pure."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

import msgspec

from fuzzer.store.bundle import BundleIndex, EvidenceManifest
from fuzzer.store.campaign import CAMPAIGNS, CampaignRecord
from fuzzer.store.corpus import CorpusIndex
from fuzzer.store.decision import GATE_REPORT_NAME, GateDecision, GateResult
from fuzzer.store.finding import INPUT_NAME, PROGRAM_NAME, REPRO_NAME, RUN_LOG_NAME
from fuzzer.store.incident import IncidentReplay
from fuzzer.store.regression_tests import RegressionTests
from fuzzer.store.run_log import RunLog
from fuzzer.store.snapshot import SNAPSHOT_NAME
from fuzzer.store.stress_failures import StressFailures
from fuzzer.store.upgrade import (
    MANIFEST_PATH,
    AssetManifest,
    Corpus,
    Evaluation,
    FailureMeta,
    UpgradeCaseRecord,
    UpgradeRun,
)

_HASHED_NAME = re.compile(r"gate_decision\.([0-9a-f]{8})\.json")
_HREFS = {"asset_href": "sha256", "payload_asset_href": "payload_asset_sha256", "input_href": "input_sha256"}
"""Keys in the open parts of a case, and the keys of their hashes beside them."""


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """A file that must be there."""

    where: str
    """The place in the document that says so: `$.items[0].href`."""
    path: str
    """As the document has it."""
    up: int = 0
    """How many folders above that of the document the path begins."""
    sha256: str | None = None
    """None when nothing is said of it."""
    size: int | None = None


def references(document: object, path: PurePosixPath, data: bytes) -> Iterator[Reference]:
    """The files that a document at this path speaks of; `data` are its own bytes."""
    match document:
        case RunLog():
            yield from _of_run_log(document, path, data)
        case CampaignRecord() if path.parent.parent.name == CAMPAIGNS:
            yield from _findings("$.findings[{}].run_id", [found.run_id for found in document.findings], up=2)
        case StressFailures():
            up = 2 if path.parent.parent.name == CAMPAIGNS else 1
            yield from _findings("$.failures[{}].run_id", [one.run_id for one in document.failures], up=up)
        case RegressionTests():
            yield from _findings("$.tests[{}].folder", [test.folder for test in document.tests])
        case IncidentReplay():
            yield Reference(where="$.run_id", path=RUN_LOG_NAME)
        case BundleIndex():
            yield from _of_bundle(document)
        case EvidenceManifest() | CorpusIndex():
            yield from _listed(document)
        case GateResult() | GateDecision():
            yield from _of_gate(document, path)
        case _:
            yield from _of_upgrade(document, path)


def own_hash(path: PurePosixPath) -> str:
    """The first digits of its own SHA-256 that a file has in its name; empty for most."""
    match = _HASHED_NAME.fullmatch(path.name)
    return match.group(1) if match else ""


def _findings(where: str, folders: Sequence[str], *, up: int = 0) -> Iterator[Reference]:
    for place, folder in enumerate(folders):
        yield Reference(where=where.format(place), path=f"{folder}/{RUN_LOG_NAME}", up=up)


def _of_run_log(log: RunLog, path: PurePosixPath, data: bytes) -> Iterator[Reference]:
    if path.name != RUN_LOG_NAME:
        if not log.diff.equal:
            own = hashlib.sha256(data).hexdigest()
            yield Reference(where="$.diff.equal", path=f"{log.run_id}/{RUN_LOG_NAME}", sha256=own)
        return
    for name in (INPUT_NAME, REPRO_NAME, "README.md"):
        yield Reference(where="$", path=name)
    if log.program:
        elf = log.core.guest_elf_sha256
        yield Reference(where="$.core.guest_elf_sha256", path=PROGRAM_NAME, sha256=elf)
    else:  # its sources, without which it cannot be built again
        yield Reference(where="$.core", path=SNAPSHOT_NAME)
    for place, run in enumerate(log.targets):
        base, committed = f"outcomes/{run.target.name}", run.outcome.committed
        yield Reference(where=f"$.targets[{place}]", path=f"{base}.json")
        yield Reference(
            where=f"$.targets[{place}].outcome.committed",
            path=f"{base}.commits",
            sha256=committed.sha256,
            size=committed.bytes,
        )


def _of_bundle(index: BundleIndex) -> Iterator[Reference]:
    for name, path in index.files.items():
        digest = index.config_sha256 if name == "config" else None
        yield Reference(where=f"$.files.{name}", path=path, sha256=digest)
    found = index.result.findings if index.result else ()
    yield from _findings("$.result.findings[{}].run_id", [one.run_id for one in found], up=2)


def _listed(document: EvidenceManifest | CorpusIndex) -> Iterator[Reference]:
    if isinstance(document, CorpusIndex):
        for place, kept in enumerate(document.inputs):
            digest = kept.file.partition(".")[0]
            yield Reference(where=f"$.inputs[{place}].file", path=kept.file, sha256=digest)
        return
    for place, file in enumerate(document.files):
        yield Reference(where=f"$.files[{place}]", path=file.path, sha256=file.sha256, size=file.bytes)


def _of_gate(document: GateResult | GateDecision, path: PurePosixPath) -> Iterator[Reference]:
    if isinstance(document, GateResult):
        yield Reference(where="$.report_sha256", path=GATE_REPORT_NAME, up=1, sha256=document.report_sha256)
    # An older decision tells of a report that another has replaced since.
    elif not _HASHED_NAME.fullmatch(path.name):
        yield Reference(where="$.report", path=document.report, sha256=document.report_sha256)


def _of_upgrade(document: object, path: PurePosixPath) -> Iterator[Reference]:
    match document:
        case AssetManifest():
            for place, item in enumerate(document.items):
                yield Reference(
                    where=f"$.items[{place}].href",
                    path=item.href,
                    up=1,
                    sha256=item.sha256,
                    size=item.size_bytes,
                )
        case Corpus():
            for place, case in enumerate(document.cases):
                yield Reference(where=f"$.cases[{place}].href", path=case.href, up=1, sha256=case.sha256)
        case FailureMeta():
            body = f"{path.name.removesuffix('.meta.json')}.bin"
            yield Reference(where="$.sha256", path=body, sha256=document.sha256, size=document.bytes_written)
        case UpgradeRun():
            yield Reference(where="$.cases_path", path=document.cases_path)
            yield Reference(where="$", path=MANIFEST_PATH)
        case Evaluation():
            for place, judged in enumerate(document.cases):
                yield Reference(where=f"$.cases[{place}].artifact", path=judged.artifact)
        case UpgradeCaseRecord():
            yield from _of_case(document)
        case _:
            return


def _of_case(record: UpgradeCaseRecord) -> Iterator[Reference]:
    if record.runner_failure:
        for name in ("full_body_saved_to", "full_body_meta_saved_to"):
            if saved := getattr(record.runner_failure, name):
                yield Reference(where=f"$.runner_failure.{name}", path=saved)
    if record.events:
        yield from _hrefs(record.events, "$.events")
    if record.final_output:
        yield from _hrefs(record.final_output.content, "$.final_output.content")


def _text_of(digest: object) -> str | None:
    return None if digest is None else str(digest)


def _hrefs(value: object, where: str) -> Iterator[Reference]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in _HREFS and isinstance(inner, str):
                yield Reference(where=f"{where}.{key}", path=inner, sha256=_text_of(value.get(_HREFS[key])))
            elif isinstance(inner, dict):
                yield from _hrefs(inner, f"{where}.{key}")
    elif isinstance(value, tuple):
        for place, inner in enumerate(value):
            yield from _hrefs(inner, f"{where}[{place}]")
