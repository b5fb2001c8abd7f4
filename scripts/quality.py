"""The harness's own figure of merit: how many planted faults it finds, and in how many programs.

Every fault of the target `rvref-faulty` is planted alone, and programs of five seeds are run on it and on the
clean reference until one differs. The same is done with `riscv-naive`, random instructions without knowledge
of the program's state. For the first seed the whole way of a finding is gone: confirmed, reduced, grouped.
"""

import statistics
import sys
import time
from collections.abc import Sequence

import click
import msgspec

from fuzzer.build.plan import build
from fuzzer.build.steps import Silent
from fuzzer.campaign.budget import Budget
from fuzzer.campaign.care import Care
from fuzzer.campaign.events import CaseFinished, Totals
from fuzzer.campaign.hunt.engine import hunt
from fuzzer.campaign.program import ProgramTargets, program_targets
from fuzzer.execute.faults import known_faults
from fuzzer.execute.generator import GeneratorProcess, Source
from fuzzer.execute.programs import BATCH, ProgramRunners
from fuzzer.home import find_home
from fuzzer.model import RVREF, RVREF_FAULTY, Fault, Generator, Limits
from fuzzer.triage.signature import signature

LIMITS = Limits(wall_ms=500, output_mb=4)
SCORE_TARGET = 0.95
INSTRUCTIONS_TARGET = 10
REDUCE_S = 10.0
EXAMINED = 256
"""Programs behind the first one that differs, for which a campaign goes on."""


