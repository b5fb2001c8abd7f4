"""`fuzz diff`: what differs between two runs or campaigns."""

from collections.abc import Sequence

import click
import msgspec
from rich.text import Text

from fuzzer.cli.bundles import load, name_changed
from fuzzer.cli.options import json_option
from fuzzer.cli.session import Session
from fuzzer.errors import ExitCode
from fuzzer.report.bundle import Change, changes
from fuzzer.report.words import counted

_SHOWN = 40


@click.command()
@click.argument("first", metavar="RUN_A")
@click.argument("second", metavar="RUN_B")
@json_option
def diff(first: str, second: str, *, as_json: bool) -> int:
    """Compare two bundles: configuration, versions, verdicts, metrics.

    Exit code 0: nothing but times differs. 1: something else does. 3: a file of them is not as its
    evidence.json says; which one is named.
    """
    session = Session(as_json=as_json)
    bundles = [load(session.store, given) for given in (first, second)]
    found = changes(*bundles)
    show_changes(session, found)
    telling = [change for change in found if change.section != "times"]
    ending = "nothing but times differs" if not telling else f"{counted(len(telling), 'difference')}"
    session.show(f"{first} and {second}: {ending}")
    if sum(name_changed(session, bundle.path) for bundle in bundles):  # `any` would leave out the second
        return int(ExitCode.BAD_INPUT)
    return int(ExitCode.FINDINGS if telling else ExitCode.AGREE)


def show_changes(session: Session, found: Sequence[Change]) -> None:
    """The changes, section by section, for people and for machines."""
    section = ""
    for place, change in enumerate(found):
        session.emit("change", msgspec.to_builtins(change))
        if place >= _SHOWN:
            continue
        if change.section != section:
            section = change.section
            session.show(Text(section, style="bold"))
        session.show(f"  {change.name}  {change.first or '-'} -> {change.second or '-'}")
    if len(found) > _SHOWN:
        session.show(f"  and {len(found) - _SHOWN:,} more; --json lists all of them")
