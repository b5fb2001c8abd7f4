"""Starting other programs: cargo, rustc, apt-get.

Every program runs in a process group of its own with its output streamed to a log file, so that an interrupt
can end it with all it started, and an error can show the last lines and name the log.
"""

import contextlib
import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from fuzzer.errors import ToolchainError

TAIL_LINES = 40
"""Lines of a failed program's output that an error carries."""
_KILL_AFTER_S = 2.0

_DROPPED = frozenset(
    {
        "CARGO",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_INCREMENTAL",
        "CARGO_MAKEFLAGS",
        "MAKEFLAGS",
        "RUSTC",
        "RUSTC_BOOTSTRAP",
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTC_WRAPPER",
        "RUSTDOCFLAGS",
        "RUSTFLAGS",
        "RUSTUP_TOOLCHAIN",
        "RUST_TARGET_PATH",
        "SP1_SKIP_PROGRAM_BUILD",
        "__CARGO_DEFAULT_LIB_METADATA",
    }
)
_DROPPED_PREFIXES = (
    "CARGO_BUILD_",
    "CARGO_CFG_",
    "CARGO_FEATURE_",
    "CARGO_MANIFEST_",
    "CARGO_PKG_",
    "CARGO_PROFILE_",
    "CARGO_TARGET_",
    "CARGO_UNSTABLE_",
)


class ToolFailed(ToolchainError):  # noqa: N818 - it is a ToolchainError, which has the suffix
    """A program ended with an exit code other than 0; `output` is all it printed, as far as it was kept."""

    def __init__(self, message: str, *, output: str, hint: str = "") -> None:
        lines = output.splitlines()
        super().__init__(message, hint=hint, details="\n".join(lines[-TAIL_LINES:]))
        self.output = output


class Stopped(ToolchainError):  # noqa: N818 - as above
    """A program was ended, or not started, because another step failed or the user interrupted."""


class Processes:
    """The programs that are running now, so that all can be ended at once from another thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[str]] = set()
        self._stopped = False

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called; nothing new is started then."""
        return self._stopped

    def start(self, args: Sequence[str], *, env: Mapping[str, str], cwd: Path) -> subprocess.Popen[str]:
        """Start a program in a process group of its own, its two outputs joined in one pipe."""
        with self._lock:
            if self._stopped:
                raise Stopped("stopped before it was done")
            process = subprocess.Popen(
                list(args),
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
            )
            self._running.add(process)
            return process

    def done(self, process: subprocess.Popen[str]) -> None:
        """Forget a program that has ended."""
        with self._lock:
            self._running.discard(process)

    def stop(self) -> None:
        """End every running program with all it started, gently first, and start no more."""
        with self._lock:
            self._stopped = True
            running = list(self._running)
        for process in running:
            _signal_group(process, signal.SIGTERM)
        for process in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_KILL_AFTER_S)
            _signal_group(process, signal.SIGKILL)


def _signal_group(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """Send a signal to a program's group; the group outlives its first process when others are in it."""
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return


def clean_environment(caller: Mapping[str, str], **extra: str) -> dict[str, str]:
    """The caller's environment without what would change how cargo builds, plus `extra`.

    What names the user's registries, proxies and folders stays (`CARGO_HOME`, `CARGO_NET_*`, …).
    """
    kept = {
        name: value
        for name, value in caller.items()
        if name not in _DROPPED and not name.startswith(_DROPPED_PREFIXES)
    }
    return kept | {"CARGO_TERM_COLOR": "never", "CARGO_TERM_PROGRESS_WHEN": "never"} | extra


def in_front_of_path(env: Mapping[str, str], *folders: Path) -> str:
    """The value of PATH with folders put in front."""
    return os.pathsep.join([*map(str, folders), env.get("PATH", os.defpath)])


def run_tool(
    args: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    log: Path,
    processes: Processes,
    line: Callable[[str], None],
    shown_log: str,
) -> str:
    """Run a program to its end, give every line of output to `log` and `line`, and return the output.

    Raises:
        ToolFailed: it ended with an exit code other than 0.
        ToolchainError: it is not there.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    kept: deque[str] = deque(maxlen=4_000)
    with log.open("a", encoding="utf-8") as file:
        file.write(f"$ {' '.join(args)}\n")
        try:
            process = processes.start(args, env=env, cwd=cwd)
        except OSError as error:
            raise ToolchainError(f"`{args[0]}` cannot be started: {error.strerror}") from error
        try:
            assert process.stdout is not None  # noqa: S101 - it was asked for with PIPE
            with process.stdout:
                for text in process.stdout:
                    file.write(text)
                    kept.append(text)
                    if text.strip():
                        line(text.strip())
            code = process.wait()
        finally:
            processes.done(process)
    if processes.stopped:
        raise Stopped(f"`{Path(args[0]).name}` was stopped before it was done")
    output = "".join(kept)
    if code != 0:
        name = " ".join([Path(args[0]).name, *args[1:2]])
        raise ToolFailed(
            f"`{name}` failed with exit code {code}; all of its output is in {shown_log}", output=output
        )
    return output


def ask_tool(args: Sequence[str], *, env: Mapping[str, str], cwd: Path) -> str:
    """Run a short program and return what it prints on stdout.

    Raises:
        ToolFailed: it ended with an exit code other than 0.
        ToolchainError: it is not there.
    """
    try:
        done = subprocess.run(
            list(args),
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise ToolchainError(f"`{args[0]}` cannot be started: {error.strerror}") from error
    if done.returncode != 0:
        name = " ".join([Path(args[0]).name, *args[1:2]])
        raise ToolFailed(
            f"`{name}` failed with exit code {done.returncode}", output=done.stderr or done.stdout
        )
    return done.stdout
