"""`fuzz clean`: remove what was built. Artifacts are never touched."""

import shutil
from contextlib import suppress
from pathlib import Path

import click

from fuzzer.cli.options import json_option
from fuzzer.cli.session import Session
from fuzzer.errors import StoreError

_KEPT = "python"
"""The environment that this very command runs in."""


@click.command()
@click.option("--yes", is_flag=True, help="Do it; without this, only say what would be removed.")
@json_option
def clean(*, yes: bool, as_json: bool) -> None:
    """Remove what was built under .fuzz/.

    The next command builds it again. Artifacts stay.
    """
    session = Session(as_json=as_json)
    if not session.home.cache.is_dir():
        session.show("nothing was built")
        return
    for folder in sorted(session.home.cache.iterdir()):
        if folder.name == _KEPT or not folder.is_dir():
            continue
        size = _size(folder)
        if yes:
            _remove(folder)
        session.show(
            f" {'removed' if yes else 'would remove'}  .fuzz/{folder.name:<14} {size / 1e6:>9,.0f} MB"
        )
        session.emit("folder", {"path": f".fuzz/{folder.name}", "bytes": size, "removed": yes})
    if not yes:
        session.show("add --yes to remove them")


def _size(folder: Path) -> int:
    """Bytes of all files; what another process removes meanwhile counts for nothing."""
    size = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            size += 0 if path.is_dir() else path.lstat().st_size
    return size


def _remove(folder: Path) -> None:
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise StoreError(
            f"`.fuzz/{folder.name}` cannot be removed: {error.strerror}",
            hint="another `fuzz` may be building there; try again when it has ended",
        ) from error
