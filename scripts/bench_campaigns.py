"""Campaigns of cores: speed, what their evidence costs, how long a reduction takes, memory and disk."""

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from bench_kit import Subject, interleaved, measured, table, timed

from fuzzer.build.plan import build
from fuzzer.build.sources import CoreRequest
from fuzzer.build.steps import Silent
from fuzzer.home import Home

ROUNDS = 7
CASES = 50_000
SEED = {"n": 24, "x": 1}
SCHEMA = {
    "type": "object",
    "required": ["n", "x"],
    "properties": {"n": {"const": 24}, "x": {"type": "integer", "minimum": 0, "maximum": 10**9}},
    "additionalProperties": False,
}
"""Inputs that all take as long: only a field that the core passes over differs."""
TARGET_RATIO, TARGET_COST, TARGET_REDUCE_S = 0.8, 0.05, 30
MANY, SOME = 1_000_000, 100_000
TARGET_GROWTH, TARGET_DISK_MB = 0.2, 50

_EVIDENCE = """
import sys
from fuzzer.cli import bundling, campaign, campaign_documents
from fuzzer.campaign.keep import passes
writers = [(bundling.Bundling, name) for name in ("begin", "take", "close", "result", "_end")]
writers += [(campaign_documents.Documents, "write"), (passes.Passes, "take"), (passes.Passes, "close")]
writers += [(campaign._Campaign, "_write_pages")]
"""
"""What writes the evidence of a campaign: documents, bundle, passes, pages."""
_RUN = """
from fuzzer.cli.main import main
main()
"""
_WITHOUT_EVIDENCE = f"""{_EVIDENCE}
for owner, name in writers:
    setattr(owner, name, lambda *_, **__: None)
{_RUN}"""
"""`fuzz` whose campaigns keep findings and their journal, and no other evidence."""
_TIMED_EVIDENCE = f"""{_EVIDENCE}
import atexit, time
from functools import wraps
inside, spent, began, to = 0, 0.0, time.perf_counter(), sys.argv.pop()
def timed(writer):
    @wraps(writer)
    def call(*args, **kwargs):
        global inside, spent
        inside, start = inside + 1, time.perf_counter()
        try:
            return writer(*args, **kwargs)
        finally:
            inside -= 1
            spent += 0 if inside else time.perf_counter() - start
    return call
for owner, name in writers:
    setattr(owner, name, timed(getattr(owner, name)))
atexit.register(lambda: open(to, "w").write(str(spent / (time.perf_counter() - began))))
{_RUN}"""
"""`fuzz` that writes into the file of its last argument which share of its time its evidence took."""


def campaigns(home: Home) -> list[str]:
    """Measure the lane of cores as campaigns run it, and say it in Markdown."""
    core = CoreRequest(name="fib", path=home.cores / "fib")
    built = build(home, cores=[core], targets=["sp1", "rvref"], progress=Silent())
    runner = next(str(one.path) for one in built.runners if one.target == "sp1")
    with tempfile.TemporaryDirectory() as name:
        folder = _project(Path(name), home)
        loop = [runner, "loop", str(built.cores[0].guest_elf), str(CASES), str(folder / "inputs/fib_24.json")]
        call = ["--core", "fib", "--generator", "generated", "--target", "sp1", "--cases", str(CASES)]
        call += ["--corpus", "none"]  # every round begins with the same inputs
        campaign = [str(home.root / "scripts" / "fuzz"), "campaign", *call, "--seed", "1"]
        bare = [sys.executable, "-P", "-c", _WITHOUT_EVIDENCE, "campaign", *call, "--seed", "1"]
        subjects = [
            Subject("SP1's own in-process loop", CASES, partial(_loop, loop)),
            Subject("`fuzz campaign`", CASES, partial(timed, campaign, folder)),
            Subject("the same without evidence", CASES, partial(timed, bare, folder)),
        ]
        seconds = interleaved(subjects, ROUNDS)
        share = _evidence_share([sys.executable, "-P", "-c", _TIMED_EVIDENCE, "campaign", *call], folder)
        reduction = _reduction(home, Path(name) / "reduction")
    base, with_evidence, without = (seconds[subject.name] for subject in subjects)
    costs = [1 - bare / whole for whole, bare in zip(with_evidence, without, strict=True)]
    cost = f"{statistics.median(costs):.1%} of its time, {min(costs):.1%} to {max(costs):.1%}"
    reduced = f"{reduction['bytes']:,} bytes that differs is reduced to {reduction['left']:,} bytes"
    return [
        "## Campaigns of cores",
        "",
        f"Core `fib`, n = 24, {CASES:,} generated inputs that differ in a field that the core ignores, on",
        "native and SP1's JIT, with journal, comparison, corpus and coverage of a sampled share as in every",
        f"campaign. Wall time of the whole command with its start; medians of {ROUNDS} interleaved rounds.",
        "SP1's own loop runs in one process on one core, the campaign uses all cores.",
        "",
        measured(),
        "",
        *table(subjects, seconds, base, of="SP1's loop"),
        "",
        f"Target: `fuzz campaign` at {TARGET_RATIO} or more.",
        "",
        f"- Evidence (documents, bundle, passes, pages) costs {cost} with and without it, round by round;",
        f"  {share:.1%} of its time by a timer around what writes it; target: at most {TARGET_COST:.0%}.",
        f"- A JSON input of {reduced} in {reduction['seconds']:.1f} s; target: at most {TARGET_REDUCE_S} s.",
    ]


