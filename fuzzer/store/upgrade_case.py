"""The files of one case on one version: its document, and in `assets/` what is too large for it. Pure."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec
from msgspec import UNSET

from fuzzer.model import CaseResult, Outcome
from fuzzer.store.artifact_store import ArtifactFile
from fuzzer.store.upgrade import (
    AssetItem,
    AttemptRecord,
    FailureMeta,
    FinalOutput,
    RunnerFailureRecord,
    Side,
    UpgradeCaseRecord,
    UpgradeLimits,
    encode_upgrade,
)
from fuzzer.triage.upgrade import ErrorClass, error_class_of

_ABSOLUTE = re.compile(r"(?<![\w.:/-])/(?:[\w.+@~-]+/)+")
"""Folders from the root of a file system on, as panic messages name them."""
_HASH_DIGITS = 16


class AttemptMade(msgspec.Struct, frozen=True, kw_only=True):
    """One try of a case, whatever came of it."""

    started: datetime
    latency_ms: float
    timeout_ms: int
    outcome: Outcome


class CaseRun(msgspec.Struct, frozen=True, kw_only=True):
    """A case on one version."""

    case_id: str
    side: Side
    url: str
    """Identifier of the target."""
    reference_url: str
    input_href: str
    input_sha256: str
    result: CaseResult
    """With this version's target alone beside the reference."""
    reference_started: datetime
    attempts: tuple[AttemptMade, ...]
    """At least one; the last one is what counts."""


class _Assets:
    """What goes to `assets/` for one case."""

    def __init__(self, run: CaseRun, as_kept: Callable[[ArtifactFile], ArtifactFile]) -> None:
        self._run = run
        self._as_kept = as_kept
        self.files: list[ArtifactFile] = []
        self.items: list[AssetItem] = []

    def add(self, name: str, data: bytes, kind: str) -> str:
        """Keep a file, and give its path relative to the folder of the case's document."""
        href = f"assets/{name}"
        file = self._as_kept(ArtifactFile(href, data, exact=kind == "full_payload"))
        data = file.data
        self.files.append(file)
        item = {
            "asset_id": name,
            "href": href,
            "kind": kind,
            "case_id": self._run.case_id,
            "side": self._run.side,
            "size_bytes": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
        }
        self.items.append(msgspec.convert(item, AssetItem))
        return href


def case_files(
    run: CaseRun,
    limits: UpgradeLimits,
    *,
    as_kept: Callable[[ArtifactFile], ArtifactFile] = lambda file: file,
) -> tuple[list[ArtifactFile], list[AssetItem]]:
    """The files of a case, its document last, and the manifest's items for them.

    `as_kept` is that of the store that will keep them.
    """
    assets = _Assets(run, as_kept)
    failed = error_class_of(run.attempts[-1].outcome)
    record = _failure(run, failed, assets, limits) if failed else _answer(run, assets, limits)
    document = ArtifactFile(f"{run.case_id}.json", encode_upgrade(record))
    return [*assets.files, document], assets.items


def _answer(run: CaseRun, assets: _Assets, limits: UpgradeLimits) -> UpgradeCaseRecord:
    last = run.attempts[-1]
    reference, own = run.result.reference, last.outcome
    events = [
        *_call("c1", run, run.reference_url, run.reference_started, reference, assets, limits),
        *_call("c2", run, run.url, last.started, own, assets, limits, verdict=True),
    ]
    final = _final_output(own, _stream_fields("final", run, own, assets, limits))
    ended = _epoch_ms(last.started) + own.elapsed_ns // 1_000_000
    events.append(
        {
            "type": "final_output",
            "ts": ended,
            "content_type": final.content_type,
            "content": final.content,
        }
    )
    return UpgradeCaseRecord(
        case_id=run.case_id,
        version=run.side,
        status="ok",
        workflow_id=run.result.case.core,
        attempts=_attempts(run),
        proposed_actions=(),
        events=tuple(events),
        final_output=final,
    )


def _call(
    call_id: str,
    run: CaseRun,
    url: str,
    started: datetime,
    outcome: Outcome,
    assets: _Assets,
    limits: UpgradeLimits,
    *,
    verdict: bool = False,
) -> list[Mapping[str, object]]:
    """A call of a target, and what it gave."""
    own = run.result.comparisons[0].verdict
    judged = {"verdict": own.kind, "reason": own.reason} if verdict else {}
    stream = _stream_fields(call_id, run, outcome, assets, limits)
    href = stream.get("asset_href")
    payload = {"payload_asset_href": href, "payload_asset_sha256": stream["sha256"]} if href else {}
    return [
        {
            "type": "tool_call",
            "ts": _epoch_ms(started),
            "call_id": call_id,
            "tool": url,
            "args": {"input_href": run.input_href, "input_sha256": run.input_sha256},
        },
        {
            "type": "tool_result",
            "ts": _epoch_ms(started) + outcome.elapsed_ns // 1_000_000,
            "call_id": call_id,
            "status": "error" if error_class_of(outcome) else "ok",
            "latency_ms": outcome.elapsed_ns / 1e6,
            "payload_summary": {**_ending(outcome), "committed": stream, **judged},
            **payload,
        },
    ]


