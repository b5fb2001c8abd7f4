"""`fuzz repro`: run a finding again and say whether it still shows."""

from pathlib import Path

import click

from fuzzer.campaign.replay import Replay, replay
from fuzzer.cli.options import json_option
from fuzzer.cli.recorded import RecordedFinding
from fuzzer.cli.session import Session
from fuzzer.errors import ExitCode
from fuzzer.report import results


@click.command()
@click.argument("folder", type=click.Path(readable=False, path_type=Path))
@click.option("--unplant", is_flag=True, help="Leave out the faults that were planted on purpose.")
@json_option
def repro(folder: Path, *, unplant: bool, as_json: bool) -> int:
    """Run a finding's FOLDER again.

    Exit code 0: the recorded difference shows again. 7: it does not.
    """
    session = Session(as_json=as_json, start=folder)
    finding = RecordedFinding(session, folder)
    program = finding.program({name: name for name in finding.targets}, planted=not unplant)
    outcome = replay(program, finding.case, finding.log)
    _show(session, outcome, finding.targets)
    session.emit("repro", {"reproduced": outcome.reproduced, "changed": outcome.changed})
    return int(ExitCode.AGREE if outcome.reproduced else ExitCode.NOT_REPRODUCED)


def _show(session: Session, outcome: Replay, targets: list[str]) -> None:
    columns = results.layout([outcome.result.case.core], [outcome.result.case.input_name], targets)
    session.show(results.header(columns))
    session.show(results.row(columns, outcome.result))
    for reason in results.reasons(outcome.result):
        session.show(f"   {reason}")
    for target in outcome.changed:
        session.show(f"{target}: not what was recorded")
    session.show("reproduced" if outcome.reproduced else "not reproduced")
