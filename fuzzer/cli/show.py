"""`fuzz show`: what a run or a campaign was asked, how it ended, what it found."""

import click
import msgspec

from fuzzer.cli.bundles import load, name_changed
from fuzzer.cli.options import json_option
from fuzzer.cli.session import Session
from fuzzer.errors import ExitCode
from fuzzer.report.bundle import lines
from fuzzer.store.campaign import LATEST


@click.command()
@click.argument("run", default=LATEST, metavar="[RUN|latest]")
@json_option
def show(run: str, *, as_json: bool) -> int:
    """Show the bundle of a run or a campaign, by its id, the beginning of it, or its folder.

    Exit code 3: a file of it is not as evidence.json says; which one is named.
    """
    session = Session(as_json=as_json)
    bundle = load(session.store, run)
    for line in lines(bundle):
        session.show(line)
    session.show(f"  bundle    {session.artifacts}/{bundle.path}/")
    session.emit("bundle", {"path": bundle.path, **msgspec.to_builtins(bundle.index)})
    for event in bundle.events:
        session.emit("bundle_event", msgspec.to_builtins(event))
    return int(ExitCode.BAD_INPUT if name_changed(session, bundle.path) else ExitCode.AGREE)
