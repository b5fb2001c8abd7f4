"""Gathers what pages and reports say of a campaign, and writes its page."""

from contextlib import suppress

from fuzzer.coverage.document import decode_coverage
from fuzzer.errors import StoreError
from fuzzer.report.campaign_page import CampaignFacts, render_campaign_page
from fuzzer.store.artifact_store import ArtifactFile, LocalStore
from fuzzer.store.campaign import CAMPAIGNS, COVERAGE_NAME
from fuzzer.store.campaigns import read_campaign, read_samples
from fuzzer.store.finding import RUN_LOG_NAME
from fuzzer.store.run_log import RunLog, decode_log
from fuzzer.store.seal import seal_again

PAGE_NAME = "report.html"


def facts_of(store: LocalStore, campaign_id: str) -> CampaignFacts:
    """What is known of a campaign, also while it is at work.

    Raises:
        StoreError: its record or its coverage is damaged.
    """
    campaign = read_campaign(store, campaign_id)
    samples, _ = read_samples(store, campaign_id)
    name = f"{CAMPAIGNS}/{campaign_id}/{COVERAGE_NAME}"
    coverage = decode_coverage(store.get(name), name=name) if store.exists(name) else None
    logs: dict[str, RunLog] = {}
    for found in campaign.record.findings:
        path = f"{found.run_id}/{RUN_LOG_NAME}"
        with suppress(StoreError):  # the page says that its folder is gone
            logs[found.run_id] = decode_log(store.get(path), name=path)
    return CampaignFacts(
        record=campaign.record, state=campaign.state, samples=samples, logs=logs, coverage=coverage
    )


def write_page(store: LocalStore, campaign_id: str) -> str:
    """Write the page of a campaign into its folder; its path, relative to the artifacts."""
    path = f"{CAMPAIGNS}/{campaign_id}/{PAGE_NAME}"
    page = render_campaign_page(facts_of(store, campaign_id)).encode()
    with store.lock():
        store.put([ArtifactFile(path, page)])
        seal_again(store, f"{CAMPAIGNS}/{campaign_id}", [PAGE_NAME])
    return path
