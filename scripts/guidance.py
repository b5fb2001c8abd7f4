"""What coverage and comparisons are worth to a search: guests with a difference behind nested conditions.

Each guest under `tests/guests` is searched with several seeds, led by what its runs cover and compare, and
blindly: the same inputs are mutated and generated on the same targets, for as long, and nothing is learnt.
The builds for the host and for the zkVM really differ, by `cfg(target_os = "zkvm")`, behind the last
condition.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import date
from pathlib import Path

import click
import msgspec
from bench_kit import measured, processors, write_section

from fuzzer.build.plan import build
from fuzzer.build.steps import Silent
from fuzzer.campaign.budget import Budget
from fuzzer.campaign.care import Care
from fuzzer.campaign.events import BatchFinished, CaseFinished
from fuzzer.campaign.program import Program, programs
from fuzzer.campaign.reads import ask_reads
from fuzzer.campaign.search.engine import Plan, SearchedCore, search
from fuzzer.campaign.search.journal import remember
from fuzzer.campaign.selection import cases_of, core_at
from fuzzer.execute.runner import RunnerCommand
from fuzzer.generate.dictionary import build as build_dictionary
from fuzzer.home import Home, find_home, find_project
from fuzzer.model import NATIVE, RVREF, Case, Limits, TargetInfo
from fuzzer.store.journal import JournalFile
from fuzzer.triage.allowed import AllowedDivergences

GUESTS = {
    "nested-difference": "JSON: variant, text, length, range, sum of fields, two equal fields",
    "frame-difference": "raw bytes: magic number, version, kind, true length, text, checksum",
    "typed-difference": "a typed value: variant, length, range, sum of fields, text, bits of two fields",
    "host-difference": "four bytes, in code that only the host's build has (`--native-coverage`)",
}
COUNTED = frozenset({"host-difference"})
"""Guests that are led by what their builds for the host execute, too."""
SP1 = "sp1"
LIMITS = Limits(wall_ms=2_000)


class Searched(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one search."""

    seconds: float | None
    """Until the difference was found; None where it was not."""
    cases: int
    """That were run."""


def prepare(home: Home, names: Sequence[str]) -> list[SearchedCore]:
    """Guests, built for the host and for SP1, with their seeds and what is known of their inputs."""
    folder = home.root / "tests" / "guests"
    cores = [core_at(folder / name) for name in names]
    built = build(
        home,
        cores=[core.request for core in cores],
        targets=[SP1, RVREF],
        progress=Silent(),
        counted=not COUNTED.isdisjoint(names),
    )
    searched = []
    ready = programs(built, project=home.root, plants={})
    for name, core, of_core, program in zip(names, cores, built.cores, ready, strict=True):
        probe = next(command for command in program.commands if command.target == RVREF)
        seeds = cases_of(core, [], project=find_project(home.root, home), names=[])
        counted = of_core.counted if name in COUNTED else None
        one = _searched(_compared(program), seeds, probe)
        searched.append(msgspec.structs.replace(one, counted=counted))
    return searched


def _compared(program: Program) -> Program:
    """The program on the targets that are held against each other."""
    commands = tuple(command for command in program.commands if command.target in (NATIVE, SP1))
    targets = {command.target: program.targets[command.target] for command in commands}
    return msgspec.structs.replace(program, commands=commands, targets=targets)


def _searched(program: Program, seeds: list[Case], probe: RunnerCommand) -> SearchedCore:
    buffers = [case.buffers for case in seeds]
    form = ask_reads(program, buffers, LIMITS).form
    dictionary = build_dictionary(buffers, form)
    return SearchedCore(program=program, form=form, dictionary=dictionary, seeds=seeds, probe=probe)


