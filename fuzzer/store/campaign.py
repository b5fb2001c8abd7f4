"""The folder of a campaign, `campaigns/<campaign_id>/`: what it was asked, what it counted, its report."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from fuzzer.model import SCHEMA_VERSION, TargetInfo
from fuzzer.store.artifact_store import ArtifactFile, ArtifactStore
from fuzzer.store.document import decode_document
from fuzzer.store.progress import Progress, encode_progress
from fuzzer.store.run_id import free_id
from fuzzer.store.utc import utc_text

CAMPAIGNS = "campaigns"
CAMPAIGN_NAME = "campaign.json"
REPORT_NAME = "report.md"
COVERAGE_NAME = "coverage.json"
PROGRESS_NAME = "progress.jsonl"
JOURNAL_NAME = "journal.jsonl"
LATEST = "latest"
"""Stands for the id of the campaign that began last."""
RUNNING = "Running"
"""The `end` of a campaign that goes on, or was killed."""


class FoundRecord(msgspec.Struct, kw_only=True):
    """A finding of a campaign: all programs of one signature."""

    signature: str
    run_id: str
    """Its folder in the artifacts."""
    case: str
    """The first program that showed it."""
    instructions: int
    """Of an instruction program; 0 for a core."""
    programs: int = 1
    """How many cases showed it."""
    core: str = "riscv"
    generator: str = "riscv"
    symptom: str = ""
    """A word of `fuzzer.model.Symptom`."""
    at: float = 0.0
    """Seconds into the campaign at which it was first seen."""


class CampaignRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The document `campaign.json`."""

    schema_version: int = SCHEMA_VERSION
    campaign_id: str
    created_utc: str
    generator: str
    """Those of `generators`, separated by commas."""
    xlen: int
    seed: int
    end: str
    """`Running`, `Complete`, `Interrupted` or `Ended by an error`."""
    seconds: float
    targets: tuple[TargetInfo, ...]
    """The reference first."""
    totals: Mapping[str, object]
    """The fields of `fuzzer.campaign.events.Totals`."""
    findings: tuple[FoundRecord, ...]
    generators: tuple[str, ...] = ()
    cores: tuple[str, ...] = ()
    """Cores that take part; empty for a campaign of instruction programs alone."""
    workers: int = 1
    planted: str = ""
    """Says which faults were planted on purpose; empty in every real campaign."""
    command: tuple[str, ...] = ()
    """The words of the call that began it, `fuzz` and the budget left out."""
    request: Mapping[str, object] = {}
    """All that it was asked, for `--resume`."""


class CampaignFolder:
    """The folder of one campaign."""

    def __init__(self, store: ArtifactStore, campaign_id: str, created_utc: str) -> None:
        self._store = store
        self.id = campaign_id
        self.created_utc = created_utc

    @property
    def path(self) -> str:
        """Its path in the artifacts."""
        return f"{CAMPAIGNS}/{self.id}"

    def write(self, record: CampaignRecord, report: str, coverage: bytes | None = None) -> None:
        """Keep the documents of a campaign; they may be written again while it goes on."""
        document = msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"
        if coverage is not None:
            self._put(COVERAGE_NAME, coverage)
        self._put(REPORT_NAME, report.encode())
        self._put(CAMPAIGN_NAME, document)

    def add_progress(self, sample: Progress) -> None:
        """Add a sample; behind what a killed writer left unfinished there is a new line first."""
        path = f"{self.path}/{PROGRESS_NAME}"
        torn = self._store.exists(path) and self._store.get(path, start=-1) not in (b"", b"\n")
        self._store.append(path, b"\n" * torn + encode_progress(sample))

    @property
    def coverage(self) -> bytes | None:
        """The document `coverage.json`, if there is one."""
        path = f"{self.path}/{COVERAGE_NAME}"
        return self._store.get(path) if self._store.exists(path) else None

    def _put(self, name: str, data: bytes) -> None:
        self._store.put([ArtifactFile(f"{self.path}/{name}", data)])


def begin_campaign(store: ArtifactStore, *, created: datetime, name: str) -> CampaignFolder:
    """A folder that no other campaign has."""
    with store.lock():
        campaign_id = free_id(store, CAMPAIGNS, created=created, name=name)
        # Taken from here on, whatever becomes of the campaign.
        report = f"# {campaign_id}\n\nThis campaign has not ended.\n".encode()
        store.put([ArtifactFile(f"{CAMPAIGNS}/{campaign_id}/{REPORT_NAME}", report)])
    return CampaignFolder(store, campaign_id, utc_text(created))


def decode_campaign(data: bytes, *, name: str) -> CampaignRecord:
    """The campaign that a document holds; `name` is what errors call it.

    Raises:
        StoreError: it is damaged, or of a newer version.
    """
    return decode_document(data, CampaignRecord, name=name, what="a campaign's record")
