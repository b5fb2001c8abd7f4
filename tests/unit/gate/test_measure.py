"""What was measured: nothing is counted twice, and nothing that is not known is 0."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest
from sample_findings import record
from sample_progress import progress
from sample_results import FLIPPED, OK, TIMEOUT, recorded, result

from fuzzer.campaign.evidence import run_log
from fuzzer.gate.measure import measure_campaign, measure_runs
from fuzzer.model import CaseResult, TargetInfo
from fuzzer.store.artifact_store import LocalStore
from fuzzer.store.campaign import CampaignRecord, FoundRecord
from fuzzer.store.progress import PartProgress
from fuzzer.store.run_log import RecordedCase, RunLog
from fuzzer.store.status import Metric

FOUND = FoundRecord(signature="s", run_id="r", case="c", instructions=0)
RECORD = CampaignRecord(
    campaign_id="c",
    created_utc="2026-11-21T12:00:00Z",
    generator="mutated",
    xlen=64,
    seed=7,
    end="Complete",
    seconds=2.0,
    targets=(),
    totals={"cases": 100, "agree": 90, "compared": 200, "findings": 1, "repeated": 3, "not_examined": 2},
    findings=(FOUND,),
)


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path)


def logs(store: LocalStore, *cases: RecordedCase) -> list[RunLog]:
    return [run_log(store, run_id) for run_id in record(store, *cases)]


def changed(of: CaseResult, target: str, **fields: object) -> CaseResult:
    """A result whose comparison with a target has other fields."""
    comparisons = tuple(
        msgspec.structs.replace(entry, **fields) if entry.target == target else entry
        for entry in of.comparisons
    )
    return msgspec.structs.replace(of, comparisons=comparisons)


def test_runs_are_counted_by_what_came_of_them(store: LocalStore) -> None:
    found = logs(
        store, recorded(result(OK)), recorded(result(FLIPPED)), recorded(result(TIMEOUT)), recorded(result())
    )
    metrics = measure_runs(found).metrics
    wanted = {"cases": 4, "agree": 1, "diverge": 1, "inconclusive": 2, "unique_signatures": 1, "timeouts": 1}
    assert {name: metrics[name] for name in wanted} == wanted
    assert metrics["comparisons"] == 2
    assert metrics["inconclusive_share"] == 0.5


def test_a_flaky_divergence_is_counted_though_another_target_diverges_for_sure(store: LocalStore) -> None:
    shaky = changed(result(FLIPPED), "sp1", confirmed=1)
    half_allowed = changed(result(FLIPPED, FLIPPED), "sp1-portable", allowed_by="known")
    metrics = measure_runs(logs(store, recorded(shaky), recorded(half_allowed))).metrics
    assert (metrics["flaky"], metrics["allowed"], metrics["diverge"]) == (1, 1, 1)


def test_an_allowed_divergence_is_neither_flaky_nor_a_finding(store: LocalStore) -> None:
    metrics = measure_runs(
        logs(store, recorded(changed(result(FLIPPED), "sp1", allowed_by="known", attempts=0)))
    )
    assert [metrics.metrics[name] for name in ("flaky", "allowed", "unique_signatures")] == [0, 1, 0]


def test_a_divergence_that_nobody_confirmed_is_flaky(store: LocalStore) -> None:
    metrics = measure_runs(logs(store, recorded(changed(result(FLIPPED), "sp1", attempts=0, confirmed=0))))
    assert (metrics.metrics["flaky"], metrics.metrics["unique_signatures"]) == (1, 0)


def test_a_target_that_ran_in_two_versions_is_there_twice(store: LocalStore) -> None:
    first, second = recorded(result(OK)), recorded(result(OK))
    older = {**second.targets, "sp1": TargetInfo(name="sp1", version="6.2.0")}
    found = logs(store, msgspec.structs.replace(second, targets=older), first)
    versions = {target.version for target in measure_runs(found).targets if target.name == "sp1"}
    assert versions == {"6.2.0", "6.10.0"}


def test_a_planted_fault_in_one_run_of_many_is_told(store: LocalStore) -> None:
    found = logs(store, recorded(result(FLIPPED), planted="flip-bit"), recorded(result(OK)))
    assert "sp1:flip-bit" in measure_runs(found).planted


def test_a_campaign_is_measured_from_its_record() -> None:
    measured = measure_campaign(RECORD, [], progress=None, coverage=0.5)
    metrics = measured.metrics
    assert (metrics["comparisons"], metrics["diverge"], metrics["unique_signatures"]) == (200, 6, 1)
    assert (metrics["cases_per_second"], metrics["coverage_share"]) == (50.0, 0.5)
    assert "flaky" not in metrics  # not known is not 0
    assert measured.complete


def test_bins_that_cores_cover_are_counted_where_they_are_known() -> None:
    def metrics(*bins: int) -> Mapping[str, Metric]:
        parts = tuple(PartProgress(name="a", cases=1, seconds=1.0, covered=each) for each in bins)
        return measure_campaign(RECORD, [], progress=progress(2, parts=parts), coverage=None).metrics

    assert metrics(233, 100)["covered_bins"] == 333
    assert "covered_bins" not in metrics(0)


@pytest.mark.parametrize("end", ["Running", "Interrupted", "Ended by an error", "complete", ""])
def test_only_a_campaign_that_ended_by_itself_is_complete(end: str) -> None:
    record = msgspec.structs.replace(RECORD, end=end)
    assert not measure_campaign(record, [], progress=None, coverage=None).complete


def test_a_record_whose_findings_were_taken_out_still_counts_them() -> None:
    record = msgspec.structs.replace(RECORD, findings=())
    assert measure_campaign(record, [], progress=None, coverage=None).metrics["unique_signatures"] == 1


def test_a_campaign_that_counted_nothing_has_no_counts() -> None:
    record = msgspec.structs.replace(RECORD, totals={}, findings=(), seconds=0.0)
    metrics = measure_campaign(record, [], progress=None, coverage=None).metrics
    assert not {"cases", "comparisons", "inconclusive_share", "cases_per_second"} & set(metrics)


def test_a_fault_of_a_target_counts_as_planted_though_the_record_does_not_say_so() -> None:
    record = msgspec.structs.replace(
        RECORD, targets=(TargetInfo(name="sp1", version="6.10.0", planted="flip-bit"),)
    )
    assert measure_campaign(record, [], progress=None, coverage=None).planted == "sp1:flip-bit"
