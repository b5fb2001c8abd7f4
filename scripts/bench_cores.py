"""Speed of `fuzz run` on a core against SP1's own loop (reset, input, run) in the runner's process."""

import json
import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench_kit import Subject, interleaved, measured, table, timed

from fuzzer.build.host_rust import host_rust
from fuzzer.build.plan import Built, build
from fuzzer.build.sources import CoreRequest
from fuzzer.build.steps import Silent
from fuzzer.home import Home

ROUNDS = 5
CORE = "fib"
INPUT = "fib_24.json"
TARGET_RATIO = 0.7


def cores(home: Home) -> list[str]:
    """Measure, and say it in Markdown."""
    core = CoreRequest(name=CORE, path=home.cores / CORE)
    built = build(home, cores=[core], targets=["sp1"], progress=Silent())
    with tempfile.TemporaryDirectory() as folder:
        subjects = _subjects(home, built, Path(folder))
        seconds = interleaved(subjects, ROUNDS)
    reference = subjects[0].name
    return [
        "## Inputs of a core",
        "",
        "Core `fib`, n = 24, native and SP1's JIT; wall time of whole commands, start-up included.",
        f"Medians of {ROUNDS} interleaved rounds; the rate is relative to SP1's own loop in the same round",
        "(reset, input, run in one process on one core; the harness uses all cores).",
        "",
        measured(),
        "",
        *table(subjects, seconds, seconds[reference], of="SP1's loop"),
        "",
        f"Target: `fuzz run --record findings` at {TARGET_RATIO} or more.",
    ]


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
        return timed(command, folder)

    def processes(count: int) -> float:
        return sum(timed([runner, "once", elf, file], folder) for _ in range(count))

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
    return lambda: timed(command, crate, env)
