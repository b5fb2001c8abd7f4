"""`fuzz artifacts`: the copy of the artifacts in an object store."""

import click

from fuzzer.cli.options import json_option
from fuzzer.cli.session import Session
from fuzzer.errors import ConfigError, ExitCode, StoreError, UsageError
from fuzzer.report.words import counted
from fuzzer.store.campaign import CAMPAIGNS
from fuzzer.store.mirrored_store import MirroredStore, pull

_BUNDLES = "bundles"


@click.group()
def artifacts() -> None:
    """Send artifacts to the object store of `[artifacts] url`, or bring them here."""


@artifacts.command()
@click.option("--all", "everything", is_flag=True, help="Every file, also those that were sent before.")
@json_option
def push(*, everything: bool, as_json: bool) -> int:
    """Send the files that wait in the outbox; other commands do so as they end."""
    session = Session(as_json=as_json)
    store = _mirror(session)
    if everything:
        store.note_all()
    try:
        sent = store.push()
    except StoreError as error:
        waiting = counted(store.waiting(), "file")
        raise StoreError(f"{error.message}; waiting here: {waiting}", hint=error.hint) from error
    session.show(f"{counted(sent, 'file')} sent")
    session.emit("pushed", {"files": sent})
    return int(ExitCode.AGREE)


@artifacts.command("pull")
@click.argument("run", default="", metavar="[RUN|CAMPAIGN]")
@click.option("--all", "everything", is_flag=True, help="Everything that the object store holds.")
@json_option
def pull_command(run: str, *, everything: bool, as_json: bool) -> int:
    """Bring a run or a campaign here, or `--all`; a file that is here already stays as it is."""
    if bool(run) == everything:
        raise UsageError("name a run or a campaign, or say `--all`", hint="fuzz artifacts pull --all")
    session = Session(as_json=as_json)
    store = _mirror(session)
    found = new = 0
    for place in _places(run.rstrip("/")) if run else ("",):
        there, brought = pull(store, place)
        found, new = found + there, new + brought
    if run and not found:
        raise UsageError(f"the object store holds nothing named {run}", hint="fuzz artifacts pull --all")
    session.show(f"{counted(new, 'file')} brought to {session.artifacts}/, {found - new:,} were there")
    session.emit("pulled", {"files": new, "there_before": found - new})
    return int(ExitCode.AGREE)


def _places(run: str) -> tuple[str, ...]:
    """Where files of a run or a campaign may lie."""
    return (run, f"{run}.json", f"{CAMPAIGNS}/{run}", f"{_BUNDLES}/{run}")


def _mirror(session: Session) -> MirroredStore:
    store = session.open_store()
    if isinstance(store, MirroredStore):
        return store
    raise ConfigError(
        "no object store is configured", hint='[artifacts] url = "s3://bucket/prefix" in fuzzer.toml'
    )
