"""What a campaign begins with: regression tests of its cores, then the kept corpus."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from sample_findings import DIFFERS, record

from fuzzer.campaign.earlier import earlier_inputs
from fuzzer.errors import StoreError
from fuzzer.model import SCHEMA_VERSION, Case
from fuzzer.store.artifact_store import ArtifactFile, LocalStore
from fuzzer.store.corpus import KeptCorpus, kept_input
from fuzzer.store.regression_tests import (
    REGRESSION_TESTS_NAME,
    GateVerdict,
    RegressionTest,
    RegressionTests,
)

CORE = DIFFERS.result.case.core


def of_finding(folder: str, core: str = CORE) -> RegressionTest:
    return RegressionTest(
        test_id=f"REG_{folder}",
        source_failure=folder,
        expected_verdict=GateVerdict.BLOCK,
        max_safe_turn=0,
        folder=folder,
        signature="fib: native | sp1: output",
        severity="critical",
        core=core,
    )


def keep_tests(store: LocalStore, *tests: RegressionTest) -> None:
    store.put([ArtifactFile(REGRESSION_TESTS_NAME, msgspec.json.encode(RegressionTests(tests=tests)))])


def keep(store: LocalStore, *buffers: bytes) -> None:
    for buffer in buffers:
        case = Case(core=CORE, input_name="mutated/1:0:1", buffers=(buffer,))
        kept = kept_input(case, now=datetime(2026, 11, 27, tzinfo=UTC), source="campaign", features=1)
        assert kept is not None
        KeptCorpus(store, CORE).add([kept])


@pytest.fixture(name="store")
def fixture_store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "artifacts")


def test_regression_tests_run_before_what_was_kept(store: LocalStore) -> None:
    (run_id,) = record(store, DIFFERS)
    keep_tests(store, of_finding(run_id), of_finding(run_id, core="other"))
    keep(store, b"kept", *DIFFERS.result.case.buffers)
    found = earlier_inputs(store, CORE, [])
    (regression,), (kept,) = found.regressions, found.kept
    assert regression.name == f"artifacts/{run_id}/input.json"
    assert regression.buffers == DIFFERS.result.case.buffers
    assert kept.buffers == (b"kept",)
    assert found.inputs == (regression, kept)
    assert found.problems == ()
    assert earlier_inputs(store, CORE, [], with_kept=False).inputs == (regression,)


def test_what_input_files_have_is_left_out(store: LocalStore) -> None:
    (run_id,) = record(store, DIFFERS)
    keep_tests(store, of_finding(run_id))
    keep(store, b"kept")
    seeds = [Case(core=CORE, input_name="a", buffers=(b"kept",)), DIFFERS.result.case]
    assert earlier_inputs(store, CORE, seeds).inputs == ()


def test_nothing_is_there_in_a_fresh_project(store: LocalStore) -> None:
    found = earlier_inputs(store, CORE, [])
    assert (found.inputs, found.problems) == ((), ())
    assert not store.root.exists()


def test_damage_is_told_and_the_rest_is_taken(store: LocalStore) -> None:
    keep(store, b"kept")
    store.put([ArtifactFile(REGRESSION_TESTS_NAME, b"{")])
    (problem,) = earlier_inputs(store, CORE, []).problems
    assert problem.startswith(f"{REGRESSION_TESTS_NAME} is not a list of regression tests")
    keep_tests(store, of_finding("20261121_120000_gone"))
    found = earlier_inputs(store, CORE, [])
    (problem,) = found.problems
    assert problem.startswith("20261121_120000_gone/run_log.json: ")
    assert [one.buffers for one in found.kept] == [(b"kept",)]


def test_a_newer_kept_corpus_is_refused(store: LocalStore) -> None:
    newer = msgspec.json.encode({"schema_version": SCHEMA_VERSION + 1})
    store.put([ArtifactFile(f"corpus/{CORE}/index.json", newer)])
    with pytest.raises(StoreError, match="schema version"):
        earlier_inputs(store, CORE, [])
    assert earlier_inputs(store, CORE, [], with_kept=False).inputs == ()
