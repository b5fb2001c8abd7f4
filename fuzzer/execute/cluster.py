"""Runners on the workers of a cluster of `distributed`: cases go there, outcomes come back in order.

A worker holds nothing that a campaign needs. It keeps started runners, and runs what it is given; so whoever
asks gets the same outcomes as from runners of its own, and what a lost worker was at is run again elsewhere.
"""

import hashlib
import logging
import math
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from fuzzer.errors import RunnerError, ToolchainError, UsageError
from fuzzer.execute.executor import Executed, Executor
from fuzzer.execute.programs import ProgramRunners, RanBatch
from fuzzer.execute.runner import RunnerCommand
from fuzzer.model import Case, Limits, Outcome

if TYPE_CHECKING:
    from distributed import Client

_IN_ONE_GO = 16
"""Cases that a worker is given at once."""
_AHEAD = 3
"""Tasks under way for each worker: enough that none waits for the next one to arrive."""
_POLL_S = 0.25
_ASKED_S = 1.0
"""How often the scheduler is asked for its workers: each time costs a message there and back."""
_CONNECT_S = 10
_LOST_S = 30
"""How long a campaign waits for workers where none is left."""
_GO_ON = "`fuzz campaign --resume latest` goes on, with workers or without"
_MOST_KEPT = 8
"""Programs whose runners a worker keeps."""

