"""`fuzz report iteration`: campaigns beside each other."""

from collections.abc import Iterator

import click

from fuzzer.cli.findings import Findings
from fuzzer.cli.options import json_option
from fuzzer.cli.session import Session
from fuzzer.cli.subject import utc_now
from fuzzer.errors import ExitCode, InputError, StoreError
from fuzzer.report.iteration import render_iteration
from fuzzer.store.artifact_store import ArtifactStore
from fuzzer.store.campaign import CAMPAIGN_NAME, CAMPAIGNS, CampaignRecord, decode_campaign
from fuzzer.store.reports import write_iteration


@click.command()
@json_option
def iteration(*, as_json: bool) -> int:
    """Write the next iteration report: all campaigns, what each added, and where its findings stand."""
    session = Session(as_json=as_json)
    findings = Findings(session)
    campaigns = sorted(_campaigns(session, findings.store), key=lambda entry: entry.campaign_id)
    if not campaigns:
        raise InputError("there is no campaign yet", hint="`fuzz campaign --for 1m` runs one")
    states = {finding.signature: finding.state.value for finding in findings.all(everything=True)}
    created = utc_now()
    path = write_iteration(
        findings.store,
        lambda number: render_iteration(campaigns, states, number=number, created=created),
    )
    session.show(f"{session.artifacts}/{path}")
    session.emit("report", {"path": path, "campaigns": len(campaigns)})
    return int(ExitCode.AGREE)


def _campaigns(session: Session, store: ArtifactStore) -> Iterator[CampaignRecord]:
    """Those that can be read; the others are named."""
    for name in store.list(CAMPAIGNS) if store.exists(CAMPAIGNS) else []:
        path = f"{CAMPAIGNS}/{name}{CAMPAIGN_NAME}"
        if name.endswith("/") and store.exists(path):
            try:
                yield decode_campaign(store.get(path), name=path)
            except StoreError as error:
                session.warn(f"left out: {error.message}")
