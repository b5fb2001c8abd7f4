"""`fuzz regress`: run the regression tests on the targets as they are."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec
from rich.text import Text

from fuzzer.build.runners import parse_target
from fuzzer.campaign.evidence import load_results, load_tests
from fuzzer.campaign.program import parse_plants
from fuzzer.campaign.regress import run_test
from fuzzer.cli.options import json_option, target_option
from fuzzer.cli.recorded import SessionWorkshop
from fuzzer.cli.session import Session
from fuzzer.cli.subject import plant_option, subject_of, subject_options, utc_now
from fuzzer.errors import ExitCode, UsageError, closest
from fuzzer.report.words import counted
from fuzzer.store.artifact_store import ArtifactFile, ArtifactStore
from fuzzer.store.regression_tests import (
    REGRESSION_RESULTS_NAME,
    REGRESSION_TESTS_NAME,
    GateVerdict,
    Movement,
    RegressionResult,
    RegressionResults,
    RegressionTest,
    RegressionTests,
)
from fuzzer.store.run_log import encode_document

_STYLES = {
    Movement.STANDS: "red",
    Movement.RETURNED: "bold red",
    Movement.ALLOWED: "cyan",
    Movement.UNKNOWN: "yellow",
}


@click.command()
@click.argument("test_ids", nargs=-1, metavar="[TEST]...")
@subject_options
@target_option
@plant_option
@click.option(
    "--tests",
    "folder",
    type=click.Path(readable=False, path_type=Path),
    metavar="DIR",
    help=f"The folder with {REGRESSION_TESTS_NAME} and the findings, in place of the artifacts.",
)
@json_option
def regress(
    test_ids: Sequence[str],
    campaign: str | None,
    runs: Sequence[str],
    targets: Sequence[str],
    plants: Sequence[str],
    folder: Path | None,
    *,
    as_json: bool,
) -> int:
    """Run the tests that findings left behind, all or those named, on the targets as they are.

    The gate on CAMPAIGN, or on the newest one, counts what they say, and no other gate does.
    Faults that were planted when a finding was made are not planted again. `--target sp1@VERSION` stands for
    the recorded sp1. Exit code 0: nothing differs, but for what is allowed today, which is said.
    1: something does, or cannot be told. 6: there is no test.
    """
    session = Session(as_json=as_json)
    root = folder or session.project.artifacts
    tests = chosen(load_tests(session.store_of(root)), test_ids)
    if not tests:
        session.warn(f"no regression test in {root.name}/: nothing was compared")
        return int(ExitCode.NOTHING_COMPARED)
    subject = subject_of(session.store_of(root), campaign, runs)
    suite = Suite(session, root, subject=subject, targets=targets, plants=plants)
    results = []
    for result in suite.run(tests):
        _show(session, result)
        results.append(result)
    blocked = sum(result.verdict is GateVerdict.BLOCK for result in results)
    allowed = sum(result.movement is Movement.ALLOWED for result in results)
    counts = f"{blocked:,} to block" + (f", {allowed:,} allowed and not fixed" if allowed else "")
    session.show(f"{counted(len(results), 'test')}, {counts} · {REGRESSION_RESULTS_NAME}")
    session.emit("end", {"tests": len(results), "blocked": blocked, "allowed": allowed})
    return int(ExitCode.FINDINGS if blocked else ExitCode.AGREE)


def chosen(tests: RegressionTests, names: Sequence[str]) -> list[RegressionTest]:
    """The tests of these ids, or all.

    Raises:
        UsageError: there is none of a name.
    """
    known = {test.test_id: test for test in tests.tests}
    for name in names:
        if name not in known:
            raise UsageError(f"no regression test `{name}`", hint=closest(name, known))
    return [known[name] for name in dict.fromkeys(names)] if names else list(tests.tests)


class Suite:
    """Runs tests whose findings lie in a folder, and keeps what they said there."""

    def __init__(
        self,
        session: Session,
        root: Path,
        *,
        subject: str,
        targets: Sequence[str] = (),
        plants: Sequence[str] = (),
    ) -> None:
        """`subject` is the campaign or the run whose gate they are for."""
        self._session = session
        self._root = root
        self._subject = subject
        self._store: ArtifactStore = session.store_of(root)
        self._stand_ins = {target.partition("@")[0]: target for target in targets}
        for target in targets:
            parse_target(session.home, target)
        self._faults = parse_plants(plants, [word.partition(":")[0] for word in plants])

    def run(self, tests: Sequence[RegressionTest]) -> Iterator[RegressionResult]:
        """Each test's result as it comes; what has come is kept, whatever ends this."""
        results: list[RegressionResult] = []
        try:
            for test in tests:
                results.append(self._result(test))
                yield results[-1]
        finally:
            self._keep(results)

    def _result(self, test: RegressionTest) -> RegressionResult:
        result = run_test(
            test,
            self._root,
            SessionWorkshop(self._session),
            stand_ins=self._stand_ins,
            faults=self._faults,
            allowed=self._session.allowed,
            today=datetime.now(UTC).date(),
        )
        return msgspec.structs.replace(result, created_utc=utc_now(), subject=self._subject)

    def _keep(self, results: Sequence[RegressionResult]) -> None:
        """Keep what was said, and remember what is fixed: should it come back, that is told."""
        ran = {result.test_id: result for result in results}
        with self._store.lock():
            before = load_results(self._store)
            kept = [result for result in before.results if result.test_id not in ran] if before else []
            document = RegressionResults(
                created_utc=utc_now(),
                planted=", ".join(f"{target}:{fault}" for target, fault in self._faults.items()),
                results=(*kept, *ran.values()),
            )
            files = [ArtifactFile(REGRESSION_RESULTS_NAME, encode_document(document))]
            fixed = {name for name, result in ran.items() if result.movement is Movement.FIXED}
            # On a stand-in, or beside a fault, it says nothing of the targets as they are.
            if fixed and not self._faults and not self._stand_ins:
                tests = RegressionTests(
                    tests=tuple(
                        msgspec.structs.replace(test, expected_verdict=GateVerdict.ALLOW)
                        if test.test_id in fixed
                        else test
                        for test in load_tests(self._store).tests
                    )
                )
                files.append(ArtifactFile(REGRESSION_TESTS_NAME, encode_document(tests)))
            self._store.put(files)


def _show(session: Session, result: RegressionResult) -> None:
    word = (f"{result.movement:<8}", _STYLES.get(result.movement, "green"))
    session.show(Text.assemble(f" {result.test_id}  {result.verdict:<5}  ", word, f"  {result.signature}"))
    if result.reason:
        session.show(f"   {result.reason}")
    session.emit("regression", msgspec.to_builtins(result))
