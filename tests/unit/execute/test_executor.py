"""Many cases on real processes that keep the protocol, or break it in every way."""

import time
from collections.abc import Iterable
from pathlib import Path

import psutil
import pytest
from fake_runner import fake_runner

from fuzzer.errors import RunnerError
from fuzzer.execute.executor import Executed, Executor
from fuzzer.execute.runner import RunnerCommand
from fuzzer.model import Case, Limits, Outcome, Status

LIMITS = Limits(wall_ms=200)

ECHO = """
    hello()
    for run in runs():
        answer(run)
"""
DIES_ON_A_WORD = """
    hello()
    for run in runs():
        if run["buffers"] == [b"die"]:
            print("last words", file=sys.stderr, flush=True)
            os.kill(os.getpid(), signal.SIGSEGV)
        answer(run)
"""


def case(*buffers: bytes) -> Case:
    return Case(core="core", input_name="input", buffers=buffers)


def numbered(count: int) -> list[Case]:
    return [case(b"%d" % number) for number in range(count)]


def outcomes(
    commands: RunnerCommand | list[RunnerCommand],
    cases: Iterable[Case],
    *,
    jobs: int = 1,
    grace_s: float = 15,
) -> list[Outcome]:
    """The outcomes on the first of the commands, after a look at the order."""
    several = commands if isinstance(commands, list) else [commands]
    cases = list(cases)
    with Executor(several, limits=LIMITS, jobs=jobs, grace_s=grace_s) as executor:
        executed = [one for one in executor.run(cases) if one is not None]
    assert [one.case for one in executed] == cases
    assert all(one.outcomes.keys() == {command.target for command in several} for one in executed)
    return [one.outcomes[several[0].target] for one in executed]


def streams(found: list[Outcome]) -> list[bytes]:
    return [outcome.stream for outcome in found]


def test_outcomes_come_in_the_order_of_the_cases(tmp_path: Path) -> None:
    found = outcomes(fake_runner(tmp_path, ECHO), numbered(300))
    assert streams(found) == [b"%d" % number for number in range(300)]


def test_several_runners_of_several_targets_keep_the_order(tmp_path: Path) -> None:
    slow = """
        hello()
        for run in runs():
            time.sleep(run["id"] % 3 / 1000)
            answer(run)
    """
    commands = [fake_runner(tmp_path, ECHO, target="one"), fake_runner(tmp_path, slow, target="two")]
    assert streams(outcomes(commands, numbered(100), jobs=2)) == [b"%d" % number for number in range(100)]


def test_no_cases_start_no_runner(tmp_path: Path) -> None:
    missing = RunnerCommand(target="fake", binary=tmp_path / "missing")
    assert outcomes(missing, []) == []


@pytest.mark.parametrize("position", [0, 5, 19])
def test_only_the_case_that_kills_the_runner_gets_the_blame(tmp_path: Path, position: int) -> None:
    cases = numbered(20)
    cases[position] = case(b"die")
    found = outcomes(fake_runner(tmp_path, DIES_ON_A_WORD), cases)
    culprit = found.pop(position)
    assert culprit.status is Status.CRASH
    assert culprit.message == "the runner of fake ended by signal 11: last words"
    assert all(outcome.status is Status.OK for outcome in found)


def test_every_case_that_kills_the_runner_is_found(tmp_path: Path) -> None:
    cases = [case(b"die") if number % 7 == 0 else case(b"%d" % number) for number in range(30)]
    found = outcomes(fake_runner(tmp_path, DIES_ON_A_WORD), cases)
    assert [outcome.status is Status.CRASH for outcome in found] == [n % 7 == 0 for n in range(30)]


def test_two_targets_that_die_at_the_same_time_are_both_started_again(tmp_path: Path) -> None:
    commands = [fake_runner(tmp_path, DIES_ON_A_WORD, target=target) for target in ("a", "b", "c")]
    cases = [case(b"die") if number % 5 == 0 else case(b"%d" % number) for number in range(15)]
    found = outcomes(commands, cases)
    assert [outcome.status is Status.CRASH for outcome in found] == [n % 5 == 0 for n in range(15)]


