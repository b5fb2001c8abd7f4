"""What artifacts hold of a campaign, or of some runs, for a gate to judge."""

from collections.abc import Mapping, Sequence

import msgspec

from fuzzer.coverage.document import decode_coverage
from fuzzer.errors import InputError, UsageError, closest
from fuzzer.gate.failures import stress_failures
from fuzzer.gate.measure import Measured, measure_campaign, measure_runs
from fuzzer.store.artifact_store import ArtifactStore
from fuzzer.store.campaign import (
    CAMPAIGN_NAME,
    CAMPAIGNS,
    COVERAGE_NAME,
    PROGRESS_NAME,
    CampaignRecord,
    decode_campaign,
)
from fuzzer.store.campaigns import campaign_ids
from fuzzer.store.finding import RUN_LOG_NAME
from fuzzer.store.progress import Progress, decode_progress
from fuzzer.store.regression_tests import (
    REGRESSION_RESULTS_NAME,
    REGRESSION_TESTS_NAME,
    RegressionResults,
    RegressionTests,
    decode_results,
    decode_tests,
)
from fuzzer.store.run_log import RunLog, decode_log
from fuzzer.store.stress_failures import StressFailures

GATES = "gates"
"""Where a gate's documents on runs lie, in a folder named after the first of them."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign or some runs, measured."""

    folder: str
    """Where documents about it belong, relative to the artifacts."""
    measured: Measured
    failures: StressFailures
    logs: Mapping[str, RunLog]
    """Of its findings at least, by run id."""


def campaign_evidence(store: ArtifactStore, campaign_id: str, *, now: str) -> Evidence:
    """What a campaign left.

    Raises:
        UsageError: there is no such campaign.
        StoreError: one of its documents is damaged.
    """
    folder = f"{CAMPAIGNS}/{campaign_id}"
    name = f"{folder}/{CAMPAIGN_NAME}"
    if "/" in campaign_id or not campaign_id or not store.exists(name):
        raise UsageError(f"no campaign `{campaign_id}`", hint=closest(campaign_id, campaign_ids(store)))
    record = decode_campaign(store.get(name), name=name)
    logs = {found.run_id: run_log(store, found.run_id) for found in record.findings}
    measured = measure_campaign(
        record,
        list(logs.values()),
        progress=_last_progress(store, folder),
        coverage=_coverage(store, folder),
    )
    failures = stress_failures(
        logs.values(),
        run_id=campaign_id,
        total=int(measured.metrics.get("cases", 0)),
        created_utc=now,
        cases=_cases(record),
    )
    return Evidence(folder=folder, measured=measured, failures=failures, logs=logs)


def runs_evidence(store: ArtifactStore, run_ids: Sequence[str], *, now: str) -> Evidence:
    """What some runs left.

    Raises:
        UsageError: there is no such run.
        StoreError: a run log is damaged.
    """
    logs = {run_id: run_log(store, run_id) for run_id in dict.fromkeys(run_ids)}
    first = run_ids[0]
    return Evidence(
        folder=f"{GATES}/{first}",
        measured=measure_runs(list(logs.values())),
        failures=stress_failures(logs.values(), run_id=first, total=len(logs), created_utc=now),
        logs=logs,
    )


def newest_campaign(store: ArtifactStore) -> str:
    """The campaign that began last.

    Raises:
        InputError: there is none.
    """
    ids = campaign_ids(store)
    if not ids:
        raise InputError("there is no campaign in the artifacts", hint="`fuzz campaign` makes one")
    return ids[0]


def run_log(store: ArtifactStore, run_id: str) -> RunLog:
    """The log of a run, at the root of the artifacts or in its finding's folder.

    Raises:
        UsageError: there is no such run, or only its rows were kept.
    """
    for name in (f"{run_id}.json", f"{run_id}/{RUN_LOG_NAME}"):
        if "/" not in run_id and run_id and store.exists(name):
            return decode_log(store.get(name), name=name)
    raise UsageError(
        f"no run log of `{run_id}`", hint="run ids are the first column of artifacts/summary.csv"
    )


def load_tests(store: ArtifactStore) -> RegressionTests:
    """All regression tests of the artifacts; none where there is no document."""
    if not store.exists(REGRESSION_TESTS_NAME):
        return RegressionTests(tests=())
    return decode_tests(store.get(REGRESSION_TESTS_NAME), name=REGRESSION_TESTS_NAME)


def load_results(store: ArtifactStore) -> RegressionResults | None:
    """What the last run of the regression tests said; None before the first one."""
    if not store.exists(REGRESSION_RESULTS_NAME):
        return None
    return decode_results(store.get(REGRESSION_RESULTS_NAME), name=REGRESSION_RESULTS_NAME)


def _cases(record: CampaignRecord) -> dict[str, int]:
    return {found.signature: found.programs for found in record.findings}


def _last_progress(store: ArtifactStore, folder: str) -> Progress | None:
    name = f"{folder}/{PROGRESS_NAME}"
    samples = decode_progress(store.get(name)) if store.exists(name) else []
    return samples[-1] if samples else None


def _coverage(store: ArtifactStore, folder: str) -> float | None:
    """The share of the map's bins that were hit; None where nothing was recorded."""
    name = f"{folder}/{COVERAGE_NAME}"
    if not store.exists(name):
        return None
    coverage = decode_coverage(store.get(name), name=name)
    share = coverage.share(*coverage.axes())
    return share.covered / share.total if coverage.programs and share.total else None
