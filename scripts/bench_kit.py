"""What the benchmarks share: interleaved rounds, tables of ratios, and sections of docs/benchmarks.md."""

import os
import platform
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec


class Subject(msgspec.Struct, frozen=True):
    """Something to measure: `run` does `cases` cases and returns the seconds that took."""

    name: str
    cases: int
    run: Callable[[], float]


def interleaved(subjects: Sequence[Subject], rounds: int) -> dict[str, list[float]]:
    """Seconds a case by subject, one after the other in each round: drifting speed spoils no ratio."""
    seconds: dict[str, list[float]] = {subject.name: [] for subject in subjects}
    for number in range(rounds):
        for subject in subjects:
            os.sync()  # what the one before wrote shall not be written during this one
            took = subject.run() / subject.cases
            seconds[subject.name].append(took)
            sys.stderr.write(f"round {number + 1}: {subject.name}: {took * 1e6:,.0f} µs a case\n")
    return seconds


def table(
    subjects: Sequence[Subject],
    seconds: Mapping[str, Sequence[float]],
    base: Sequence[float],
    *,
    of: str,
) -> list[str]:
    """A row for each subject: its rate relative to `base`, seconds a case in the same rounds."""
    lines = [f"| what | cases a round | µs a case | rate, {of} = 1 | range |", "|---|---:|---:|---:|---|"]
    for subject in subjects:
        own = seconds[subject.name]
        ratios = [one / took for one, took in zip(base, own, strict=True)]
        lines.append(
            f"| {subject.name} | {subject.cases:,} | {statistics.median(own) * 1e6:,.0f} "
            f"| {statistics.median(ratios):.3f} | {min(ratios):.3f} to {max(ratios):.3f} |"
        )
    return lines


def timed(command: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None) -> float:
    """Seconds that a command takes, which must end with 0."""
    started = time.perf_counter()
    subprocess.run(
        command, cwd=cwd, env=env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    return time.perf_counter() - started


def measured() -> str:
    """When and on what: processor, cores and system; nothing that names the machine."""
    info = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":", 1)[1].strip() for line in info if line.startswith("model name")), "?")
    system = f"{platform.system()} {platform.release().split('-')[0]}"
    return f"Measured {datetime.now(UTC):%Y-%m-%d} on {model}, {processors()} cores, {system}."


def processors() -> int:
    """How many cores there are to use."""
    return len(os.sched_getaffinity(0))


def write_section(document: Path, name: str, lines: Sequence[str]) -> None:
    """Put a section between its marks in a document: where it was before, or at the end."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    section = "\n".join([begin, *lines, end])
    text = document.read_text()
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    replaced, times = pattern.subn(lambda _: section, text)
    document.write_text(replaced if times else f"{text.rstrip()}\n\n{section}\n")
    sys.stdout.write(section + "\n")
