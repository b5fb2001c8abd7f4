"""`fuzz status` and `fuzz report` in a project of their own."""

import json
from pathlib import Path
from typing import Any

import click
import filelock
import msgspec
import pytest
from click.testing import CliRunner
from html_page import check_alone
from sample_progress import progress, record

from fuzzer.cli.report import report
from fuzzer.cli.status import status
from fuzzer.errors import ExitCode, FuzzerError, StoreError, UsageError
from fuzzer.store.progress import encode_progress

OLD, NEW = "20261121_031500_mixed", "20261122_080000_fib"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project that commands are called in."""
    (tmp_path / "fuzzer.toml").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


def campaign(name: str, *, samples: int = 3, **changed: Any) -> Path:  # noqa: ANN401 - any field of a record
    folder = Path("artifacts", "campaigns", name)
    folder.mkdir(parents=True)
    document = msgspec.json.encode(record(campaign_id=name, **changed))
    (folder / "campaign.json").write_bytes(document)
    lines = [encode_progress(progress(5 * number)) for number in range(samples)]
    (folder / "progress.jsonl").write_bytes(b"".join(lines))
    return folder


def shown(command: click.Command, *arguments: str) -> str:
    done = CliRunner().invoke(command, arguments, catch_exceptions=False, standalone_mode=False)
    assert (done.return_value or 0, done.stderr) == (ExitCode.AGREE, "")
    return done.stdout


def refused(command: click.Command, *arguments: str) -> FuzzerError:
    error = CliRunner().invoke(command, arguments).exception
    assert isinstance(error, FuzzerError)
    return error


def test_without_a_campaign_it_says_how_to_run_one() -> None:
    assert "`fuzz campaign --for 1m` runs one" in shown(status)
    assert "fuzz campaign" in refused(status, "latest").hint


def test_campaigns_are_listed_the_newest_first() -> None:
    campaign(OLD)
    campaign(NEW, end="Interrupted", findings=(), planted="sp1:flip-bit")
    lines = shown(status).splitlines()
    assert lines[0].split() == ["campaign", "state", "worked", "cases", "rate", "findings"]
    assert [line.split()[:2] for line in lines[1:3]] == [[NEW, "Interrupted"], [OLD, "Complete"]]
    assert lines[1].endswith("0 (planted)")
    assert lines[3].endswith(f"campaign --resume {NEW}")
    assert len(shown(status, "--limit", "1").splitlines()) == 3


def test_a_campaign_whose_process_has_gone_is_stopped() -> None:
    folder = campaign(OLD, end="Running")
    assert "Stopped" in shown(status, OLD)
    lock = filelock.FileLock(folder / ".journal.jsonl.lock")
    with lock:
        assert "Stopped" not in shown(status, OLD)
        assert f"--resume {OLD}" not in shown(status)
        assert OLD in shown(status), "and who asks does not disturb who works"
    assert f"campaign --resume {OLD}" in shown(status, OLD)


def test_all_that_are_at_work_are_listed() -> None:
    folder = campaign(OLD, end="Running")
    campaign(NEW)
    with filelock.FileLock(folder / ".journal.jsonl.lock"):
        assert f" {OLD}  Running" in shown(status, "--limit", "1")


def test_one_campaign_is_shown_in_detail() -> None:
    campaign(OLD)
    text = shown(status, "latest")
    assert text.startswith(f"campaign {OLD}  seed 7  2 workers")
    assert "campaign --target sp1 --target sp1-portable --seed 7" in text
    assert (
        text == shown(status, OLD) == shown(status, OLD[:12]) == shown(status, f"artifacts/campaigns/{OLD}/")
    )


def test_a_campaign_without_samples_is_shown_all_the_same() -> None:
    campaign(OLD, samples=0)
    assert "1,920,000" in shown(status, OLD)


def test_a_line_that_was_torn_is_passed_over() -> None:
    folder = campaign(OLD)
    with (folder / "progress.jsonl").open("ab") as file:
        file.write(b'{"seconds": 99.0, "ut\n' + encode_progress(progress(60)) + b'{"seconds": 1')
    (event,) = map(json.loads, shown(status, OLD, "--json").splitlines())
    assert event["progress"]["seconds"] == 60


def test_machines_are_told_the_same() -> None:
    campaign(OLD, end="Running")
    (event,) = map(json.loads, shown(status, "--json").splitlines())
    assert (event["event"], event["state"]) == ("campaign", "Stopped")
    assert event["resume"].endswith(f"campaign --resume {OLD}")
    (event,) = map(json.loads, shown(status, OLD, "--json").splitlines())
    assert event["campaign"]["campaign_id"] == OLD
    assert event["rate"] == 1_600


def test_watching_what_has_ended_ends_at_once() -> None:
    campaign(OLD)
    assert shown(status, OLD, "--watch").startswith("Complete 00:00:10 · ")
    assert len(shown(status, OLD, "--watch", "--json").splitlines()) == 1


def test_names_that_do_not_fit_are_refused_with_what_would() -> None:
    campaign(OLD)
    campaign(NEW)
    assert OLD in refused(status, OLD.replace("mixed", "mixde")).hint
    assert "could be" in refused(status, "2026").hint
    assert isinstance(refused(report, "nothing"), UsageError)


def test_damaged_documents_are_named() -> None:
    folder = campaign(OLD)
    (folder / "campaign.json").write_bytes(b'{"schema_version": 1, "camp')
    assert isinstance(refused(status, OLD), StoreError)
    (folder / "campaign.json").write_bytes(msgspec.json.encode(record(schema_version=99)))
    assert "newer" in refused(status, OLD).hint


def test_help_shows_the_options_of_what_may_be_left_out() -> None:
    for command, option in ((status, "--watch"), (report, "--html")):
        text = CliRunner().invoke(command, ["--help"]).stdout
        assert option in text
        assert "validat" in text, "and the other subcommands"


def test_a_report_goes_to_the_campaign_or_where_it_is_told() -> None:
    folder = campaign(OLD)
    assert shown(report) == f"Page of {OLD}: {folder}/report.html\n"
    page = (folder / "report.html").read_text(encoding="utf-8")
    check_alone(page)
    (event,) = map(json.loads, shown(report, OLD, "--html", "own.html", "--json").splitlines())
    assert event == {"event": "page", "campaign": OLD, "path": "own.html"}
    assert Path("own.html").read_text(encoding="utf-8") == page


def test_a_report_that_cannot_be_written_is_an_error() -> None:
    campaign(OLD)
    assert isinstance(refused(report, "--html", "missing/page.html"), StoreError)


def test_a_report_is_opened_where_there_is_a_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign(OLD)
    opened: list[str] = []

    def launch(path: str) -> int:
        opened.append(path)
        return 0

    monkeypatch.setattr(click, "launch", launch)
    shown(report, "--open")
    assert [Path(path).name for path in opened] == ["report.html"]
    monkeypatch.setattr(click, "launch", lambda _: 1)
    done = CliRunner().invoke(report, ["--open"])
    assert "no browser could be started" in done.stderr
