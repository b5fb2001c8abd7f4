"""The files of a project that say what was decided."""

import threading
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from fuzzer.errors import ConfigError
from fuzzer.store.artifact_store import LocalStore
from fuzzer.store.redact import Redactor
from fuzzer.store.triage_state import TriageState
from fuzzer.triage.allowed import load_allowed
from fuzzer.triage.marks import Mark, Seen, State

ENTRY = {
    "id": "triage-01234567-output",
    "core": "fib",
    "signature": "fib: native | sp1: output",
    "targets": ["sp1"],
    "symptom": "output",
    "reason": 'a "reason" with \\ and \x7f and\nlines',
    "link": "none",
    "expires": date(2027, 1, 1),
}
BY_HAND = """\
# A comment.

[[allowed]]
id = "mine"   # stays
core = "io"
targets = ["sp1"]
symptom = "crash"
reason = "r"
link = "l"
"""


@pytest.fixture(name="state")
def fixture_state(tmp_path: Path) -> TriageState:
    """The state of a project without any."""
    store = LocalStore(tmp_path / "artifacts")
    return TriageState(
        store, marks=tmp_path / "inputs" / "triage.toml", allowed=tmp_path / "inputs" / "a.toml"
    )


def put(state: TriageState, mark: Mark) -> None:
    def changed(marks: Mapping[str, Mark]) -> Mapping[str, Mark]:
        return {**marks, mark.signature: mark}

    state.update(changed)


def test_marks_come_back_as_they_were(state: TriageState) -> None:
    marks = [
        Mark(
            signature='a "quoted" | \\ signature\x7f',
            state=State.REPORTED,
            since=date(2026, 11, 26),
            reason="two\nlines",
            link="https://example.org/1",
            retested=date(2026, 11, 26),
            on=("sp1 6.10.0", "sp1-portable 6.10.0"),
            seen=Seen.CHANGED,
        ),
        Mark(signature="other"),
    ]
    for mark in marks:
        put(state, mark)
    assert state.read() == {mark.signature: mark for mark in marks}


def test_two_at_once_lose_nothing(tmp_path: Path) -> None:
    def work(name: str) -> None:
        own = TriageState(
            LocalStore(tmp_path / "artifacts"), marks=tmp_path / "triage.toml", allowed=tmp_path / "a.toml"
        )
        for number in range(20):
            put(own, Mark(signature=f"{name} {number}"))
            own.accept([{**ENTRY, "id": f"{name}-{number}-"}], prefix=f"{name}-{number}-")

    threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store = LocalStore(tmp_path / "artifacts")
    assert len(TriageState(store, marks=tmp_path / "triage.toml", allowed=tmp_path).read()) == 60
    assert len(load_allowed(tmp_path / "a.toml").entries) == 60


def test_accepting_keeps_what_people_wrote(state: TriageState, tmp_path: Path) -> None:
    path = tmp_path / "inputs" / "a.toml"
    path.parent.mkdir()
    path.write_text(BY_HAND)
    state.accept([ENTRY], prefix="triage-01234567-")
    assert path.read_text().startswith(BY_HAND.rstrip())
    mine, accepted = load_allowed(path).entries
    assert mine.id == "mine"
    assert accepted.reason == ENTRY["reason"]
    assert accepted.expires == date(2027, 1, 1)
    state.accept([{**ENTRY, "reason": "again"}], prefix="triage-01234567-")
    assert [entry.reason for entry in load_allowed(path).entries] == ["r", "again"]
    state.accept([], prefix="triage-01234567-")
    assert path.read_text().rstrip() == BY_HAND.rstrip()


def test_nothing_to_withdraw_writes_nothing(state: TriageState, tmp_path: Path) -> None:
    state.accept([], prefix="triage-x-")
    assert not (tmp_path / "inputs").exists()


def test_broken_file_is_not_written_over(state: TriageState, tmp_path: Path) -> None:
    for name in ("a.toml", "triage.toml"):
        path = tmp_path / "inputs" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("broken [")
    with pytest.raises(ConfigError):
        state.accept([ENTRY], prefix="triage-")
    with pytest.raises(ConfigError):
        put(state, Mark(signature="s"))
    assert (tmp_path / "inputs" / "triage.toml").read_text() == "broken ["
    assert (tmp_path / "inputs" / "a.toml").read_text() == "broken ["


def test_secrets_are_taken_out_of_what_is_added(tmp_path: Path) -> None:
    # One of them is also the name of a field, which stays.
    redactor = Redactor({"A_TOKEN": "hunter22", "B_TOKEN": "signature"})
    files = {name: tmp_path / f"{name}.toml" for name in ("marks", "allowed")}
    state = TriageState(LocalStore(tmp_path / "artifacts"), **files, redactor=redactor)
    state.update(
        lambda _: {
            "s": Mark(signature="s", reason="see hunter22", link="https://{}@example.org/1".format("me:pw"))
        }
    )
    state.accept([ENTRY | {"reason": "as hunter22 says"}], prefix="triage-01234567")
    assert state.read()["s"].reason == "see [redacted]"
    assert state.read()["s"].link == "https://[redacted]@example.org/1"
    assert "as [redacted] says" in files["allowed"].read_text()
    assert not any("hunter22" in path.read_text() for path in files.values())