def _ending(outcome: Outcome) -> dict[str, object]:
    return {
        "status": outcome.status,
        "exit_code": outcome.exit_code,
        "signal": outcome.signal,
        "message": without_folders(outcome.message),
        "cycles": outcome.cycles,
    }


def _stream_fields(
    name: str, run: CaseRun, outcome: Outcome, assets: _Assets, limits: UpgradeLimits
) -> dict[str, object]:
    """The commit stream in hex, or where its bytes are."""
    stream = outcome.stream
    fields: dict[str, object] = {
        "bytes": len(stream),
        "sha256": hashlib.sha256(stream).hexdigest(),
        "commit_ends": outcome.commit_ends,
    }
    if len(stream) <= limits.max_payload_inline_bytes:
        return {**fields, "hex": stream.hex()}
    # The final output is what the second call gave: one file serves both.
    call = "c2" if name == "final" else name
    href = f"assets/{run.case_id}.{call}.payload.bin"
    if name != "final":
        assets.add(f"{run.case_id}.{call}.payload.bin", stream, "full_payload")
    return {**fields, "asset_href": href}


def _final_output(outcome: Outcome, stream: Mapping[str, object]) -> FinalOutput:
    return FinalOutput(content={**_ending(outcome), "committed": stream}, output_hash=output_hash(outcome))


def output_hash(outcome: Outcome) -> str:
    """A short hash of how a run ended and what it committed."""
    ending = f"{outcome.status}:{outcome.exit_code}:{outcome.signal}:".encode()
    return hashlib.sha256(ending + outcome.stream).hexdigest()[:_HASH_DIGITS]


def _failure(run: CaseRun, failed: ErrorClass, assets: _Assets, limits: UpgradeLimits) -> UpgradeCaseRecord:
    last = run.attempts[-1]
    body = _body(last.outcome)
    saved, meta = _saved(run, failed, body, assets, limits) if body else (None, None)
    named = failed in (ErrorClass.NETWORK_ERROR, ErrorClass.OTHER)
    failure = RunnerFailureRecord(
        class_=failed,
        url=run.url,
        attempt=len(run.attempts),
        timeout_ms=last.timeout_ms if failed is ErrorClass.TIMEOUT else UNSET,
        latency_ms=last.latency_ms,
        error_name=(last.outcome.failure.kind if last.outcome.failure else "error") if named else UNSET,
        error_message=without_folders(last.outcome.message) if named else UNSET,
        body_snippet=without_folders(_text(body[: limits.max_inline_snippet_bytes])) if body else None,
        full_body_saved_to=saved,
        full_body_meta_saved_to=meta,
    )
    return UpgradeCaseRecord(
        case_id=run.case_id,
        version=run.side,
        status="runner_error",
        workflow_id=run.result.case.core,
        attempts=_attempts(run),
        runner_failure=failure,
    )


def _body(outcome: Outcome) -> bytes:
    """The first thing that there is of it: what the runner sent, what was printed, what was committed."""
    if outcome.failure is not None:
        return outcome.failure.body
    return outcome.stderr or outcome.stdout or outcome.stream


def _saved(
    run: CaseRun, failed: ErrorClass, body: bytes, assets: _Assets, limits: UpgradeLimits
) -> tuple[str, str]:
    """The paths of a failure's body and of what is known about it."""
    href = assets.add(f"{run.case_id}.body.bin", body[: limits.max_body_bytes], "full_body")
    kept = assets.files[-1].data
    meta = FailureMeta(
        case_id=run.case_id,
        version=run.side,
        class_=failed,
        content_type=None,
        encoding=None,
        bytes_written=len(kept),
        bytes_total=len(body),
        truncated=len(body) > limits.max_body_bytes,
        sha256=hashlib.sha256(kept).hexdigest(),
        note=without_folders(run.attempts[-1].outcome.message),
    )
    return href, assets.add(f"{run.case_id}.body.meta.json", encode_upgrade(meta), "failure_meta")


def _attempts(run: CaseRun) -> tuple[AttemptRecord, ...]:
    return tuple(_attempt(number, made) for number, made in enumerate(run.attempts, 1))


def _attempt(number: int, made: AttemptMade) -> AttemptRecord:
    failed = error_class_of(made.outcome)
    return AttemptRecord(
        attempt=number,
        started_at=iso(made.started),
        latency_ms=made.latency_ms,
        outcome="runner_error" if failed else "ok",
        error_class=failed or UNSET,
    )


def without_folders(text: str) -> str:
    """A text in which absolute paths are cut to the names of their files."""
    return _ABSOLUTE.sub("…/", text)


def iso(moment: datetime) -> str:
    """A moment as documents write it, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _epoch_ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _text(data: bytes) -> str:
    return data.decode(errors="replace")


def case_ids(names: Sequence[tuple[str, str]]) -> list[str]:
    """An id for each core and input, fit for a file's name; equal ones get a number."""
    given: dict[str, int] = {}
    ids = []
    for core, name in names:
        stem = name.rsplit("/", 1)[-1] if core != "riscv" else name
        plain = re.sub(r"[^\w.-]+", "-", f"{core}.{stem}").removesuffix(".json").removesuffix(".stdin")
        while (number := given.get(plain, 0) + 1) > 1:
            given[plain] = number
            plain = f"{plain}_{number}"
        given[plain] = 1
        ids.append(plain)
    return ids
