"""`fuzz export`: one file with a bundle and its findings."""

from pathlib import Path

import click

from fuzzer.cli.bundles import refuse_changed
from fuzzer.cli.options import json_option
from fuzzer.cli.session import Session
from fuzzer.errors import ExitCode, StoreError
from fuzzer.report.words import counted
from fuzzer.store.bundle_archive import pack_bundle
from fuzzer.store.bundle_folder import find_bundle
from fuzzer.store.campaign import LATEST


@click.command()
@click.argument("run", default=LATEST, metavar="[RUN|latest]")
@click.option(
    "--to",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    metavar="FILE",
    help="The archive to write: a .tar.gz.",
)
@json_option
def export(run: str, file: Path, *, as_json: bool) -> int:
    """Pack the bundle of a run or a campaign, with the folders of its findings, into one archive.

    `fuzz validate FILE` checks it where it is taken to, without unpacking.
    """
    session = Session(as_json=as_json)
    store = session.store
    path = find_bundle(store, run)
    refuse_changed(session, path)
    data, count = pack_bundle(store, path)
    try:
        file.write_bytes(data)
    except OSError as error:
        raise StoreError(
            f"the archive `{file}` cannot be written: {error.strerror}",
            hint="name a file in a folder that exists",
        ) from error
    session.show(f"{file}: {path}, {counted(count, 'file')}, {len(data):,} bytes")
    session.emit("archive", {"path": str(file), "bundle": path, "files": count, "bytes": len(data)})
    return int(ExitCode.AGREE)