class Corpus(msgspec.Struct, frozen=True):
    """Programs of one seed, and what the reference answers to each batch of them."""

    batches: list[tuple[bytes, ...]]
    expected: list[bytes]


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What was found of one fault."""

    fault: Fault
    ours: list[int | None]
    """Programs needed, by seed; None where the limit came first."""
    naive: list[int | None]
    signatures: list[str]
    """Of the findings of the first seed."""
    instructions: int | None
    """Of the smallest program of the first seed."""

    @property
    def is_found(self) -> bool:
        """Whether every seed found it."""
        return None not in self.ours


@click.command()
@click.option(
    "--programs", default=20_000, show_default=True, help="Programs for each fault and seed at most."
)
@click.option(
    "--silent", default=200_000, show_default=True, help="Programs on which the clean one must agree."
)
@click.option("--seeds", default=5, show_default=True, help="How many seeds.")
@click.option("--fault", "names", multiple=True, help="Only this fault. Can be repeated.")
def main(programs: int, silent: int, seeds: int, names: Sequence[str]) -> None:
    """Measure, print, and write docs/quality.md."""
    home = find_home()
    built = build(home, cores=[], targets=[RVREF, RVREF_FAULTY], progress=Silent(), generator=True)
    targets = program_targets(built, plants={})
    known = known_faults(targets.commands[1].binary)
    faults = [known[name] for name in names or known]
    started = time.monotonic()
    ours = [_corpus(targets, Generator.RISCV, seed, programs) for seed in range(1, seeds + 1)]
    naive = [_corpus(targets, Generator.RISCV_NAIVE, seed, programs) for seed in range(1, seeds + 1)]
    results = [_find(targets, fault, ours, naive) for fault in faults]
    clean = _silence(targets, silent)
    text = _document(results, clean, programs=programs, seeds=seeds)
    if not names:
        (home.root / "docs" / "quality.md").write_text(text)
    sys.stdout.write(text)
    sys.stderr.write(f"{time.monotonic() - started:,.0f} s\n")
    score = sum(result.is_found for result in results) / len(results)
    sys.exit(0 if score >= SCORE_TARGET and not clean.findings and not clean.flaky else 1)


def _corpus(targets: ProgramTargets, generator: str, seed: int, programs: int) -> Corpus:
    """Generate once what is run on every fault."""
    source = Source(generator=generator, xlen=64, seed=seed)
    corpus = Corpus([], [])
    with (
        GeneratorProcess(targets.generator) as process,
        ProgramRunners(targets.commands[:1], limits=LIMITS) as reference,
    ):
        batches = process.batches(source, first=0, count=programs, size=BATCH)
        for ran in reference.stream((batch, batch) for _, batch in batches):
            if ran is not None:
                corpus.batches.append(tuple(ran[0]))
                corpus.expected.append(ran[1].answers[RVREF].outcomes)
    return corpus


def _find(targets: ProgramTargets, fault: Fault, ours: Sequence[Corpus], naive: Sequence[Corpus]) -> Found:
    planted = _planted(targets, fault)
    needed = [_programs_needed(planted, corpus) for corpus in ours]
    baseline = [_programs_needed(planted, corpus) for corpus in naive]
    signatures, instructions = _findings(planted, needed[0])
    found = Found(fault=fault, ours=needed, naive=baseline, signatures=signatures, instructions=instructions)
    sys.stderr.write(f"{fault.name}: {needed} naive {baseline} {signatures} {instructions}\n")
    return found


def _planted(targets: ProgramTargets, fault: Fault) -> ProgramTargets:
    reference, faulty = targets.commands
    planted = msgspec.structs.replace(targets.targets[RVREF_FAULTY], planted=fault.name)
    return msgspec.structs.replace(
        targets,
        commands=(reference, msgspec.structs.replace(faulty, fault=fault.name)),
        targets={**targets.targets, RVREF_FAULTY: planted},
    )


def _programs_needed(targets: ProgramTargets, corpus: Corpus) -> int | None:
    """How many programs had run when the first one differed."""
    with ProgramRunners(targets.commands[1:], limits=LIMITS) as faulty:
        numbered = enumerate(corpus.batches)
        for ran in faulty.stream(numbered):
            if ran is None or ran[1].answers[RVREF_FAULTY].outcomes == corpus.expected[ran[0]]:
                continue
            number, answered = ran
            expected = msgspec.msgpack.decode(corpus.expected[number])
            got = msgspec.msgpack.decode(answered.answers[RVREF_FAULTY].outcomes)
            # The message of a crash is not part of what differs, but a crash is.
            pairs = enumerate(zip(expected, got, strict=True))
            return number * BATCH + next(place for place, (one, other) in pairs if one != other) + 1
    return None


def _findings(targets: ProgramTargets, needed: int | None) -> tuple[list[str], int | None]:
    """The findings that a campaign makes of the fault: their signatures, and the largest size."""
    if needed is None:
        return [], None
    source = Source(generator=Generator.RISCV, xlen=64, seed=1)
    care = Care(limits=LIMITS, confirmations=3, reduce_s=REDUCE_S)
    budget = Budget(cases=needed + EXAMINED)
    signatures, sizes = [], []
    for event in hunt(targets, source, budget, care, clock=time.monotonic):
        if isinstance(event, CaseFinished) and event.details:
            signatures.append(signature(event.result, place=event.details.place))
            sizes.append(event.details.record.instructions)
    return signatures, max(sizes, default=None)


def _silence(targets: ProgramTargets, programs: int) -> Totals:
    """What a campaign reports of the faulty build without a fault."""
    source = Source(generator=Generator.RISCV, xlen=64, seed=99)
    care = Care(limits=LIMITS, confirmations=3, reduce_s=REDUCE_S)
    totals = Totals()
    for event in hunt(targets, source, Budget(cases=programs), care, clock=time.monotonic):
        totals.add(event)
    return totals


def _document(results: Sequence[Found], clean: Totals, *, programs: int, seeds: int) -> str:
    found = sum(result.is_found for result in results)
    sizes = [result.instructions for result in results if result.instructions is not None]
    small = [size for size in sizes if size <= INSTRUCTIONS_TARGET]
    alone = [result for result in results if len(set(result.signatures)) == 1]
    never = [result for result in results if result.is_found and not any(result.naive)]
    fewer = [result for result in results if _median(result.ours, programs) < _median(result.naive, programs)]
    even = [result for result in results if _median(result.ours, programs) == _median(result.naive, programs)]
    lines = [
        "# Quality",
        "",
        "Written by `scripts/quality`. Every fault of `rvref-faulty` is planted alone, and programs are run",
        f"until one differs from the clean reference: at most {programs:,} for each of {seeds} seeds.",
        "",
        f"- **Mutation score: {found / len(results):.1%}**: {found} of {len(results)}, each on every seed",
        f"- reduced to at most {INSTRUCTIONS_TARGET} instructions: {len(small)} of {len(results)}",
        f"- all findings of a fault under one signature: {len(alone)} of {len(results)}",
        f"- found and never reached by the naive generator: {len(never)}",
        f"- fewer programs than the naive generator (median): {len(fewer)}; as many: {len(even)}",
        f"- without a fault: {clean.findings} findings, {clean.flaky} flaky ones in {clean.cases:,} programs",
        "",
        "| fault | what is wrong | programs (median) | worst | naive (median) | instructions | signatures |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [_row(result, programs) for result in results]
    return "\n".join(lines) + "\n"


def _row(result: Found, programs: int) -> str:
    worst = max((needed or programs + 1 for needed in result.ours), default=0)
    cells = [
        f"`{result.fault.name}`",
        result.fault.description,
        _shown(_median(result.ours, programs), programs),
        _shown(worst, programs),
        _shown(_median(result.naive, programs), programs),
        "" if result.instructions is None else str(result.instructions),
        str(len(set(result.signatures))),
    ]
    return f"| {' | '.join(cells)} |"


def _median(needed: Sequence[int | None], programs: int) -> float:
    return statistics.median(number or programs + 1 for number in needed)


def _shown(number: float, programs: int) -> str:
    return f"> {programs:,}" if number > programs else f"{number:,.0f}"


if __name__ == "__main__":
    main()
