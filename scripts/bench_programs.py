"""Speed of campaigns of instruction programs, and of the reference executor on compiled cores.

Campaigns are held against the executors' own loops, the reference against SP1's portable executor.
"""

import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from bench_kit import Subject, interleaved, measured, processors, table, timed

from fuzzer.build.plan import build
from fuzzer.build.sources import CoreRequest
from fuzzer.build.steps import Silent
from fuzzer.campaign.program import program_targets
from fuzzer.execute.generator import GeneratorProcess, Source
from fuzzer.home import Home
from fuzzer.model import RVREF, Generator

ROUNDS = 5
PROGRAMS = 2_000
CAMPAIGN = 20_000
SEED = 1
PORTABLE = "sp1-portable"
TARGETS = ("sp1", PORTABLE)
TARGET_RATIO, TARGET_RATE = 0.5, 1_000
CORES = {
    "fib": "fib_10000.json",
    "collections": "collections_random.json",
    "floats": "floats_random.json",
    "json": "json_mixed.json",
}
REFERENCE_RATIO = 3


def programs(home: Home) -> list[str]:
    """Measure the lane of instruction programs, and say it in Markdown."""
    built = build(home, cores=[], targets=[RVREF, *TARGETS], progress=Silent(), generator=True)
    runners = {runner.target: str(runner.path) for runner in built.runners}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "fuzzer.toml").write_text("")
        with GeneratorProcess(program_targets(built, plants={}).generator) as generator:
            elfs = _written(generator, folder)
        command = [str(home.root / "scripts" / "fuzz"), "campaign", "--generator", "riscv"]
        command += [word for target in TARGETS for word in ("--target", target)]
        command += ["--cases", str(CAMPAIGN), "--seed", str(SEED)]
        loops = [
            Subject(f"{target} alone", PROGRAMS, partial(_loop, runner, elfs))
            for target, runner in runners.items()
        ]
        campaign = Subject("`fuzz campaign --generator riscv`", CAMPAIGN, lambda: timed(command, folder))
        together = Subject("all of them at once", PROGRAMS, partial(_at_once, [*runners.values()], elfs))
        seconds = interleaved([*loops, together, campaign], ROUNDS)
    own, all_alone = seconds[campaign.name], seconds[together.name]
    ratio = statistics.median(base / took for base, took in zip(all_alone, own, strict=True))
    return [
        "## Instruction programs",
        "",
        f"Programs of the generator `riscv`, seed {SEED}, through {', '.join(runners)}. The executors alone",
        f"parse, translate and run the first {PROGRAMS:,} of them in one process each; the campaign makes,",
        f"runs, compares and records {CAMPAIGN:,}, wall time of the whole command, start-up included.",
        f"It is held against all executors at once: {processors()} processes of each share the programs.",
        f"Medians of {ROUNDS} interleaved rounds.",
        "",
        measured(),
        "",
        *table([*loops, together, campaign], seconds, all_alone, of="all at once"),
        "",
        f"{1 / statistics.median(own):,.0f} programs a second, {ratio:.2f} of the executors alone.",
        f"Target: {TARGET_RATIO} or more, and {TARGET_RATE:,} a second or more.",
    ]


def _written(generator: GeneratorProcess, folder: Path) -> list[str]:
    source = Source(generator=Generator.RISCV, xlen=64, seed=SEED)
    paths: list[str] = []
    for _, batch in generator.batches(source, first=0, count=PROGRAMS, size=100):
        for elf in batch:
            path = folder / f"{len(paths)}.elf"
            path.write_bytes(elf)
            paths.append(str(path))
    return paths


def _loop(runner: str, elfs: Sequence[str]) -> float:
    answer = subprocess.check_output([runner, "programs", str(PROGRAMS), *elfs])
    return int(json.loads(answer)["elapsed_ns"]) / 1e9


def _at_once(runners: Sequence[str], elfs: Sequence[str]) -> float:
    """Seconds in which all executors run all programs, on all cores."""
    shares = [elfs[number :: processors()] for number in range(processors())]
    started = time.perf_counter()
    processes = [
        subprocess.Popen([runner, "programs", str(len(share)), *share], stdout=subprocess.DEVNULL)
        for runner in runners
        for share in shares
    ]
    codes = [process.wait() for process in processes]
    if any(codes):
        raise RuntimeError("an executor did not run its programs")
    return time.perf_counter() - started


def reference(home: Home) -> list[str]:
    """Measure the reference executor against SP1's portable one, and say it in Markdown."""
    requests = [CoreRequest(name=core, path=home.cores / core) for core in CORES]
    built = build(home, cores=requests, targets=[RVREF, PORTABLE], progress=Silent())
    runners = {runner.target: str(runner.path) for runner in built.runners}
    lines = ["| core | input | cases a round | rvref's rate, sp1-portable = 1 | range |"]
    lines.append("|---|---|---:|---:|---|")
    for core in built.cores:
        file = home.root / "inputs" / CORES[core.source.name]
        lines.append(_compared(runners, str(core.guest_elf), file, name=core.source.name))
    return [
        "## The reference executor",
        "",
        "The same compiled core on the same input again and again in one process, loaded once: the runners'",
        f"`loop`, `rvref` counting operations. Medians of {ROUNDS} interleaved rounds.",
        "",
        measured(),
        "",
        *lines,
        "",
        f"Target: {REFERENCE_RATIO} or more.",
    ]


def _compared(runners: Mapping[str, str], elf: str, file: Path, *, name: str) -> str:
    """A row of the table; as many cases a round as the portable executor does in about a second."""

    def loop(target: str, cases: int) -> float:
        answer = subprocess.check_output([runners[target], "loop", elf, str(cases), str(file)])
        return int(json.loads(answer)["elapsed_ns"]) / 1e9

    cases = max(1, int(3 / loop(PORTABLE, 3)))
    ours, theirs = (Subject(f"{name} on {target}", cases, partial(loop, target, cases)) for target in runners)
    seconds = interleaved([ours, theirs], ROUNDS)
    ratios = [base / took for base, took in zip(seconds[theirs.name], seconds[ours.name], strict=True)]
    return (
        f"| `{name}` | `{file.name}` | {cases:,} "
        f"| {statistics.median(ratios):.2f} | {min(ratios):.2f} to {max(ratios):.2f} |"
    )
