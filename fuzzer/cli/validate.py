"""`fuzz validate`: holds files and folders against what they should be."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import msgspec

from fuzzer.cli.options import json_option
from fuzzer.cli.session import Session
from fuzzer.errors import ExitCode, InputError
from fuzzer.store.archive import extract
from fuzzer.store.snapshot import SNAPSHOT_NAME
from fuzzer.store.validate import Checked, Problem, check_file, check_link, files_in

_ARCHIVES = (".tar.gz", ".tgz")


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(readable=False, path_type=Path))
@json_option
def validate(paths: tuple[Path, ...], *, as_json: bool) -> int:
    """Check documents, folders and archives: form, version, files they speak of, hashes, paths.

    An archive is one of `fuzz export`; what leads out of it is never unpacked.

    Exit code 0: nothing is wrong. 3: something is; what and where is said. 6: no file has a known form.
    """
    session = Session(as_json=as_json)
    for path in paths:
        if not path.exists():
            raise InputError(f"there is no {path}", hint="name a document or a folder, such as `artifacts`")
    kinds: Counter[str] = Counter()
    problems = 0
    with ExitStack() as unpacked:
        for checked in _checked(paths, unpacked):
            kinds[checked.kind] += 1
            problems += len(checked.problems)
            for problem in checked.problems:
                session.show(str(problem))
                session.emit("problem", msgspec.to_builtins(problem))
    unknown = kinds.pop("", 0)
    session.show(_summary(kinds.total(), problems, unknown, session.seconds))
    session.emit(
        "validation", {"checked": dict(sorted(kinds.items())), "problems": problems, "not_checked": unknown}
    )
    if problems:
        return int(ExitCode.BAD_INPUT)
    return int(ExitCode.AGREE if kinds else ExitCode.NOTHING_COMPARED)


def _checked(paths: Sequence[Path], unpacked: ExitStack) -> Iterator[Checked]:
    """Each file once, also one that is named twice or lies in a folder that is named too."""
    seen: set[Path] = set()
    for path in paths:
        for file in files_in(path):
            if file in seen:
                continue
            seen.add(file)
            name = os.path.relpath(file)
            if file != path and file.is_symlink():
                yield check_link(file, name=name, folder=path)
            elif file.name.endswith(_ARCHIVES) and file.is_file():
                yield from _in_archive(file, name, Path(unpacked.enter_context(TemporaryDirectory())))
            else:
                yield check_file(file, name=name)


def _in_archive(archive: Path, name: str, folder: Path) -> Iterator[Checked]:
    """What is wrong with an archive, and with the documents in it; sources of a core are the user's own."""
    for bad in extract(archive.read_bytes(), folder if archive.name != SNAPSHOT_NAME else None):
        problem = Problem(file=name, where=bad.name or "$", message=bad.problem)
        yield Checked(kind="archive", problems=(problem,))
    for file in files_in(folder):
        yield check_file(file, name=f"{name}: {file.relative_to(folder)}")


def _summary(files: int, problems: int, unknown: int, seconds: float) -> str:
    parts = [
        f"{files:,} file{'' if files == 1 else 's'} checked",
        f"{problems:,} problem{'' if problems == 1 else 's'}",
        *([f"{unknown:,} without a known form"] if unknown else []),
    ]
    return f"{', '.join(parts)} · {seconds:.1f} s"
