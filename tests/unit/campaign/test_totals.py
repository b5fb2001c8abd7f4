"""From results to counts to the exit code."""

import msgspec
import pytest
from fake_program import ECHO, fake_program
from sample_results import FLIPPED, OK, OOM, PANIC, TIMEOUT, comparison, result

from fuzzer.campaign.events import CaseFinished, ProgramFinished, Totals
from fuzzer.cli.outcome import exit_code_of
from fuzzer.errors import ExitCode
from fuzzer.model import CaseResult, Comparison, Limits, Outcome, Status

ERROR = Outcome(status=Status.ERROR, message="no more processes")


def totals(tmp_path_factory: pytest.TempPathFactory, *results: CaseResult) -> Totals:
    program = fake_program(tmp_path_factory.mktemp("program"), ECHO)
    counted = Totals()
    for one in results:
        counted.add(CaseFinished(program, one, Limits()))
    counted.add(ProgramFinished(program, restarts=2))
    return counted


def with_comparison(entry: Comparison) -> CaseResult:
    return msgspec.structs.replace(result(OK), comparisons=(entry, comparison("sp1-portable", OK)))


FINDING = result(FLIPPED, OK)
FLAKY = with_comparison(comparison("sp1", FLIPPED, repeated=2))
ALLOWED = with_comparison(msgspec.structs.replace(comparison("sp1", FLIPPED), allowed_by="known"))
BOTH_TIMED_OUT = result(TIMEOUT, TIMEOUT, reference=TIMEOUT)
FAILED = result(OK, ERROR)


@pytest.mark.parametrize(
    ("one", "counted", "code"),
    [
        (result(OK, OK), {"agree": 1, "compared": 2}, ExitCode.AGREE),
        (FINDING, {"findings": 1, "compared": 2}, ExitCode.FINDINGS),
        (FLAKY, {"flaky": 1, "compared": 2}, ExitCode.FINDINGS),
        (ALLOWED, {"allowed": 1, "compared": 2, "allowances": {"known": 1}}, ExitCode.AGREE),
        (result(OOM, OK), {"inconclusive": 1, "compared": 1}, ExitCode.AGREE),
        (result(OOM, OOM), {"inconclusive": 1}, ExitCode.NOTHING_COMPARED),
        (BOTH_TIMED_OUT, {"agree": 1}, ExitCode.NOTHING_COMPARED),
        (FAILED, {"inconclusive": 1, "compared": 1, "errors": 1}, ExitCode.RUNNER),
        (result(PANIC, PANIC, reference=PANIC), {"agree": 1, "compared": 2}, ExitCode.AGREE),
    ],
    ids=["agree", "finding", "flaky", "allowed", "some limit", "only limits", "timeouts", "error", "panic"],
)
def test_one_result(
    tmp_path_factory: pytest.TempPathFactory, one: CaseResult, counted: dict[str, object], code: ExitCode
) -> None:
    found = totals(tmp_path_factory, one)
    zeroes = {name: 0 for name in Totals.__struct_fields__ if name != "allowances"}
    assert msgspec.structs.asdict(found) == {
        **zeroes,
        "allowances": {},
        "cases": 1,
        "restarts": 2,
        **counted,
    }
    assert exit_code_of(found, interrupted=False) is code
    assert exit_code_of(found, interrupted=True) is ExitCode.INTERRUPTED


def test_findings_come_before_errors_and_errors_before_nothing(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    every = totals(tmp_path_factory, result(OK), FINDING, FAILED, BOTH_TIMED_OUT)
    assert exit_code_of(every, interrupted=False) is ExitCode.FINDINGS
    failed = totals(tmp_path_factory, result(ERROR, reference=ERROR))
    assert failed.compared == 0
    assert exit_code_of(failed, interrupted=False) is ExitCode.RUNNER


def test_no_case_at_all_is_not_green() -> None:
    assert exit_code_of(Totals(), interrupted=False) is ExitCode.NOTHING_COMPARED
