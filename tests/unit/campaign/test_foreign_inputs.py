"""Inputs from elsewhere: what is taken, and what is named and passed over."""

import hashlib
import io
import os
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from memory_store import MemoryStore

from fuzzer.campaign.foreign_inputs import Offered, PassedOver, foreign_inputs
from fuzzer.campaign.search.corpus import Entry
from fuzzer.campaign.search.journal import Admitted, Begun, CoreRecord, Record, encode_record
from fuzzer.errors import InputError, StoreError
from fuzzer.model import SCHEMA_VERSION, Case, Limits, Provenance
from fuzzer.store.artifact_store import ArtifactFile
from fuzzer.store.corpus import INDEX_NAME, LARGEST_ENTRY, KeptCorpus, decode_kept, kept_input
from fuzzer.store.corpus_export import packed
from fuzzer.store.journal import JournalFile

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def found(path: Path) -> tuple[dict[str, tuple[bytes, ...]], dict[str, str]]:
    """Buffers of what is taken, and why others are not, by name."""
    every = list(foreign_inputs(path, core="core", now=NOW))
    taken = {one.name: decode_kept(one.kept.file, one.data) for one in every if isinstance(one, Offered)}
    return taken, {one.name: one.why for one in every if isinstance(one, PassedOver)}


def test_a_folder_of_another_fuzzer(tmp_path: Path) -> None:
    (tmp_path / "0a1b").write_bytes(b"\x00\xff")
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "two.stdin.json").write_text('{"stdin": [{"u32": 1}, {"utf8": "x"}]}')
    (tmp_path / ".hidden").write_bytes(b"state")
    taken, refused = found(tmp_path)
    assert taken == {"0a1b": (b"\x00\xff",), "empty": (b"",), "two.stdin.json": (b"\1\0\0\0", b"x")}
    assert refused == {}


def test_what_cannot_be_kept_is_named(tmp_path: Path) -> None:
    name = f"{hashlib.sha256(b'one').hexdigest()}.bin"
    (tmp_path / name).write_bytes(b"another")
    (tmp_path / "large").write_bytes(bytes(LARGEST_ENTRY + 1))
    (tmp_path / "sparse").touch()
    os.truncate(tmp_path / "sparse", 1 << 40)
    (tmp_path / "broken.stdin.json").write_text('{"stdin": [{"u99": 1}]}')
    (tmp_path / "passwd.stdin.json").write_text('{"stdin": [{"file": "/etc/passwd"}]}')
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("/etc/passwd")
    (tmp_path / "lost").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    taken, refused = found(tmp_path)
    assert taken == {}
    assert set(refused) == {path.name for path in tmp_path.iterdir()}
    assert "edited or torn" in refused[name]
    assert refused["large"] == refused["sparse"] == "it has more than 256 KiB"
    assert "u99" in refused["broken.stdin.json"]
    assert "names the file /etc/passwd" in refused["passwd.stdin.json"]
    assert "folder" in refused["folder"]
    assert "link" in refused["link"]
    assert refused["pipe"] == "it is no plain file"


def test_one_file_and_none(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"x")
    assert found(tmp_path / "one")[0] == {"one": (b"x",)}
    with pytest.raises(InputError, match="no such file or folder"):
        found(tmp_path / "two")
    (tmp_path / "none").mkdir()
    assert found(tmp_path / "none") == ({}, {})


@pytest.fixture(name="kept")
def fixture_kept() -> KeptCorpus:
    made = Provenance(generator="mutated", base_seed="inputs/core_1.json", mutation_ops=("swap",))
    kept = KeptCorpus(MemoryStore(), "core")
    for buffers in ((b"a",), (b"b", b"c")):
        case = Case(core="core", input_name="mutated/1:0:1", buffers=buffers, provenance=made)
        one = kept_input(case, now=NOW, source="campaign", features=3)
        assert one is not None
        kept.add([one])
    return kept


def test_what_was_exported_comes_back_with_where_it_comes_from(tmp_path: Path, kept: KeptCorpus) -> None:
    read = kept.read()
    files = kept.exported(read)
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    archive = tmp_path.with_suffix(".tar.gz")
    archive.write_bytes(packed("core", files))
    assert packed("core", files) == archive.read_bytes()
    for path in (tmp_path, archive):
        every = list(foreign_inputs(path, core="core", now=NOW))
        assert {one.kept for one in every if isinstance(one, Offered)} == set(read.index.inputs)
        assert len(every) == 2


def test_an_index_of_a_newer_version_is_refused_and_a_damaged_one_is_an_input(tmp_path: Path) -> None:
    index = {"schema_version": SCHEMA_VERSION + 1, "core": "core", "inputs": []}
    (tmp_path / INDEX_NAME).write_bytes(msgspec.json.encode(index))
    with pytest.raises(StoreError, match="schema version"):
        found(tmp_path)
    (tmp_path / INDEX_NAME).write_bytes(b'{"core": ')
    assert found(tmp_path)[0] == {INDEX_NAME: (b'{"core": ',)}


def test_an_archive_that_leads_elsewhere_or_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        member = tarfile.TarInfo("../../etc/cron.d/x")
        member.size = 3
        archive.addfile(member, io.BytesIO(b"abc"))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        large = tarfile.TarInfo("large")
        large.size = 5 << 20
        archive.addfile(large, io.BytesIO(bytes(5 << 20)))
    assert found(path) == (
        {"x": (b"abc",)},
        {"link": "it is no plain file", "large": "it has more than 256 KiB"},
    )
    whole = path.read_bytes()
    for cut in (0, 1, 20, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        with pytest.raises(InputError, match="cannot be read"):
            found(path)


def test_a_campaign_from_before_corpora_were_kept(tmp_path: Path) -> None:
    folder = tmp_path / "20261126_165911_core"
    begun = Begun(
        seed=1,
        worker=0,
        generators=("mutated",),
        limits=Limits(),
        targets=(),
        cores=(CoreRecord(name="core", inputs="", guest_elf_sha256="", native_sha256="", seeds=()),),
    )
    records: list[Record] = [
        begun,
        Admitted(core="core", entry=Entry(number=0, buffers=(b"new",), seed="s", parent=0), features=2),
        Admitted(core="core", entry=Entry(number=1, buffers=(b"only a shape",), seed=""), features=0),
    ]
    with JournalFile(folder / "journal.jsonl", clock=lambda: 0.0) as journal:
        for record in records:
            journal.append(encode_record(record))
    for path in (folder, folder / "journal.jsonl"):
        (one,) = foreign_inputs(path, core="core", now=NOW)
        assert isinstance(one, Offered)
        assert (one.data, one.kept.source, one.kept.features) == (b"new", folder.name, 2)
        assert (one.kept.generator, one.kept.base_seed) == ("mutated", "s")
    with pytest.raises(InputError, match="no core `other` took part"):
        list(foreign_inputs(folder, core="other", now=NOW))


def test_the_store_of_the_fixture_is_one(kept: KeptCorpus) -> None:
    """A file beside the inputs that is none of them is left alone."""
    store = MemoryStore()
    store.put([ArtifactFile("corpus/core/notes.txt", b"mine")])
    assert KeptCorpus(store, "core").read().index.inputs == ()
    assert kept.read().problems == ()
