"""Steps: folders that are made once, whole or not at all.

A step's folder carries its key in its name, so a folder that is there is right. It is filled under a
temporary name beside its place, marked, and renamed: a reader never sees half of it, and what a killed
process left is removed by the next one. A file lock keeps two processes from making the same thing; the
second one waits and then finds it done.

`Workshop` is what steps share: where things are, who is told about progress, and the running programs.
"""

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

import msgspec
from filelock import FileLock, Timeout

from fuzzer.build.tools import Processes, Stopped, run_tool
from fuzzer.errors import StoreError
from fuzzer.home import Home, prepare_cache

MARKER = ".done"
"""Name of the file that says a folder is complete; it holds what the folder was made from."""
PARALLEL_STEPS = 2
"""Steps that work at the same time: cargo uses all cores by itself, so more would only cost memory."""
_POLL_S = 0.2
_WAITING = "waiting for another process that makes the same"

T = TypeVar("T")


class Progress(Protocol):
    """Who is told what is being made; calls come from several threads."""

    def begin(self, step: str, reason: str) -> None:
        """A step starts; `reason` says why it is needed, and is empty where that is plain."""

    def line(self, step: str, text: str) -> None:
        """The last line that the step's program printed."""

    def end(self, step: str, seconds: float, *, ok: bool) -> None:
        """The step has ended; when not `ok`, an error follows."""


class Silent:
    """A `Progress` for tests and for calls that must not print."""

    def begin(self, step: str, reason: str) -> None:
        """Ignore."""

    def line(self, step: str, text: str) -> None:
        """Ignore."""

    def end(self, step: str, seconds: float, *, ok: bool) -> None:
        """Ignore."""


class Workshop:
    """What steps share. Used as a context manager it ends the running programs when an error leaves it."""

    def __init__(self, home: Home, progress: Progress, env: Mapping[str, str] | None = None) -> None:
        prepare_cache(home)
        self.home = home
        self.progress = progress
        self.env: Mapping[str, str] = dict(os.environ if env is None else env)
        self.processes = Processes()
        self._slots = threading.Semaphore(PARALLEL_STEPS)
        self._pool: ThreadPoolExecutor | None = None
        self._started: list[Future[Any]] = []  # of many types; `start` gives each caller its own

    def __enter__(self) -> Self:
        """Nothing is started yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the running programs after an error; either way wait until no thread is at work."""
        if kind is not None:
            self.processes.stop()
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=kind is not None)

    def start(self, make: Callable[[], T]) -> "Future[T]":
        """Run `make` in a thread of its own; it may wait for futures that were started before it."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(max_workers=16, thread_name_prefix="build")
        future = self._pool.submit(make)
        self._started.append(future)
        return future

    def wait(self) -> None:
        """Wait for all that was started, or raise the first error of any without waiting for the others."""
        errors: list[BaseException] = []
        waiting = set(self._started)
        while waiting and not errors:
            # In naps: a signal may reach another thread, and Python heeds it when this one is awake.
            done, waiting = wait(waiting, timeout=_POLL_S, return_when=FIRST_EXCEPTION)
            errors = [error for future in done if (error := future.exception()) is not None]
        if errors:
            raise min(errors, key=lambda error: isinstance(error, Stopped))

    @contextmanager
    def lock(self, name: str, title: str, job: "Job | None" = None) -> Iterator[None]:
        """Keep other processes and threads out of what `name` stands for; say so when that means waiting."""
        path = self.home.cache / "locks" / f"{name}.lock"
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path, is_singleton=False, thread_local=False)
        if not self._try(lock, title):
            with self._waiting(title, job):
                while not self._try(lock, title):
                    pass
        try:
            yield
        finally:
            lock.release()

    def _try(self, lock: FileLock, title: str) -> bool:
        """Wait a moment for a lock."""
        if self.processes.stopped:
            raise Stopped(f"{title} was stopped before it was done")
        try:
            lock.acquire(timeout=_POLL_S)
        except Timeout:
            return False
        return True

    @contextmanager
    def _waiting(self, title: str, job: "Job | None") -> Iterator[None]:
        """Tell the progress of a wait, in a job's own line or as a step of its own."""
        if job is not None:
            job.line(_WAITING)
            yield
            return
        start = time.monotonic()
        self.progress.begin(title, _WAITING)
        try:
            yield
        finally:
            self.progress.end(title, time.monotonic() - start, ok=not self.processes.stopped)

    @contextmanager
    def working(self, title: str, reason: str = "") -> Iterator["Job"]:
        """Take a slot, tell the progress, and time what happens inside."""
        with self._slots:
            if self.processes.stopped:
                raise Stopped(f"{title} was stopped before it was done")
            self.progress.begin(title, reason)
            start = time.monotonic()
            ok = False
            try:
                yield Job(self, title)
                ok = True
            finally:
                self.progress.end(title, time.monotonic() - start, ok=ok)


