"""Guests that end in every bad way, on real runners: each has its status, and the runner goes on."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

import fuzzer
from fuzzer.execute.executor import Executor
from fuzzer.execute.runner import RunnerCommand
from fuzzer.model import Case, Limits, Outcome, Status

pytestmark = pytest.mark.real

CommandsOf = Callable[[str, Sequence[str]], list[RunnerCommand]]
"""The runners of a core on these targets, built; a fixture of `conftest.py`."""

ROOT = Path(fuzzer.__file__).parents[1]
LIMITS = Limits(wall_ms=20_000, memory_mb=256)
"""The wall limit is far away, however busy the machine is; only `loop` meets one."""
TARGETS = ("native", "sp1", "sp1-portable")
KEPT_OUTPUT = 64 << 10

GOOD = Case(core="hostile", input_name="good", buffers=(b'{"do": "none"}',))
LOOP = Case(core="hostile", input_name="loop", buffers=(b'{"do": "loop"}',))
GOOD_STREAM = b"before" + len(GOOD.buffers[0]).to_bytes(8, "little") + b"after"

OK = frozenset({Status.OK})
PANIC = frozenset({Status.PANIC})
CRASH = frozenset({Status.CRASH})
OOM = frozenset({Status.OOM})
TIMEOUT = frozenset({Status.TIMEOUT})
STACK_OR_MEMORY = CRASH | OOM
"""A stack without an end meets its own end or the memory limit, whichever is nearer."""

EXPECTED: Mapping[str, Mapping[str, frozenset[Status]]] = {
    "abort": dict.fromkeys(TARGETS, CRASH),
    "allocate": dict.fromkeys(TARGETS, OOM),
    "allocate_huge": dict.fromkeys(TARGETS, CRASH),
    # In an SP1 guest `std::process::exit` is an illegal instruction.
    "exit": {"native": PANIC, "sp1": CRASH, "sp1-portable": CRASH},
    "exit_zero": {"native": OK, "sp1": CRASH, "sp1-portable": CRASH},
    "index": dict.fromkeys(TARGETS, PANIC),
    "loop": dict.fromkeys(TARGETS, TIMEOUT),
    "none": dict.fromkeys(TARGETS, OK),
    "overflow_stack": dict.fromkeys(TARGETS, STACK_OR_MEMORY),
    "panic": dict.fromkeys(TARGETS, PANIC),
    "print": dict.fromkeys(TARGETS, OK),
    "unknown": dict.fromkeys(TARGETS, PANIC),
}


def hostile_input(name: str) -> Case:
    path = ROOT / "inputs" / f"hostile_{name}.json"
    return Case(core="hostile", input_name=path.name, buffers=(path.read_bytes(),))


def hostile(text: str) -> Case:
    return Case(core="hostile", input_name=text, buffers=(text.encode(),))


def run(executor: Executor, cases: Sequence[Case], target: str) -> list[Outcome]:
    return [executed.outcomes[target] for executed in executor.run(cases) if executed is not None]


def test_every_hostile_input_has_its_expectation() -> None:
    names = {path.stem.removeprefix("hostile_") for path in (ROOT / "inputs").glob("hostile_*.json")}
    assert names == EXPECTED.keys()


@pytest.mark.parametrize("target", TARGETS)
def test_each_end_has_its_status_and_the_runner_survives_it(commands_of: CommandsOf, target: str) -> None:
    names = [name for name in EXPECTED if name != "loop"]
    cases = [case for name in names for case in (hostile_input(name), GOOD)]
    with Executor(commands_of("hostile", [target]), limits=LIMITS) as executor:
        outcomes = run(executor, cases, target)
        assert executor.restarts == 0
    statuses = dict(zip(names, (outcome.status for outcome in outcomes[::2]), strict=True))
    assert {name: status for name, status in statuses.items() if status not in EXPECTED[name][target]} == {}
    assert {(outcome.status, outcome.stream) for outcome in outcomes[1::2]} == {(Status.OK, GOOD_STREAM)}


@pytest.mark.parametrize("target", TARGETS)
def test_loop_ends_at_the_wall_limit_and_the_runner_survives_it(commands_of: CommandsOf, target: str) -> None:
    with Executor(commands_of("hostile", [target]), limits=Limits(wall_ms=500)) as executor:
        (outcome,) = run(executor, [hostile_input("loop")], target)
        assert outcome.message == "still running after 500 ms"
        (good,) = run(executor, [GOOD], target)
        assert executor.restarts == 0
    assert {outcome.status} == EXPECTED["loop"][target]
    assert outcome.elapsed_ns >= 500_000_000
    assert (good.status, good.stream) == (Status.OK, GOOD_STREAM)


def test_native_ends_say_how(commands_of: CommandsOf) -> None:
    names = ("abort", "exit", "exit_zero", "panic", "index", "allocate_huge")
    with Executor(commands_of("hostile", ["native"]), limits=LIMITS) as executor:
        outcomes = run(executor, [hostile_input(name) for name in names], "native")
    found = dict(zip(names, outcomes, strict=True))
    assert found["abort"].signal == signal.SIGABRT
    assert [found[name].exit_code for name in ("exit", "exit_zero", "panic")] == [3, 0, 1]
    assert found["panic"].message == 'on purpose: ü, {braces}, "quotes"\nand a second line'
    assert found["index"].message == "index out of bounds: the len is 4 but the index is 4"
    assert "memory allocation of 4611686018427387904 bytes failed" in found["allocate_huge"].message


@pytest.mark.parametrize("target", TARGETS)
def test_commits_in_front_of_a_panic_are_kept(commands_of: CommandsOf, target: str) -> None:
    case = hostile_input("panic")
    with Executor(commands_of("hostile", [target]), limits=LIMITS) as executor:
        (outcome,) = run(executor, [case], target)
    assert outcome.stream == b"before" + len(case.buffers[0]).to_bytes(8, "little")
    assert outcome.exit_code == 1
    assert outcome.message.startswith('on purpose: ü, {braces}, "quotes"')


@pytest.mark.parametrize("target", TARGETS)
def test_what_a_guest_prints_is_kept_apart_and_bounded(commands_of: CommandsOf, target: str) -> None:
    little, much = hostile('{"do": "print", "lines": 2}'), hostile('{"do": "print", "lines": 5000}')
    with Executor(commands_of("hostile", [target]), limits=LIMITS) as executor:
        first, second, good = run(executor, [little, much, GOOD], target)
    # What has no newline at its end stays in the guest's buffer, in SP1 too.
    assert first.stdout.startswith(b"line 0 on stdout\nline 1 on stdout\n")
    assert b"on stderr" not in first.stdout
    assert b"on stdout" not in first.stderr
    assert b"no newline at the end of stderr" in first.stderr
    assert second.status is Status.OK
    assert second.stdout.startswith(b"line 0 on stdout\n")
    assert len(first.stdout) < len(second.stdout) <= KEPT_OUTPUT
    assert len(first.stderr) < len(second.stderr) <= KEPT_OUTPUT
    assert (good.stdout, good.stderr, good.stream) == (b"", b"", GOOD_STREAM)


def test_output_limit(commands_of: CommandsOf) -> None:
    commands = commands_of("io", TARGETS)
    # One command of kind 7: commit so many bytes.
    case = Case(core="io", input_name="large", buffers=(b"\1\0\0\0", b"\7", (2 << 20).to_bytes(4, "little")))
    with Executor(commands, limits=Limits(wall_ms=60_000, output_mb=1)) as executor:
        (executed,) = [one for one in executor.run([case]) if one is not None]
    statuses = {target: outcome.status for target, outcome in executed.outcomes.items()}
    assert statuses == dict.fromkeys(TARGETS, Status.LIMIT)


def test_closing_in_mid_case_leaves_no_process(commands_of: CommandsOf) -> None:
    limits = Limits(wall_ms=60_000)
    with Executor(commands_of("hostile", TARGETS), limits=limits, jobs=2) as executor:
        running = executor.run([LOOP] * 12)
        runners_and_guests = 2 * 2 * len(TARGETS)
        processes = processes_below(
            psutil.Process(), at_least=runners_and_guests, meanwhile=lambda: next(running)
        )
    assert still_there(processes) == []


@pytest.mark.parametrize("target", TARGETS)
def test_harness_that_is_killed_leaves_no_runner_and_no_guest(commands_of: CommandsOf, target: str) -> None:
    (command,) = commands_of("hostile", [target])
    with subprocess.Popen(
        [sys.executable, "-c", _HARNESS, target, str(command.binary), str(command.program or "")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as harness:
        try:
            processes = processes_below(psutil.Process(harness.pid), at_least=2)
        finally:
            harness.kill()
    assert still_running(processes) == []


_HARNESS = """
import sys
from pathlib import Path
from fuzzer.execute.executor import Executor
from fuzzer.execute.runner import RunnerCommand
from fuzzer.model import Case, Limits

