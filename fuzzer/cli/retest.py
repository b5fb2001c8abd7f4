"""`fuzz retest`: are findings still there on the newest versions?"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import click
import msgspec
from rich.text import Text

from fuzzer.build.runners import RUNNER_KINDS, parse_target
from fuzzer.build.sp1_releases import known_releases
from fuzzer.campaign.retest import Retest, retest
from fuzzer.cli.bisect import show_span, span_of
from fuzzer.cli.findings import Findings
from fuzzer.cli.options import json_option
from fuzzer.cli.recorded import RecordedFinding
from fuzzer.cli.session import Session
from fuzzer.errors import ExitCode, FuzzerError, UsageError
from fuzzer.model import RVREF_FAULTY, VerdictKind
from fuzzer.store.finding import RUN_LOG_NAME
from fuzzer.triage.findings import chosen, id_of
from fuzzer.triage.marks import BACK, Mark, Seen, State, after_retest, mark_of

_TROPHIES = "trophies"
_STYLES = {Seen.STILL_THERE: "bold red", Seen.CHANGED: "yellow", Seen.FIXED: "green", Seen.NOT_RUN: "yellow"}


class _Subject(msgspec.Struct, frozen=True):
    """A finding and the folder that it is run from."""

    name: str
    """How people name it: its id, or the name of a trophy."""
    signature: str
    folder: Path
    state: State
    tracked: bool
    """Whether what is seen of it is written down."""


@click.command(name="retest")
@click.argument("wanted", nargs=-1, metavar="[FINDING]...")
@click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="NAME",
    help="Run on this release, not the newest one: sp1@6.8.0; states stay. Can be repeated.",
)
@click.option("--trophies", is_flag=True, help="The findings in inputs/trophies, too.")
@click.option("--variants", is_flag=True, help="Say which other targets show it.")
@click.option("--bisect", is_flag=True, help="Say since which release it shows; builds several of them.")
@json_option
def retest_command(
    wanted: Sequence[str],
    targets: Sequence[str],
    *,
    trophies: bool,
    variants: bool,
    bisect: bool,
    as_json: bool,
) -> int:
    """Run findings again on the newest versions, all or some: still there, fixed, or changed.

    Exit code 0: none is there any more, or those that are were accepted. 1: some are. 6: none could be run.
    """
    session = Session(as_json=as_json)
    findings = Findings(session)
    instead = _instead(session, targets)
    subjects = _subjects(session, findings, wanted, trophies=trophies)
    seen: dict[str, Seen] = {}
    for subject in subjects:
        runs_on, found = _retested(session, subject, instead, variants=variants)
        seen[subject.name] = found.seen
        _show(session, subject, runs_on, found)
        if subject.tracked and not targets and found.seen is not Seen.NOT_RUN:
            _write(session, findings, subject, runs_on, found.seen)
        if bisect and found.seen is Seen.STILL_THERE:
            _bisect(session, subject)
    counts = ", ".join(f"{count:,} {word}" for word in Seen if (count := list(seen.values()).count(word)))
    session.show(f"{len(seen):,} retested{': ' if counts else ''}{counts} · {session.seconds:.1f} s")
    return int(_exit_code(subjects, seen))


def _instead(session: Session, targets: Sequence[str]) -> dict[str, str]:
    """What stands for each kind of target: what was asked for, else the newest release."""
    newest = known_releases(session.home)[-1]
    instead = {
        name: name if not kind.has_releases or kind.version == newest else f"{name}@{newest}"
        for name, kind in RUNNER_KINDS.items()
    }
    asked: set[str] = set()
    for target in targets:
        spec = parse_target(session.home, target)
        if spec.name in asked:
            raise UsageError(f"`{spec.name}` is named twice", hint="one release of each in a call")
        asked.add(spec.name)
        instead[spec.name] = str(spec)
    return instead


def _subjects(
    session: Session, findings: Findings, wanted: Sequence[str], *, trophies: bool
) -> list[_Subject]:
    known = findings.all(everything=True)
    real = [finding for finding in known if not finding.first.planted]
    found = list({f.id: f for f in (chosen(known, text) for text in wanted)}.values()) if wanted else real
    if not wanted and (left_out := len(known) - len(real)):
        session.note(f"{left_out:,} findings that were planted on purpose are left out")
    subjects = [
        _Subject(f.id, f.signature, findings.folder(f.last.run_id), f.state, tracked=not f.first.planted)
        for f in found
    ]
    if trophies:
        folders = sorted((session.home.root / "inputs" / _TROPHIES).glob(f"*/{RUN_LOG_NAME}"))
        subjects += [_Subject(log.parent.name, "", log.parent, State.NEW, tracked=False) for log in folders]
    return subjects


def _retested(
    session: Session, subject: _Subject, instead: Mapping[str, str], *, variants: bool
) -> tuple[dict[str, str], Retest]:
    """What stood for each target, and what was seen; a finding that cannot be run is no reason to stop."""
    runs_on: dict[str, str] = {}
    try:
        finding = RecordedFinding(session, subject.folder)
        differing = [e.target for e in finding.log.comparisons if e.kind is VerdictKind.DIVERGE]
        reference = finding.targets[0]
        runs_on = {name: instead.get(name.partition("@")[0], name) for name in differing}
        others = {kind: instead[kind] for kind in _variants(finding, runs_on.values())} if variants else {}
        program = finding.program({reference: reference, **runs_on, **others})
        return runs_on, retest(program, finding.case, finding.log_of(*differing))
    except FuzzerError as error:
        return runs_on, Retest(seen=Seen.NOT_RUN, reasons=(error.message,), also_on=(), not_on=())


def _variants(finding: RecordedFinding, taken: Iterable[str]) -> list[str]:
    """The kinds of targets that take no part and could."""
    part = {spec.partition("@")[0] for spec in taken}
    part |= {finding.targets[0], RVREF_FAULTY}
    return [kind for kind in RUNNER_KINDS if kind not in part]


def _show(session: Session, subject: _Subject, runs_on: Mapping[str, str], found: Retest) -> None:
    name = f"{subject.name}  {subject.signature}".rstrip()
    on = ", ".join(dict.fromkeys(runs_on.values()))
    line = Text.assemble(" ", (f"{found.seen:<11}", _STYLES[found.seen]), f"  {on or 'nowhere'}  {name}")
    session.show(line)
    for reason in found.reasons:
        session.show(f"   {reason}")
    if found.also_on or found.not_on:
        session.show(
            f"   variants: shows on {', '.join(found.also_on) or 'none'}, "
            f"not on {', '.join(found.not_on) or 'none'}"
        )
    record = {"name": subject.name, "signature": subject.signature, "on": on, "state": subject.state}
    session.emit("retest", {**record, **msgspec.to_builtins(found)})


def _write(
    session: Session, findings: Findings, subject: _Subject, runs_on: Mapping[str, str], seen: Seen
) -> None:
    """Write down what was seen; a finding that was fixed and is back is said aloud."""
    on = tuple(
        f"{spec.name} {spec.kind.version}"
        for spec in dict.fromkeys(parse_target(session.home, text) for text in runs_on.values())
    )

    def changed(marks: Mapping[str, Mark]) -> Mapping[str, Mark]:
        mark = after_retest(mark_of(marks, subject.signature), seen, on=on, today=findings.today)
        return {**marks, subject.signature: mark}

    if subject.state is State.FIXED and seen in BACK:
        session.warn(f"{id_of(subject.signature)} was fixed and {BACK[seen]}")
    findings.state.update(changed)


def _bisect(session: Session, subject: _Subject) -> None:
    finding = RecordedFinding(session, subject.folder)
    for entry in finding.log.comparisons:
        spec = parse_target(session.home, entry.target)
        if entry.kind is VerdictKind.DIVERGE and spec.kind.has_releases:
            show_span(session, entry.target, span_of(session, finding, entry.target))


def _exit_code(subjects: Sequence[_Subject], seen: Mapping[str, Seen]) -> ExitCode:
    if any(seen[subject.name] in BACK and subject.state is not State.ACCEPTED for subject in subjects):
        return ExitCode.FINDINGS
    if subjects and all(value is Seen.NOT_RUN for value in seen.values()):
        return ExitCode.NOTHING_COMPARED
    return ExitCode.AGREE
