"""`fuzz triage`: what was found, how bad it is, and what was decided about it."""

import shlex
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import click
import msgspec
from rich.text import Text

from fuzzer.campaign.recorded import read_log
from fuzzer.cli.findings import Findings
from fuzzer.cli.options import json_option
from fuzzer.cli.session import Session
from fuzzer.errors import ExitCode, InputError, StoreError, UsageError
from fuzzer.report.issue_draft import render_draft
from fuzzer.store.finding import PROGRAM_NAME
from fuzzer.triage.findings import Finding, acceptance_prefix, acceptances, chosen
from fuzzer.triage.marks import Mark, State, mark_of

_STYLES = {State.NEW: "bold red", State.REPORTED: "yellow", State.FIXED: "green", State.ACCEPTED: "cyan"}
_SHOWN_RUNS = 10
_LISTING = "program.txt"


@click.group(invoke_without_command=True)
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in State]),
    help="Only findings of this state. Can be repeated.",
)
@click.option("--all", "everything", is_flag=True, help="Flaky ones, and those planted on purpose, too.")
@json_option
@click.pass_context
def triage(ctx: click.Context, states: Sequence[str], *, everything: bool, as_json: bool) -> int:
    """List findings by signature, the most severe first; or look at one, or decide about it."""
    if ctx.invoked_subcommand:
        return int(ExitCode.AGREE)
    session = Session(as_json=as_json)
    findings = Findings(session)
    found = findings.all(everything=everything)
    listed = [finding for finding in found if not states or finding.state in states]
    for line in _table(listed, findings.today):
        session.show(line)
    for finding in listed:
        session.emit("finding", _record(finding, findings.today))
    counts = ", ".join(
        f"{sum(finding.state is state for finding in found):,} {state}"
        for state in State
        if any(finding.state is state for finding in found)
    )
    session.show(f"{len(found):,} findings{': ' if counts else ''}{counts} · {session.seconds:.1f} s")
    return int(ExitCode.AGREE)


@triage.command()
@click.argument("finding", metavar="FINDING")
@json_option
def show(finding: str, *, as_json: bool) -> int:
    """Show one FINDING: an id, a run, a signature or a part of one."""
    session = Session(as_json=as_json)
    findings = Findings(session)
    found = chosen(findings.all(everything=True), finding)
    for line in _details(session, findings, found):
        session.show(line)
    session.emit("finding", _record(found, findings.today))
    return int(ExitCode.AGREE)


@triage.command()
@click.argument("finding", metavar="FINDING")
@click.option(
    "--state", required=True, type=click.Choice([state.value for state in State]), help="Where it stands."
)
@click.option("--reason", default="", metavar="TEXT", help="Why; needed to accept one.")
@click.option("--link", default="", metavar="URL", help="Where that was decided or reported.")
@click.option(
    "--expires",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DAY",
    help="The day from which on it is accepted no more; needed to accept one.",
)
@json_option
def mark(finding: str, *, state: str, reason: str, link: str, expires: datetime | None, as_json: bool) -> int:
    """Say where a FINDING stands. An accepted one goes to inputs/allowed_divergences.toml."""
    session = Session(as_json=as_json)
    findings = Findings(session)
    wanted = State(state)
    if wanted is State.ACCEPTED and not (reason and expires):
        raise UsageError("to accept a finding takes --reason and --expires", hint="say why, and until when")
    if expires and wanted is not State.ACCEPTED:
        raise UsageError(f"`{state}` does not expire", hint="--expires goes with --state accepted")
    if expires and expires.date() <= findings.today:
        raise UsageError(f"--expires {expires.date()} is not after today", hint="name a later day")
    found = chosen(findings.all(everything=True), finding)
    entries = acceptances(found, reason=reason, link=link, expires=expires.date()) if expires else []
    findings.state.accept(entries, prefix=acceptance_prefix(found.signature))
    if wanted is not State.ACCEPTED:
        _write_mark(findings, found, wanted, reason=reason, link=link)
        _warn_of_others(session, findings, found)
    session.show(f"{found.id} is {state}: {found.signature}")
    session.emit("marked", {"id": found.id, "signature": found.signature, "state": state})
    return int(ExitCode.AGREE)


@triage.command()
@click.argument("finding", metavar="FINDING")
@click.option(
    "--to",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where to write it; without it, it is shown.",
)
@json_option
def draft(finding: str, *, path: Path | None, as_json: bool) -> int:
    """Write a FINDING as an issue for those who maintain the target."""
    session = Session(as_json=as_json)
    findings = Findings(session)
    found = chosen(findings.all(everything=True), finding)
    folder = findings.folder(found.first.run_id)
    text = render_draft(read_log(folder), program=_optional(folder / _LISTING))
    if path is None:
        session.show(text.rstrip())
    else:
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise StoreError(
                f"the draft `{path}` cannot be written: {error.strerror}",
                hint="name a file in a folder that exists",
            ) from error
        session.show(f"{path}: {found.signature}")
    session.emit("draft", {"id": found.id, "signature": found.signature, "text": text})
    return int(ExitCode.AGREE)


