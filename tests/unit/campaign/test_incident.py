"""What artifacts know of findings like one, some of them damaged, and the ids of incidents."""

from pathlib import Path

import msgspec
import pytest
from sample_findings import DIFFERS, PLANTED, differing, record

from fuzzer.campaign.incident import check_not_newer, find_kin, known_incidents, next_incident_id
from fuzzer.errors import StoreError
from fuzzer.store.artifact_store import LocalStore
from fuzzer.store.incident import INCIDENT_NAME, BlastRadius, IncidentReplay, RiskLevel, RootCause
from fuzzer.store.run_log import decode_log, encode_document


def incident(incident_id: str, run_id: str) -> bytes:
    return encode_document(
        IncidentReplay(
            incident_id=incident_id,
            root_cause=RootCause.JIT,
            blast_radius=BlastRadius(
                affected_conversations=1,
                risk_level=RiskLevel.ISOLATED,
                affected_versions=("sp1 6.10.0",),
                affected_cores=("fib",),
                affected_cases=1,
            ),
            new_regression_tests=0,
            created_utc="2026-11-21T12:00:00Z",
            failure_id="F1",
            run_id=run_id,
            signature="s",
            severity="critical",
            because="",
            regression_tests=(),
            replays=(),
        )
    )


def test_a_damaged_finding_or_campaign_is_named_and_the_others_count(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    first, second, third = record(store, DIFFERS, differing("other"), PLANTED)
    log = decode_log(store.get(f"{first}.json"), name=first)
    whole = find_kin(store, log)
    (tmp_path / third / "run_log.json").write_bytes(b"[" * 5_000)
    (tmp_path / "campaigns" / "20261121_120000_fib").mkdir(parents=True)
    (tmp_path / "campaigns" / "20261121_120000_fib" / "campaign.json").write_text('{"schema_version": 99}')
    found = find_kin(store, log)
    assert {"fib", "other"} <= set(found.cores)
    assert (whole.unread, found.cases) == ((), whole.cases)
    assert len(found.unread) == 2, found.unread
    assert any("campaign.json has schema version 99" in problem for problem in found.unread)
    assert any(f"{third}/run_log.json" in problem for problem in found.unread)
    assert second not in "".join(found.unread)


@pytest.mark.parametrize(
    ("keep", "kept_id"),
    [(None, "INC-2026-007"), (120, "INC-2026-007"), (3, "")],
    ids=["whole", "cut", "gone"],
)
def test_a_damaged_incident_is_named_and_its_id_is_not_given_out_again(
    tmp_path: Path, keep: int | None, kept_id: str
) -> None:
    store = LocalStore(tmp_path)
    first, second = record(store, DIFFERS, PLANTED)
    (tmp_path / first / INCIDENT_NAME).write_bytes(incident("INC-2026-007", first)[:keep])
    (tmp_path / second / INCIDENT_NAME).write_bytes(incident("INC-2026-002", second))
    known = known_incidents(store)
    assert known.ids == {second: "INC-2026-002"} | ({first: kept_id} if kept_id else {})
    assert [f"{first}/{INCIDENT_NAME}" in problem for problem in known.unread] == [True] * (keep is not None)
    taken = list(known.ids.values())
    assert next_incident_id(taken, year=2026) == ("INC-2026-008" if kept_id else "INC-2026-003")
    assert next_incident_id(taken, year=2027) == "INC-2027-001"


def test_an_incident_of_a_newer_fuzz_is_not_written_over_and_a_damaged_one_may_be(tmp_path: Path) -> None:
    store, name = LocalStore(tmp_path), INCIDENT_NAME
    check_not_newer(store, name)
    newer = msgspec.json.decode(incident("INC-2026-001", "a")) | {"schema_version": 2}
    (tmp_path / name).write_bytes(msgspec.json.encode(newer))
    with pytest.raises(StoreError, match="schema version 2"):
        check_not_newer(store, name)
    (tmp_path / name).write_bytes(incident("INC-2026-001", "a")[:50])
    check_not_newer(store, name)
