"""The document of several buffers."""

import json
import struct

import pytest

from fuzzer.errors import InputError
from fuzzer.generate.stdin import decode, encode


def read_file(name: str) -> bytes:
    return {"other.bin": b"\xde\xad"}[name]


def decode_entries(*entries: object) -> tuple[bytes, ...]:
    return decode(json.dumps({"stdin": entries}).encode(), name="in.stdin.json", read_file=read_file)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"u8": 255}, b"\xff"),
        ({"u16": 258}, b"\x02\x01"),
        ({"u32": 24}, b"\x18\0\0\0"),
        ({"u64": 2**64 - 1}, b"\xff" * 8),
        ({"u128": 1}, b"\1" + b"\0" * 15),
        ({"i8": -128}, b"\x80"),
        ({"i128": -1}, b"\xff" * 16),
        ({"bool": True}, b"\1"),
        ({"f32": 1.5}, struct.pack("<f", 1.5)),
        ({"f64": -2}, struct.pack("<d", -2)),
        ({"f64": "-inf"}, struct.pack("<d", float("-inf"))),
        ({"string": "é"}, b"\2\0\0\0\0\0\0\0\xc3\xa9"),
        ({"bytes": "00ff"}, b"\2\0\0\0\0\0\0\0\x00\xff"),
        ({"hex": "00 ff"}, b"\x00\xff"),
        ({"utf8": "text"}, b"text"),
        ({"file": "other.bin"}, b"\xde\xad"),
        ({"json": {"b": [1, 2.5], "a": "é"}}, '{"b":[1,2.5],"a":"é"}'.encode()),
        ({"bincode": [{"u8": 1}, {"string": "x"}]}, b"\1\1\0\0\0\0\0\0\0x"),
        ({"bincode": []}, b""),
    ],
)
def test_each_kind(entry: dict[str, object], expected: bytes) -> None:
    assert decode_entries(entry) == (expected,)


def test_one_buffer_for_each_entry() -> None:
    assert decode_entries({"u8": 1}, {"hex": ""}, {"utf8": "z"}) == (b"\1", b"", b"z")


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"u8": 256}, "`u8`: 256 is out of range: 0 to 255"),
        ({"i8": -129}, "`i8`: -129 is out of range: -128 to 127"),
        ({"u32": -1}, "out of range"),
        ({"u32": 1.0}, "1.0 is not an integer"),
        ({"u32": True}, "true is not an integer"),
        ({"bool": 1}, "neither true nor false"),
        ({"f32": 1e39}, "out of range"),
        ({"f32": "infinite"}, "neither a number nor one of inf"),
        ({"u33": 1}, "unknown kind `u33`: did you mean `u32`?"),
        ({"hex": "0g"}, "`hex`"),
        ({"utf8": 5}, "5 is not a string"),
        ({"utf8": "\ud800"}, "`utf8`"),
        ({"bincode": {"u8": 1}}, "not a list of typed parts"),
        ({"bincode": [{"u8": 1}, {"hex": "00"}]}, "`bincode`: part #2: unknown kind `hex`"),
        ({"u8": 1, "u16": 2}, "not an object with one key"),
        (24, "24 is not an object with one key"),
    ],
)
def test_wrong_entry_is_pointed_at(entry: object, said: str) -> None:
    with pytest.raises(InputError) as raised:
        decode_entries({"u8": 1}, entry)
    assert raised.value.message.startswith("in.stdin.json: entry #2: ")
    assert said in raised.value.message


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (b'{"stdin": [\n  {"u32": 24},\n]}', "broken JSON at line 3, column 1"),
        (b"[]", "no list under the key `stdin`"),
        (b'{"stdin": {}}', "no list under the key `stdin`"),
        (b'{"stdin": [], "sdtin": []}', "unknown key `sdtin`"),
        (b'{"stdin": [{"f64": NaN}]}', "NaN is not JSON"),
        (b"\xff", "in.stdin.json: 'utf-8'"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_wrong_document(document: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        decode(document, name="in.stdin.json", read_file=read_file)


def test_encode_shows_readable_buffers_as_text() -> None:
    assert json.loads(encode([b"two\nlines", b"\0", b"\xff", b""])) == {
        "stdin": [{"utf8": "two\nlines"}, {"hex": "00"}, {"hex": "ff"}, {"utf8": ""}]
    }
