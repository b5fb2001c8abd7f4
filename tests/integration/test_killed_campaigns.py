"""`fuzz campaign` killed at random moments and resumed: nothing lost, invented or counted twice."""

import random
import time
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from cli_project import CliProject

from fuzzer.campaign.search.journal import remember
from fuzzer.errors import ExitCode
from fuzzer.store.artifact_store import LocalStore
from fuzzer.store.campaign import CampaignRecord, decode_campaign
from fuzzer.store.journal import read_journal
from fuzzer.store.passes import INPUTS, read_rows

pytestmark = [pytest.mark.real, pytest.mark.slow]

PLANTED = ("--target", "sp1", "--plant", "sp1:flip-bit", "--reduce-for", "10s", "--seed", 7)
# Which cases a campaign makes depends on what it learned until then, and so on the time; how many, does not.
CAMPAIGN = ("campaign", "--core", "panic_test", "--generator", "generated", *PLANTED)
SAME = ("cases", "findings", "flaky", "inconclusive", "compared", "timeouts")


def record_of(project: CliProject) -> CampaignRecord:
    """The record of the only campaign."""
    return decode_campaign((project.only_campaign() / "campaign.json").read_bytes(), name="campaign.json")


def journal_of(project: CliProject) -> Path | None:
    """The journal of the campaign, once it has begun."""
    return next(project.artifacts.glob("campaigns/*/journal.jsonl"), None)


def size_of(project: CliProject) -> int:
    """Bytes of the journal."""
    journal = journal_of(project)
    return journal.stat().st_size if journal else 0


def can_be_resumed(project: CliProject) -> bool:
    """Whether the campaign has written of itself."""
    return any(project.artifacts.glob("campaigns/*/campaign.json"))


def kill_once(project: CliProject, arguments: tuple[object, ...], chance: random.Random) -> bool:
    """Start, kill at a random moment, look at what is there; whether it was still at work then."""
    process = project.start(*arguments)
    if chance.random() < 0.4:  # at any time: while it starts, mends, warms up
        time.sleep(2.5 * chance.random())
    else:  # behind some progress, however loaded the machine is
        until = size_of(project) + chance.randrange(30_000)
        deadline = time.monotonic() + 30
        while size_of(project) < until and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(0.4 * chance.random())
    was_at_work = process.poll() is None
    process.kill()
    process.communicate()
    summary = project.artifacts / "summary.csv"
    if summary.exists():
        assert summary.read_bytes().endswith(b"\n")
        project.rows()
    if journal := journal_of(project):
        remember(read_journal(journal))
    return was_at_work


def check(project: CliProject, cases: int) -> None:
    """What must hold of a campaign that came to its end, whatever happened on the way."""
    record = record_of(project)
    assert record.end == "Complete"
    totals = msgspec.to_builtins(record.totals)
    assert totals["cases"] == cases
    assert totals["cases"] == totals["agree"] + totals["differ"] + totals["inconclusive"]
    signatures = [found.signature for found in record.findings]
    assert len(set(signatures)) == len(signatures) == totals["findings"]
    assert sum(found.programs for found in record.findings) == totals["differ"]
    _check_folders(project, record)
    remembered = remember(read_journal(project.only_campaign() / "journal.jsonl"))
    assert remembered is not None
    assert not remembered.open
    assert not remembered.not_kept
    assert remembered.counts.cases == cases == sum(turn.count for turn in remembered.turns)
    rows = {
        (row.worker, row.index): row.verdict
        for _, shard in read_rows(LocalStore(project.artifacts), f"campaigns/{record.campaign_id}", INPUTS)
        for row in shard
    }
    assert sorted(rows) == [(0, index) for index in range(cases)]
    assert Counter(rows.values())["diverge"] == totals["differ"]


def _check_folders(project: CliProject, record: CampaignRecord) -> None:
    """Every finding has one folder and every folder is one of the findings."""
    logs = project.logs()
    rows = project.whole_rows()
    assert {row["run_id"] for row in rows} == logs.keys()
    assert len({(log.core.name, log.input.path) for log in logs.values()}) == len(logs)
    found = [run_id for run_id, log in logs.items() if log.signature]
    assert sorted(found) == sorted(one.run_id for one in record.findings)
    assert {path.name for path in project.findings()} - {"campaigns"} >= set(found)
    assert list(project.artifacts.rglob(".*.tmp")) == []


def killed_and_resumed(project: CliProject, cases: int, kills: int, seed: int) -> int:
    """Kill a campaign so often while it works, then let it come to its end; how often it was at work."""
    project.fuzz("build", "--core", "panic_test", "--target", "sp1", "--target", "rvref")
    chance = random.Random(seed)  # noqa: S311 -- when to kill
    first = (*CAMPAIGN, "--cases", cases)
    killed = 0
    for _ in range(kills):
        arguments = ("campaign", "--resume", "latest") if can_be_resumed(project) else first
        killed += kill_once(project, arguments, chance)
    resumed = can_be_resumed(project)
    is_over = resumed and record_of(project).end == "Complete"
    arguments = ("campaign", "--resume", "latest") if resumed else first
    done = project.fuzz(*arguments, expect=None if is_over else ExitCode.FINDINGS)
    assert "Traceback" not in done.stderr, done.stderr
    check(project, cases)
    return killed


def same_as_unbroken(project: CliProject, unbroken: CliProject, cases: int) -> None:
    """Hold a campaign that was killed against one that was not."""
    unbroken.fuzz(*CAMPAIGN, "--cases", cases, expect=ExitCode.FINDINGS)
    check(unbroken, cases)
    one, other = record_of(unbroken), record_of(project)
    assert {name: one.totals[name] for name in SAME} == {name: other.totals[name] for name in SAME}
    assert {found.signature for found in one.findings} == {found.signature for found in other.findings}


def test_a_campaign_killed_at_random_moments_ends_as_an_unbroken_one(
    project: CliProject, tmp_path: Path
) -> None:
    assert killed_and_resumed(project, 8_000, kills=6, seed=7) >= 4
    same_as_unbroken(project, CliProject(tmp_path / "unbroken"), 8_000)


@pytest.mark.heavy
@pytest.mark.timeout(7_200)
def test_a_campaign_survives_hundreds_of_kills(project: CliProject, tmp_path: Path) -> None:
    assert killed_and_resumed(project, 300_000, kills=200, seed=11) >= 150
    same_as_unbroken(project, CliProject(tmp_path / "unbroken"), 300_000)


def test_what_a_kill_left_half_written_goes_with_the_next_resume(project: CliProject) -> None:
    project.fuzz(*CAMPAIGN, "--cases", 50, expect=ExitCode.FINDINGS)
    torn = [project.only_campaign() / ".campaign.json.0a1b2c3d.tmp", project.artifacts / ".x.0a1b2c3d.tmp"]
    for path in torn:
        path.write_bytes(b"{")
    project.fuzz("campaign", "--resume", "latest", "--cases", 50, expect=ExitCode.FINDINGS)
    assert not any(path.exists() for path in torn)
    check(project, 100)


def test_a_campaign_that_cannot_go_on_is_left_as_it_was(project: CliProject) -> None:
    project.fuzz(*CAMPAIGN, "--cases", 200, expect=ExitCode.FINDINGS)
    before = record_of(project)
    said = project.fuzz(
        "campaign", "--resume", "latest", "--seed", 8, "--cases", 10, expect=ExitCode.USAGE
    ).stderr
    assert "seed: 7 then, 8 now" in said
    assert record_of(project).totals == before.totals
    assert record_of(project).end == before.end
