"""The rows of a campaign with all of its passes: each case once, as it ran last."""

from pathlib import Path

from fuzzer.campaign.summary_rows import pass_rows
from fuzzer.model import Status, TargetInfo
from fuzzer.store.artifact_store import LocalStore
from fuzzer.store.campaign import CampaignRecord
from fuzzer.store.passes import AGREE, PROGRAMS, Block, BlockBuilder, PassShards, status_codes

RECORD = CampaignRecord(
    campaign_id="20261126_191649_fib",
    created_utc="2026-11-26T19:16:49Z",
    generator="generated",
    xlen=64,
    seed=7,
    end="Complete",
    seconds=1.0,
    targets=(
        TargetInfo(name="native", version="rustc 1.95.0"),
        TargetInfo(name="sp1", version="6.10.0"),
    ),
    totals={},
    findings=(),
)
FOLDER = f"campaigns/{RECORD.campaign_id}"


def block(first: int, count: int, *, ms: int, worker: int = 0) -> Block:
    """Cases that agree and take so long natively; twice as long in SP1."""
    rows = BlockBuilder()
    for _ in range(count):
        rows.add([Status.OK, Status.OK], AGREE, [ms * 1_000_000, 2 * ms * 1_000_000], None)
    return rows.block("fib", worker, first, ["native", "sp1"])


def test_a_case_in_two_shards_is_shown_once_as_it_ran_last(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    for blocks in (
        [block(0, 4, ms=1), block(0, 1, ms=9, worker=1)],
        [block(2, 4, ms=5)],
        [block(3, 1, ms=7)],
    ):
        shards = PassShards(store, FOLDER)  # a killed process leaves its shard
        for one in blocks:
            shards.add(one)
        shards.flush()
    rows = list(pass_rows(store, RECORD, None, without=()))
    taken = {row.input: (row.elapsed_native_ms, row.elapsed_sp1_ms, row.timing_delta_ms) for row in rows}
    assert len(rows) == len(taken) == 7
    assert taken["0:1"] == (1, 2, 1)
    assert taken["0:2"] == taken["0:5"] == (5, 10, 5)
    assert taken["0:3"] == (7, 14, 7)
    assert taken["1:0"] == (9, 18, 9)
    assert {(row.run_id, row.equal, row.zkvm_target, row.sp1_version) for row in rows} == {
        (RECORD.campaign_id, True, "sp1", "6.10.0")
    }


def test_a_case_with_a_row_of_its_own_is_left_out(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    shards = PassShards(store, FOLDER)
    shards.add(block(0, 3, ms=1))
    shards.flush()
    rows = pass_rows(store, RECORD, None, without={("fib", "0:1"), ("json", "0:2")})
    assert [row.input for row in rows] == ["0:0", "0:2"]


def test_programs_of_a_later_worker(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    for _ in range(2):
        shards = PassShards(store, FOLDER)
        codes = status_codes([Status.OK, Status.PANIC])
        first = 3 << 32
        shards.add(
            Block(
                kind=PROGRAMS,
                part="riscv",
                first=first,
                count=1,
                targets=("rvref", "sp1"),
                statuses=codes,
                verdicts=bytes([AGREE]),
                cycles=bytes(8),
            )
        )
        shards.flush()
    (row,) = pass_rows(store, RECORD, None, without=())
    assert (row.input, row.core, row.sp1_status) == (f"riscv-64/7/{first}", "riscv", "Panic")
