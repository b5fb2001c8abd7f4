"""Whole programs on real processes that answer batches, well or badly."""

from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest
from fake_runner import fake_runner

from fuzzer.errors import RunnerError
from fuzzer.execute.programs import BATCH, ProgramRunners, RanBatch
from fuzzer.execute.runner import RunnerCommand
from fuzzer.model import Limits, Outcome, Status

LIMITS = Limits(wall_ms=100, memory_mb=7, output_mb=3)
ECHO = """
    hello()
    for batch in runs():
        answer_batch(batch, [ended(elf) for elf in batch["programs"]])
"""
DIES_OF_A_WORD = """
    hello()
    for batch in runs():
        if b"die" in batch["programs"]:
            print("last words", file=sys.stderr, flush=True)
            os._exit(3)
        answer_batch(batch, [ended(elf) for elf in batch["programs"]])
"""
UPPER = ECHO.replace("ended(elf)", 'ended(elf if elf != b"p1" else b"P1")')


def numbered(count: int) -> list[bytes]:
    return [b"p%d" % number for number in range(count)]


def run(commands: Sequence[RunnerCommand], programs: Sequence[bytes]) -> dict[str, list[Outcome]]:
    with ProgramRunners(commands, limits=LIMITS) as runners:
        return runners.run(programs)


def streamed(commands: Sequence[RunnerCommand], batches: Sequence[Sequence[bytes]]) -> list[RanBatch]:
    """What became of the batches, after a look at their order."""
    with ProgramRunners(commands, limits=LIMITS) as runners:
        found = [ran for ran in runners.stream(enumerate(batches)) if ran is not None]
    assert [item for item, _ in found] == list(range(len(batches)))
    return [ran for _, ran in found]


@pytest.mark.parametrize("count", [0, 1, BATCH, 3 * BATCH + 1])
def test_every_program_has_its_outcome_in_order_on_every_target(tmp_path: Path, count: int) -> None:
    commands = [fake_runner(tmp_path, ECHO, target=target) for target in ("one", "two")]
    programs = numbered(count)
    found = run(commands, programs)
    assert list(found) == ["one", "two"]
    for outcomes in found.values():
        assert [outcome.stream for outcome in outcomes] == programs
        assert all((outcome.status, outcome.exit_code) == (Status.OK, 0) for outcome in outcomes)


def test_limits_are_those_of_each_program(tmp_path: Path) -> None:
    tells = ECHO.replace(
        "ended(elf)", 'ended(b"%d %d %d" % (batch["wall_ms"], batch["memory_bytes"], batch["output_bytes"]))'
    )
    (outcome,) = run([fake_runner(tmp_path, tells)], [b"p"])["fake"]
    assert outcome.stream == b"100 %d %d" % (7 << 20, 3 << 20)


def test_status_message_and_cycles_of_each_program_come_through(tmp_path: Path) -> None:
    various = """
        hello()
        for batch in runs():
            ends = [["panic", 3, None, b"x", "said"], ["crash", None, 11, b"", ""], ended()]
            encoded = msgspec.msgpack.encode(ends)
            send(8, {"id": batch["id"], "outcomes": encoded, "cycles": [5, None, 7], "coverage": b"seen"})
    """
    (ran,) = streamed([fake_runner(tmp_path, various)], [numbered(3)])
    assert ran.outcomes("fake") == [
        Outcome(status=Status.PANIC, exit_code=3, stream=b"x", message="said", cycles=5),
        Outcome(status=Status.CRASH, signal=11),
        Outcome(status=Status.OK, exit_code=0, cycles=7),
    ]
    assert ran.answers["fake"].coverage == b"seen"


def test_targets_that_did_the_same_are_not_unlike_and_the_one_that_did_not_is(tmp_path: Path) -> None:
    bodies = {"reference": ECHO, "same": ECHO, "other": UPPER}
    commands = [fake_runner(tmp_path, body, target=target) for target, body in bodies.items()]
    agreeing, differing = streamed(commands, [[b"p0"], [b"p0", b"p1", b"p2"]])
    assert agreeing.unlike("reference") == []
    assert differing.unlike("reference") == ["other"]
    assert [outcome.stream for outcome in differing.outcomes("other")] == [b"p0", b"P1", b"p2"]


