"""What every artifact store does alike: a folder, and an object store (here obstore's, in memory)."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from fuzzer.errors import StoreError
from fuzzer.store.artifact_store import ArtifactFile, ArtifactStore, LocalStore
from fuzzer.store.object_store import LEASE_SECONDS, ObjectStore
from fuzzer.store.redact import Redactor

SECRET = "correct-horse-battery"  # noqa: S105 - planted

Opener = Callable[[], ArtifactStore]


@pytest.fixture(params=["local", "object"])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    """Opens the same place anew, as another process does."""
    redactor, backend = Redactor({"API_TOKEN": SECRET}), MemoryStore()
    if request.param == "local":
        return lambda: LocalStore(tmp_path, redactor=redactor)
    return lambda: ObjectStore(backend, redactor=redactor)


def test_what_is_put_is_read_by_another(opener: Opener) -> None:
    opener().put([ArtifactFile("a/b.json", b"one"), ArtifactFile("c", b"")])
    opener().put([ArtifactFile("a/b.json", b"two")])
    assert (opener().get("a/b.json"), opener().get("c")) == (b"two", b"")


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [(0, 2, b"01"), (3, None, b"3456789"), (-2, None, b"89"), (-99, 1, b"0"), (10, None, b""), (8, 9, b"89")],
)
def test_parts_are_read(opener: Opener, start: int, length: int | None, expected: bytes) -> None:
    opener().put([ArtifactFile("x", b"0123456789")])
    assert opener().get("x", start=start, length=length) == expected


def test_names_are_listed_sorted_without_hidden_ones(opener: Opener) -> None:
    store = opener()
    assert store.list() == store.list("nowhere") == []
    store.put([ArtifactFile(name, b"") for name in ("b", "a/x", "a/y/z", ".hidden")])
    assert (store.list(), store.list("a")) == (["a/", "b"], ["x", "y/"])
    assert [store.exists(name) for name in ("b", "a", "a/y", "a/x", "c", "a/z")] == [True] * 4 + [False] * 2


def test_delete_takes_files_and_empty_folders(opener: Opener) -> None:
    store = opener()
    store.put([ArtifactFile("a/x", b"1")])
    store.delete("a/x")
    store.delete("a/x")
    assert not store.exists("a")


def test_what_is_not_there_is_said(opener: Opener) -> None:
    with pytest.raises(StoreError, match="there is no such file"):
        opener().get("nothing")


@pytest.mark.parametrize("name", ["/etc/x", "../x", "a/../../x", ""])
def test_names_that_lead_out_are_refused(opener: Opener, name: str) -> None:
    with pytest.raises(StoreError, match="not a path inside"):
        opener().put([ArtifactFile(name, b"")])


def test_secrets_are_taken_out_of_puts_and_appends(opener: Opener) -> None:
    store = opener()
    store.put([ArtifactFile("log.txt", f"token {SECRET}\n".encode())])
    store.append("log.txt", f"again {SECRET}\n".encode())
    assert SECRET.encode() not in store.get("log.txt")
    assert store.get("log.txt").count(b"\n") == 2


def test_appends_of_several_writers_are_all_there(opener: Opener) -> None:
    def write(number: int) -> None:
        store = opener()
        for count in range(5):
            store.append("rows", f"{number} {count}\n".encode())

    threads = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = sorted(f"{number} {count}" for number in range(3) for count in range(5))
    assert sorted(opener().get("rows").decode().splitlines()) == expected


def test_the_lock_nests_and_keeps_others_out(opener: Opener) -> None:
    first, order = opener(), []

    def other() -> None:
        opener().put([ArtifactFile("x", b"other")])
        order.append("other")

    thread = threading.Thread(target=other)
    with first.lock(), first.lock():
        thread.start()
        first.put([ArtifactFile("x", b"first")])
        order.append("first")
    thread.join()
    assert (order, first.get("x")) == (["first", "other"], b"other")


def test_the_lease_of_a_dead_writer_is_taken_over_and_it_cannot_write_any_more() -> None:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    backend = MemoryStore()
    dead = ObjectStore(backend, clock=lambda: now[0], sleep=sleep)
    alive = ObjectStore(backend, clock=lambda: now[0], sleep=sleep)
    with dead.lock():
        alive.put([ArtifactFile("x", b"alive")])
        assert LEASE_SECONDS <= now[0] < LEASE_SECONDS + 1
        with pytest.raises(StoreError, match="taken over"):
            dead.put([ArtifactFile("x", b"dead")])
    assert alive.get("x") == b"alive"