class Job:
    """One step at work: runs programs in its name."""

    def __init__(self, shop: Workshop, title: str) -> None:
        self._shop = shop
        self._title = title
        stamp = time.strftime("%Y%m%d_%H%M%S")
        slug = "".join(letter if letter.isalnum() else "-" for letter in title.lower())[:60].strip("-")
        self.log = shop.home.cache / "logs" / f"{stamp}_{os.getpid()}_{slug}.log"

    def line(self, text: str) -> None:
        """Tell the progress what is happening."""
        self._shop.progress.line(self._title, text)

    def run(self, args: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> str:
        """Run a program to its end; see `run_tool`."""
        return run_tool(
            args,
            env=env,
            cwd=cwd,
            log=self.log,
            processes=self._shop.processes,
            line=self.line,
            shown_log=self._shop.home.shown(self.log),
        )


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """Something to make once."""

    title: str
    """What people read: `guest toolchain`."""
    reason: str = ""
    """Why it is made, when that is not plain: "no `succinct` toolchain found; …"."""
    folder: Path
    """Where it is kept; the key is part of the name."""
    make: Callable[[Job, Path], None]
    """Fills the folder it is given, which will be renamed to `folder`."""
    made_from: Mapping[str, str] = {}
    """What the key was taken from, for people; kept in the marker."""


def is_done(folder: Path) -> bool:
    """Whether the folder was made to its end."""
    return (folder / MARKER).is_file()


def ensure(shop: Workshop, step: Step) -> Path:
    """Make a step's folder unless it is there, and return it."""
    if is_done(step.folder):
        return step.folder
    with shop.lock(step.folder.name, step.title):
        if is_done(step.folder):
            return step.folder
        with shop.working(step.title, step.reason) as job:
            publish(step.folder, lambda folder: step.make(job, folder), made_from=step.made_from)
    return step.folder


def publish(
    folder: Path, fill: Callable[[Path], None], *, made_from: Mapping[str, str] | None = None
) -> None:
    """Fill a temporary sibling and rename it to `folder`; the caller holds the lock of the folder.

    Raises:
        StoreError: the disk is full or the cache cannot be written.
    """
    _remove_stale(folder)
    draft = folder.parent / f"{_draft_prefix(folder)}{os.getpid()}-{time.monotonic_ns():x}"
    try:
        draft.mkdir(parents=True)
        fill(draft)
        (draft / MARKER).write_bytes(msgspec.json.encode(dict(made_from or {})))
        if folder.exists():  # without a marker: left by something else than this function
            shutil.rmtree(folder)
        draft.rename(folder)
    except OSError as error:
        raise StoreError(
            f"`{folder.name}` could not be written: {error.strerror or error}",
            hint="what was finished is kept; `fuzz doctor` shows the free space, `fuzz clean` makes some",
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _draft_prefix(folder: Path) -> str:
    return f".{folder.name}.draft-"


def _remove_stale(folder: Path) -> None:
    """Remove drafts of processes that were killed: under the folder's lock every draft is one."""
    if folder.parent.is_dir():
        for draft in folder.parent.glob(f"{_draft_prefix(folder)}*"):
            shutil.rmtree(draft, ignore_errors=True)
