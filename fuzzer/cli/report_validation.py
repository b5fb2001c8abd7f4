"""`fuzz report validation`: what was run of a core since its last report, and what came of it."""

import click

from fuzzer.cli.findings import Findings
from fuzzer.cli.options import json_option
from fuzzer.cli.session import Session
from fuzzer.cli.subject import utc_now
from fuzzer.errors import ExitCode, InputError
from fuzzer.report.tables import rows_of_core
from fuzzer.report.validation import render_validation
from fuzzer.store.reports import Round, write_round


@click.command()
@click.option("--core", required=True, metavar="NAME", help="The core that the report is about.")
@json_option
def validation(*, core: str, as_json: bool) -> int:
    """Write the next validation report of a core: the pilot first, then rounds."""
    session = Session(as_json=as_json)
    findings = Findings(session)
    own = [finding for finding in findings.all() if finding.first.core == core]

    def rendered(this: Round, before: Round | None) -> str:
        rows = rows_of_core(findings.store, core, after=before.up_to if before else "")
        if rows.empty:
            since = f" since {before.path}" if before else ""
            raise InputError(f"no run of `{core}`{since}", hint=f"`fuzz run --core {core}` makes some")
        created = utc_now()
        return render_validation(rows, own, own=this, before=before, created=created)

    written = write_round(findings.store, core, rendered)
    session.show(f"{session.artifacts}/{written.path}")
    session.emit("report", {"path": written.path, "core": core, "round": written.round})
    return int(ExitCode.AGREE)
