"""Campaigns that go on from what others have kept, on real targets."""

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_project import CliProject

pytestmark = pytest.mark.real

CAMPAIGN = ("campaign", "--core", "json", "--target", "sp1")


@pytest.fixture(name="project")
def fixture_project(tmp_path: Path) -> Iterator[CliProject]:
    project = CliProject(tmp_path / "project")
    yield project
    project.close()


def stats(project: CliProject) -> dict[str, object]:
    (line,) = project.fuzz("corpus", "stats", "--json").stdout.splitlines()
    found: dict[str, object] = json.loads(line)
    assert found["problems"] == []
    return found


def covered(project: CliProject) -> list[int]:
    """Bins by the last samples of each campaign, in order."""
    last = []
    for path in sorted(project.artifacts.glob("campaigns/*/progress.jsonl")):
        samples = [json.loads(line) for line in path.read_text().splitlines()]
        last.append(samples[-1]["parts"][0]["covered"])
    return last


def test_a_second_campaign_begins_where_the_first_one_ended(project: CliProject) -> None:
    project.fuzz(*CAMPAIGN, "--cases", 400, "--seed", 1)
    first = stats(project)
    assert first["inputs"]
    # As many cases as there are inputs, and a few: a campaign without them does not get as far with them.
    few = 30 + int(str(first["inputs"]))
    project.fuzz(*CAMPAIGN, "--cases", few, "--seed", 2)
    project.fuzz(*CAMPAIGN, "--cases", few, "--seed", 2, "--corpus", "none")
    one, two, without = covered(project)
    assert two >= one > without
    done = project.fuzz("case", "0:20", "--json")
    assert "artifacts/corpus/json" not in done.stdout, "of the newest campaign, which knows nothing of it"
    project.fuzz("validate", "artifacts")


def test_minimise_says_what_would_go_and_does_it(project: CliProject) -> None:
    project.fuzz(*CAMPAIGN, "--cases", 300, "--seed", 1)
    before = stats(project)
    said = project.fuzz("corpus", "minimise", "--core", "json").stdout
    assert "Would remove" in said
    assert stats(project) == before
    lines = project.fuzz("corpus", "minimise", "--core", "json", "--yes", "--json").stdout.splitlines()
    *removed, summary = map(json.loads, lines)
    after = stats(project)
    assert after["inputs"] == summary["stay"] == int(str(before["inputs"])) - len(removed)
    assert after["covered"] == summary["bins"]
    (line,) = project.fuzz("corpus", "minimise", "--core", "json", "--json").stdout.splitlines()
    again = json.loads(line)
    assert (again["stay"], again["bins"]) == (again["inputs"], summary["bins"]), "nothing more can go"


def test_what_a_killed_campaign_has_admitted_is_kept_when_it_goes_on(project: CliProject) -> None:
    process = project.start(*CAMPAIGN, "--for", "60s", "--seed", 1)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        found = list(project.artifacts.glob("campaigns/*/journal.jsonl"))
        if found and found[0].read_bytes().count(b'"type":"entry"') > 5:
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    project.fuzz("campaign", "--resume", "latest", "--cases", 20)
    assert int(str(stats(project)["inputs"])) > 3


def test_two_campaigns_at_once_lose_nothing(project: CliProject) -> None:
    started = [project.start(*CAMPAIGN, "--cases", 200, "--seed", seed) for seed in (1, 2)]
    for process in started:
        assert process.wait(300) == 0
    sources = stats(project)["sources"]
    assert isinstance(sources, dict)
    assert len(sources) == 2
