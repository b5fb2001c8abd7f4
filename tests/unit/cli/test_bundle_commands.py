"""Commands that read the bundle of a campaign name what was changed in it since it was sealed."""

import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from sample_progress import record

from fuzzer.cli.main import cli
from fuzzer.errors import ExitCode, StoreError
from fuzzer.store.artifact_store import LocalStore
from fuzzer.store.bundle import BundleResult, ConfigSnapshot, Versions
from fuzzer.store.bundle_folder import BundleFolder

CAMPAIGN = "20261121_120000_fib"
FOLDER = Path("artifacts", "campaigns", CAMPAIGN)
CALLS = (
    ("show", CAMPAIGN),
    ("diff", CAMPAIGN, CAMPAIGN),
    ("report", CAMPAIGN),
    ("regressions", "generate", "--campaign", CAMPAIGN),
)

EXPORT = ("export", CAMPAIGN, "--to", "x.tar.gz")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project with a campaign whose bundle is sealed."""
    (tmp_path / "fuzzer.toml").touch()
    monkeypatch.chdir(tmp_path)
    FOLDER.mkdir(parents=True)
    made = record(campaign_id=CAMPAIGN, end="Complete", totals={"cases": 10, "compared": 10}, findings=())
    (FOLDER / "campaign.json").write_bytes(msgspec.json.encode(made))
    folder = BundleFolder(LocalStore(Path("artifacts")), f"campaigns/{CAMPAIGN}")
    folder.begin(
        ConfigSnapshot(command=(), settings={}, request={}, cores=(), targets=(), allowed=()),
        Versions(fuzz="0.1.0", python="3.11.7", git_sha="", git_dirty=True, targets=()),
        created_utc="2026-11-21T12:00:00Z",
    )
    folder.end(
        status="Complete",
        error_summary="",
        exit_code=0,
        ended=datetime(2026, 11, 21, tzinfo=UTC),
        seconds=1.0,
        result=BundleResult(totals={}, findings=()),
        metrics={},
        calls=[],
    )


def call(*words: str) -> Result:
    return CliRunner().invoke(cli, words, standalone_mode=False)


@pytest.mark.parametrize("words", CALLS, ids=lambda words: words[0])
def test_what_was_changed_is_named_and_is_no_success(words: tuple[str, ...]) -> None:
    whole = call(*words)
    assert (whole.return_value, whole.exception) == (ExitCode.AGREE, None)
    (FOLDER / "campaign.json").write_bytes((FOLDER / "campaign.json").read_bytes() + b"\n")
    changed = call(*words)
    assert changed.return_value == ExitCode.BAD_INPUT
    says = f"warning: {FOLDER}/campaign.json has another SHA-256 than evidence.json says"
    assert says in changed.stderr


@pytest.mark.parametrize(
    "words", [*CALLS, ("export", CAMPAIGN, "--to", "x.tar.gz")], ids=lambda words: words[0]
)
@pytest.mark.parametrize("path", ["/etc/passwd", "../../summary.csv", ""])
def test_evidence_that_leads_out_of_its_folder_is_refused(words: tuple[str, ...], path: str) -> None:
    evidence = json.loads((FOLDER / "evidence.json").read_bytes())
    evidence["files"][0]["path"] = path
    (FOLDER / "evidence.json").write_text(json.dumps(evidence))
    error = call(*words).exception
    assert isinstance(error, StoreError)
    says = f"evidence.json: $.files[0].path is not a path inside its folder: {path!r}"
    assert error.message == f"campaigns/{CAMPAIGN}/{says}"
    assert error.hint
    assert not Path("x.tar.gz").exists()
