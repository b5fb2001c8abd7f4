"""`fuzz validate`: holds files and folders against what they should be."""

import os
import tarfile
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
from fuzzer.store.bundle_archive import member_problem, open_archive
from fuzzer.store.validate import Checked, Problem, check_file, files_in

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
    archives = [path for path in dict.fromkeys(paths) if path.name.endswith(_ARCHIVES) and path.is_file()]
    others = (path for path in paths if path not in archives)
    for file in dict.fromkeys(file for path in others for file in files_in(path)):
        yield check_file(file, name=os.path.relpath(file))
    for archive in archives:
        yield from _in_archive(archive, Path(unpacked.enter_context(TemporaryDirectory())))


def _in_archive(archive: Path, folder: Path) -> Iterator[Checked]:
    with open_archive(archive.read_bytes(), name=str(archive)) as tar:
        try:
            for entry in tar:
                if problem := member_problem(entry):
                    told = Problem(file=str(archive), where=entry.name, message=problem)
                    yield Checked(kind="archive", problems=(told,))
                else:
                    tar.extract(entry, folder, filter="data")
        except (tarfile.TarError, EOFError, OSError) as error:
            told = Problem(file=str(archive), where="$", message=f"is damaged or cut off: {error}")
            yield Checked(kind="archive", problems=(told,))
    for file in files_in(folder):
        yield check_file(file, name=f"{archive}: {file.relative_to(folder)}")


def _summary(files: int, problems: int, unknown: int, seconds: float) -> str:
    parts = [
        f"{files:,} file{'' if files == 1 else 's'} checked",
        f"{problems:,} problem{'' if problems == 1 else 's'}",
        *([f"{unknown:,} without a known form"] if unknown else []),
    ]
    return f"{', '.join(parts)} · {seconds:.1f} s"
