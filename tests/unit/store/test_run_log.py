"""The run log."""

import json

import msgspec
import pytest
from sample_results import FLIPPED, NOON, OK, OOM, PANIC, TIMEOUT, comparison, recorded, result

from fuzzer.errors import StoreError
from fuzzer.model import CaseResult, Comparison, Outcome, Status
from fuzzer.store.input_copy import InputEncoding
from fuzzer.store.run_log import (
    PREVIEW_BYTES,
    TEXT_BYTES,
    RunLog,
    build_log,
    decode_log,
    diff_of,
    encode_document,
    outcome_record,
    reason_of,
)


def log(of: CaseResult, *, planted: str = "") -> RunLog:
    return build_log(recorded(of, planted=planted), run_id="20261121_120000_fib", created=NOON)


def test_document_reads_back() -> None:
    found = log(result(FLIPPED, PANIC))
    assert decode_log(encode_document(found), name="log.json") == found


def test_document_says_the_essentials_in_plain_words() -> None:
    document = json.loads(encode_document(log(result(FLIPPED, OK))))
    assert document["schema_version"] == 1
    assert document["created_utc"] == "2026-11-21T12:00:00Z"
    assert document["diff"] == {
        "equal": False,
        "reason": "commit #1, byte 0: native 2a000000 sp1 2b000000",
    }
    assert document["comparisons"][0]["first_difference"] == {
        "commit": 1,
        "byte": 0,
        "offset": 0,
        "reference": "2a000000",
        "other": "2b000000",
    }
    assert [run["target"]["name"] for run in document["targets"]] == ["native", "sp1", "sp1-portable"]
    assert document["targets"][0]["outcome"]["committed"]["preview"] == "2a000000"
    assert document["signature"] == "fib: native, sp1-portable | sp1: output at commit 1"
    assert document["attribution"] == "sp1 stands alone: suspect its executor"
    assert document["input"]["sizes"] == [8]
    assert document["planted"] == ""


def test_planted_fault_is_said() -> None:
    assert "planted on purpose: sp1:flip-bit" in log(result(FLIPPED), planted="flip-bit").planted


@pytest.mark.parametrize(
    ("buffers", "encoding"),
    [
        ((b'{"n":24}',), InputEncoding.RAW),
        ((b'{"n":',), InputEncoding.STDIN),
        ((b'"\xff"',), InputEncoding.STDIN),
        ((b"1", b"2"), InputEncoding.STDIN),
        ((), InputEncoding.STDIN),
    ],
)
def test_only_one_buffer_of_json_is_copied_as_it_is(
    buffers: tuple[bytes, ...], encoding: InputEncoding
) -> None:
    assert log(result(OK, buffers=buffers)).input.encoding is encoding


def test_what_is_shown_is_bounded() -> None:
    record = outcome_record(Outcome(status=Status.OK, stream=b"\1" * 10_000, stdout=b"x" * 10_000))
    assert record.committed.bytes == 10_000
    assert record.committed.preview == "01" * PREVIEW_BYTES
    assert record.stdout == "x" * TEXT_BYTES + f"… ({10_000 - TEXT_BYTES} more bytes)"


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (comparison("sp1", OK), ""),
        (comparison("sp1", TIMEOUT, reference=TIMEOUT), ""),
        (comparison("sp1", OOM), "inconclusive: sp1 oom: 2,048 MB reached"),
        (comparison("sp1", PANIC), "native ok, sp1 panic: index out of bounds"),
        (comparison("sp1", PANIC, repeated=2), "flaky: native ok, sp1 panic: index out of bounds"),
        (
            msgspec.structs.replace(comparison("sp1", PANIC), allowed_by="width"),
            "allowed (width): native ok, sp1 panic: index out of bounds",
        ),
    ],
)
def test_reason_in_the_contracts_words(entry: Comparison, reason: str) -> None:
    assert reason_of(entry) == reason
    assert entry.equal == (reason == "")


def test_diff_over_all_targets() -> None:
    assert diff_of(result(OK, OK).comparisons).equal
    both = diff_of(result(FLIPPED, OOM).comparisons)
    assert not both.equal
    assert both.reason == (
        "commit #1, byte 0: native 2a000000 sp1 2b000000; inconclusive: sp1-portable oom: 2,048 MB reached"
    )


def test_nothing_compared_is_not_equal() -> None:
    assert not diff_of([]).equal


def test_newer_document_is_refused_and_unknown_fields_are_not() -> None:
    document = json.loads(encode_document(log(result(OK))))
    document["later"] = {"field": 1}
    assert decode_log(json.dumps(document).encode(), name="l.json") == log(result(OK))
    document["schema_version"] = 2
    with pytest.raises(StoreError, match=r"l\.json has schema version 2, this `fuzz` reads up to 1"):
        decode_log(json.dumps(document).encode(), name="l.json")