def test_coverage_and_cycles_set_no_target_apart(tmp_path: Path) -> None:
    counts = ECHO.replace("answer_batch(batch,", "answer_batch(coverage=b'bins', batch=batch, outcomes=")
    commands = [fake_runner(tmp_path, body, target=name) for name, body in (("a", ECHO), ("b", counts))]
    (ran,) = streamed(commands, [numbered(2)])
    assert ran.unlike("a") == []


@pytest.mark.parametrize("position", [0, 2, 4])
def test_only_the_program_that_ends_the_runner_is_its_crash(tmp_path: Path, position: int) -> None:
    programs = numbered(5)
    programs[position] = b"die"
    found = run([fake_runner(tmp_path, DIES_OF_A_WORD)], programs)["fake"]
    crash = found.pop(position)
    assert crash.status is Status.CRASH
    assert crash.message == "the runner of fake exited with code 3: last words"
    assert [outcome.stream for outcome in found] == [name for name in programs if name != b"die"]


def test_target_whose_runner_died_of_a_batch_still_agrees_on_the_other_batches(tmp_path: Path) -> None:
    bodies = {"reference": ECHO, "other": DIES_OF_A_WORD}
    commands = [fake_runner(tmp_path, body, target=target) for target, body in bodies.items()]
    batches = [[b"a", b"b"], [b"c", b"die"], [b"d", b"e"], [b"f"]]
    assert [ran.unlike("reference") for ran in streamed(commands, batches)] == [[], ["other"], [], []]


def test_batch_that_only_together_ends_the_runner_agrees_program_by_program(tmp_path: Path) -> None:
    dies_of_two = DIES_OF_A_WORD.replace('b"die" in batch["programs"]', 'len(batch["programs"]) > 1')
    commands = [fake_runner(tmp_path, body, target=name) for name, body in (("a", ECHO), ("b", dies_of_two))]
    (ran,) = streamed(commands, [[b"p0", b"p1", b"p2"]])
    assert ran.unlike("a") == []


def test_deaths_are_counted_as_restarts(tmp_path: Path) -> None:
    with ProgramRunners([fake_runner(tmp_path, DIES_OF_A_WORD)], limits=LIMITS) as runners:
        runners.run([b"p0"])
        assert runners.restarts == 0
        runners.run([b"die"])
        assert runners.restarts == 1


def test_runner_that_takes_no_programs_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    refuses = """
        hello()
        for batch in runs():
            send(6, "no batches here")
    """
    with pytest.raises(RunnerError, match="the runner of fake does not run whole programs: no batches") as at:
        run([fake_runner(tmp_path, refuses)], numbered(2))
    assert "choose a target" in at.value.hint
    assert psutil.Process().children() == []


@pytest.mark.parametrize(
    "outcomes",
    [
        pytest.param("b''", id="empty"),
        pytest.param("b'\\xc1garbage'", id="not MessagePack"),
        pytest.param("msgspec.msgpack.encode([['fine', 0, None, b'', '']])", id="unknown status"),
        pytest.param("msgspec.msgpack.encode([['ok', 0]])", id="fields are missing"),
        pytest.param("b'\\x91\\x95\\xa2ok\\x00\\xc0\\xc4\\x00\\xa1\\xff'", id="not UTF-8"),
        pytest.param("msgspec.msgpack.encode([])", id="fewer than counts"),
    ],
)
def test_outcomes_that_do_not_parse_are_an_error(tmp_path: Path, outcomes: str) -> None:
    body = f"""
        hello()
        for batch in runs():
            send(8, {{"id": batch["id"], "outcomes": {outcomes}, "cycles": [None], "coverage": b""}})
    """
    with pytest.raises(RunnerError, match="the runner of fake does not keep the protocol"):
        run([fake_runner(tmp_path, body)], [b"p"])


def test_answer_for_fewer_programs_than_were_sent_is_an_error(tmp_path: Path) -> None:
    forgets = ECHO.replace('batch["programs"]]', 'batch["programs"][1:]]')
    with pytest.raises(RunnerError, match="answered for 2 programs of 3"):
        run([fake_runner(tmp_path, forgets)], numbered(3))


def test_leaving_a_stream_half_way_ends_all_runners(tmp_path: Path) -> None:
    with ProgramRunners([fake_runner(tmp_path, ECHO)], limits=LIMITS) as runners:
        endless = ((number, [b"p"]) for number in range(10**9))
        running = runners.stream(endless)
        next(ran for ran in running if ran is not None)
        assert len(psutil.Process().children()) == 1
    assert psutil.Process().children() == []
