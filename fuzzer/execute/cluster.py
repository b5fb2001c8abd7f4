"""Runners on the workers of a cluster of `distributed`: cases go there, outcomes come back in order.

A worker holds nothing that a campaign needs. It keeps started runners, and runs what it is given; so whoever
asks gets the same outcomes as from runners of its own, and what a lost worker was at is run again elsewhere.
"""

import logging
import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from fuzzer.errors import RunnerError, ToolchainError, UsageError
from fuzzer.execute.executor import Executed, Executor
from fuzzer.execute.programs import ProgramRunners, RanBatch
from fuzzer.execute.runner import RunnerCommand
from fuzzer.execute.worker import (
    HARNESS,
    SAME,
    Ran,
    Subject,
    Task,
    packed,
    perform,
    run_batch,
    run_cases,
    subject_of,
)
from fuzzer.model import Case, Limits

if TYPE_CHECKING:
    from distributed import Client

_TASK_S = 0.1
"""About how long a task takes: a message there and back costs some milliseconds."""
_CASE_S = 0.006
"""What a case is expected to take before any has run."""
_MOST_IN_ONE_GO = 256
_LEARN = 1 / 16
_AHEAD = 3
"""Tasks under way for each worker: enough that none waits for the next one to arrive."""
_POLL_S = 0.25
_ASKED_S = 1.0
"""How often the scheduler is asked for its workers: each time costs a message there and back."""
_FETCH_S = 10.0
"""How long an answer that is there may take to come; a worker may have gone with it."""
_CONNECT_S = 10
LOST_S = 30.0
"""How long a campaign waits for workers where none is left."""
_GO_ON = "`fuzz campaign --resume latest` goes on, with workers or without"

_Given = TypeVar("_Given")


class Cluster:
    """A connected cluster; without any worker for `lost_s` seconds it counts as lost."""

    def __init__(self, client: "Client", *, lost_s: float = LOST_S) -> None:
        self._client = client
        self._lost_s = lost_s
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
        elif now - self._seen > self._lost_s:
            raise RunnerError(f"the cluster has had no worker for {self._lost_s:.0f} s", hint=_GO_ON)
        return max(1, self._found)

    def in_order(
        self,
        task: Task,
        subject: Subject,
        given: Iterator[_Given],
        alone: Callable[[_Given], Ran],
    ) -> Iterator[tuple[_Given, Ran] | None]:
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
                work = packed(task, subject, item)
                waiting.append((item, self._client.submit(perform, HARNESS, work, pure=False)))
            if not waiting:
                return
            item, future = waiting[0]
            _ = self.workers  # there is none to wait for where this raises
            ran = _ran(future, partial(alone, item))
            if ran is None:
                yield None
                continue
            waiting.popleft()
            if ran.error:
                raise RunnerError(ran.error, hint=ran.hint)
            yield item, ran


def _ran(future: Any, alone: Callable[[], Ran]) -> Ran | None:  # noqa: ANN401 - an optional extra's
    """What a task gave back, or what `alone` gives where it has ended worker after worker; None if not yet.

    Raises:
        RunnerError: it was lost, or the worker is of another version.
    """
    from distributed import KilledWorker, wait  # noqa: PLC0415 - an optional extra

    try:
        wait(future, timeout=_POLL_S)  # type: ignore[no-untyped-call]
        ran: Ran | str = future.result(timeout=_FETCH_S)
    except KilledWorker:
        return alone()
    except Exception as error:  # whatever is wrong there, it comes as what was raised there
        if isinstance(error, TimeoutError) and future.status != "error":
            return None  # also when the worker that had it has gone: another one has yet to do it again
        raise RunnerError(
            f"the cluster did not do what it was asked: {type(error).__name__}: {error}",
            hint=f"{SAME}; {_GO_ON}",
        ) from error
    if isinstance(ran, str):
        raise RunnerError(f"a worker has {ran}, and this is {HARNESS}", hint=SAME)
    return ran


@contextmanager
def cluster(workers: int, scheduler: str, *, lost_s: float = LOST_S) -> Iterator[Cluster]:
    """The cluster of a scheduler at an address, or worker processes of this machine on its loopback.

    It counts as lost when it has had no worker for `lost_s` seconds.

    Raises:
        UsageError: the scheduler cannot be reached, or has no worker.
        ToolchainError: the extra is not installed.
    """
    try:
        import dask  # noqa: PLC0415 - an optional extra
        from distributed import Client, LocalCluster  # noqa: PLC0415
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
            yield Cluster(client, lost_s=lost_s)
        return
    with (
        dask.config.set({"distributed.worker.profile.enabled": False}),  # 100 looks a second at each worker
        LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=workers,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            memory_limit=None,
            preload=[perform.__module__],
        ) as local,
        Client(local) as client,  # type: ignore[no-untyped-call]
    ):
        yield Cluster(client, lost_s=lost_s)


def _silence() -> None:
    """Have `distributed` log nothing: what matters is raised, too.

    Its own settings give loggers below its own a level of theirs, which its own would not reach; and of what
    it leaves unanswered when a connection ends, `asyncio` tells.
    """
    for name in ("asyncio", "distributed", *logging.root.manager.loggerDict):
        if name.split(".")[0] in ("asyncio", "distributed"):
            logging.getLogger(name).setLevel(logging.CRITICAL)


class _Remote:
    """The same runners on the workers of a cluster."""

    def __init__(self, on: Cluster, commands: Sequence[RunnerCommand], limits: Limits) -> None:
        self._cluster = on
        self._subject = subject_of(commands, limits)
        self.restarts = 0

    def answers(
        self,
        task: Task,
        given: Iterator[_Given],
        alone: Callable[[_Given], Ran],
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
        self._case_s = _CASE_S
        """What a case takes on its slowest target, by the last ones."""

    @property
    def restarts(self) -> int:
        """How often a runner died and was started again, here and there."""
        return super().restarts + self._remote.restarts

    def run(self, cases: Iterable[Case], *, comparisons: bool = False) -> Iterator[Executed | None]:
        """See `Executor.run`."""
        source = iter(cases)
        pieces = iter(lambda: list(islice(source, self._in_one_go)) or None, None)

        def alone(piece: list[Case]) -> Ran:
            found = super(ClusterExecutor, self).run(piece, comparisons=comparisons)
            return Ran([executed.outcomes for executed in found if executed])

        for done in self._remote.answers(run_cases, pieces, alone, comparisons=comparisons):
            if done is None:
                yield None
                continue
            for case, outcomes in zip(*done, strict=True):
                slowest_s = max(outcome.elapsed_ns for outcome in outcomes.values()) / 1e9
                self._case_s += (slowest_s - self._case_s) * _LEARN
                yield Executed(case, outcomes)

    @property
    def _in_one_go(self) -> int:
        """Cases that a worker is given at once."""
        return max(1, min(_MOST_IN_ONE_GO, int(_TASK_S / max(self._case_s, 1e-6))))


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

        def alone(piece: list[bytes]) -> Ran:
            found = super(ClusterProgramRunners, self).stream([(0, piece)])
            return Ran([answered[1] for answered in found if answered])

        for done in self._remote.answers(run_batch, pieces(), alone):
            yield done and (items.popleft(), done[1][0])
