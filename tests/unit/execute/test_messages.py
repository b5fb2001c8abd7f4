"""Frames that are not of the protocol, and the request that a case becomes."""

import struct

import msgspec
import pytest

from fuzzer.execute.protocol import (
    MAX_FRAME,
    Failure,
    FrameReader,
    Loaded,
    ProtocolError,
    Run,
    encode,
    run_frame,
)
from fuzzer.model import Case, Limits


def frame(kind: int, body: bytes) -> bytes:
    return struct.pack("<IB", len(body) + 1, kind) + body


def test_limits_become_bytes_and_milliseconds() -> None:
    case = Case(core="fib", input_name="x", buffers=(b"24", b""))
    limits = Limits(wall_ms=1_500, memory_mb=256, output_mb=1)
    (request,) = FrameReader().feed(run_frame(case, limits, 7))
    assert request == Run(
        id=7, buffers=(b"24", b""), wall_ms=1_500, memory_bytes=256 * 1024**2, output_bytes=1024**2
    )


@pytest.mark.parametrize("length", [0, MAX_FRAME + 1, 2**32 - 1])
def test_length_out_of_range_is_refused_at_once(length: int) -> None:
    with pytest.raises(ProtocolError, match=f"a frame of {length} bytes"):
        list(FrameReader().feed(struct.pack("<IB", length, 5)))


def test_longest_frame_is_waited_for() -> None:
    assert list(FrameReader().feed(struct.pack("<IB", MAX_FRAME, 5))) == []


@pytest.mark.parametrize("kind", [0, 7, 255])
def test_unknown_kind(kind: int) -> None:
    with pytest.raises(ProtocolError, match=f"kind {kind}"):
        list(FrameReader().feed(frame(kind, b"\xc0")))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xc1",
        msgspec.msgpack.encode("text"),
        msgspec.msgpack.encode({}),
        msgspec.msgpack.encode({"elapsed_ns": None}),
        msgspec.msgpack.encode({"elapsed_ns": 1}) + b"\0",
    ],
    ids=["empty", "not MessagePack", "not a map", "a field is missing", "of another type", "bytes left over"],
)
def test_body_that_does_not_parse(body: bytes) -> None:
    with pytest.raises(ProtocolError, match="kind 3 that does not parse"):
        list(FrameReader().feed(frame(3, body)))


def test_text_that_is_not_utf8() -> None:
    with pytest.raises(ProtocolError, match="kind 6 that does not parse"):
        list(FrameReader().feed(frame(6, b"\xa1\xff")))


def test_messages_in_front_of_a_broken_frame_are_not_lost() -> None:
    messages = FrameReader().feed(encode(Loaded(elapsed_ns=1)) + frame(9, b""))
    assert next(messages) == Loaded(elapsed_ns=1)
    with pytest.raises(ProtocolError):
        next(messages)


def test_unknown_fields_are_passed_over() -> None:
    body = msgspec.msgpack.encode({"elapsed_ns": 1, "of_a_later_release": [1, 2]})
    (message,) = FrameReader().feed(frame(3, body))
    assert msgspec.structs.asdict(message) == {"elapsed_ns": 1}


def test_failure_is_its_text_alone() -> None:
    assert encode(Failure("no")) == b"\4\0\0\0\6\xa2no"