def _project(folder: Path, home: Home) -> Path:
    (folder / "inputs").mkdir()
    path = home.cores / "fib"
    (folder / "fuzzer.toml").write_text(f'[cores.fib]\npath = "{path}"\n')
    (folder / "inputs" / "fib_24.json").write_text(json.dumps(SEED))
    (folder / "inputs" / "fib.schema.json").write_text(json.dumps(SCHEMA))
    return folder


def _loop(command: Sequence[str]) -> float:
    return int(json.loads(subprocess.check_output(command))["elapsed_ns"]) / 1e9


def _evidence_share(command: Sequence[str], folder: Path) -> float:
    """The median share of their time that campaigns spend with writing evidence."""
    said = folder / "share.txt"
    shares = []
    for seed in range(1, 4):
        timed([*command, "--seed", str(seed), str(said)], folder)
        shares.append(float(said.read_text()))
    return statistics.median(shares)


def _reduction(home: Home, folder: Path) -> Mapping[str, float]:
    """A large input of a guest that differs, reduced by a campaign; its time is in the bundle's events."""
    (folder / "cases").mkdir(parents=True)
    guest = home.root / "tests" / "guests" / "nested-difference"
    (folder / "fuzzer.toml").write_text(f'[cores.nested-difference]\npath = "{guest}"\ninputs = "cases"\n')
    orders = [{"amount": 14_001, "price": 2} for _ in range(5)]
    document = {
        "account": {"tier": {"partner": {"code": "north-7", "share": 9}}, "limit": 70_005, "name": "ann"},
        "fee": 2,
        "orders": orders,
        "notes": [{"day": day, "text": f"nothing of note on day {day}"} for day in range(180)],
    }
    text = json.dumps(document)
    (folder / "cases" / "large.json").write_text(text)
    command = [str(home.root / "scripts" / "fuzz"), "campaign", "--core", "nested-difference"]
    command += [
        "--generator",
        "mutated",
        "--target",
        "sp1",
        "--cases",
        "1",
        "--seed",
        "1",
        "--reduce-for",
        "60s",
    ]
    subprocess.run(command, cwd=folder, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    (events,) = folder.glob("artifacts/campaigns/*/events.jsonl")
    lines = [json.loads(line) for line in events.read_text().splitlines()]
    found = next(line for line in lines if line["type"] == "finding")
    left = (folder / "artifacts" / found["run_id"] / "input.json").stat().st_size
    return {"bytes": len(text), "left": left, "seconds": found["at"]}


def endurance(home: Home) -> list[str]:
    """Measure memory and disk of a campaign of many cases, and say it in Markdown; a quarter of an hour."""
    with tempfile.TemporaryDirectory() as name:
        folder = _project(Path(name), home)
        call = ["--core", "fib", "--generator", "generated", "--target", "sp1", "--cases", str(MANY)]
        timed([str(home.root / "scripts" / "fuzz"), "campaign", *call, "--seed", "1"], folder)
        (campaign,) = folder.glob("artifacts/campaigns/*")
        samples = [json.loads(line) for line in (campaign / "progress.jsonl").read_text().splitlines()]
        passes = sum(path.stat().st_size for path in campaign.glob("passes/*")) / 1e6
        journal = (campaign / "journal.jsonl").stat().st_size / 1e6
    early = next(sample["memory_mb"] for sample in samples if sample["cases"] >= SOME)
    late = samples[-1]["memory_mb"]
    growth = f"{early:,.0f} MB after {SOME:,} cases, {late:,.0f} MB after {MANY:,}: {late / early - 1:+.1%}"
    disk = f"{passes:,.1f} MB of passes and {journal:,.1f} MB of journal"
    return [
        "## Memory and disk",
        "",
        f"One campaign of core `fib`, {MANY:,} generated cases on native and SP1's JIT.",
        "",
        measured(),
        "",
        f"- Resident memory of its process: {growth}; target: at most {TARGET_GROWTH:.0%} more.",
        f"- Disk: {disk}; target: at most {TARGET_DISK_MB} MB.",
        f"- Rate: {samples[-1]['cases'] / samples[-1]['seconds']:,.0f} cases a second.",
    ]
