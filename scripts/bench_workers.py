"""What a second worker brings to a campaign: a core with its worker against two cores with two."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path

from bench_kit import Subject, interleaved, measured, processors, table

from fuzzer.home import Home

ROUNDS = 5
SIZES = ((10_000, 6_000), (1_000_000, 1_000))
"""Numbers of the sequence and how many cases: of a fraction of a millisecond each, and of some."""
TARGET_RATIO = 1.7
_PINNED = """
import os, sys
os.sched_setaffinity(0, map(int, sys.argv[1].split(",")))
os.execv(sys.argv[2], sys.argv[2:])
"""
"""Runs a command on these cores alone, with all that it starts."""


def workers(home: Home) -> list[str]:
    """Measure, and say it in Markdown."""
    one, two = sorted(os.sched_getaffinity(0))[:1], sorted(os.sched_getaffinity(0))[:2]
    head = ["## Workers", ""]
    if len(two) == 1:
        return [*head, measured(), "", "Not measured: a second worker needs a second core."]
    return [
        *head,
        "`fuzz campaign` of core `fib` on native and SP1's JIT, generated inputs of two sizes, by the",
        "campaign's own clock, without the start of its cluster. A worker is a process with a runner",
        "of each target, and those use cores, as do the campaign's own process and its scheduler: one worker",
        "that may use two cores has its runners side by side. So each worker brings one core, and all",
        "processes of the campaign are bound to these; other cores are not used. Medians of",
        f"{ROUNDS} interleaved rounds.",
        "",
        f"{measured()} The campaigns were bound to one and to two of its {processors()} cores.",
        *(line for terms, cases in SIZES for line in _of_size(home, terms, cases, one, two)),
        "",
        f"Target: two workers on two cores at {TARGET_RATIO} or more. What the campaign's own process and",
        "its scheduler do for a case has to fit on these two cores, too: of small cases it is much.",
    ]


def _of_size(home: Home, terms: int, cases: int, one: Collection[int], two: Collection[int]) -> list[str]:
    with tempfile.TemporaryDirectory() as name:
        run = partial(_campaign, home, _project(Path(name), home, terms), cases)
        subjects = [
            Subject("`--workers 1` on one core", cases, partial(run, 1, one)),
            Subject("`--workers 2` on two cores", cases, partial(run, 2, two)),
            Subject("`--workers 1` on two cores", cases, partial(run, 1, two)),
        ]
        seconds = interleaved(subjects, ROUNDS)
    rows = table(subjects, seconds, seconds[subjects[0].name], of="one worker on one core")
    return ["", f"n = {terms:,}:", "", *rows]


def _project(folder: Path, home: Home, terms: int) -> Path:
    """All its inputs take as long: only a field that the core passes over differs."""
    schema = {
        "type": "object",
        "required": ["n", "x"],
        "properties": {"n": {"const": terms}, "x": {"type": "integer", "minimum": 0, "maximum": 10**9}},
        "additionalProperties": False,
    }
    (folder / "inputs").mkdir()
    (folder / "fuzzer.toml").write_text(f'[cores.fib]\npath = "{home.cores / "fib"}"\n')
    (folder / "inputs" / "fib_large.json").write_text(json.dumps({"n": terms, "x": 1}))
    (folder / "inputs" / "fib.schema.json").write_text(json.dumps(schema))
    return folder


def _campaign(home: Home, folder: Path, cases: int, count: int, cores: Collection[int]) -> float:
    """Seconds that a campaign of so many cases works for with so many workers, on these cores."""
    command = [
        sys.executable,
        "-P",
        "-c",
        _PINNED,
        ",".join(map(str, cores)),
        str(home.root / "scripts" / "fuzz"),
    ]
    command += ["campaign", "--core", "fib", "--generator", "generated", "--target", "sp1"]
    command += ["--cases", str(cases), "--corpus", "none", "--seed", "1", "--workers", str(count)]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    newest = max(folder.glob("artifacts/campaigns/*/campaign.json"), key=lambda path: path.stat().st_mtime_ns)
    record: Mapping[str, float] = json.loads(newest.read_bytes())
    return record["seconds"]
