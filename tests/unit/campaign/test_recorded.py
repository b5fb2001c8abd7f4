"""A finding's folder is run again only as it was recorded."""

from datetime import date
from pathlib import Path

import pytest
from sample_results import FLIPPED, NOON, recorded, result

from fuzzer.build.plan import Built
from fuzzer.campaign.recorded import RecordedFinding
from fuzzer.campaign.regress import run_test
from fuzzer.home import Home
from fuzzer.model import Record
from fuzzer.store.artifact_store import LocalStore
from fuzzer.store.recorder import Recorder
from fuzzer.store.regression_tests import GateVerdict, Movement, RegressionResult, RegressionTest
from fuzzer.triage.allowed import parse_allowed

FOLDER = "20261121_120000_fib"


class _NothingIsBuilt:
    """A workshop that must not be asked."""

    def __init__(self, root: Path) -> None:
        self.home = Home(root=root, cache=root)
        self.project_root = root

    def built(self, *_: object) -> Built:
        raise AssertionError

    def note(self, text: str) -> None:
        raise AssertionError(text)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A finding."""
    recorder = Recorder(LocalStore(tmp_path), record=Record.ALL, clock=lambda: NOON, warn=lambda _: None)
    recorder.record([recorded(result(FLIPPED))])
    return tmp_path / FOLDER


def run(folder: Path, *, signature: str) -> RegressionResult:
    test = RegressionTest(
        test_id="REG_1",
        source_failure="1",
        expected_verdict=GateVerdict.ALLOW,
        max_safe_turn=0,
        folder=FOLDER,
        signature=signature,
        severity="high",
        core="fib",
    )
    return run_test(
        test,
        folder.parent,
        _NothingIsBuilt(folder.parent),
        stand_ins={},
        faults={},
        allowed=parse_allowed("", name="allowed"),
        today=date(2026, 11, 27),
    )


def test_another_input_is_not_run_in_place_of_the_recorded_one(folder: Path) -> None:
    signature = RecordedFinding(_NothingIsBuilt(folder), folder).log.signature
    (folder / "input.json").write_bytes(b'{"n":25}')
    said = run(folder, signature=signature)
    assert (said.verdict, said.movement) == (GateVerdict.BLOCK, Movement.UNKNOWN)
    assert said.reason == f"cannot be run: {FOLDER}/input.json has another SHA-256 than run_log.json says"


def test_a_result_names_files_as_the_list_of_tests_does(folder: Path) -> None:
    signature = RecordedFinding(_NothingIsBuilt(folder), folder).log.signature
    (folder / "run_log.json").unlink()
    said = run(folder, signature=signature)
    assert (said.verdict, said.movement) == (GateVerdict.BLOCK, Movement.UNKNOWN)
    assert said.reason == f"cannot be run: {FOLDER}/run_log.json cannot be read: No such file or directory"


def test_another_finding_is_not_run_in_place_of_the_tests_own(folder: Path) -> None:
    said = run(folder, signature="fib: native | sp1: lost-panic")
    assert (said.verdict, said.movement) == (GateVerdict.BLOCK, Movement.UNKNOWN)
    assert f"{FOLDER} holds another finding: fib: native | sp1: output at commit 1" in said.reason
