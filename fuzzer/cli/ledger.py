"""`fuzz ledger`: every gate that was run, with its metrics over time."""

import click
import msgspec

from fuzzer.cli.options import json_option
from fuzzer.cli.session import Session
from fuzzer.errors import ExitCode
from fuzzer.report.ledger_page import render_ledger_markdown, render_ledger_page
from fuzzer.store.artifact_store import ArtifactFile
from fuzzer.store.quality_ledger import read_ledger

LEDGER_PAGES = ("reports/quality_ledger.md", "reports/quality_ledger.html")


@click.command()
@json_option
def ledger(*, as_json: bool) -> int:
    """Write the quality ledger as Markdown and as a page: gates and metrics with their history."""
    session = Session(as_json=as_json)
    store = session.store
    entries, damaged = read_ledger(store)
    if damaged:
        session.warn(f"{damaged} lines of the quality ledger cannot be read and are passed over")
    if not entries:
        session.show("no gate was run yet; `fuzz gate` runs one")
        return int(ExitCode.NOTHING_COMPARED)
    pages = (render_ledger_markdown(entries), render_ledger_page(entries))
    store.put([ArtifactFile(path, text.encode()) for path, text in zip(LEDGER_PAGES, pages, strict=True)])
    for entry in entries:
        session.show(
            f" {entry.created_utc}  {entry.gate_id:<32}  {entry.run_mode:<4}  {entry.verdict:<5}"
            f"  score {entry.severity_score}"
        )
        session.emit("gate", msgspec.to_builtins(entry))
    for path in LEDGER_PAGES:
        session.show(f"  {session.artifacts}/{path}")
    return int(ExitCode.AGREE)
