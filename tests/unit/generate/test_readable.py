"""Buffers as people read them."""

import struct

import pytest

from fuzzer.generate.readable import Readable, hex_dump, readable
from fuzzer.generate.structure import (
    RAW,
    Bincode,
    BytesType,
    CharType,
    EnumType,
    EnumVariant,
    Field,
    FloatType,
    Format,
    IntType,
    Json,
    NamedType,
    OptionType,
    SequenceType,
    StructType,
    TextType,
    TupleType,
    UnitType,
)

U64 = IntType(bits=64)
ORDER = StructType(
    name="Order",
    fields=(
        Field("id", U64),
        Field("note", TextType()),
        Field("side", NamedType(name="Side")),
        Field("limit", OptionType(of=FloatType(bits=64))),
        Field("tags", SequenceType(of=TupleType(items=(CharType(), BytesType())))),
    ),
)
SIDE = EnumType(
    name="Side",
    variants=(EnumVariant(0, "Buy", UnitType()), EnumVariant(1, "Sell", U64)),
)
TYPED = Bincode(root=ORDER, definitions={"Side": SIDE})


def u64(value: int) -> bytes:
    return struct.pack("<Q", value)


def order(side: bytes, limit: bytes, tags: bytes) -> bytes:
    return u64(7) + u64(4) + b'a"\n\xc2\xa2'[:4] + side + limit + tags


def test_a_typed_value_is_shown_as_rust_prints_it() -> None:
    sell = struct.pack("<I", 1) + u64(9)
    buffer = order(sell, b"\1" + struct.pack("<d", 1.5), u64(1) + b"x" + u64(2) + b"\0\xff")
    buffer = buffer.replace(b'a"\n\xc2', b'a"\nb')
    assert readable(TYPED, buffer + b"\7") == Readable(
        kind="typed",
        text='Order { id: 7, note: "a\\"\\nb", side: Sell(9), limit: Some(1.5), tags: [(\'x\', 0x00ff)] }\n'
        "followed by 1 byte: 07",
    )


def test_an_enum_without_a_value_and_an_empty_option() -> None:
    buffer = order(struct.pack("<I", 0), b"\0", u64(0)).replace(b'a"\n\xc2', b"abcd")
    assert readable(TYPED, buffer).text == 'Order { id: 7, note: "abcd", side: Buy, limit: None, tags: [] }'


@pytest.mark.parametrize(
    ("form", "buffer", "expected"),
    [
        (Json(), b'{"n": 1, "n": 2}\n', Readable(kind="JSON", text='{"n": 1, "n": 2}\n')),
        (Json(), b"{n", Readable(kind="text", text="{n")),
        (RAW, b"plain\ttext", Readable(kind="text", text="plain\ttext")),
        (RAW, b"", Readable(kind="text", text="")),
        (TYPED, b"\1\2", Readable(kind="bytes", text=hex_dump(b"\1\2"))),
        (RAW, b"\x1b[31m", Readable(kind="bytes", text=hex_dump(b"\x1b[31m"))),
    ],
)
def test_what_does_not_fit_is_text_or_bytes(form: Format, buffer: bytes, expected: Readable) -> None:
    assert readable(form, buffer) == expected


def test_bytes_are_lines_of_sixteen() -> None:
    first, second = hex_dump(bytes(range(0x38, 0x4A))).splitlines()
    assert first == "00000000  38 39 3a 3b 3c 3d 3e 3f 40 41 42 43 44 45 46 47  89:;<=>?@ABCDEFG"
    assert second.split() == ["00000010", "48", "49", "HI"]
