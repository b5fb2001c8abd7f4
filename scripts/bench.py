"""Speed of the harness in ratios: every figure is measured in the same run as the one it is held against.

The reference is SP1's own in-process loop (reset, input, run) in the runner's binary. Rounds are
interleaved, so that a machine whose speed drifts spoils no ratio; medians are reported.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from fuzzer.build.host_rust import host_rust
from fuzzer.build.plan import Built, build
from fuzzer.build.sources import CoreRequest
from fuzzer.build.steps import Silent
from fuzzer.home import Home, find_home

ROUNDS = 5
CORE = "fib"
INPUT = "fib_24.json"
TARGET_RATIO = 0.7


class Subject(msgspec.Struct, frozen=True):
    """Something to measure: `run` does `cases` cases and returns the seconds that took."""

    name: str
    cases: int
    run: Callable[[], float]


def main() -> int:
    """Measure, print, and write the document."""
    home = find_home()
    core = CoreRequest(name=CORE, path=home.cores / CORE)
    built = build(home, cores=[core], targets=["sp1"], progress=Silent())
    with tempfile.TemporaryDirectory() as folder:
        subjects = _subjects(home, built, Path(folder))
        seconds: dict[str, list[float]] = {subject.name: [] for subject in subjects}
        for number in range(ROUNDS):
            for subject in subjects:
                os.sync()  # what the one before wrote shall not be written during this one
                took = subject.run() / subject.cases
                seconds[subject.name].append(took)
                sys.stderr.write(f"round {number + 1}: {subject.name}: {took * 1e6:,.0f} µs a case\n")
    document = _document(subjects, seconds)
    (home.root / "docs" / "benchmarks.md").write_text(document)
    sys.stdout.write(document)
    return 0


def _subjects(home: Home, built: Built, folder: Path) -> list[Subject]:
    runner, elf = str(built.runners[0].path), str(built.cores[0].guest_elf)
    file = str(home.root / "inputs" / INPUT)
    (folder / "fuzzer.toml").write_text("")

    def loop(count: int) -> float:
        answer = subprocess.check_output([runner, "loop", elf, str(count), file])
        return int(json.loads(answer)["elapsed_ns"]) / 1e9

    def harness(count: int, record: str) -> float:
        command = [str(home.root / "scripts" / "fuzz"), "run", "--core", CORE, "--input", file]
        command += ["--target", "sp1", "--repeat", str(count), "--record", record]
        return _timed(command, folder)

    def processes(count: int) -> float:
        return sum(_timed([runner, "once", elf, file], folder) for _ in range(count))

    cargo = _cargo_run(home, [elf, file])
    return [
        Subject("SP1's own in-process loop", 5_000, lambda: loop(5_000)),
        Subject("`fuzz run --record findings`", 20_000, lambda: harness(20_000, "findings")),
        Subject("`fuzz run --record all`", 5_000, lambda: harness(5_000, "all")),
        Subject("a process for each case", 200, lambda: processes(200)),
        Subject("`cargo run` of an SP1 host for each case", 5, lambda: sum(cargo() for _ in range(5))),
    ]


def _cargo_run(home: Home, arguments: list[str]) -> Callable[[], float]:
    """`cargo run` of the runner's source as the host, built before anything is timed."""
    rust = host_rust(home, os.environ)
    env = rust.environment(os.environ, CARGO_TARGET_DIR=str(home.cache / "target" / "bench"))
    command = [rust.cargo, "run", "--release", "--locked", "--quiet", "--", "once", *arguments]
    crate = home.runners / "sp1"
    subprocess.run(command, cwd=crate, env=env, check=True, stdout=subprocess.DEVNULL)
    return lambda: _timed(command, crate, env)


def _timed(command: list[str], cwd: Path, env: dict[str, str] | None = None) -> float:
    started = time.perf_counter()
    subprocess.run(
        command, cwd=cwd, env=env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    return time.perf_counter() - started


def _document(subjects: list[Subject], seconds: dict[str, list[float]]) -> str:
    reference = subjects[0].name
    lines = [
        "# Benchmarks",
        "",
        "Written by `scripts/bench`. Core `fib`, n = 24, native and SP1's JIT; wall time of whole commands,",
        f"start-up included. Medians of {ROUNDS} interleaved rounds; the rate is relative to SP1's own loop",
        "in the same round (reset, input, run in one process on one core; the harness uses all cores).",
        "",
        f"Measured {datetime.now(UTC):%Y-%m-%d} on {_machine()}.",
        "",
        "| what | cases a round | µs a case | rate, SP1's loop = 1 | range |",
        "|---|---:|---:|---:|---|",
    ]
    for subject in subjects:
        own = seconds[subject.name]
        ratios = [base / took for base, took in zip(seconds[reference], own, strict=True)]
        lines.append(
            f"| {subject.name} | {subject.cases:,} | {statistics.median(own) * 1e6:,.0f} "
            f"| {statistics.median(ratios):.3f} | {min(ratios):.3f} to {max(ratios):.3f} |"
        )
    lines += ["", f"Target: `fuzz run --record findings` at {TARGET_RATIO} or more."]
    return "\n".join(lines) + "\n"


def _machine() -> str:
    """Processor, cores and system; nothing that names the machine."""
    info = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":", 1)[1].strip() for line in info if line.startswith("model name")), "?")
    cores = len(os.sched_getaffinity(0))
    return f"{model}, {cores} cores, {platform.system()} {platform.release().split('-')[0]}"


if __name__ == "__main__":
    sys.exit(main())
