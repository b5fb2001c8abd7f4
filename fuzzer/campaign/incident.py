"""An incident: one finding run again over targets and releases, beside what artifacts know of its like."""

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from fuzzer.campaign.program import Program
from fuzzer.campaign.replay import run_again
from fuzzer.errors import StoreError
from fuzzer.gate.failures import failure_id
from fuzzer.gate.incident import risk_level, root_cause
from fuzzer.gate.severity import severity_of
from fuzzer.model import Case, CaseResult, TargetInfo, VerdictKind
from fuzzer.store.artifact_store import ArtifactStore
from fuzzer.store.campaign import CAMPAIGN_NAME, CAMPAIGNS, CampaignRecord, decode_campaign
from fuzzer.store.campaigns import campaign_ids
from fuzzer.store.document import is_newer
from fuzzer.store.finding import RUN_LOG_NAME
from fuzzer.store.incident import (
    INCIDENT_NAME,
    BlastRadius,
    IncidentReplay,
    IncidentRun,
    decode_incident,
)
from fuzzer.store.run_id import RUN_ID
from fuzzer.store.run_log import RunLog, decode_log
from fuzzer.store.summary import status_word

_INCIDENT_ID = re.compile(rb'"incident_id"\s*:\s*"(INC-[0-9]{4}-[0-9]{1,9})"')


class Kin(msgspec.Struct, frozen=True, kw_only=True):
    """What artifacts know of findings like one."""

    cores: tuple[str, ...]
    """Those with a finding of the same sides and the same symptom."""
    cases: int
    """How many cases showed exactly this finding, in all campaigns and runs."""
    unread: tuple[str, ...] = ()
    """Documents that could not be read, and why; with any, cores and cases are the least that there are."""


def find_kin(store: ArtifactStore, log: RunLog) -> Kin:
    """Look through all campaigns and all folders of findings; what is damaged there is passed over."""
    cores, counted, cases = {log.core.name}, set(), 0
    unread: list[str] = []
    for record in _campaigns(store, unread):
        for found in record.findings:
            counted.add(found.run_id)
            cases += found.programs if found.signature == log.signature else 0
    for other in _findings(store, unread):
        if _kind(other.signature) == _kind(log.signature):
            cores.add(other.core.name)
        cases += other.run_id not in counted and other.signature == log.signature
    return Kin(cores=tuple(sorted(cores)), cases=max(cases, 1), unread=tuple(unread))


def _campaigns(store: ArtifactStore, unread: list[str]) -> Iterator[CampaignRecord]:
    for campaign_id in campaign_ids(store):
        name = f"{CAMPAIGNS}/{campaign_id}/{CAMPAIGN_NAME}"
        try:
            yield decode_campaign(store.get(name), name=name)
        except StoreError as error:
            unread.append(error.message)


def _findings(store: ArtifactStore, unread: list[str]) -> Iterator[RunLog]:
    for folder in store.list():
        run_id = folder.removesuffix("/")
        name = f"{run_id}/{RUN_LOG_NAME}"
        if run_id == folder or not RUN_ID.fullmatch(run_id) or not store.exists(name):
            continue
        try:
            yield msgspec.structs.replace(decode_log(store.get(name), name=name), run_id=run_id)
        except StoreError as error:
            unread.append(error.message)


def _kind(signature: str) -> str:
    """Sides and symptom of a signature, without the core and the place."""
    return signature.partition(": ")[2].partition(" at ")[0]


def replay_incident(
    program: Program,
    case: Case,
    log: RunLog,
    kin: Kin,
    *,
    created_utc: str,
) -> IncidentReplay:
    """Run a finding on every target of the program, and say what follows; its id and tests come later."""
    result = run_again(program, case, log)
    cause, because = root_cause(result)
    showing = [entry.target for entry in result.comparisons if entry.verdict.kind is VerdictKind.DIVERGE]
    severity = severity_of(log)
    shown = tuple(f"{name} {program.targets[name].version}" for name in showing)
    return IncidentReplay(
        incident_id="",
        root_cause=cause,
        blast_radius=BlastRadius(
            affected_conversations=kin.cases,
            risk_level=risk_level(
                shows=bool(showing),
                cores=len(kin.cores),
                cases=kin.cases,
                versions=len(showing),
                severity=severity,
            ),
            affected_versions=shown,
            affected_cores=kin.cores,
            affected_cases=kin.cases,
        ),
        new_regression_tests=0,
        created_utc=created_utc,
        failure_id=failure_id(log),
        run_id=log.run_id,
        signature=log.signature,
        severity=severity.value,
        because=because,
        regression_tests=(),
        replays=_runs(result, program.targets),
    )


def _runs(result: CaseResult, targets: Mapping[str, TargetInfo]) -> tuple[IncidentRun, ...]:
    name = result.reference_name
    reference = IncidentRun(
        target=name,
        version=targets[name].version,
        status=status_word(result.reference.status),
        verdict="reference",
        reason="",
        planted=targets[name].planted,
    )
    others = (
        IncidentRun(
            target=entry.target,
            version=targets[entry.target].version,
            status=status_word(entry.outcome.status),
            verdict=entry.verdict.kind.value,
            reason=entry.verdict.reason,
            planted=targets[entry.target].planted,
        )
        for entry in result.comparisons
    )
    return (reference, *others)


def next_incident_id(taken: Sequence[str], *, year: int) -> str:
    """`INC-2026-003`: the next one of the year."""
    prefix = f"INC-{year}-"
    numbers = [name.removeprefix(prefix) for name in taken if name.startswith(prefix)]
    return f"{prefix}{max((int(number) for number in numbers if number.isdecimal()), default=0) + 1:03}"


class KnownIncidents(msgspec.Struct, frozen=True, kw_only=True):
    """The ids of all incidents of the artifacts."""

    ids: Mapping[str, str]
    """By the folder of the finding. A damaged document has its id too, where that can still be seen in it."""
    unread: tuple[str, ...]
    """Documents that are damaged, and why."""


def known_incidents(store: ArtifactStore) -> KnownIncidents:
    """Look into all folders of findings; an id that somebody may have been told is given out once."""
    ids: dict[str, str] = {}
    unread = []
    for folder in store.list():
        name = f"{folder}{INCIDENT_NAME}"
        if not folder.endswith("/") or not store.exists(name):
            continue
        try:
            data = store.get(name)
        except StoreError as error:
            unread.append(error.message)
            continue
        try:
            ids[folder.removesuffix("/")] = decode_incident(data, name=name).incident_id
        except StoreError as error:
            unread.append(error.message)
            if match := _INCIDENT_ID.search(data):
                ids[folder.removesuffix("/")] = match[1].decode()
    return KnownIncidents(ids=ids, unread=tuple(unread))


def check_not_newer(store: ArtifactStore, name: str) -> None:
    """See that no incident is written over that this `fuzz` cannot read since a newer one wrote it.

    Raises:
        StoreError: it is one.
    """
    if store.exists(name) and is_newer(data := store.get(name)):
        decode_incident(data, name=name)
