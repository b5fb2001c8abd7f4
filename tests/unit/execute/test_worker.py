"""What a worker of a cluster does with the cases that it is given."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from fake_program import ECHO, case, fake_program

from fuzzer.execute import worker
from fuzzer.execute.worker import HARNESS, Ran, Subject, packed, perform, run_cases
from fuzzer.model import Limits

LIMITS = Limits(wall_ms=5_000)


@pytest.fixture(name="subject")
def fixture_subject(tmp_path: Path) -> Iterator[Subject]:
    """A program that gives back what it is given, on two targets."""
    program = fake_program(tmp_path, ECHO, sp1=ECHO)
    yield worker.subject_of(program.commands, LIMITS)
    while worker.kept:
        worker.kept.popitem()[1].close()


def test_runners_are_kept_from_one_task_to_the_next(subject: Subject) -> None:
    for text in (b"one", b"two"):
        ran = run_cases(subject, [case(text), case(b"same")])
        assert [{target: of.stream for target, of in answer.items()} for answer in ran.answers] == [
            {"native": text, "sp1": text},
            {"native": b"same", "sp1": b"same"},
        ]
    assert len(worker.kept) == 1


def test_another_file_at_the_same_path_is_refused_by_its_name(subject: Subject) -> None:
    path = subject.digests[0][0]
    other = msgspec.structs.replace(subject, digests=((path, "0" * 64),))
    assert run_cases(other, [case(b"one")]).error == f"{path.name} is another file on a worker"
    gone = msgspec.structs.replace(subject, digests=((path.with_name("gone"), "0" * 64),))
    assert run_cases(gone, [case(b"one")]).error == "gone is not there on a worker"
    assert not worker.kept


def test_a_task_of_another_version_is_not_looked_at(subject: Subject) -> None:
    work = packed(run_cases, subject, [case(b"one")])
    ran = perform(HARNESS, work)
    assert isinstance(ran, Ran)
    assert [answer["sp1"].stream for answer in ran.answers] == [b"one"]
    assert perform("fuzz 0.0.9 (schema 1, protocol 1)", b"in a form of its own") == HARNESS