_Given = TypeVar("_Given")
_Answer = TypeVar("_Answer")


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker is to run: runners and a program, as they are on the machine that asks."""

    commands: tuple[RunnerCommand, ...]
    digests: tuple[tuple[Path, str], ...]
    """SHA-256 of each file that the commands name."""
    limits: Limits
    comparisons: bool = False


class _Ran(msgspec.Struct, frozen=True):
    """What a task gives back: an answer for each case or batch, or why there is none."""

    answers: list[Any]
    restarts: int = 0
    error: str = ""
    hint: str = ""


class Cluster:
    """A connected cluster."""

    def __init__(self, client: "Client") -> None:
        self._client = client

        self._found, self._asked = 0, -math.inf
        self._seen = time.monotonic()
        """When there was a worker."""

    @property
    def workers(self) -> int:
        """How many there are, as the scheduler said lately, at least one: a lost one may be replaced.

        Raises:
            RunnerError: there has been none for a while.
        """
        now = time.monotonic()
        if now - self._asked >= _ASKED_S:
            self._asked = now
            self._found = len(self._client.scheduler_info(n_workers=-1).get("workers", ()))
        if self._found:
            self._seen = now
        elif now - self._seen > _LOST_S:
            raise RunnerError("the cluster has no worker any more", hint=_GO_ON)
        return max(1, self._found)

    def in_order(
        self,
        task: Callable[[Subject, Any], _Ran],
        subject: Subject,
        given: Iterator[_Given],
        alone: Callable[[_Given], _Ran],
    ) -> Iterator[tuple[_Given, _Ran] | None]:
        """Give each of some things to a worker, and what came of it in order; None while it takes its time.

        Args:
            task: What a worker does; called there.
            subject: Its first argument.
            given: Its second arguments.
            alone: Does the same here: for what has ended several workers.

        Raises:
            RunnerError: a runner does not start there, or is another one.
        """
        waiting: deque[tuple[_Given, Any]] = deque()
        exhausted = False
        while True:
            while not exhausted and len(waiting) < _AHEAD * self.workers:
                item = next(given, None)
                if item is None:
                    exhausted = True
                    break
                waiting.append((item, self._client.submit(task, subject, item, pure=False)))
            if not waiting:
                return
            item, future = waiting[0]
            _ = self.workers  # there is none to wait for where this raises
            if not _is_done(future):
                yield None
                continue
            ran = _result(future) or alone(item)
            waiting.popleft()
            if ran.error:
                raise RunnerError(ran.error, hint=ran.hint)
            yield item, ran


def _is_done(future: Any) -> bool:  # noqa: ANN401 - an optional extra's
    """Whether there is an answer, after a while in which there might have come one."""
    if future.done():
        return True
    with suppress(Exception):  # what the task has raised is the result's to say
        future.result(timeout=_POLL_S)
    return bool(future.done())


def _result(future: Any) -> _Ran | None:  # noqa: ANN401 - an optional extra's
    """What a task gave back; None where it has ended worker after worker.

    Raises:
        RunnerError: it was lost.
    """
    from distributed import KilledWorker  # noqa: PLC0415 - an optional extra

    try:
        ran: _Ran = future.result()
    except KilledWorker:
        return None
    except Exception as error:  # whatever is wrong there, it comes as what was raised there
        raise RunnerError(
            f"the cluster did not do what it was asked: {type(error).__name__}: {error}",
            hint=f"workers use a checkout in the same version; {_GO_ON}",
        ) from error
    return ran


@contextmanager
def cluster(workers: int, scheduler: str) -> Iterator[Cluster]:
    """The cluster of a scheduler at an address, or worker processes of this machine on its loopback.

    Raises:
        UsageError: the scheduler cannot be reached, or has no worker.
        ToolchainError: the extra is not installed.
    """
    try:
        from distributed import Client, LocalCluster  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise ToolchainError(
            "several workers need the package `distributed`", hint="pip install -e '.[cluster]'"
        ) from None
    _silence()
    if scheduler:
        try:
            client = Client(scheduler, timeout=_CONNECT_S)  # type: ignore[no-untyped-call]
        except (OSError, TimeoutError, ValueError) as error:
            raise UsageError(
                f"the scheduler {scheduler} cannot be reached: {str(error) or 'no answer'}",
                hint="see that `dask scheduler` runs there, and that its port is the one of this address",
            ) from None
        with client:
            try:
                client.wait_for_workers(1, timeout=_CONNECT_S)
            except TimeoutError:
                raise UsageError(
                    f"the scheduler {scheduler} has no worker", hint=f"start some: dask worker {scheduler}"
                ) from None
            yield Cluster(client)
        return
    with (
        LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=workers,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            memory_limit=None,
            preload=[__name__],
        ) as local,
        Client(local) as client,  # type: ignore[no-untyped-call]
    ):
        yield Cluster(client)


def _silence() -> None:
    """Have `distributed` log nothing: what matters is raised, too.

    Its own settings give loggers below its own a level of theirs, which its own would not reach.
    """
    for name in ("distributed", *logging.root.manager.loggerDict):
        if name.split(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL)


class _Remote:
    """The same runners on the workers of a cluster."""

    def __init__(self, on: Cluster, commands: Sequence[RunnerCommand], limits: Limits) -> None:
        self._cluster = on
        self._subject = subject_of(commands, limits)
        self.restarts = 0

    def answers(
        self,
        task: Callable[[Subject, Any], _Ran],
        given: Iterator[_Given],
        alone: Callable[[_Given], _Ran],
        *,
        comparisons: bool = False,
    ) -> Iterator[tuple[_Given, list[Any]] | None]:
        """See `Cluster.in_order`: what was given, and the answers to it."""
        subject = msgspec.structs.replace(self._subject, comparisons=comparisons)
        for done in self._cluster.in_order(task, subject, given, alone):
            if done is None:
                yield None
                continue
            item, ran = done
            self.restarts += ran.restarts
            yield item, ran.answers


class ClusterExecutor(Executor):
    """Runners of one program, on workers; runners of its own for a case that ends workers."""

    def __init__(self, on: Cluster, commands: Sequence[RunnerCommand], *, limits: Limits) -> None:
        super().__init__(commands, limits=limits)
        self._remote = _Remote(on, commands, limits)

    @property
    def restarts(self) -> int:
        """How often a runner died and was started again, here and there."""
        return super().restarts + self._remote.restarts

    def run(self, cases: Iterable[Case], *, comparisons: bool = False) -> Iterator[Executed | None]:
        """See `Executor.run`."""
        source = iter(cases)
        pieces = iter(lambda: list(islice(source, _IN_ONE_GO)) or None, None)

        def alone(piece: list[Case]) -> _Ran:
            found = super(ClusterExecutor, self).run(piece, comparisons=comparisons)
            return _Ran([executed.outcomes for executed in found if executed])

        for done in self._remote.answers(run_cases, pieces, alone, comparisons=comparisons):
            if done is None:
                yield None
                continue
            for case, outcomes in zip(*done, strict=True):
                yield Executed(case, outcomes)


class ClusterProgramRunners(ProgramRunners):
    """Runners of whole programs, on workers; runners of its own for a batch that ends workers."""

    def __init__(self, on: Cluster, commands: Sequence[RunnerCommand], *, limits: Limits) -> None:
        super().__init__(commands, limits=limits)
        self._remote = _Remote(on, commands, limits)

    @property
    def restarts(self) -> int:
        """How often a runner died and was started again, here and there."""
        return super().restarts + self._remote.restarts

    def stream(
        self, batches: Iterable[tuple[_Given, Sequence[bytes]]]
    ) -> Iterator[tuple[_Given, RanBatch] | None]:
        """See `ProgramRunners.stream`."""
        items: deque[_Given] = deque()

        def pieces() -> Iterator[list[bytes]]:
            for item, programs in batches:
                items.append(item)
                yield list(programs)

        def alone(piece: list[bytes]) -> _Ran:
            found = super(ClusterProgramRunners, self).stream([(0, piece)])
            return _Ran([answered[1] for answered in found if answered])

        for done in self._remote.answers(run_batch, pieces(), alone):
            yield done and (items.popleft(), done[1][0])


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


# --- on a worker --------------------------------------------------------------------------------------

kept: dict[Subject, Executor | ProgramRunners] = {}
"""Started runners of this process, those that were used last at the end."""


def run_cases(subject: Subject, cases: Sequence[Case]) -> _Ran:
    """Run cases of one core; called on a worker."""

    def run(executor: Executor) -> list[dict[str, Outcome]]:
        found = executor.run(cases, comparisons=subject.comparisons)
        return [dict(executed.outcomes) for executed in found if executed]

    return _run(subject, lambda: Executor(subject.commands, limits=subject.limits), run)


def run_batch(subject: Subject, programs: Sequence[bytes]) -> _Ran:
    """Run a batch of instruction programs; called on a worker."""

    def run(runners: ProgramRunners) -> list[RanBatch]:
        return [ran[1] for ran in runners.stream([(0, programs)]) if ran]

    return _run(subject, lambda: ProgramRunners(subject.commands, limits=subject.limits), run)


def _run(subject: Subject, start: Callable[[], Any], run: Callable[[Any], list[_Answer]]) -> _Ran:
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
        return _Ran([], 0, error.message, error.hint)
    kept[subject] = runners
    while len(kept) > _MOST_KEPT:
        kept.pop(next(iter(kept))).close()
    return _Ran(answers, runners.restarts - before)


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
            raise RunnerError(
                f"{path.name} {what} on a worker",
                hint="workers use a checkout at the same path, in the same version, with `fuzz build` done",
            )
