"""A search that goes on from what earlier ones have kept."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from fake_program import ECHO, fake_program
from fake_runner import fake_runner
from fake_search import COVERS_ITS_LENGTH, WRONG_IF_LONG, plan, searched, searching
from memory_store import MemoryStore

from fuzzer.campaign.events import BatchFinished, CaseFinished, Checkpoint, Event, NewBehaviour
from fuzzer.campaign.keep.inputs import KeptInputs
from fuzzer.campaign.search.again import make_again, regenerate
from fuzzer.campaign.search.corpus import Earlier
from fuzzer.campaign.search.engine import SearchedCore
from fuzzer.campaign.search.journal import Remembered, remember
from fuzzer.model import SCHEMA_VERSION, Case, Generator, Provenance
from fuzzer.store.corpus import KeptCorpus
from fuzzer.store.journal import read_journal

pytestmark = pytest.mark.slow  # each test starts several processes

MADE = Provenance(generator=Generator.MUTATED, base_seed="inputs/core_1.json", mutation_ops=("swap",))


def earlier(*buffers: bytes) -> list[Earlier]:
    return [
        Earlier(name=f"artifacts/corpus/core/{at}.bin", buffers=(buffer,), provenance=MADE)
        for at, buffer in enumerate(buffers)
    ]


def of(path: Path) -> Remembered:
    remembered = remember(read_journal(path))
    assert remembered is not None
    return remembered


def with_earlier(folder: Path, kept: list[Earlier], *, sp1: str = ECHO) -> SearchedCore:
    probe = fake_runner(folder, COVERS_ITS_LENGTH, target="probe")
    core = searched(fake_program(folder, ECHO, sp1=sp1), probe=probe)
    return msgspec.structs.replace(core, earlier=kept)


def test_they_run_first_and_are_gone_on_from(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    kept = earlier(*(b"%d" % 10**size for size in range(400)))
    list(searching(path, [with_earlier(tmp_path, kept)], plan(600)))
    remembered = of(path)
    first = [regenerate(remembered, f"0:{index}") for index in range(401)]
    assert first[0].input_name == "inputs/core_1.json"
    assert [(case.input_name, case.buffers, case.provenance) for case in first[1:]] == [
        (one.name, one.buffers, one.provenance) for one in kept
    ]
    later = [regenerate(remembered, f"0:{index}") for index in range(401, 600)]
    assert any(case.provenance.base_seed.startswith("artifacts/corpus/core/") for case in later)
    assert remembered.counts.cases == 600


def test_what_they_cover_is_not_new(tmp_path: Path) -> None:
    kept = earlier(*(b"x" * size for size in range(1, 200)))
    events = list(searching(tmp_path / "j", [with_earlier(tmp_path, kept)], plan(500)))
    lengths = {sum(map(len, e.case.buffers)) for e in events if isinstance(e, NewBehaviour) and e.features}
    assert not lengths & set(range(1, 200))
    last = [event for event in events if isinstance(event, BatchFinished)][-1]
    assert last.entries >= 200, "told also where nothing is new"
    assert last.bins >= 199


def test_the_same_seed_and_corpus_give_the_same_first_cases(tmp_path: Path) -> None:
    """What comes behind them follows from how fast the machine is; the journal has it."""
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        core = with_earlier(tmp_path / name, earlier(b"abc", b"[1,2]", b"{}"))
        list(searching(tmp_path / name / "j", [core], plan(40)))
        made.append([regenerate(of(tmp_path / name / "j"), f"0:{index}") for index in range(4)])
    assert made[0] == made[1]


def test_a_difference_in_one_of_them_is_a_finding(tmp_path: Path) -> None:
    kept = earlier(b"a", b"b" * 60)
    core = with_earlier(tmp_path, kept, sp1=WRONG_IF_LONG)
    (found, *_) = [e for e in searching(tmp_path / "j", [core], plan(3)) if isinstance(e, CaseFinished)]
    assert found.original is not None
    assert found.original.input_name == kept[1].name


def test_a_campaign_goes_on_with_them_although_the_kept_corpus_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    core = with_earlier(tmp_path, earlier(*(b"x" * size for size in range(1, 300))))
    list(searching(path, [core], plan(310)))
    lines = path.read_bytes().splitlines(keepends=True)
    (first, second, *_) = [at for at, line in enumerate(lines) if b'"seeds":true' in line]
    path.write_bytes(b"".join(lines[:second]))  # killed before the second turn of them was begun
    before = of(path)
    assert (before.next_index, list(before.open)) == (256, [0])
    assert first == 1
    # As the command does: what it began with is taken from the journal.
    again = msgspec.structs.replace(core, earlier=before.begun.cores[0].earlier)
    list(searching(path, [again], plan(350)))
    remembered = of(path)
    names = [regenerate(remembered, f"0:{index}").input_name for index in range(remembered.next_index)]
    own = [name for name in names if name.startswith("artifacts/")]
    assert own == [one.name for one in core.earlier], "each of them once, in order"
    made = make_again(remembered, f"0:{remembered.next_index - 1}")
    assert made.parent is None or made.parent.number < len(remembered.corpora["core"].entries)


def test_what_is_admitted_is_kept_also_of_a_campaign_that_was_killed(tmp_path: Path) -> None:
    path, store, warnings = tmp_path / "journal.jsonl", MemoryStore(), list[str]()

    def keeper(remembered: Remembered | None) -> KeptInputs:
        return KeptInputs(
            store,
            "campaign",
            builds={"core": "ab"},
            admitted=remembered.admitted if remembered else {},
            clock=lambda: 0.0,
            now=lambda: datetime(2026, 11, 27, tzinfo=UTC),
            warn=warnings.append,
        )

    core = with_earlier(tmp_path, [])
    events: list[Event] = []
    killed = keeper(None)
    for event in searching(path, [core], plan(400)):
        killed.take(event)  # and is never closed
        events.append(event)
    news = [e for e in events if isinstance(e, NewBehaviour)]
    covering = [event.case.buffers for event in news if event.features]
    assert store.files == {}
    keeper(of(path)).close()
    read = KeptCorpus(store, "core").read()
    assert [read.buffers[kept.file] for kept in read.index.inputs] == covering
    assert {kept.generator for kept in read.index.inputs} <= {Generator.MUTATED, Generator.GENERATED}


def test_what_cannot_be_kept_now_is_kept_later() -> None:
    store, warnings, clock = MemoryStore(), list[str](), iter((0.0, 31.0, 31.0, 62.0, 62.0))
    newer = f'{{"schema_version": {SCHEMA_VERSION + 1}}}'.encode()
    store.files["corpus/core/index.json"] = newer
    keeper = KeptInputs(
        store,
        "campaign",
        builds={"core": "ab"},
        admitted={},
        clock=lambda: next(clock),
        now=lambda: datetime(2026, 11, 27, tzinfo=UTC),
        warn=warnings.append,
    )
    case = Case(core="core", input_name="mutated/1:0:1", buffers=(b"new",))
    keeper.take(NewBehaviour(core="core", case=case, entries=2, features=3, new_bins=1, bins=9))
    keeper.take(Checkpoint())
    (warning,) = warnings
    assert warning.startswith(
        "new inputs of core are not kept yet: corpus/core/index.json has schema version"
    )
    assert store.files == {"corpus/core/index.json": newer}
    del store.files["corpus/core/index.json"]
    keeper.take(Checkpoint())
    read = KeptCorpus(store, "core").read()
    assert (list(read.buffers.values()), read.index.covered) == ([(b"new",)], 9)
    assert len(warnings) == 1
