"""What a worker of a cluster does with the cases that it is given."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from fake_program import ECHO, case, fake_program

from fuzzer.execute import cluster
from fuzzer.execute.cluster import Subject, run_cases
from fuzzer.model import Limits

LIMITS = Limits(wall_ms=5_000)


@pytest.fixture(name="subject")
def fixture_subject(tmp_path: Path) -> Iterator[Subject]:
    """A program that gives back what it is given, on two targets."""
    program = fake_program(tmp_path, ECHO, sp1=ECHO)
    yield cluster.subject_of(program.commands, LIMITS)
    while cluster.kept:
        cluster.kept.popitem()[1].close()


def test_runners_are_kept_from_one_task_to_the_next(subject: Subject) -> None:
    for text in (b"one", b"two"):
        ran = run_cases(subject, [case(text), case(b"same")])
        assert [{target: of.stream for target, of in answer.items()} for answer in ran.answers] == [
            {"native": text, "sp1": text},
            {"native": b"same", "sp1": b"same"},
        ]
    assert len(cluster.kept) == 1


def test_another_file_at_the_same_path_is_refused_by_its_name(subject: Subject) -> None:
    path = subject.digests[0][0]
    other = msgspec.structs.replace(subject, digests=((path, "0" * 64),))
    assert run_cases(other, [case(b"one")]).error == f"{path.name} is another file on a worker"
    gone = msgspec.structs.replace(subject, digests=((path.with_name("gone"), "0" * 64),))
    assert run_cases(gone, [case(b"one")]).error == "gone is not there on a worker"
    assert not cluster.kept