def run_search(
    core: SearchedCore, *, seed: int, led: bool, seconds: float | None, cases: int | None = None
) -> Searched:
    """Search one guest until it is found to differ, or until the budget is used up."""
    care = Care(
        limits=LIMITS,
        jobs=processors(),
        confirmations=3,
        reduce_s=0.0,
        allowed=AllowedDivergences(),
        today=date(2026, 1, 1),
    )
    plan = Plan(
        seed=seed,
        generators=("mutated", "generated"),
        care=care,
        budget=Budget(cases=cases, seconds=seconds),
        probe=TargetInfo(name=RVREF, version="", runner_sha256="") if led else None,
    )
    if not led:
        core = msgspec.structs.replace(core, probe=None, counted=None)
    ran, found = 0, None
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as folder,
        JournalFile(Path(folder) / "journal.jsonl", clock=time.monotonic) as journal,
        closing(search([core], plan, journal, remember(journal.records), clock=time.monotonic)) as events,
    ):
        for event in events:
            if isinstance(event, BatchFinished):
                ran += event.counts.cases
            elif isinstance(event, CaseFinished) and any(one.is_finding for one in event.result.comparisons):
                found = time.monotonic() - began
                break
    return Searched(seconds=found, cases=ran)


@click.command()
@click.option("--seconds", default=60.0, show_default=True, help="Time for each search.")
@click.option("--seeds", default=5, show_default=True, help="How many seeds.")
@click.option("--guest", "names", multiple=True, help="Only this guest. Can be repeated.")
def main(seconds: float, seeds: int, names: Sequence[str]) -> None:
    """Measure, print, and write the section of docs/benchmarks.md."""
    home = find_home()
    wanted = list(names or GUESTS)
    rows = {}
    cores = prepare(home, wanted)
    load = os.getloadavg()[0]
    for name, core in zip(wanted, cores, strict=True):
        both = []
        for led in (True, False):
            results = []
            for seed in range(1, seeds + 1):
                result = run_search(core, seed=seed, led=led, seconds=seconds)
                results.append(result)
                sys.stderr.write(f"{name}, {'led' if led else 'blind'}, seed {seed}: {_shown(result)}\n")
            both.append(results)
        rows[name] = both
    lines = _section(rows, seconds=seconds, load=load)
    if names:
        sys.stdout.write("\n".join(lines) + "\n")
    else:
        write_section(home.root / "docs" / "benchmarks.md", "guidance", lines)
    led_found = all(result.seconds is not None for led, _ in rows.values() for result in led)
    blind_found = any(result.seconds is not None for _, blind in rows.values() for result in blind)
    sys.exit(0 if led_found and not blind_found else 1)


def _shown(result: Searched) -> str:
    if result.seconds is None:
        return f"not found in {result.cases:,} cases"
    return f"{result.seconds:,.0f} s, {result.cases:,} cases"


def _section(rows: dict[str, list[list[Searched]]], *, seconds: float, load: float) -> list[str]:
    lines = [
        "## Guidance",
        "",
        "Written by `scripts/guidance`. Guests whose builds for the host and for SP1 differ behind nested",
        "conditions; a search led by what `rvref` says that runs cover and compare, and a blind one",
        f"with the same generators and seeds, on native and SP1's JIT: {seconds:,.0f} s for each search.",
        f"The load average was {load:.1f} before the first one.",
        "",
        measured(),
        "",
        "| guest | conditions | led: found | median s | longest s | median cases | blind: found | cases |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name, (led, blind) in rows.items():
        times = [result.seconds for result in led if result.seconds is not None]
        cases = [result.cases for result in led if result.seconds is not None]
        shown = [statistics.median(times), max(times), statistics.median(cases)] if times else []
        lines.append(
            f"| `{name}` | {GUESTS[name]} | {len(times)} of {len(led)} "
            f"| {' | '.join(f'{number:,.0f}' for number in shown) or '- | - | -'} "
            f"| {sum(result.seconds is not None for result in blind)} of {len(blind)} "
            f"| {sum(result.cases for result in blind):,} |"
        )
    return lines


if __name__ == "__main__":
    main()