def _optional(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name} cannot be read: {error}", hint="the folder may be damaged") from None


def _write_mark(findings: Findings, found: Finding, state: State, *, reason: str, link: str) -> None:
    def changed(marks: Mapping[str, Mark]) -> Mapping[str, Mark]:
        mark = msgspec.structs.replace(
            mark_of(marks, found.signature),
            state=state,
            since=findings.today,
            reason=reason,
            **({"link": link} if link else {}),
        )
        return {**marks, found.signature: mark}

    findings.state.update(changed)


def _warn_of_others(session: Session, findings: Findings, found: Finding) -> None:
    """An entry that people wrote themselves goes on accepting it."""
    if found.accepted_by and not found.accepted_by.id.startswith(acceptance_prefix(found.signature)):
        session.warn(
            f"`{found.accepted_by.id}` of {findings.allowed_file} accepts it as before: remove that entry"
        )


def _table(findings: Sequence[Finding], today: date) -> list[Text]:
    if not findings:
        return []
    lines = [
        Text(
            f" {'id':<8}  {'severity':<10}  {'state':<8}  {'age':>6}  {'runs':>6}  finding",
            style="bold",
        )
    ]
    for finding in findings:
        line = Text(f" {finding.id}  {finding.symptom:<10}  ")
        line.append(f"{finding.state:<8}", style=_STYLES[finding.state])
        line.append(f"  {_age(finding.age_days(today)):>6}  {len(finding.runs):>6,}  {finding.signature}")
        if note := _note(finding):
            line.append(f" ({note})", style="dim")
        lines.append(line)
    return lines


def _note(finding: Finding) -> str:
    """What a line says besides, in short."""
    notes = []
    if finding.first.planted:
        notes.append("planted on purpose")
    if finding.first.flaky:
        notes.append("flaky")
    if finding.accepted_by and finding.accepted_by.expires:
        notes.append(f"until {finding.accepted_by.expires}")
    if finding.mark.seen and finding.mark.retested:
        notes.append(f"{finding.mark.seen} on {finding.mark.retested}")
    if finding.shown_again:
        notes.append(f"shown again on {finding.shown_again}")
    return ", ".join(notes)


def _age(days: int) -> str:
    return f"{days:,} d" if days > 0 else "today"


def _details(session: Session, findings: Findings, found: Finding) -> list[Text | str]:
    run = found.first.run_id
    lines: list[Text | str] = [Text(found.signature, style="bold")]
    lines.append(Text.assemble(f"{found.id}  {found.symptom}  ", (found.state, _STYLES[found.state])))
    reason, link, since = found.mark.reason, found.mark.link, found.mark.since
    if found.accepted_by:
        reason, link, since = found.accepted_by.reason, found.accepted_by.link, None
        lines.append(
            f"  accepted by `{found.accepted_by.id}` until {found.accepted_by.expires or 'further notice'}"
        )
    lines += [
        f"  {word} {text}" for word, text in (("since", since), ("reason", reason), ("link", link)) if text
    ]
    if found.mark.seen:
        lines.append(f"  retested {found.mark.retested} on {', '.join(found.mark.on)}: {found.mark.seen}")
    if found.shown_again:
        lines.append(f"  shown again on {found.shown_again}, after it was marked as fixed")
    lines.append(f"{len(found.runs):,} runs, first {found.first.created}, last {found.last.created}")
    lines += [f"  {entry.run_id}  {entry.input}" for entry in found.runs[:_SHOWN_RUNS]]
    if len(found.runs) > _SHOWN_RUNS:
        lines.append(f"  and {len(found.runs) - _SHOWN_RUNS:,} more")
    folder = findings.folder(run)
    if not folder.is_dir():
        return [*lines, f"the folder {findings.shown(run)} is not there"]
    log = read_log(folder)
    lines += [f"  {entry.target}: {entry.reason or 'agrees'}" for entry in log.comparisons]
    lines.append(f"  {log.attribution}")
    launcher, shown = session.launcher, shlex.quote(findings.shown(run))
    lines.append(f"  look     {shown}/README.md")
    lines.append(f"  replay   bash {shown}/repro.sh")
    if (folder / PROGRAM_NAME).is_file() or not log.program:
        lines.append(f"  since    {launcher} bisect {shown}")
    lines.append(f"  draft    {launcher} triage draft {found.id} --to issue.md")
    return lines


def _record(finding: Finding, today: date) -> dict[str, object]:
    return {
        "id": finding.id,
        "signature": finding.signature,
        "severity": finding.symptom,
        "state": finding.state,
        "age_days": finding.age_days(today),
        "runs": [run.run_id for run in finding.runs],
        "first": finding.first.created,
        "last": finding.last.created,
        "planted": finding.first.planted,
        "flaky": finding.first.flaky,
        "reason": finding.accepted_by.reason if finding.accepted_by else finding.mark.reason,
        "link": finding.accepted_by.link if finding.accepted_by else finding.mark.link,
        "expires": finding.accepted_by.expires if finding.accepted_by else None,
        "shown_again": finding.shown_again,
        "seen": finding.mark.seen,
        "retested": finding.mark.retested,
    }
