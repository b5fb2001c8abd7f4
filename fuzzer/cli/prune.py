"""`fuzz prune`: remove old passes, never a divergence or a report."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from rich.text import Text

from fuzzer.cli.options import json_option
from fuzzer.cli.session import Session
from fuzzer.errors import ExitCode, StoreError
from fuzzer.report.words import SIZE_UNITS, size_text
from fuzzer.store.artifact_store import LocalStore
from fuzzer.store.campaign import CAMPAIGNS
from fuzzer.store.prune import Prunable, prunable, remove
from fuzzer.store.report_archive import pack_reports
from fuzzer.store.seal import seal_again

_AGE = re.compile(r"(\d+)(d|h)")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)(kB|MB|GB|TB)")


class _Age(click.ParamType[timedelta]):
    """`7d`, `12h`."""

    name = "age"

    def convert(
        self, value: str | timedelta, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """The span that a text means."""
        if isinstance(value, timedelta):
            return value
        match = _AGE.fullmatch(value)
        if not match:
            self.fail(f"{value!r} is no age; write it as 7d or 12h", param, ctx)
        return timedelta(**{"days" if match[2] == "d" else "hours": int(match[1])})


class _Size(click.ParamType[int]):
    """`5GB`, `500MB`; bytes as a number."""

    name = "size"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The bytes that a text means."""
        if isinstance(value, int):
            return value
        match = _SIZE.fullmatch(value)
        if not match:
            self.fail(f"{value!r} is no size; write it as 5GB or 500MB", param, ctx)
        return int(float(match[1]) * SIZE_UNITS[match[2]])


@click.command()
@click.option(
    "--older-than", type=_Age(), default="7d", show_default=True, metavar="AGE", help="Which passes go."
)
@click.option(
    "--budget",
    type=_Size(),
    metavar="SIZE",
    help="What all artifacts may take: the oldest passes go until they fit.",
)
@click.option(
    "--archive",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Pack all reports into a .tar.gz besides; they stay where they are.",
)
@click.option("--yes", is_flag=True, help="Remove them; without it, only say what would go.")
@json_option
def prune(
    older_than: timedelta, budget: int | None, archive: Path | None, *, yes: bool, as_json: bool
) -> int:
    """Remove run logs of equal runs and passes of campaigns; never a divergence, a report or a row."""
    session = Session(as_json=as_json)
    store = session.store
    if archive is not None:
        _archive(session, store, archive)
    total = _bytes_of(session.project.artifacts)
    before = datetime.now(UTC) - older_than
    chosen = list(prunable(store, before=before, total_bytes=total, budget=budget))
    gone: Sequence[Prunable] = list(remove(store, chosen)) if yes else chosen
    if yes:
        _seal_campaigns(store, [entry.path for entry in gone])
    size = sum(entry.bytes for entry in gone)
    for line in _lines(gone):
        session.show(line)
    for entry in gone:
        session.emit(
            "pruned" if yes else "prunable", {"path": entry.path, "bytes": entry.bytes, "why": entry.why}
        )
    verb = "Removed" if yes else "Would remove"
    rest = "" if yes or not gone else "; --yes does it"
    session.show(f"{verb} {len(gone):,} passes, {size_text(size)} of {size_text(total)}{rest}")
    if budget is not None and total - size > budget:
        left = f"{size_text(total - size)} are left, more than {size_text(budget)}"
        session.warn(f"{left}: divergences and reports are kept")
    return int(ExitCode.AGREE)


def _seal_campaigns(store: LocalStore, paths: Sequence[str]) -> None:
    """Bring the evidence of campaigns up to date with files of theirs that were removed."""
    inside: dict[str, list[str]] = {}
    for path in paths:
        if path.startswith(f"{CAMPAIGNS}/"):
            _, campaign, name = path.split("/", 2)
            inside.setdefault(f"{CAMPAIGNS}/{campaign}", []).append(name)
    for folder, names in inside.items():
        seal_again(store, folder, names)


def _lines(gone: Sequence[Prunable]) -> list[Text]:
    """Day by day, so that many of them fit a screen."""
    files: Counter[tuple[str, str]] = Counter()
    sizes: Counter[tuple[str, str]] = Counter()
    for entry in gone:
        key = (f"{entry.created:%Y-%m-%d}", entry.why)
        files[key] += 1
        sizes[key] += entry.bytes
    if not gone:
        return []
    head = Text(f" {'day':<10}  {'why':<6}  {'passes':>9}  {'size':>9}", style="bold")
    return [
        head,
        *(
            Text(f" {day}  {why:<6}  {count:>9,}  {size_text(sizes[day, why]):>9}")
            for (day, why), count in sorted(files.items())
        ),
    ]


def _archive(session: Session, store: LocalStore, path: Path) -> None:
    data, count = pack_reports(store)
    try:
        path.write_bytes(data)
    except OSError as error:
        raise StoreError(
            f"the archive `{path}` cannot be written: {error.strerror}",
            hint="name a file in a folder that exists",
        ) from error
    session.show(f"{path}: {count:,} files of reports, {size_text(len(data))}")
    session.emit("archive", {"path": str(path), "files": count, "bytes": len(data)})


def _bytes_of(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else 0
