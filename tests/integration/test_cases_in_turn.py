"""Small cases run in turn in one process of SP1's JIT: each as if it were alone."""

import random
from collections.abc import Callable, Iterator, Sequence

import msgspec
import pytest
from cli_project import ROOT

from fuzzer.execute.executor import Executor
from fuzzer.execute.runner import RunnerCommand
from fuzzer.generate.hand_written import load_inputs
from fuzzer.model import Case, Limits, Outcome, Status

pytestmark = pytest.mark.real

CommandsOf = Callable[[str, Sequence[str]], list[RunnerCommand]]
"""The runners of a core on these targets, built; a fixture of `conftest.py`."""

LIMITS = Limits(wall_ms=20_000, memory_mb=512)
CORES = ("arithmetic", "bigint", "collections", "fib", "floats", "hostile", "io", "json")
ROUNDS = 8
RUNS, SEEN = 7, 1
"""What a first run of the guest `remembers` commits."""


def seeds(core: str) -> Iterator[Case]:
    for path in sorted((ROOT / "inputs").glob(f"{core}_*")):
        if path.stem != "hostile_loop":
            yield from load_inputs(path, core=core, project=ROOT)


def outcomes(executor: Executor, cases: Sequence[Case]) -> list[Outcome]:
    """What cases did that were asked for at once, without what is never the same twice."""
    found = [executed.outcomes["sp1"] for executed in executor.run(cases) if executed is not None]
    return [msgspec.structs.replace(outcome, elapsed_ns=0, peak_memory=None) for outcome in found]


@pytest.mark.parametrize("core", CORES)
def test_cases_in_turn_do_what_they_do_alone(commands_of: CommandsOf, core: str) -> None:
    cases = list(seeds(core))
    mixed = cases * ROUNDS
    random.Random(1).shuffle(mixed)  # noqa: S311 - an order, not a secret
    with Executor(commands_of(core, ["sp1"]), limits=LIMITS) as executor:
        alone = {case.input_name: outcomes(executor, [case])[0] for case in cases}
        in_turn = outcomes(executor, mixed)
    assert in_turn == [alone[case.input_name] for case in mixed]
    assert len(set(map(msgspec.json.encode, alone.values()))) > 1
    assert executor.restarts == 0


def remembers(text: bytes) -> Case:
    return Case(core="remembers", input_name=text.decode(), buffers=(text,))


def test_nothing_is_left_of_the_case_before(commands_of: CommandsOf) -> None:
    cases = [remembers(b"!" if number % 5 == 2 else b"x" * number) for number in range(200)]
    with Executor(commands_of("remembers", ["sp1"]), limits=LIMITS) as executor:
        found = outcomes(executor, cases)
    first = RUNS.to_bytes(8, "little") + SEEN.to_bytes(8, "little")
    for case, outcome in zip(cases, found, strict=True):
        panics = case.buffers[0] == b"!"
        assert outcome.stream == first
        assert (outcome.status, outcome.exit_code) == ((Status.PANIC, 1) if panics else (Status.OK, 0))
        assert ("asked to after 7" in outcome.message) == panics
        assert outcome.stdout == b"7 runs, 1 inputs seen\n"
        assert outcome.stderr.startswith(f"{len(case.buffers[0])}\n".encode())


def test_a_case_without_an_end_leaves_those_around_it_as_they_are(commands_of: CommandsOf) -> None:
    good, loop = (
        Case(core="hostile", input_name=deed, buffers=(f'{{"do": "{deed}"}}'.encode(),))
        for deed in ("none", "loop")
    )
    limits = Limits(wall_ms=1_500, memory_mb=512)
    with Executor(commands_of("hostile", ["sp1"]), limits=limits) as executor:
        found = outcomes(executor, [*[good] * 40, loop, *[good] * 40])
    statuses = [outcome.status for outcome in found]
    assert statuses == [Status.OK] * 40 + [Status.TIMEOUT] + [Status.OK] * 40
