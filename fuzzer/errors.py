"""What can go wrong for a user, and the exit code each kind ends with.

A target that misbehaves is not an error: it is an outcome with a status. An error is a wrong call, a wrong
file, a missing tool or a broken runner. Anything else that is raised is a bug and shows its traceback.
"""

import difflib
from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every `fuzz` command; the README's table is checked against this one."""

    AGREE = 0
    FINDINGS = 1
    USAGE = 2
    BAD_INPUT = 3
    TOOLCHAIN = 4
    RUNNER = 5
    NOTHING_COMPARED = 6
    NOT_REPRODUCED = 7
    INTERRUPTED = 130


class FuzzerError(Exception):
    """An error that its reader can act on.

    `message` says what happened and where; `hint` says what to do next; `details` is the tool's own output.
    """

    exit_code = ExitCode.BAD_INPUT

    def __init__(self, message: str, *, hint: str = "", details: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = details


class UsageError(FuzzerError):
    """The command was called in a way that cannot be served: an unknown name, a limit out of range."""

    exit_code = ExitCode.USAGE


class InputError(FuzzerError):
    """A file of the user's cannot be used: missing, unreadable, not the form it should have."""


class ConfigError(FuzzerError):
    """`fuzzer.toml` or another setting is wrong."""


class StoreError(FuzzerError):
    """Artifacts cannot be written or read: disk full, folder read-only."""


class ToolchainError(FuzzerError):
    """A tool is missing, or a build failed."""

    exit_code = ExitCode.TOOLCHAIN


class RunnerError(FuzzerError):
    """A runner does not start, or does not speak the protocol, or keeps dying."""

    exit_code = ExitCode.RUNNER


class RunnerDiedError(RunnerError):
    """A runner ended before it was ready, or again and again."""


class RunnerUnfitError(RunnerError):
    """A runner answers what it was not asked."""


def closest(word: str, known: Iterable[str]) -> str:
    """A hint that names the closest known word, or all of them when none is close."""
    known = sorted(known)
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    if near:
        return f"did you mean `{near[0]}`?"
    return f"known: {', '.join(known)}" if known else "none is known"
