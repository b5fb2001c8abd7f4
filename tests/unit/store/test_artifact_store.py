"""The local folder behind `ArtifactStore`."""

import errno
import os
import resource
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from fuzzer.errors import StoreError
from fuzzer.store.artifact_store import ArtifactFile, LocalStore


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "artifacts")


@pytest.fixture
def file_size_limit() -> Iterator[int]:
    """No file may grow beyond this: writing further fails as on a full disk.

    The limit is far above what the output of the tests themselves takes, which may go to a file too.
    """
    limit = 32 << 20
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, former[1]))
    yield limit
    resource.setrlimit(resource.RLIMIT_FSIZE, former)


def test_put_and_get(store: LocalStore) -> None:
    store.put([ArtifactFile("a.json", b"old"), ArtifactFile("run/b.json", b"0123456789")])
    store.put([ArtifactFile("a.json", b"new")])
    assert store.get("a.json") == b"new"
    assert store.get("run/b.json", start=2, length=3) == b"234"
    assert store.get("run/b.json", start=-2) == b"89"
    assert store.get("a.json", start=-10) == b"new"


def test_list_shows_files_and_folders_but_nothing_hidden(store: LocalStore) -> None:
    store.put([ArtifactFile(name, b"") for name in ("b", "a/x", "a/y", ".state")])
    assert store.list() == ["a/", "b"]
    assert store.list("a") == ["x", "y"]
    assert store.list("none") == []


def test_exists_and_delete(store: LocalStore) -> None:
    store.put([ArtifactFile("a/x", b"")])
    assert store.exists("a/x")
    store.delete("a/x")
    store.delete("a/x")
    assert not store.exists("a/x")


def test_only_what_is_executable_is_made_so(store: LocalStore) -> None:
    store.put([ArtifactFile("repro.sh", b"", executable=True), ArtifactFile("a.json", b"")])
    assert (store.root / "repro.sh").stat().st_mode & stat.S_IXUSR
    assert not (store.root / "a.json").stat().st_mode & stat.S_IXUSR


@pytest.mark.parametrize("path", ["/etc/passwd", "../up", "a/../../up", "", "."])
def test_paths_out_of_the_folder_are_refused(store: LocalStore, path: str) -> None:
    with pytest.raises(StoreError, match="not a path inside the artifacts folder"):
        store.put([ArtifactFile(path, b"")])
    with pytest.raises(StoreError, match="not a path inside the artifacts folder"):
        store.get(path)


def test_append_adds_to_the_end(store: LocalStore) -> None:
    store.append("log", b"one\n")
    store.append("log", b"two\n")
    assert store.get("log") == b"one\ntwo\n"


def test_append_that_does_not_fit_leaves_nothing(store: LocalStore, file_size_limit: int) -> None:
    store.append("log", b"a" * (file_size_limit - 10))
    with pytest.raises(StoreError, match="larger than allowed") as raised:
        store.append("log", b"b" * 11)
    assert raised.value.hint == "see `ulimit -f`"
    assert store.get("log") == b"a" * (file_size_limit - 10)


def test_put_that_does_not_fit_leaves_nothing(store: LocalStore, file_size_limit: int) -> None:
    store.put([ArtifactFile("old", b"old")])
    with pytest.raises(StoreError):
        store.put([ArtifactFile("old", b"new"), ArtifactFile("large", b"x" * (file_size_limit + 1))])
    assert store.get("old") == b"old"
    assert sorted(path.name for path in store.root.iterdir()) == [".lock", "old"]


def test_missing_file(store: LocalStore) -> None:
    with pytest.raises(StoreError, match="artifacts: none: there is no such file"):
        store.get("none")


def test_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "artifacts").write_text("")
    with pytest.raises(StoreError) as raised, LocalStore(tmp_path / "artifacts").lock():
        pass
    assert os.strerror(errno.EEXIST) in raised.value.message


def test_lock_may_be_nested(store: LocalStore) -> None:
    with store.lock(), store.lock():
        store.append("log", b"x")
    assert store.get("log") == b"x"


def test_sweep_removes_what_was_left_unfinished(store: LocalStore) -> None:
    store.put([ArtifactFile("run/a.json", b"")])
    for left_over in ("run/.b.json.0123abcd.tmp", "torn/outcomes/.c.json.0123abcd.tmp", ".d.0123abcd.tmp"):
        (store.root / left_over).parent.mkdir(parents=True, exist_ok=True)
        (store.root / left_over).write_bytes(b"x")
    store.sweep()
    assert sorted(path.name for path in store.root.rglob("*") if path.is_file()) == [".lock", "a.json"]
    assert not (store.root / "torn").exists()
