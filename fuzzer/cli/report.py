"""`fuzz report`: pages and documents that people read of what was done."""

import os
from pathlib import Path

import click

from fuzzer.cli.bundles import name_changed
from fuzzer.cli.campaign_page import facts_of, write_page
from fuzzer.cli.groups import DefaultGroup
from fuzzer.cli.options import json_option
from fuzzer.cli.output_file import write_output
from fuzzer.cli.report_iteration import iteration
from fuzzer.cli.report_validation import validation
from fuzzer.cli.session import Session
from fuzzer.errors import ExitCode
from fuzzer.report.campaign_page import render_campaign_page
from fuzzer.store.campaign import CAMPAIGNS, LATEST
from fuzzer.store.campaigns import find_campaign


@click.group(cls=DefaultGroup)
def report() -> None:
    """Write reports of what was done."""


@report.command()
@click.argument("campaign_id", default=LATEST, metavar="[ID|latest]")
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the page there and not into the campaign's folder.",
)
@click.option("--open", "open_it", is_flag=True, help="Open the page in a browser.")
@json_option
def campaign(campaign_id: str, html: Path | None, *, open_it: bool, as_json: bool) -> int:
    """Write the page of a campaign: one HTML file that works offline.

    A campaign writes its page when it ends; this writes it again, also while the campaign is at work.
    Exit code 3: a file of the campaign is not as its evidence.json says; which one is named.
    """
    session = Session(as_json=as_json)
    store = session.store
    found = find_campaign(store, campaign_id)
    if html is None:
        path = store.root / write_page(store, found)
    else:
        path = html
        write_output(path, render_campaign_page(facts_of(store, found)), what="page")
    shown = os.path.relpath(path)
    session.show(f"Page of {found}: {shown}")
    session.emit("page", {"campaign": found, "path": shown})
    if open_it and click.launch(str(path.resolve())):
        session.warn(f"no browser could be started; open {shown} in one")
    return int(ExitCode.BAD_INPUT if name_changed(session, f"{CAMPAIGNS}/{found}") else ExitCode.AGREE)


report.add_command(validation)
report.add_command(iteration)
