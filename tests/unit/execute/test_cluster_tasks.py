"""How cases are given to the workers of a cluster."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fake_program import case, fake_program

from fuzzer.execute import worker
from fuzzer.execute.cluster import Cluster, ClusterExecutor
from fuzzer.execute.worker import Ran, Subject, Task
from fuzzer.model import Limits


class _Here(Cluster):
    """A cluster whose only worker is this process."""

    def __init__(self) -> None:
        self.tasks: list[int] = []
        """How many cases each task has had."""

    def in_order(
        self, task: Task, subject: Subject, given: Iterator[Any], alone: object
    ) -> Iterator[tuple[Any, Ran] | None]:
        del alone
        for item in given:
            self.tasks.append(len(item))
            yield item, task(subject, item)


def _taking(seconds: float) -> str:
    """A runner whose cases say that they took so long."""
    return f"""
        hello()
        for run in runs():
            send(5, outcome(run) | {{"elapsed_ns": {int(seconds * 1e9)}}})
    """


def _tasks(folder: Path, seconds: float, cases: int) -> list[int]:
    """The sizes of the tasks that so many cases become."""
    here = _Here()
    commands = fake_program(folder, _taking(seconds / 9), sp1=_taking(seconds)).commands
    with ClusterExecutor(here, commands, limits=Limits(wall_ms=5_000)) as executor:
        done = [executed for executed in executor.run([case(b"x")] * cases) if executed]
    while worker.kept:
        worker.kept.popitem()[1].close()
    assert len(done) == sum(here.tasks) == cases
    return here.tasks


def test_quick_cases_go_many_at_a_time(tmp_path: Path) -> None:
    tasks = _tasks(tmp_path, 0.000_1, 1_000)
    assert tasks[0] == 16
    assert max(tasks) == 256


def test_slow_cases_go_alone_so_that_all_workers_have_some(tmp_path: Path) -> None:
    tasks = _tasks(tmp_path, 2.0, 60)
    assert tasks[:2] == [16, 1]
    assert set(tasks[1:]) == {1}
