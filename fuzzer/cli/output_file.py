"""Files that the user names for a command to write."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fuzzer.errors import StoreError


def write_output(path: Path, content: str | bytes, *, what: str) -> None:
    """Write a file whole or not at all; `what` is what errors call it.

    Raises:
        StoreError: it cannot be written there.
    """
    data = content.encode() if isinstance(content, str) else content
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    with _plain_errors(path, what):
        if path.exists() and not path.is_file():  # a pipe or a device is written to as it is
            path.write_bytes(data)
            return
        try:
            draft.write_bytes(data)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)


def check_output(path: Path, *, what: str) -> None:
    """See whether a file could be written, and leave nothing behind.

    Raises:
        StoreError: it could not.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    with _plain_errors(path, what):
        if not path.exists() or path.is_file():
            draft.touch()
            draft.unlink()


@contextmanager
def _plain_errors(path: Path, what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"the {what} `{os.path.relpath(path)}` cannot be written: {error.strerror}",
            hint="name a file in a folder that exists and has room",
        ) from error