@pytest.mark.slow
def test_case_that_hangs_its_runner_is_given_up(tmp_path: Path) -> None:
    hangs = """
        hello()
        for run in runs():
            if run["buffers"] == [b"hang"]:
                time.sleep(3600)
            answer(run)
    """
    found = outcomes(fake_runner(tmp_path, hangs), [*numbered(3), case(b"hang"), case(b"last")], grace_s=1.0)
    assert [outcome.status for outcome in found] == [Status.OK] * 3 + [Status.CRASH, Status.OK]
    assert "did not answer for 1 s" in found[3].message


@pytest.mark.slow
def test_time_in_which_the_harness_does_something_else_is_not_the_runners(tmp_path: Path) -> None:
    slow = """
        hello()
        for run in runs():
            time.sleep(0.6 if len(run["buffers"][0]) > 5 else 0)
            answer(run)
    """
    with Executor([fake_runner(tmp_path, slow)], limits=LIMITS, grace_s=1.0) as executor:
        # More than a pipe takes: the runner waits for the rest while nobody writes it.
        running = executor.run([case(b"small"), case(bytes(1 << 20))])
        first = next(executed for executed in running if executed is not None)
        time.sleep(1.5)
        second = next(executed for executed in running if executed is not None)
        assert executor.restarts == 0
    assert streams([first.outcomes["fake"], second.outcomes["fake"]]) == [b"small", bytes(1 << 20)]


def test_large_buffers_in_both_directions_do_not_block_each_other(tmp_path: Path) -> None:
    eager = """
        hello()
        for run in runs():
            run["buffers"].append(bytes(1 << 20))
            answer(run)
    """
    found = outcomes(fake_runner(tmp_path, eager), [case(bytes(1 << 20)) for _ in range(24)])
    assert {len(stream) for stream in streams(found)} == {2 << 20}


def test_failure_is_an_error_of_the_oldest_case(tmp_path: Path) -> None:
    refuses = """
        hello()
        for run in runs():
            send(6, "no more processes") if run["buffers"] == [b"1"] else answer(run)
    """
    found = outcomes(fake_runner(tmp_path, refuses), numbered(3))
    assert [outcome.status for outcome in found] == [Status.OK, Status.ERROR, Status.OK]
    assert found[1].message == "no more processes"


@pytest.mark.parametrize(
    ("misbehaviour", "words"),
    [
        ("os.close(ANSWERS); time.sleep(3600)", "closed its answers but goes on running"),
        ("os._exit(9)", "exited with code 9"),
        ("write(b'garbage, not a frame')", "does not keep the protocol"),
        (
            "write(struct.pack('<IB', 0xffffffff, 5)); time.sleep(3600)",
            "a frame of 4294967295 bytes and kind 5",
        ),
        ("write(frame(5, outcome(run))[:-1]); os._exit(0)", "exited with code 0"),
        ("send(5, {'id': 1})", "a frame of kind 5 that does not parse"),
    ],
    ids=["closes its answers", "exits", "garbage", "huge length", "cut answer", "incomplete answer"],
)
def test_runner_that_breaks_off_at_a_case_is_that_cases_crash(
    tmp_path: Path, misbehaviour: str, words: str
) -> None:
    body = f"""
        hello()
        for run in runs():
            if run["buffers"] == [b"bad"]:
                {misbehaviour}
            answer(run)
    """
    found = outcomes(fake_runner(tmp_path, body), [case(b"0"), case(b"bad"), case(b"2")])
    assert [outcome.status for outcome in found] == [Status.OK, Status.CRASH, Status.OK]
    assert words in found[1].message


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("sys.exit('no memory for the start')", "exited with code 1, before it was ready"),
        ("write(b'garbage, not a frame')", "does not keep the protocol: a frame of"),
        ("write(b'\\xff' * 9); time.sleep(3600)", "a frame of 4294967295 bytes"),
        ("os.close(ANSWERS); time.sleep(3600)", "closed its answers but goes on running"),
        ("send(3, {'elapsed_ns': 1})", "the first frame is no hello"),
        ("hello(protocol=2)", "protocol 2, where this harness speaks 1"),
        ("hello(); send(4, request()[1]); time.sleep(3600)", "sent what only the harness sends"),
        ("hello(); hello(); time.sleep(3600)", "sent what only the harness sends"),
    ],
    ids=[
        "dies at start",
        "garbage",
        "huge length",
        "closes its answers",
        "no hello",
        "wrong version",
        "sends a request",
        "says hello twice",
    ],
)
def test_runner_that_is_none_is_an_error(tmp_path: Path, body: str, words: str) -> None:
    with pytest.raises(RunnerError, match=words):
        outcomes(fake_runner(tmp_path, body), numbered(3))
    assert_no_children()


