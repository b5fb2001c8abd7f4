"""A campaign's folder and its document."""

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import msgspec
import pytest
from memory_store import MemoryStore
from sample_results import NOON

from fuzzer.errors import StoreError
from fuzzer.model import TargetInfo
from fuzzer.store.artifact_store import ArtifactStore, LocalStore
from fuzzer.store.campaign import CampaignFolder, CampaignRecord, FoundRecord, begin_campaign, decode_campaign

RECORD = CampaignRecord(
    campaign_id="20261121_120000_riscv",
    created_utc="2026-11-21T12:00:00Z",
    generator="riscv",
    xlen=64,
    seed=7,
    end="Complete",
    seconds=12.5,
    targets=(
        TargetInfo(name="rvref", version="0.1.0"),
        TargetInfo(name="sp1", version="6.10.0", planted="flip-bit"),
    ),
    totals={"cases": 64, "allowances": {}},
    findings=(
        FoundRecord(
            signature="riscv: rvref | sp1: output at mul", run_id="x", case="c", instructions=1, programs=3
        ),
    ),
)


def folder(store: ArtifactStore, *, created: datetime = NOON, name: str = "riscv") -> CampaignFolder:
    return begin_campaign(store, created=created, name=name)


@pytest.mark.parametrize("kind", ["memory", "disk"])
def test_no_two_campaigns_share_a_folder(tmp_path: Path, kind: str) -> None:
    store: ArtifactStore = MemoryStore() if kind == "memory" else LocalStore(tmp_path / "artifacts")
    ids = [folder(store).id for _ in range(3)]
    ids += [folder(store, name="riscv-naive").id, folder(store, created=NOON + timedelta(seconds=1)).id]
    assert ids == [
        "20261121_120000_riscv",
        "20261121_120000_riscv_2",
        "20261121_120000_riscv_3",
        "20261121_120000_riscv-naive",
        "20261121_120001_riscv",
    ]
    assert store.list("campaigns") == sorted(f"{name}/" for name in ids)


def test_time_is_utc_wherever_it_was() -> None:
    made = folder(MemoryStore(), created=NOON.astimezone(timezone(timedelta(hours=-7))))
    assert (made.id, made.created_utc) == ("20261121_120000_riscv", "2026-11-21T12:00:00Z")
    assert NOON.tzinfo is UTC


def test_campaign_that_has_not_ended_says_so() -> None:
    store = MemoryStore()
    made = folder(store)
    assert store.list(f"campaigns/{made.id}") == ["report.md"]
    assert "has not ended" in store.get(f"campaigns/{made.id}/report.md").decode()


def test_ended_campaign_leaves_its_documents() -> None:
    store = MemoryStore()
    made = folder(store)
    made.write(RECORD, "# the report\n", b'{"bins": 3}')
    place = f"campaigns/{made.id}"
    assert store.list(place) == ["campaign.json", "coverage.json", "report.md"]
    assert store.get(f"{place}/report.md") == b"# the report\n"
    assert store.get(f"{place}/coverage.json") == b'{"bins": 3}'
    assert decode_campaign(store.get(f"{place}/campaign.json"), name="campaign.json") == RECORD


def test_document_is_text_for_people_too() -> None:
    store = MemoryStore()
    folder(store).write(RECORD, "", b"")
    text = store.get("campaigns/20261121_120000_riscv/campaign.json").decode()
    assert text.endswith("}\n")
    assert '\n  "seed": 7,\n' in text
    assert json.loads(text)["schema_version"] == 1


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"{}", b'{"schema_version": 1, "campaign_id": 3}'])
def test_damaged_document_is_an_error_that_names_it(data: bytes) -> None:
    with pytest.raises(StoreError, match=r"old/campaign\.json is not a campaign's") as raised:
        decode_campaign(data, name="old/campaign.json")
    assert "damaged" in raised.value.hint


def test_newer_document_is_refused_and_unknown_fields_are_not() -> None:
    document = {**json.loads(msgspec.json.encode(RECORD)), "later": [1]}
    assert decode_campaign(json.dumps(document).encode(), name="c.json") == RECORD
    document["schema_version"] = 2
    with pytest.raises(StoreError, match=r"c\.json has schema version 2, this `fuzz` reads up to 1"):
        decode_campaign(json.dumps(document).encode(), name="c.json")


def test_document_that_is_not_utf8_is_damaged() -> None:
    data = msgspec.json.encode(RECORD).replace(b"Complete", b"\xff\xfe")
    with pytest.raises(StoreError, match="is not a campaign's"):
        decode_campaign(data, name="campaign.json")
