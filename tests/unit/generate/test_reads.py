"""What native runs tell of their reads, to what a core reads."""

import json
from pathlib import Path

import msgspec

from fuzzer.generate import codec
from fuzzer.generate.reads import known_reads
from fuzzer.generate.structure import RAW, Bincode, BytesType, IntType, Json, TextType

TRANSCRIPT = Path(__file__).parents[2] / "golden" / "protocol" / "reads.json"


def said(**fields: object) -> bytes:
    return msgspec.msgpack.encode(fields)


def typed(form: object, name: str = "T", **registry: object) -> bytes:
    return said(kind="typed", name=name, format=form, registry=registry)


RAW_READ = said(kind="raw")
U32 = Bincode(root=IntType(bits=32))


def test_reads_of_the_transcript() -> None:
    told = [bytes.fromhex(read) for read in json.loads(TRANSCRIPT.read_text())[1]["message"]["reads"]]
    known = known_reads([told], [(b"", b"[1, 2]", b"", b"", b"{}")])
    order, raw, same, opaque, beyond = known.form.buffers
    assert order == same
    parsed = codec.parse(order, b"abcd" + (1).to_bytes(4, "little") + (7).to_bytes(16, "little"))
    assert parsed is not None
    assert parsed.rest == b""
    assert isinstance(raw, Json), "what a seed shows of a raw read"
    assert opaque == RAW
    assert isinstance(beyond, Json), "what no run reads"
    assert known.unknown == ("`guest::Any`: it takes values of any form, which bincode does not have",)


def test_without_typed_reads_the_seeds_say_what_is_read() -> None:
    known = known_reads([[RAW_READ, RAW_READ, RAW_READ]], [(b"{}",)])
    assert [type(form) for form in known.form.buffers] == [Json]
    assert known_reads([], []).form.buffers == ()
    assert known_reads([()], [(b"x",)]).form.buffers == (RAW,)


def test_what_most_runs_read_at_a_place_counts_and_the_first_of_several() -> None:
    text = typed("STR", "String")
    runs = [[typed("U32"), text], [RAW_READ, typed("U32")], [typed("U32")], []]
    assert known_reads(runs, [(b"",)]).form.buffers == (U32, Bincode(root=TextType()))


def test_bytes_are_bytes() -> None:
    known = known_reads([[typed({"SEQ": "U8"}), typed({"TUPLEARRAY": {"CONTENT": "U8", "SIZE": 3}})]], [])
    assert [form.root for form in known.form.buffers if isinstance(form, Bincode)] == [
        BytesType(),
        BytesType(size=3),
    ]


def test_a_type_without_end_is_not_known() -> None:
    endless = typed({"TYPENAME": "E"}, "guest::E", E={"NEWTYPESTRUCT": {"TYPENAME": "E"}})
    known = known_reads([[endless, typed("U32")]], [(b"x", b"y")])
    assert known.form.buffers == (RAW, U32)
    assert known.unknown == ("`guest::E`: guest::E: E: every value of it would have no end",)


def test_a_type_that_the_registry_does_not_hold_is_not_known() -> None:
    known = known_reads([[typed({"TYPENAME": "Lost"}, "guest::Lost"), typed("U32")]], [])
    assert known.form.buffers == (RAW, U32)
    assert "no type is called `Lost`" in known.unknown[0]


def test_behind_what_cannot_be_read_nothing_is_believed() -> None:
    for broken in (b"", b"\xc1", said(kind="later"), said(kind="same", read=7), said(kind="same", read=-1)):
        known = known_reads([[typed("U32"), broken, typed("U32")]], [(b"", b"{}", b"")])
        form, *others = known.form.buffers
        assert form == U32
        assert [type(other).__name__ for other in others] == ["Json", "Raw"]
