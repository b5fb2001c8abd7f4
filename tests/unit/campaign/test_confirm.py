"""A difference is run again in fresh processes, and alone when it is about time."""

from pathlib import Path

from fake_program import ALWAYS_X, ECHO, case, differing_by_process, fake_program, timing_out

from fuzzer.campaign.confirm import confirm, is_one_sided_timeout, result_of, retry_alone, run_once
from fuzzer.campaign.program import Program
from fuzzer.model import Case, CaseResult, Comparison, Limits, Status, Symptom, VerdictKind
from fuzzer.store.run_log import reason_of

LIMITS = Limits(wall_ms=200)


def once(program: Program, of: Case) -> CaseResult:
    return result_of(of, run_once(program.commands, of, LIMITS))


def confirmed(program: Program, *, times: int = 3) -> Comparison:
    """The comparison of the first target after a run and its confirmation."""
    return confirm(program, once(program, case(b"y")), LIMITS, times).comparisons[0]


def test_divergence_that_repeats_every_time_is_a_finding(tmp_path: Path) -> None:
    entry = confirmed(fake_program(tmp_path, ECHO, sp1=ALWAYS_X), times=4)
    assert (entry.confirmed, entry.attempts) == (4, 4)
    assert entry.is_finding


def test_divergence_that_some_runs_do_not_repeat_is_flaky(tmp_path: Path) -> None:
    turns = differing_by_process("xyx", tmp_path / "turns")
    entry = confirmed(fake_program(tmp_path, ECHO, sp1=turns))
    assert (entry.confirmed, entry.attempts) == (2, 3)
    assert entry.is_flaky
    assert not entry.is_finding
    assert reason_of(entry).startswith("flaky: commit #1, byte 0: native 79")


def test_divergence_at_another_place_is_no_repetition(tmp_path: Path) -> None:
    turns = differing_by_process("xz", tmp_path / "turns")
    entry = confirmed(fake_program(tmp_path, ECHO, sp1=turns), times=2)
    assert (entry.confirmed, entry.attempts) == (1, 2)


def test_every_confirming_run_has_processes_of_its_own(tmp_path: Path) -> None:
    turns = tmp_path / "turns"
    confirmed(fake_program(tmp_path, ECHO, sp1=differing_by_process("x", turns)))
    assert turns.read_text() == "...."


def test_core_that_differs_natively_from_run_to_run_is_flaky_and_called_so(tmp_path: Path) -> None:
    turns = differing_by_process("abc", tmp_path / "turns")
    entry = confirmed(fake_program(tmp_path, turns, sp1=ALWAYS_X))
    assert entry.is_flaky
    assert entry.confirmed == 0
    assert reason_of(entry).startswith("flaky: ")
    assert "native itself differs from run to run, so the core is not deterministic" in reason_of(entry)


def test_targets_that_agree_are_left_alone(tmp_path: Path) -> None:
    program = fake_program(tmp_path, ECHO, sp1=ALWAYS_X, other=ECHO)
    result = once(program, case(b"y"))
    differing, agreeing = confirm(program, result, LIMITS, 2).comparisons
    assert differing.is_finding
    assert agreeing == result.comparisons[1]


def test_comparisons_stand_in_the_order_of_the_targets_whoever_answers_first(tmp_path: Path) -> None:
    slow = ECHO.replace("answer(run)", "time.sleep(0.2); answer(run)")
    program = fake_program(tmp_path, slow, zz=slow, aa=ECHO, mm=slow)
    assert [entry.target for entry in once(program, case(b"y")).comparisons] == ["zz", "aa", "mm"]


def test_timeout_on_one_side_only(tmp_path: Path) -> None:
    slow = timing_out(below_ms=600)
    assert is_one_sided_timeout(once(fake_program(tmp_path, ECHO, sp1=slow), case(b"y")))
    assert not is_one_sided_timeout(once(fake_program(tmp_path, slow, sp1=slow), case(b"y")))
    assert not is_one_sided_timeout(once(fake_program(tmp_path, ECHO, sp1=ECHO), case(b"y")))


def test_slow_target_that_ends_within_three_times_the_limit_agrees(tmp_path: Path) -> None:
    program = fake_program(tmp_path, ECHO, sp1=timing_out(below_ms=600))
    again, limits = retry_alone(program, once(program, case(b"y")), LIMITS)
    assert limits == Limits(wall_ms=600)
    assert again.comparisons[0].equal


def test_slow_target_is_compared_once_it_has_ended(tmp_path: Path) -> None:
    program = fake_program(tmp_path, ECHO, sp1=timing_out(below_ms=600))
    slow = result_of(case(b"x"), run_once(program.commands, case(b"y"), LIMITS))
    again, _ = retry_alone(program, slow, LIMITS)
    assert again.reference.stream == b"x"
    assert again.comparisons[0].equal


def test_target_that_hangs_diverges_and_needs_no_further_confirmation(tmp_path: Path) -> None:
    program = fake_program(tmp_path, ECHO, sp1=timing_out(below_ms=601), other=ECHO)
    again, limits = retry_alone(program, once(program, case(b"y")), LIMITS)
    hanging, sound = confirm(program, again, limits, 3).comparisons
    assert hanging.verdict.symptom is Symptom.HANG
    assert hanging.verdict.reason == "native ok, sp1 timeout (alone, with three times the limit)"
    assert (hanging.confirmed, hanging.attempts) == (1, 1)
    assert hanging.is_finding
    assert sound.equal


def test_native_that_hangs_diverges_too(tmp_path: Path) -> None:
    program = fake_program(tmp_path, timing_out(below_ms=601), sp1=ECHO)
    again, _ = retry_alone(program, once(program, case(b"y")), LIMITS)
    assert again.reference.status is Status.TIMEOUT
    assert again.comparisons[0].verdict.kind is VerdictKind.DIVERGE
    assert again.comparisons[0].is_finding
