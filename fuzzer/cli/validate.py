"""`fuzz validate`: holds files and folders against what they should be."""

import os
from collections import Counter
from pathlib import Path

import click
import msgspec

from fuzzer.cli.options import json_option
from fuzzer.cli.session import Session
from fuzzer.errors import ExitCode, InputError
from fuzzer.store.validate import check_file, files_in


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(readable=False, path_type=Path))
@json_option
def validate(paths: tuple[Path, ...], *, as_json: bool) -> int:
    """Check documents and whole folders: form, version, files they speak of, hashes, paths.

    Exit code 0: nothing is wrong. 3: something is; what and where is said. 6: no file has a known form.
    """
    session = Session(as_json=as_json)
    for path in paths:
        if not path.exists():
            raise InputError(f"there is no {path}", hint="name a document or a folder, such as `artifacts`")
    kinds: Counter[str] = Counter()
    problems = 0
    # A file that is named twice, or lies in a folder that is named too, counts once.
    for file in dict.fromkeys(file for path in paths for file in files_in(path)):
        checked = check_file(file, name=os.path.relpath(file))
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


def _summary(files: int, problems: int, unknown: int, seconds: float) -> str:
    parts = [
        f"{files:,} file{'' if files == 1 else 's'} checked",
        f"{problems:,} problem{'' if problems == 1 else 's'}",
        *([f"{unknown:,} without a known form"] if unknown else []),
    ]
    return f"{', '.join(parts)} · {seconds:.1f} s"
