"""`fuzz regressions`: the tests that findings leave behind."""

from collections.abc import Sequence

import click

from fuzzer.campaign.evidence import Evidence, load_results, load_tests
from fuzzer.cli.bundles import name_changed
from fuzzer.cli.options import json_option
from fuzzer.cli.session import Session
from fuzzer.cli.subject import evidence_of, subject_options
from fuzzer.errors import ExitCode
from fuzzer.gate.failures import with_tests_for
from fuzzer.report.words import counted
from fuzzer.store.artifact_store import ArtifactFile, ArtifactStore
from fuzzer.store.regression_tests import REGRESSION_TESTS_NAME, RegressionTests
from fuzzer.store.run_log import encode_document
from fuzzer.store.seal import seal_again
from fuzzer.store.stress_failures import STRESS_FAILURES_NAME, StressFailures


@click.group()
def regressions() -> None:
    """Keep a test for every confirmed finding; `fuzz regress` runs them."""


@regressions.command()
@subject_options
@json_option
def generate(campaign: str | None, runs: Sequence[str], *, as_json: bool) -> int:
    """Write stress_failures.json of a campaign or of runs, and add a test for each failure.

    Exit code 3: a file of the campaign is not as its evidence.json says; which one is named.
    """
    session = Session(as_json=as_json)
    store = session.store
    evidence = evidence_of(store, campaign, runs)
    path = write_failures(store, evidence)
    tests, added = add_tests(store, evidence.failures)
    count, total = len(evidence.failures.failures), evidence.failures.total_rollouts
    session.show(f"{counted(count, 'failure')} in {counted(total, 'case')}  {session.artifacts}/{path}")
    kept = f"{session.artifacts}/{REGRESSION_TESTS_NAME}"
    session.show(f"{counted(len(added), 'new test')}, {len(tests.tests):,} in all  {kept}")
    session.emit("regressions", {"failures": count, "added": added, "tests": len(tests.tests)})
    return int(ExitCode.BAD_INPUT if name_changed(session, evidence.folder) else ExitCode.AGREE)


@regressions.command("list")
@json_option
def list_tests(*, as_json: bool) -> int:
    """List the tests, with what their last run said."""
    session = Session(as_json=as_json)
    store = session.store
    results = load_results(store)
    last = {result.test_id: result for result in results.results} if results else {}
    for test in load_tests(store).tests:
        said = last[test.test_id].movement.value if test.test_id in last else "not run"
        session.show(f" {test.test_id:<14}  {test.expected_verdict:<5}  {said:<8}  {test.signature}")
        session.emit("test", {"test_id": test.test_id, "expected": test.expected_verdict, "last": said})
    return int(ExitCode.AGREE)


def write_failures(store: ArtifactStore, evidence: Evidence) -> str:
    """Keep `stress_failures.json`, and give its name."""
    path = f"{evidence.folder}/{STRESS_FAILURES_NAME}"
    with store.lock():
        store.put([ArtifactFile(path, encode_document(evidence.failures))])
        seal_again(store, evidence.folder, [STRESS_FAILURES_NAME])
    return path


def add_tests(store: ArtifactStore, failures: StressFailures) -> tuple[RegressionTests, list[str]]:
    """Add a test for each failure that has none; all tests then, and the ids of the new ones."""
    with store.lock():
        tests, added = with_tests_for(load_tests(store).tests, failures)
        store.put([ArtifactFile(REGRESSION_TESTS_NAME, encode_document(tests))])
    return tests, added
