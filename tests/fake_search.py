"""A search on runners that are small scripts; run as a program, it goes on until it is ended.

`fake_search.py FOLDER CASES` begins or resumes a campaign there, and adds a line to `kept` for each finding.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import msgspec
from fake_program import ECHO, fake_program

from fuzzer.campaign.budget import Budget
from fuzzer.campaign.care import Care
from fuzzer.campaign.events import CaseFinished, Event
from fuzzer.campaign.program import Program
from fuzzer.campaign.search.engine import Plan, SearchedCore, search
from fuzzer.campaign.search.journal import remember
from fuzzer.execute.runner import RunnerCommand
from fuzzer.generate.dictionary import build
from fuzzer.generate.infer import infer_format
from fuzzer.model import Case, Limits
from fuzzer.store.journal import JournalFile
from fuzzer.triage.allowed import AllowedDivergences
from fuzzer.triage.signature import signature

SEED = b'{"amount":1,"names":["ann","bob"]}'
COVERS_ITS_LENGTH = """
    hello()
    for run in runs():
        told = outcome(run)
        if run.get("coverage"):
            told["coverage"] = struct.pack("<I", 8 * sum(map(len, run["buffers"])))
        send(5, told)
"""
WRONG_IF_LONG = """
    hello()
    for run in runs():
        if sum(map(len, run["buffers"])) > 40:
            run["buffers"] = [b"x"]
        answer(run)
"""
"""Is wrong for inputs that are longer than the seed."""
LIMITS = Limits(wall_ms=2_000)


def searched(program: Program, *, probe: RunnerCommand | None = None, seed: bytes = SEED) -> SearchedCore:
    """The program with one seed."""
    seeds = [Case(core="core", input_name="inputs/core_1.json", buffers=(seed,))]
    form = infer_format([case.buffers for case in seeds])
    dictionary = build([case.buffers for case in seeds], form)
    return SearchedCore(program=program, form=form, dictionary=dictionary, seeds=seeds, probe=probe)


def plan(
    cases: int | None = None, *, seconds: float | None = None, seed: int = 7, reduce_s: float = 5.0
) -> Plan:
    """A campaign of so many cases."""
    care = Care(
        limits=LIMITS,
        jobs=1,
        confirmations=2,
        reduce_s=reduce_s,
        allowed=AllowedDivergences(),
        today=date(2026, 11, 21),
    )
    budget = Budget(cases=cases, seconds=seconds)
    return Plan(seed=seed, generators=("mutated", "generated"), care=care, budget=budget)


def searching(
    path: Path, cores: list[SearchedCore], what: Plan, *, clock: Callable[[], float] = time.monotonic
) -> Iterator[Event]:
    """The events of a campaign whose journal is at this path, or of its next part."""
    with (
        JournalFile(path, clock=clock) as journal,
        closing(search(cores, what, journal, remember(journal.records), clock=clock)) as events,
    ):
        yield from events


def main(folder: str, cases: str) -> None:
    """Search in a folder, with a slow wrong target, and remember findings as a recorder does."""
    place = Path(folder)
    program = fake_program(place, ECHO, sp1=WRONG_IF_LONG)
    what = msgspec.structs.replace(plan(int(cases), reduce_s=0.3))
    for event in searching(place / "journal.jsonl", [searched(program)], what):
        if isinstance(event, CaseFinished):
            with (place / "kept").open("a", encoding="utf-8") as kept:
                kept.write(f"{signature(event.result)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
