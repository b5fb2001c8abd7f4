"""`fuzz rerun` of a campaign of cores: the very cases that it ran, by its journal and its passes."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from fuzzer.campaign.cases import remembered_of
from fuzzer.campaign.rerun import RanAgain, inputs_again, programs_again, rows_of
from fuzzer.campaign.search.engine import begun
from fuzzer.campaign.search.identity import differences
from fuzzer.campaign.search.journal import Remembered
from fuzzer.cli.campaign_request import Request
from fuzzer.cli.campaign_setup import Ready, make_ready, prepare
from fuzzer.cli.diff import show_changes
from fuzzer.cli.session import Session
from fuzzer.errors import ExitCode, InputError
from fuzzer.report.bundle import Bundle, Change
from fuzzer.report.words import counted
from fuzzer.store.artifact_store import LocalStore
from fuzzer.store.campaign import CAMPAIGNS
from fuzzer.store.passes import INPUTS, PROGRAMS

_TOLD_S = 5.0
"""How often it is said how far it has come."""


def rerun_cases(session: Session, store: LocalStore, bundle: Bundle) -> int:
    """Run them, and say whether they end as they did. The exit code.

    Raises:
        InputError: the campaign's journal or its passes are gone.
        FuzzerError: something does not build any more.
    """
    folder = f"{CAMPAIGNS}/{bundle.index.run_id}"
    remembered = remembered_of(store, bundle.index.run_id)
    request = msgspec.convert(bundle.config.request, Request)
    session.note(f"Again: the cases of {bundle.index.run_id}")
    ready = make_ready(session, prepare(session, request), {}, datetime.now(UTC).date())
    found = differences(remembered.begun, begun(ready.cores, ready.plan))
    changes = [Change(section="versions", name=name, first=one, second=other) for name, one, other in found]
    known = remembered.counts.cases
    cases = timed = 0
    told = time.monotonic()
    for ran in _again(store, folder, remembered, ready):
        cases += 1
        if time.monotonic() - told >= _TOLD_S:
            told = time.monotonic()
            session.note(f" {cases:,} of {known:,} cases")
        if ran.before == ran.after:
            continue
        if ran.is_timed:
            timed += 1
            continue
        changes.append(Change(section="verdicts", name=ran.case, first=ran.before, second=ran.after))
    show_changes(session, changes)
    moved = sum(change.section == "verdicts" for change in changes)
    session.emit(
        "rerun",
        {"before": bundle.index.run_id, "cases": cases, "changed": moved, "timed": timed, "of": known},
    )
    if not cases:
        raise InputError(
            f"{bundle.index.run_id} has no passes, which say how its cases ended",
            hint="they were pruned; its findings can be repeated: `fuzz repro artifacts/<run_id>`",
        )
    if timed:
        session.note(f"{counted(timed, 'case')} ran into a time limit once, and may end otherwise each time")
    if cases < known:
        session.note(f"How {counted(known - cases, 'further case')} ended was not kept")
    if moved:
        session.show(f"{counted(moved, 'case')} of {cases:,} with another verdict")
        return int(ExitCode.NOT_REPRODUCED)
    session.show(f"Identical: {counted(cases - timed, 'case')}, the same ids and verdicts")
    return int(ExitCode.AGREE)


def _again(store: LocalStore, folder: str, remembered: Remembered, ready: Ready) -> Iterator[RanAgain]:
    """Every case that can be run again, core by core, then the instruction programs."""
    care = ready.plan.care
    rows = rows_of(store, folder, INPUTS)
    for core in ready.cores:
        ran = inputs_again(remembered, core.program, rows, limits=remembered.begun.limits, jobs=care.jobs)
        yield from filter(None, ran)
    if ready.plan.programs:
        programs = rows_of(store, folder, PROGRAMS)
        yield from filter(None, programs_again(remembered, ready.plan.programs.targets, programs))
