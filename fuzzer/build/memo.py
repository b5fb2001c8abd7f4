"""Small facts that are slow to ask for and quick to check, kept under `.fuzz/index/`.

A memo holds a value beside the state it was true for; when the state has changed, the value is asked for
again. A memo that is damaged or of another form counts as missing.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from fuzzer.home import Home

T = TypeVar("T")


class _Memo(msgspec.Struct):
    state: str
    value: msgspec.Raw


def memo_path(home: Home, name: str) -> Path:
    """The file of a memo."""
    return home.cache / "index" / f"{name}.json"


def recall(path: Path, kind: type[T], state: Callable[[T], str | None]) -> T | None:
    """The value kept at `path` when the state that `state(value)` finds now is the one it was kept with."""
    try:
        memo = msgspec.json.decode(path.read_bytes(), type=_Memo)
        value = msgspec.json.decode(memo.value, type=kind)
    except (OSError, msgspec.MsgspecError):
        return None
    return value if state(value) == memo.state else None


def remember(path: Path, value: object, state: str) -> None:
    """Keep a value with the state it is true for, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    encoded = msgspec.json.encode({"state": state, "value": value})
    draft.write_bytes(encoded)
    draft.replace(path)
