"""A folder with a copy in an object store that may be out of reach."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from fuzzer.errors import ConfigError, StoreError
from fuzzer.store.artifact_store import ArtifactFile
from fuzzer.store.mirrored_store import MirroredStore, files_in, pull
from fuzzer.store.object_store import ObjectStore
from fuzzer.store.open_store import open_store
from fuzzer.store.redact import Redactor


class Remote(ObjectStore):
    """An object store in memory that can be out of reach, or go away after some files."""

    def __init__(self) -> None:
        super().__init__(MemoryStore(), redactor=Redactor({}))
        self.files_left = 1_000

    def put(self, files: Sequence[ArtifactFile], *, durable: bool = True) -> None:
        """Keep files until the network goes."""
        for file in files:
            if not self.files_left:
                raise StoreError("no route")
            self.files_left -= 1
            super().put([file], durable=durable)


@pytest.fixture
def remote() -> Remote:
    return Remote()


def mirror(root: Path, remote: ObjectStore) -> MirroredStore:
    return MirroredStore(root, remote, redactor=Redactor({}))


def file(name: str, text: str = "x", *, executable: bool = False) -> ArtifactFile:
    return ArtifactFile(name, text.encode(), executable=executable)


def test_what_is_written_is_sent_once(tmp_path: Path, remote: Remote) -> None:
    store = mirror(tmp_path / "a", remote)
    store.put([file("summary.csv", "a\n"), file("r/run_log.json", "{}")])
    store.append("summary.csv", b"b\n")
    assert store.waiting() == 2
    assert store.push() == 2
    assert (store.waiting(), store.push()) == (0, 0)
    assert remote.get("summary.csv") == b"a\nb\n"
    assert list(files_in(remote)) == ["r/run_log.json", "summary.csv"]


def test_a_file_that_is_written_again_after_it_was_sent_is_sent_again(tmp_path: Path, remote: Remote) -> None:
    store = mirror(tmp_path, remote)
    for text in ("one", "two"):
        store.put([file("a.json", text)])
        assert store.push() == 1
        assert remote.get("a.json") == text.encode()


def test_what_is_deleted_here_is_deleted_there(tmp_path: Path, remote: Remote) -> None:
    store = mirror(tmp_path, remote)
    store.put([file("r/a"), file("b")])
    store.push()
    store.delete("r/a")
    store.push()
    assert list(files_in(remote)) == ["b"]


@pytest.mark.parametrize("files_left", [0, 1, 2, 3])
def test_nothing_is_lost_when_the_network_goes_at_any_moment(
    tmp_path: Path, remote: Remote, files_left: int
) -> None:
    store = mirror(tmp_path, remote)
    remote.files_left = files_left
    store.put([file("a"), file("b"), file("c")])
    with pytest.raises(StoreError, match="no route"):
        store.push()
    store.put([file("d")])
    assert store.waiting() == 4
    remote.files_left = 1_000
    later = mirror(tmp_path, remote)
    assert later.push() == 4
    assert list(files_in(remote)) == ["a", "b", "c", "d"]


def test_a_killed_writer_has_noted_what_it_wrote(tmp_path: Path, remote: Remote) -> None:
    mirror(tmp_path, remote).put([file("a")])
    with (tmp_path / ".outbox").open("ab") as outbox:
        outbox.write(b'"cut')
    second = mirror(tmp_path, remote)
    second.put([file("b")])
    assert second.push() == 2
    assert list(files_in(remote)) == ["a", "b"]


def test_two_writers_send_what_both_wrote(tmp_path: Path, remote: Remote) -> None:
    one, two = mirror(tmp_path, remote), mirror(tmp_path, remote)
    one.put([file("a", "1")])
    two.put([file("b"), file("a", "2")])
    one.push()
    two.put([file("b", "later")])
    one.put([file("a", "3")])
    assert two.push() == 2
    assert (remote.get("a"), remote.get("b")) == (b"3", b"later")


def test_an_object_store_takes_the_files_of_one_folder(tmp_path: Path, remote: Remote) -> None:
    one, other = mirror(tmp_path / "one", remote), mirror(tmp_path / "other", remote)
    one.put([file("summary.csv", "mine")])
    one.push()
    other.put([file("summary.csv", "yours")])
    with pytest.raises(StoreError, match="another folder"):
        other.push()
    assert (other.waiting(), remote.get("summary.csv")) == (1, b"mine")


def test_a_run_is_brought_to_another_folder(tmp_path: Path, remote: Remote) -> None:
    one, other = mirror(tmp_path / "one", remote), mirror(tmp_path / "other", remote)
    one.put([file("r/repro.sh", executable=True), file("r/input.json", "7"), file("s/input.json")])
    one.push()
    assert pull(other, "r") == (2, 2)
    assert pull(other, "r") == (2, 0)
    assert list(files_in(other)) == ["r/input.json", "r/repro.sh"]
    assert (other.root / "r/repro.sh").stat().st_mode & 0o100
    assert not (other.root / "r/input.json").stat().st_mode & 0o100
    assert other.waiting() == 0


def test_a_file_that_is_here_is_not_replaced(tmp_path: Path, remote: Remote) -> None:
    one, other = mirror(tmp_path / "one", remote), mirror(tmp_path / "other", remote)
    one.put([file("a", "there")])
    one.push()
    other.put([file("a", "here")])
    assert pull(other) == (1, 0)
    assert other.get("a") == b"here"


def test_all_of_a_folder_can_be_sent_that_had_no_object_store_before(tmp_path: Path, remote: Remote) -> None:
    open_store(tmp_path).put([file("old/a"), file("b")])
    store = mirror(tmp_path, remote)
    assert store.push() == 0
    store.note_all()
    assert store.push() == 2


@pytest.mark.parametrize(
    "url", ["https://example.org/bucket", "bucket/prefix", "s3://key:word@bucket", "s3://"]
)
def test_what_is_no_object_store_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match="url") as refused:
        open_store(tmp_path, url=url)
    assert "\n" not in refused.value.message
