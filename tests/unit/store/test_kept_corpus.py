"""The inputs that are kept between campaigns: merged, bounded, and read whatever happened to them."""

import hashlib
import multiprocessing
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from memory_store import MemoryStore

from fuzzer.errors import StoreError
from fuzzer.model import SCHEMA_VERSION, Case, Provenance
from fuzzer.store import corpus
from fuzzer.store.artifact_store import ArtifactFile, LocalStore
from fuzzer.store.corpus import INDEX_NAME, CorpusIndex, KeptCorpus, KeptInput, bounded, kept_input
from fuzzer.store.validate import check_file

NOW = datetime(2026, 11, 27, 1, 2, 3, tzinfo=UTC)
PATH = "corpus/core"


def offered(*buffers: bytes, features: int = 1) -> tuple[KeptInput, bytes]:
    made = Provenance(generator="mutated", base_seed="inputs/core_1.json", mutation_ops=("swap",))
    case = Case(core="core", input_name="mutated/1:0:2", buffers=buffers, provenance=made)
    kept = kept_input(case, now=NOW, source="campaign", features=features)
    assert kept is not None
    return kept


def kept_in(store: MemoryStore | LocalStore) -> list[tuple[bytes, ...]]:
    return [case.buffers for case in KeptCorpus(store, "core").read().cases("artifacts/corpus/core")]


def test_what_is_kept_is_read_back_in_order_with_where_it_comes_from() -> None:
    store = MemoryStore()
    inputs = [offered(b"b"), offered(b"a", b"\xff"), offered(), offered(b"b")]
    assert KeptCorpus(store, "core").add(inputs, covered=7, guest_elf_sha256="ab") == 3
    read = KeptCorpus(store, "core").read()
    assert (read.problems, read.index.covered, read.index.guest_elf_sha256) == ((), 7, "ab")
    assert kept_in(store) == [(b"b",), (b"a", b"\xff"), ()]
    (first, *_) = read.cases("artifacts/corpus/core")
    name = hashlib.sha256(b"b").hexdigest()
    assert first.input_name == f"artifacts/corpus/core/{name}.bin"
    assert first.provenance == Provenance(
        generator="mutated", base_seed="inputs/core_1.json", mutation_ops=("swap",)
    )
    assert {file.rpartition("/")[2].partition(".")[2] for file in store.files} == {
        "bin",
        "stdin.json",
        "json",
    }


def test_a_further_campaign_adds_to_what_is_there() -> None:
    store = MemoryStore()
    assert KeptCorpus(store, "core").add([offered(b"a")], covered=1, guest_elf_sha256="x") == 1
    assert KeptCorpus(store, "core").add([offered(b"a"), offered(b"b")]) == 1
    assert kept_in(store) == [(b"a",), (b"b",)]
    assert KeptCorpus(store, "core").read().index.covered == 1


def test_files_without_an_index_are_found_again() -> None:
    """Its writer was killed before it wrote the index."""
    store = MemoryStore()
    KeptCorpus(store, "core").add([offered(b"a"), offered(b"b")])
    del store.files[f"{PATH}/{INDEX_NAME}"]
    assert sorted(kept_in(store)) == [(b"a",), (b"b",)]
    assert KeptCorpus(store, "core").read().problems == ()
    KeptCorpus(store, "core").add([offered(b"c")])
    index = msgspec.json.decode(store.files[f"{PATH}/{INDEX_NAME}"], type=CorpusIndex)
    assert [(kept.bytes, bool(kept.source)) for kept in index.inputs] == [(1, False), (1, False), (1, True)]


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff\xfe", b'{"core": 7}', b"[]"])
def test_a_damaged_index_is_told_and_passed_over(damage: bytes) -> None:
    store = MemoryStore()
    KeptCorpus(store, "core").add([offered(b"a")])
    store.files[f"{PATH}/{INDEX_NAME}"] = damage
    (problem,) = KeptCorpus(store, "core").read().problems
    assert problem.startswith(f"{PATH}/{INDEX_NAME} is not the index of a corpus")
    assert kept_in(store) == [(b"a",)]
    KeptCorpus(store, "core").add([offered(b"b")])
    assert KeptCorpus(store, "core").read().problems == ()
    assert kept_in(store) == [(b"a",), (b"b",)]


