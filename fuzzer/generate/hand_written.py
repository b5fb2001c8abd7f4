"""Input files that people wrote: which belong to a core, and the case that each one makes.

A file is one raw buffer, whatever is in it: what a core makes of broken JSON is part of what is compared.
Only a file named `*.stdin.json` has a form of its own (`fuzzer.generate.stdin`).
"""

import os
from collections.abc import Iterable
from pathlib import Path

from fuzzer.errors import InputError, closest
from fuzzer.generate import stdin
from fuzzer.model import Case

STDIN_SUFFIX = ".stdin.json"
SCHEMA_SUFFIX = ".schema.json"
DICTIONARY_SUFFIX = ".dict"
"""Files of these two say what inputs are like, and are none."""
LARGEST_INPUT = 256 << 20
"""Bytes in all buffers of a case; far below what a frame of the runner protocol can hold."""


def input_prefix(core: str) -> str:
    """What the names of a core's input files start with, before `_`: `panic` for `panic_test`."""
    return core.removesuffix("_test")


def inputs_of(core: str, folder: Path, cores: Iterable[str]) -> list[Path]:
    """The input files of a core in a folder that several cores share, sorted.

    A file belongs to the core with the longest prefix that fits: `io_big_1.json` to `io_big`, not to `io`.
    """
    own = input_prefix(core)
    longer = [f"{prefix}_" for prefix in map(input_prefix, cores) if prefix.startswith(f"{own}_")]
    return [
        path
        for path in files_in(folder)
        if path.name.startswith(f"{own}_") and not path.name.startswith(tuple(longer))
    ]


def load_case(path: Path, *, core: str, name: str) -> Case:
    """The case that one input file makes; `name` is what artifacts and errors call the file."""
    data = _read(path, name)
    if path.name.endswith(STDIN_SUFFIX):
        folder, shown_folder = path.parent, Path(name).parent
        buffers = stdin.decode(
            data, name=name, read_file=lambda file: _read(folder / file, (shown_folder / file).as_posix())
        )
    else:
        buffers = (data,)
    if sum(map(len, buffers)) > LARGEST_INPUT:
        raise InputError(
            f"the input {name} has more than {LARGEST_INPUT >> 20} MiB",
            hint="no target takes that much at once",
        )
    return Case(core=core, input_name=name, buffers=buffers)


def load_inputs(path: Path, *, core: str, project: Path) -> list[Case]:
    """The cases of what a user named: one file, or every file of a folder, sorted.

    Cases are named by their path relative to the project's folder.
    """
    files = [path]
    if path.is_dir():
        files = files_in(path)
        if not files:
            raise InputError(f"no input in the folder {path}", hint="put an input file there, or name a file")
    return [load_case(file, core=core, name=input_name(file, project)) for file in files]


def input_name(path: Path, project: Path) -> str:
    """A file's path relative to the project's folder, as text that any document can hold."""
    relative = Path(os.path.relpath(path, project)).as_posix()
    return os.fsencode(relative).decode(errors="backslashreplace")


def _is_input(name: str) -> bool:
    return not name.startswith(".") and not name.endswith((SCHEMA_SUFFIX, DICTIONARY_SUFFIX))


def files_in(folder: Path) -> list[Path]:
    """The visible input files of a folder, sorted."""
    try:
        return sorted(path for path in folder.iterdir() if path.is_file() and _is_input(path.name))
    except OSError as error:
        raise InputError(f"cannot read the folder {folder}: {error.strerror}") from None


def _read(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"no such input: {name}", hint=_missing_hint(path)) from None
    except OSError as error:
        raise InputError(
            f"cannot read the input {name}: {error.strerror}", hint="check its permissions"
        ) from None


def _missing_hint(path: Path) -> str:
    if not path.parent.is_dir():
        return f"there is no folder {path.parent}"
    return closest(path.name, (near.name for near in path.parent.iterdir()))
