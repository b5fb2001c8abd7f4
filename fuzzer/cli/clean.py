"""`fuzz clean`: remove what was built. Artifacts are never touched."""

import shutil

import click

from fuzzer.cli.session import Session

_KEPT = "python"
"""The environment that this very command runs in."""


@click.command()
@click.option("--yes", is_flag=True, help="Do it; without this, only say what would be removed.")
def clean(*, yes: bool) -> None:
    """Remove what was built under .fuzz/; the next command builds it again. Artifacts stay."""
    session = Session()
    if not session.home.cache.is_dir():
        session.show("nothing was built")
        return
    for folder in sorted(session.home.cache.iterdir()):
        if folder.name == _KEPT or not folder.is_dir():
            continue
        size = sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())
        session.show(
            f" {'removed' if yes else 'would remove'}  .fuzz/{folder.name:<14} {size / 1e6:>9,.0f} MB"
        )
        if yes:
            shutil.rmtree(folder)
    if not yes:
        session.show("add --yes to remove them")