target, binary, program = sys.argv[1:]
command = RunnerCommand(target=target, binary=Path(binary), program=Path(program) if program else None)
case = Case(core="hostile", input_name="loop", buffers=(b'{"do": "loop"}',))
with Executor([command], limits=Limits(wall_ms=60_000)) as executor:
    for _ in executor.run([case]):
        pass
"""


def test_several_executors_at_once_do_not_disturb_each_other(commands_of: CommandsOf) -> None:
    commands = commands_of("hostile", ["native", "sp1"])
    ends = [hostile_input("panic"), hostile_input("abort"), GOOD]

    def statuses(_: int) -> list[tuple[Status, ...]]:
        with Executor(commands, limits=LIMITS, jobs=2) as executor:
            executed = [one for one in executor.run(ends * 30) if one is not None]
        return [tuple(outcome.status for outcome in one.outcomes.values()) for one in executed]

    with ThreadPoolExecutor(3) as threads:
        results = list(threads.map(statuses, range(3)))
    expected = [(status, status) for status in (Status.PANIC, Status.CRASH, Status.OK)]
    assert results == [expected * 30] * 3


def test_one_executor_ends_while_another_goes_on(commands_of: CommandsOf) -> None:
    commands = commands_of("hostile", ["native"])
    with Executor(commands, limits=Limits(wall_ms=60_000)) as other:
        next(other.run([LOOP]))
        others = processes_below(psutil.Process(), at_least=2)
        with Executor(commands, limits=LIMITS) as executor:
            assert [outcome.status for outcome in run(executor, [GOOD], "native")] == [Status.OK]
            processes = set(processes_below(psutil.Process(), at_least=3)) - set(others)
        assert still_there(processes) == []
        assert all(process.is_running() for process in others)
    assert still_there(others) == []


def processes_below(
    process: psutil.Process, *, at_least: int, meanwhile: Callable[[], object] = lambda: time.sleep(0.02)
) -> list[psutil.Process]:
    """The processes below this one, once there are so many."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = process.children(recursive=True)
        if len(found) >= at_least:
            return found
        meanwhile()
    raise AssertionError(f"fewer than {at_least} processes: {found}")


def still_there(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Those that do not end by themselves now; a zombie that nobody collects is still there."""
    _, alive = psutil.wait_procs(list(processes), timeout=3)
    return list(alive)


def still_running(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Those that do not end by themselves now; whose parent was killed waits for init to be collected."""
    return [process for process in still_there(processes) if _status(process) != psutil.STATUS_ZOMBIE]


def _status(process: psutil.Process) -> str:
    try:
        return process.status()
    except psutil.NoSuchProcess:
        return psutil.STATUS_ZOMBIE
