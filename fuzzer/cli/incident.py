"""`fuzz incident`: what a finding means: who is to be suspected, how far it reaches, which tests guard it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from fuzzer.build.runners import parse_target
from fuzzer.campaign.incident import (
    check_not_newer,
    find_kin,
    known_incidents,
    next_incident_id,
    replay_incident,
)
from fuzzer.cli.options import json_option, target_option
from fuzzer.cli.recorded import RecordedFinding
from fuzzer.cli.regressions import add_tests
from fuzzer.cli.session import Session
from fuzzer.cli.subject import utc_now
from fuzzer.errors import ExitCode, InputError
from fuzzer.gate.failures import stress_failures
from fuzzer.model import NATIVE, RVREF, VerdictKind
from fuzzer.store.artifact_store import ArtifactFile
from fuzzer.store.finding import RUN_LOG_NAME
from fuzzer.store.incident import INCIDENT_NAME, IncidentReplay
from fuzzer.store.run_log import encode_document

_EXECUTORS = ("sp1", "sp1-portable", RVREF)
"""What a finding is run on beside its own targets: the more independent ones take part, the more it tells."""


@click.command()
@click.argument("folder", type=click.Path(readable=False, path_type=Path), metavar="DIR")
@target_option
@click.option(
    "--release", "releases", multiple=True, metavar="VERSION", help="Also on this release. Repeatable."
)
@click.option("--unplant", is_flag=True, help="Leave out the faults that were planted on purpose.")
@json_option
def incident(
    folder: Path, targets: Sequence[str], releases: Sequence[str], *, unplant: bool, as_json: bool
) -> int:
    """Run the finding in DIR on all executors and write incident_replay.json beside it.

    Exit code 0: it shows. 7: it does not show anywhere. 3: it shows, and since documents of other findings
    are damaged, it may reach further than is written.
    """
    session = Session(as_json=as_json, start=folder)
    replay, is_whole = write_incident(session, folder, targets=targets, releases=releases, unplant=unplant)
    show_incident(session, replay, f"{folder}/{INCIDENT_NAME}")
    if not replay.blast_radius.affected_versions:
        return int(ExitCode.NOT_REPRODUCED)
    return int(ExitCode.AGREE if is_whole else ExitCode.BAD_INPUT)


def write_incident(
    session: Session,
    folder: Path,
    *,
    targets: Sequence[str] = (),
    releases: Sequence[str] = (),
    unplant: bool = False,
) -> tuple[IncidentReplay, bool]:
    """Run a finding again everywhere, and keep what follows in its folder.

    Returns:
        The incident, and whether everything that tells how far it reaches could be read.

    Raises:
        InputError: the folder is none of a finding, or its log tells of no divergence.
        UsageError: there is no such target or release.
        StoreError: a newer `fuzz` wrote the incident that is there.
    """
    finding = RecordedFinding(session, folder)
    if not any(entry.kind is VerdictKind.DIVERGE for entry in finding.log.comparisons):
        raise InputError(
            f"{folder}/{RUN_LOG_NAME} tells of no divergence",
            hint="an incident is of a finding; `fuzz validate` says whether the log was changed",
        )
    store = session.store_of(folder.resolve().parent)
    name = folder.resolve().name
    check_not_newer(store, f"{name}/{INCIDENT_NAME}")
    runs_on = _targets(session, finding, targets, releases)
    program = finding.program(runs_on, planted=not unplant)
    kin = find_kin(store, finding.log)
    for problem in kin.unread:
        session.warn(f"{problem}; it may reach further than is said here")
    replay = replay_incident(program, finding.case, finding.log, kin, created_utc=utc_now())
    failures = stress_failures([finding.log], run_id=finding.log.run_id, total=1, created_utc=utc_now())
    with store.lock():
        incidents = known_incidents(store)
        for problem in incidents.unread:
            session.warn(f"{problem}; it is passed over")
        tests, added = add_tests(store, failures)
        known = tuple(test.test_id for test in tests.tests if test.signature == finding.log.signature)
        replay = msgspec.structs.replace(
            replay,
            incident_id=incidents.ids.get(name)
            or next_incident_id(list(incidents.ids.values()), year=datetime.now(UTC).year),
            new_regression_tests=len(added),
            regression_tests=known,
        )
        store.put([ArtifactFile(f"{name}/{INCIDENT_NAME}", encode_document(replay))])
    return replay, not kin.unread


def _targets(
    session: Session, finding: RecordedFinding, named: Sequence[str], releases: Sequence[str]
) -> dict[str, str]:
    """The record's targets, all executors, and those of other releases; each under its own name."""
    reference, *others = finding.targets
    wanted = [*others, *(named or _EXECUTORS)]
    wanted += [f"{name}@{release}" for name in ("sp1", "sp1-portable") for release in releases]
    names = [str(parse_target(session.home, name)) for name in wanted if name not in {NATIVE, reference}]
    return {reference: reference} | {name: name for name in names}


def show_incident(session: Session, replay: IncidentReplay, path: str) -> None:
    """An incident for people, or for machines."""
    radius = replay.blast_radius
    session.show(f"{replay.incident_id}  {replay.signature}")
    for run in replay.replays:
        planted = f"  planted {run.planted}" if run.planted else ""
        session.show(f"   {run.target:<20} {run.version:<14} {run.status:<8} {run.verdict}{planted}")
    session.show(f"  root cause   {replay.root_cause}: {replay.because}")
    cores = ", ".join(radius.affected_cores)
    session.show(f"  reaches      {radius.risk_level}: {radius.affected_cases:,} cases; cores {cores}")
    session.show(f"  tests        {', '.join(replay.regression_tests)} ({replay.new_regression_tests} new)")
    session.show(f"  {path}")
    session.emit("incident", msgspec.to_builtins(replay))
