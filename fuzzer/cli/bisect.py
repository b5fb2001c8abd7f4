"""`fuzz bisect`: the releases of a zkVM in which a finding shows."""

from pathlib import Path

import click
import msgspec
from rich.text import Text

from fuzzer.build.runners import parse_target
from fuzzer.build.sp1_releases import known_releases
from fuzzer.campaign.bisect import Span, find_span
from fuzzer.campaign.replay import replay
from fuzzer.cli.options import json_option
from fuzzer.cli.recorded import RecordedFinding
from fuzzer.cli.session import Session
from fuzzer.errors import ExitCode, InputError, UsageError
from fuzzer.home import Home
from fuzzer.model import VerdictKind


@click.command()
@click.argument("folder", type=click.Path(readable=False, path_type=Path))
@click.option("--target", "wanted", metavar="NAME", help="Of which target; without it, of each that differs.")
@json_option
def bisect(folder: Path, *, wanted: str | None, as_json: bool) -> int:
    """Find the first bad and the first good release of the finding in FOLDER.

    Exit code 0: found. 7: the finding does not show in the release that it was recorded with.
    """
    session = Session(as_json=as_json, start=folder)
    finding = RecordedFinding(session, folder)
    code = ExitCode.AGREE
    for target in _differing(session.home, finding, wanted):
        span = span_of(session, finding, target)
        show_span(session, target, span)
        if span is None:
            code = ExitCode.NOT_REPRODUCED
    return int(code)


def _differing(home: Home, finding: RecordedFinding, wanted: str | None) -> list[str]:
    """The targets that differ in the finding and have releases."""
    differing = [entry.target for entry in finding.log.comparisons if entry.kind is VerdictKind.DIVERGE]
    if wanted is not None and wanted not in differing:
        raise UsageError(
            f"`{wanted}` does not differ in this finding", hint=f"those that do: {', '.join(differing)}"
        )
    targets = [wanted] if wanted else differing
    chosen = [target for target in targets if parse_target(home, target).kind.has_releases]
    if not chosen:
        raise InputError(
            "no target of this finding has releases to choose from", hint="sp1 and sp1-portable have"
        )
    return chosen


def span_of(session: Session, finding: RecordedFinding, target: str) -> Span | None:
    """The releases of a target in which a finding shows; None when it does not show where it was found."""
    spec = parse_target(session.home, target)
    reference = finding.targets[0]

    def shows(release: str) -> bool:
        program = finding.program({reference: reference, target: f"{spec.name}@{release}"})
        again = replay(program, finding.case, finding.log_of(target))
        shown = again.reproduced
        session.note(f" {spec.name}@{release}  {'shows it' if shown else 'does not show it'}")
        return shown

    return find_span(known_releases(session.home), spec.kind.version, shows)


def show_span(session: Session, target: str, span: Span | None) -> None:
    """Say where a difference begins and ends."""
    if span is None:
        session.show(f"{target}: not reproduced")
        session.emit("bisect", {"target": target, "reproduced": False})
        return
    begins = (
        f"begins in {span.first_bad} ({span.last_good_before} does not show it)"
        if span.last_good_before
        else f"is there since {span.first_bad}, the oldest release there is, or longer"
    )
    ends = f"ends in {span.first_good}" if span.first_good else "is still there in the newest release"
    session.show(Text.assemble((f"{target}: ", "bold"), f"{begins}, and {ends}"))
    session.emit("bisect", {"target": target, "reproduced": True, **msgspec.structs.asdict(span)})