def test_a_folder_in_place_of_the_index_is_told(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    KeptCorpus(store, "core").add([offered(b"a")])
    (tmp_path / PATH / INDEX_NAME).unlink()
    (tmp_path / PATH / INDEX_NAME).mkdir()
    read = KeptCorpus(store, "core").read()
    assert (len(read.problems), kept_in(store)) == (1, [(b"a",)])
    with pytest.raises(StoreError):
        KeptCorpus(store, "core").add([offered(b"b")])


def test_an_index_that_names_files_elsewhere_reads_none_of_them() -> None:
    store = MemoryStore()
    store.files["summary.csv"] = b"secret"
    index = CorpusIndex(core="core", inputs=(KeptInput(file="../../summary.csv", bytes=6),))
    store.files[f"{PATH}/{INDEX_NAME}"] = msgspec.json.encode(index)
    (problem,) = KeptCorpus(store, "core").read().problems
    assert "'../../summary.csv', which is no name of an input" in problem
    assert kept_in(store) == []


def test_a_newer_index_is_refused() -> None:
    store = MemoryStore()
    newer = {"schema_version": SCHEMA_VERSION + 1, "core": ["another", "form"]}
    store.files[f"{PATH}/{INDEX_NAME}"] = msgspec.json.encode(newer)
    with pytest.raises(StoreError, match="schema version"):
        KeptCorpus(store, "core").read()
    with pytest.raises(StoreError, match="schema version"):
        KeptCorpus(store, "core").add([offered(b"a")])


def test_an_index_without_a_version_and_with_unknown_fields_is_read() -> None:
    store = MemoryStore()
    kept, data = offered(b"a")
    document = {"core": "core", "inputs": [{"file": kept.file, "bytes": 1, "colour": "red"}], "more": 1}
    store.files = {f"{PATH}/{kept.file}": data, f"{PATH}/{INDEX_NAME}": msgspec.json.encode(document)}
    assert kept_in(store) == [(b"a",)]


def test_what_is_wrong_with_a_file_is_named_and_others_are_taken() -> None:
    store = MemoryStore()
    edited, lost, whole = offered(b"edited"), offered(b"lost"), offered(b"whole")
    KeptCorpus(store, "core").add([edited, lost, whole])
    store.files[f"{PATH}/{edited[0].file}"] = b"by hand"
    del store.files[f"{PATH}/{lost[0].file}"]
    data = b'{"stdin": [{"file": "/etc/passwd"}]}'
    link = f"{hashlib.sha256(data).hexdigest()}.stdin.json"
    store.files[f"{PATH}/{link}"] = data
    read = KeptCorpus(store, "core").read()
    assert [case.buffers for case in read.cases("x")] == [(b"whole",)]
    assert [problem.partition(":")[0].rpartition("/")[2] for problem in read.problems] == [
        *(edited[0].file, lost[0].file, link)
    ]
    assert "was edited or torn" in read.problems[0]
    # Whoever has the input writes it again.
    assert KeptCorpus(store, "core").add([edited, lost]) == 2
    assert sorted(kept_in(store)) == [(b"edited",), (b"lost",), (b"whole",)]


def test_what_is_too_large_is_not_kept() -> None:
    large = Case(core="core", input_name="x", buffers=(bytes(corpus.LARGEST_ENTRY + 1),))
    assert kept_input(large, now=NOW, source="campaign") is None
    # Many empty buffers are small, and their document is not.
    many = Case(core="core", input_name="x", buffers=(b"",) * 100_000)
    assert kept_input(many, now=NOW, source="campaign") is None


def test_what_showed_least_goes_when_there_is_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryStore()
    monkeypatch.setattr(corpus, "MOST_INPUTS", 2)
    KeptCorpus(store, "core").add([offered(b"a", features=1), offered(b"b", features=9)])
    KeptCorpus(store, "core").add([offered(b"c", features=5)])
    assert kept_in(store) == [(b"b",), (b"c",)]
    assert len(store.files) == 3
    monkeypatch.setattr(corpus, "MOST_BYTES", 5)
    small, large = KeptInput(file="s", bytes=5, features=1), KeptInput(file="l", bytes=6, features=2)
    assert bounded([large, small]) == [small]


def test_validate_holds_files_against_their_names(tmp_path: Path) -> None:
    (kept, data), store = offered(b"a"), LocalStore(tmp_path)
    KeptCorpus(store, "core").add([(kept, data)])
    index = tmp_path / PATH / INDEX_NAME
    assert check_file(index, name=f"{PATH}/{INDEX_NAME}").problems == ()
    (tmp_path / PATH / kept.file).write_bytes(b"b")
    (problem,) = check_file(index, name=f"{PATH}/{INDEX_NAME}").problems
    assert "$.inputs[0].file" in str(problem)


def _add_some(root: Path, first: int) -> None:
    for number in range(first, first + 20):
        KeptCorpus(LocalStore(root), "core").add([offered(b"%d" % number)])


def test_two_campaigns_at_once_lose_nothing(tmp_path: Path) -> None:
    workers = [multiprocessing.Process(target=_add_some, args=(tmp_path, first)) for first in (0, 20)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(kept_in(LocalStore(tmp_path))) == sorted((b"%d" % number,) for number in range(40))


def test_a_full_disk_leaves_the_index_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = LocalStore(tmp_path)
    KeptCorpus(store, "core").add([offered(b"a")])
    put = store.put

    def fails(files: list[ArtifactFile], *, durable: bool = True) -> None:
        if any(file.path.endswith(INDEX_NAME) for file in files):
            raise StoreError("the disk is full")
        put(files, durable=durable)

    monkeypatch.setattr(store, "put", fails)
    with pytest.raises(StoreError, match="full"):
        KeptCorpus(store, "core").add([offered(b"b")])
    assert kept_in(LocalStore(tmp_path)) == [(b"a",), (b"b",)]