def test_runner_that_says_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RunnerError, match="did not answer for 1 s, before it was ready"):
        outcomes(fake_runner(tmp_path, "time.sleep(3600)"), numbered(3), grace_s=0.4)
    assert_no_children()


def test_last_words_of_a_runner_that_does_not_start_are_shown(tmp_path: Path) -> None:
    with pytest.raises(RunnerError) as raised:
        outcomes(fake_runner(tmp_path, "sys.exit('x' * 5000 + 'no memory for the start')"), numbered(1))
    assert raised.value.details.endswith("no memory for the start")
    assert len(raised.value.details) < 2_001


@pytest.mark.parametrize(
    "answers",
    ["answer(next(others)); answer(run)", "answer(run); answer(run)"],
    ids=["the second first", "twice"],
)
def test_answers_out_of_order_are_an_error(tmp_path: Path, answers: str) -> None:
    body = f"""
        hello()
        others = runs()
        for run in others:
            {answers}
    """
    with pytest.raises(RunnerError, match="answered out of order"):
        outcomes(fake_runner(tmp_path, body), numbered(4))


def test_program_that_cannot_be_loaded_is_an_error_and_no_outcome(tmp_path: Path) -> None:
    refuses = """
        hello()
        kind, body = request()
        send(6, f"not a program: {bytes(body['program'])!r}")
        for run in runs():
            answer(run)
    """
    with pytest.raises(RunnerError, match=r"fake cannot load the program: not a program: b'\\x7fELF'"):
        outcomes(fake_runner(tmp_path, refuses, program=b"\x7fELF"), numbered(3))


def test_runner_that_dies_while_it_loads_is_an_error_and_no_outcome(tmp_path: Path) -> None:
    dies = "hello(); request(); os._exit(4)"
    with pytest.raises(RunnerError, match="exited with code 4, before it was ready"):
        outcomes(fake_runner(tmp_path, dies, program=b"\x7fELF"), numbered(3))


def test_program_is_loaded_again_after_a_death(tmp_path: Path) -> None:
    found = outcomes(fake_runner(tmp_path, DIES_ON_A_WORD, program=b"\x7fELF"), [case(b"die"), case(b"1")])
    assert [outcome.status for outcome in found] == [Status.CRASH, Status.OK]


@pytest.mark.parametrize("what", ["binary", "program"])
def test_missing_file_is_an_error_and_leaves_no_process(tmp_path: Path, what: str) -> None:
    command = fake_runner(tmp_path, ECHO, program=b"\x7fELF")
    assert command.program is not None
    (command.binary if what == "binary" else command.program).unlink()
    with pytest.raises(RunnerError, match=r"cannot be (started|read): No such file or directory"):
        outcomes(command, numbered(1))
    assert_no_children()


def test_runner_that_cannot_be_started_again_is_an_error(tmp_path: Path) -> None:
    command = fake_runner(tmp_path, "os.unlink(__file__); hello(); next(runs()); os._exit(0)")
    with pytest.raises(RunnerError, match="cannot be started"):
        outcomes(command, numbered(1))
    assert_no_children()


def _interrupt_after(running: Iterable[Executed | None]) -> None:
    """An interrupt at the first outcome."""
    next(executed for executed in running if executed is not None)
    raise KeyboardInterrupt


def test_exception_in_the_middle_ends_all_runners(tmp_path: Path) -> None:
    command = fake_runner(tmp_path, ECHO)
    with (
        pytest.raises(KeyboardInterrupt),
        Executor([command], limits=LIMITS, jobs=2) as executor,
    ):
        _interrupt_after(executor.run(numbered(50)))
    assert_no_children()


def test_what_a_runner_prints_is_not_taken_for_answers(tmp_path: Path) -> None:
    prints = """
        hello()
        for run in runs():
            print("to stdout", flush=True)
            print("to stderr" * 10_000, file=sys.stderr, flush=True)
            answer(run)
    """
    assert streams(outcomes(fake_runner(tmp_path, prints), numbered(20))) == [b"%d" % n for n in range(20)]


def assert_no_children() -> None:
    assert [child.name() for child in psutil.Process().children(recursive=True)] == []
