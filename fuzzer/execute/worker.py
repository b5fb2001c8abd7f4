"""What a worker of a cluster of `distributed` does: it keeps started runners, and runs what it is given."""

import hashlib
import pickle
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from fuzzer.errors import RunnerError
from fuzzer.execute.executor import Executor
from fuzzer.execute.programs import ProgramRunners, RanBatch
from fuzzer.execute.protocol import PROTOCOL
from fuzzer.execute.runner import RunnerCommand
from fuzzer.model import SCHEMA_VERSION, VERSION, Case, Limits, Outcome

HARNESS = f"fuzz {VERSION} (schema {SCHEMA_VERSION}, protocol {PROTOCOL})"
"""What must be the same on a worker: an outcome of another version may say something else."""
SAME = "workers use a checkout at the same path, in the same version, with `fuzz build` done"
_MOST_KEPT = 8
"""Programs whose runners a worker keeps."""

_Answer = TypeVar("_Answer")


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker is to run: runners and a program, as they are on the machine that asks."""

    commands: tuple[RunnerCommand, ...]
    digests: tuple[tuple[Path, str], ...]
    """SHA-256 of each file that the commands name."""
    limits: Limits
    comparisons: bool = False


class Ran(msgspec.Struct, frozen=True):
    """What a task gives back: an answer for each case or batch, or why there is none."""

    answers: list[Any]
    restarts: int = 0
    error: str = ""
    hint: str = ""


Task = Callable[[Subject, Any], Ran]
"""What a worker does: something with a subject."""

kept: dict[Subject, Executor | ProgramRunners] = {}
"""Started runners of this process, those that were used last at the end."""


def subject_of(commands: Sequence[RunnerCommand], limits: Limits) -> Subject:
    """What workers are to run, with the digests of its files."""
    files = dict.fromkeys(
        path for command in commands for path in (command.binary, command.program) if path is not None
    )
    return Subject(
        commands=tuple(commands),
        digests=tuple((path, _digest(path)) for path in files),
        limits=limits,
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def dask_setup(_worker: object) -> None:
    """Called on a worker of this machine when it starts: Ctrl-C is the campaign's, which ends the worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def packed(task: Task, subject: Subject, given: object) -> bytes:
    """A task in a form that a worker of any version can take, to see that it is of another."""
    return pickle.dumps((task, subject, given))


def perform(harness: str, work: bytes) -> Ran | str:
    """Do a packed task, which `harness` asks for; where this is another one, only say which."""
    if harness != HARNESS:
        return HARNESS
    task, subject, given = pickle.loads(work)  # noqa: S301 - who asks could as well send any task
    ran: Ran = task(subject, given)
    return ran


def run_cases(subject: Subject, cases: Sequence[Case]) -> Ran:
    """Run cases of one core; called on a worker."""

    def run(executor: Executor) -> list[dict[str, Outcome]]:
        found = executor.run(cases, comparisons=subject.comparisons)
        return [dict(executed.outcomes) for executed in found if executed]

    return _run(subject, lambda: Executor(subject.commands, limits=subject.limits), run)


def run_batch(subject: Subject, programs: Sequence[bytes]) -> Ran:
    """Run a batch of instruction programs; called on a worker."""

    def run(runners: ProgramRunners) -> list[RanBatch]:
        return [ran[1] for ran in runners.stream([(0, programs)]) if ran]

    return _run(subject, lambda: ProgramRunners(subject.commands, limits=subject.limits), run)


def _run(subject: Subject, start: Callable[[], Any], run: Callable[[Any], list[_Answer]]) -> Ran:
    runners = kept.pop(subject, None)
    try:
        if runners is None:
            _check(subject)
            runners = start()
        before = runners.restarts
        answers = run(runners)
    except RunnerError as error:
        if runners is not None:
            runners.close()
        return Ran([], 0, error.message, error.hint)
    kept[subject] = runners
    while len(kept) > _MOST_KEPT:
        kept.pop(next(iter(kept))).close()
    return Ran(answers, runners.restarts - before)


def _check(subject: Subject) -> None:
    """Make sure that the files are here and are the same.

    Raises:
        RunnerError: one is not.
    """
    for path, digest in subject.digests:
        found = ""
        with suppress(OSError):
            found = _digest(path)
        if found != digest:
            what = "is another file" if found else "is not there"
            raise RunnerError(f"{path.name} {what} on a worker", hint=SAME)
