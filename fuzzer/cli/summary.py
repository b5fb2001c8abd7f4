"""`fuzz summary`: the rows of one campaign as CSV, with `--all` those of its passes too."""

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

import click
import msgspec

from fuzzer.campaign.keep.findings import recorded_by
from fuzzer.campaign.search.journal import remember
from fuzzer.campaign.summary_rows import pass_rows, recorded_rows
from fuzzer.cli.options import json_option
from fuzzer.cli.session import Session
from fuzzer.store.campaign import CAMPAIGNS, JOURNAL_NAME, LATEST
from fuzzer.store.campaigns import find_campaign, read_campaign
from fuzzer.store.journal import read_journal
from fuzzer.store.summary import COLUMNS, SummaryRow, encode_fields, encode_rows

_LINES = 4_096


@click.command()
@click.option("--campaign", default=LATEST, metavar="ID", help="A campaign; without it, the newest one.")
@click.option("--all", "everything", is_flag=True, help="Also the cases that agree, from the shards.")
@json_option
def summary(*, campaign: str, everything: bool, as_json: bool) -> None:
    """Print the rows of a campaign as CSV with the columns of summary.csv.

    Those are its findings, and the first cases that ended in each inconclusive way. With --all every case has
    its rows once; those that have no run of their own bear the campaign's id in place of a run's.
    """
    session = Session(as_json=as_json)
    store = session.store
    campaign_id = find_campaign(store, campaign)
    record = read_campaign(store, campaign_id).record
    logs = recorded_by(store, campaign_id, created_utc=record.created_utc)
    own = recorded_rows(store, {log.run_id for log in logs})
    rows: Iterator[SummaryRow] = iter(own)
    if everything:
        journal = Path(store.root, CAMPAIGNS, campaign_id, JOURNAL_NAME)
        remembered = remember(read_journal(journal)) if journal.is_file() else None
        if not store.exists(f"{CAMPAIGNS}/{campaign_id}/passes"):
            session.warn(f"{campaign_id} has no passes: they were pruned, or it has run nothing")
        shown = {(row.core, row.input) for row in own}
        rows = chain(rows, pass_rows(store, record, remembered, without=shown))
    _print(session, rows)


def _print(session: Session, rows: Iterator[SummaryRow]) -> None:
    """Print rows some thousand at a time: a night has millions."""
    session.show(encode_fields([COLUMNS]).decode().rstrip("\n"))
    while some := list(islice(rows, _LINES)):
        session.show(encode_rows(some).decode().rstrip("\n"))
        _emit(session, some)


def _emit(session: Session, rows: Iterable[SummaryRow]) -> None:
    if session.as_json:
        for row in rows:
            session.emit("row", msgspec.to_builtins(row))
