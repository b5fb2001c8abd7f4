"""Whatever lies in the artifacts: pruning never chooses a file of a run that is not equal, or a report."""

from datetime import UTC, datetime, timedelta
from functools import partial

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from memory_store import MemoryStore
from sample_results import FLIPPED, NOON, OK, OOM, PANIC, TIMEOUT, recorded, result

from fuzzer.model import Record
from fuzzer.store.artifact_store import ArtifactFile
from fuzzer.store.prune import prunable, remove
from fuzzer.store.recorder import Recorder

OUTCOMES = st.sampled_from([OK, OK, OK, FLIPPED, PANIC, TIMEOUT, OOM])
RUNS = st.lists(st.tuples(OUTCOMES, OUTCOMES, st.integers(0, 20)), max_size=12)
OTHERS = st.sampled_from(
    [
        "reports/a1_pilot.md",
        "campaigns/20200101_000000_x/report.md",
        "campaigns/20200101_000000_x/campaign.json",
        "runs/new/20200101_000000_upgrade/run.json",
        "summary.fragment-1.csv",
        "20200101_000000_fib/run_log.json",
        "20200101_000000_fib.json",
        "20200101_000000_fib/notes.json",
    ]
)
BYTES = st.one_of(st.binary(max_size=20), st.just(b'{"run_id":"20200101_000000_fib","diff":{"equal":false}}'))


def _same(moment: datetime) -> datetime:
    return moment


@given(
    runs=RUNS,
    others=st.dictionaries(OTHERS, BYTES),
    days=st.integers(0, 20),
    budget=st.none() | st.integers(0),
)
def test_no_file_of_a_divergence_or_a_report_is_ever_chosen(
    runs: list[tuple[object, object, int]], others: dict[str, bytes], days: int, budget: int | None
) -> None:
    store = MemoryStore()
    unequal: set[str] = set()
    warnings: list[str] = []
    for reference, other, day in runs:
        of = recorded(result(other, reference=reference))  # type: ignore[arg-type]
        clock = NOON + timedelta(days=day)
        recorder = Recorder(store, record=Record.ALL, clock=partial(_same, clock), warn=warnings.append)
        (run_id,) = recorder.record([of])
        if not all(entry.equal for entry in of.result.comparisons):
            unequal.add(run_id)
    store.put([ArtifactFile(path, data) for path, data in others.items()])
    assert warnings == []
    before = datetime(2026, 11, 21, tzinfo=UTC) + timedelta(days=days)
    total = sum(map(len, store.files.values()))
    chosen = list(prunable(store, before=before, total_bytes=total, budget=budget))
    kept = dict(store.files)
    gone = [entry.path for entry in remove(store, chosen)]
    assert gone == [entry.path for entry in chosen]
    for path in gone:
        run_id = path.removesuffix(".json")
        assert run_id not in unequal
        assert path not in others
        assert msgspec.json.decode(kept[path])["diff"]["equal"] is True
    assert store.files.keys() == kept.keys() - set(gone)
