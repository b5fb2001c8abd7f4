"""However a stream of frames is cut into chunks, the same messages come out."""

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzzer.execute.protocol import (
    Failure,
    FrameReader,
    Hello,
    Load,
    Loaded,
    Message,
    ProtocolError,
    Run,
    RunOutcome,
    encode,
)
from fuzzer.model import Status

_U64 = st.integers(0, 2**64 - 1)
_BYTES = st.binary(max_size=300)
_TEXT = st.text(max_size=40)

_HELLOS = st.builds(
    Hello,
    protocol=st.integers(0, 2**32 - 1),
    name=_TEXT,
    vm_version=_TEXT,
    capabilities=st.lists(_TEXT, max_size=4).map(tuple),
    planted=_TEXT,
)
_RUNS = st.builds(
    Run,
    id=_U64,
    buffers=st.lists(_BYTES, max_size=4).map(tuple),
    wall_ms=_U64,
    memory_bytes=_U64,
    output_bytes=_U64,
)
_OUTCOMES = st.builds(
    RunOutcome,
    id=_U64,
    status=st.sampled_from(Status),
    exit_code=st.none() | st.integers(-(2**31), 2**31 - 1),
    signal=st.none() | st.integers(1, 64),
    stream=_BYTES,
    commit_ends=st.none() | st.lists(_U64, max_size=20).map(tuple),
    message=_TEXT,
    stdout=_BYTES,
    stderr=_BYTES,
    cycles=st.none() | _U64,
    elapsed_ns=_U64,
    peak_memory=st.none() | _U64,
)
_MESSAGES: st.SearchStrategy[Message] = st.one_of(
    _HELLOS,
    st.builds(Load, program=_BYTES),
    st.builds(Loaded, elapsed_ns=_U64),
    _RUNS,
    _OUTCOMES,
    st.builds(Failure, _TEXT),
)


@given(messages=st.lists(_MESSAGES, max_size=6), data=st.data())
def test_any_chunking_gives_the_same_messages(messages: list[Message], data: st.DataObject) -> None:
    stream = b"".join(map(encode, messages))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    reader = FrameReader()
    received: list[Message] = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        received += reader.feed(stream[start:end])
    assert received == messages


@given(message=_MESSAGES)
def test_a_message_comes_out_with_its_last_byte_and_not_before(message: Message) -> None:
    frame = encode(message)
    reader = FrameReader()
    assert list(reader.feed(frame[:-1])) == []
    assert list(reader.feed(frame[-1:])) == [message]


@given(kind=st.integers(0, 8), garbage=st.binary(max_size=200))
def test_garbage_is_nothing_worse_than_a_protocol_error(kind: int, garbage: bytes) -> None:
    frame = struct.pack("<IB", len(garbage) + 1, kind) + garbage
    with suppress(ProtocolError):
        assert len(list(FrameReader().feed(frame))) == 1


@given(message=_MESSAGES, kind=st.integers(0, 255).filter(lambda kind: not 1 <= kind <= 8))
def test_an_unknown_kind_is_refused_before_its_body_is_there(message: Message, kind: int) -> None:
    frame = encode(message)
    with pytest.raises(ProtocolError, match=f"kind {kind}"):
        list(FrameReader().feed(frame[:4] + bytes([kind])))
