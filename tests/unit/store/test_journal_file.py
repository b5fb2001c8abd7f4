"""A file of records that survives whoever writes it."""

import errno
import os
from pathlib import Path

import pytest

from fuzzer.errors import StoreError
from fuzzer.store.journal import JournalFile, read_journal
from fuzzer.store.redact import Redactor, SecretWarning

RECORDS = [b'{"n":%d,"text":"%s"}' % (number, b"x" * number) for number in range(6)]


def clock() -> float:
    return 0.0


def written(path: Path, records: list[bytes] = RECORDS) -> bytes:
    with JournalFile(path, clock=clock) as journal:
        for record in records:
            journal.append(record)
    return path.read_bytes()


def test_what_was_appended_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a" / "journal.jsonl"
    written(path)
    assert read_journal(path) == RECORDS
    with JournalFile(path, clock=clock) as journal:
        assert (journal.records, journal.cut.bytes) == (RECORDS, 0)
        journal.append(b'{"n":7}', durable=True)
    assert read_journal(path) == [*RECORDS, b'{"n":7}']


@pytest.mark.parametrize("torn_by", ["cutting", "zeros", "garbage"])
def test_a_tail_torn_at_any_byte_is_cut_reported_and_kept(tmp_path: Path, torn_by: str) -> None:
    path = tmp_path / "journal.jsonl"
    whole = written(path)
    ends = [at + 1 for at, byte in enumerate(whole) if byte == 0x0A]
    for size in range(ends[-3], len(whole)):
        rest = {"cutting": b"", "zeros": bytes(len(whole) - size), "garbage": b'{"n":1}\n{"n":2}\n'}[torn_by]
        torn = whole[:size] + rest
        good = max(end for end in ends if end <= size)
        path.write_bytes(torn)
        with JournalFile(path, clock=clock) as journal:
            assert journal.records == RECORDS[: ends.index(good) + 1]
            assert journal.cut.bytes == len(torn) - good
            if journal.cut.bytes:
                assert (tmp_path / journal.cut.kept).read_bytes() == torn[good:]
            journal.append(b'{"more":1}')
        assert read_journal(path)[-1] == b'{"more":1}'


def test_a_changed_byte_anywhere_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    whole = written(path, RECORDS[:3])
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert read_journal(path) == RECORDS[: whole[:at].count(b"\n")]


def test_only_one_process_has_it_open(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with JournalFile(path, clock=clock), pytest.raises(StoreError, match="another process works on"):
        JournalFile(path, clock=clock)
    JournalFile(path, clock=clock).close()


def test_a_full_disk_leaves_whole_records_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "journal.jsonl"
    really = os.write

    def half(descriptor: int, data: bytes) -> int:
        if len(data) > 8:
            return really(descriptor, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    with JournalFile(path, clock=clock) as journal:
        journal.append(RECORDS[0])
        with monkeypatch.context() as patched:
            patched.setattr(os, "write", half)
            with pytest.raises(StoreError, match="the disk is full"):
                journal.append(RECORDS[1])
        journal.append(RECORDS[2])
    assert read_journal(path) == [RECORDS[0], RECORDS[2]]


def test_records_reach_the_disk_at_once_or_within_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    synced: list[int] = []
    with JournalFile(tmp_path / "journal.jsonl", clock=lambda: now[0]) as journal:
        monkeypatch.setattr(os, "fsync", synced.append)
        for time, durable, expected in [
            (0.5, False, 0),
            (0.6, True, 1),
            (1.5, False, 1),
            (1.7, False, 2),
            (-9.0, False, 3),  # the clock has jumped back
        ]:
            now[0] = time
            journal.append(b'{"n":1}', durable=durable)
            assert len(synced) == expected


def test_secrets_are_taken_out_of_texts_and_told_of_in_what_cases_are_made_of(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    redactor = Redactor({"DEPLOY_TOKEN": "hunter22"})
    with JournalFile(path, clock=clock, redactor=redactor) as journal:
        journal.append(
            b'{"type":"found","core":"fib","signature":"at hunter22","inner":{"input_name":"hunter22"}}'
        )
        journal.append(b'{"type":"done","repeated":{"at hunter22":2}}')
        with pytest.warns(SecretWarning, match="holds the value of DEPLOY_TOKEN"):
            journal.append(b'{"type":"turn","core":"hunter22"}')
    assert read_journal(path) == [
        b'{"type":"found","core":"fib","signature":"at [redacted]","inner":{"input_name":"[redacted]"}}',
        b'{"type":"done","repeated":{"at [redacted]":2}}',
        b'{"type":"turn","core":"hunter22"}',
    ]
