"""Typed values as bincode writes them, held against what the document of several buffers makes of them."""

import json
import struct

import pytest

from fuzzer.generate import bincode, stdin
from fuzzer.generate.bincode import UnfitError
from fuzzer.generate.structure import (
    ArrayType,
    Bincode,
    BoolType,
    BytesType,
    CharType,
    EnumType,
    EnumVariant,
    Field,
    FloatType,
    IntType,
    NamedType,
    OptionType,
    SequenceType,
    StructType,
    TextType,
    TupleType,
    Type,
    UnitType,
    map_type,
)
from fuzzer.generate.tree import Bits32, Bits64, Block, Char, Fixed, Maybe, Variant

U8, U16, U32, U64 = (IntType(bits=bits) for bits in (8, 16, 32, 64))
SHAPE = EnumType(
    name="Shape",
    variants=(
        EnumVariant(0, "Empty", UnitType()),
        EnumVariant(1, "Circle", U32),
        EnumVariant(5, "Box", StructType(fields=(Field("w", U8), Field("h", U8)))),
    ),
)
TREE = EnumType(
    variants=(EnumVariant(0, "Leaf", U8), EnumVariant(1, "Node", SequenceType(of=NamedType(name="Tree"))))
)
LENGTH_2 = b"\2\0\0\0\0\0\0\0"


def document_bytes(*entries: object) -> bytes:
    """What `*.stdin.json` makes of the same value."""

    def no_file(name: str) -> bytes:
        raise AssertionError(name)

    return b"".join(stdin.decode(json.dumps({"stdin": entries}).encode(), name="d", read_file=no_file))


@pytest.mark.parametrize(
    ("kind", "value", "data"),
    [
        (U8, 255, document_bytes({"u8": 255})),
        (IntType(bits=8, signed=True), -128, document_bytes({"i8": -128})),
        (U16, 258, document_bytes({"u16": 258})),
        (U64, 2**64 - 1, document_bytes({"u64": 2**64 - 1})),
        (IntType(bits=128), 2**128 - 1, document_bytes({"u128": 2**128 - 1})),
        (IntType(bits=128, signed=True), -1, document_bytes({"i128": -1})),
        (BoolType(), True, document_bytes({"bool": True})),
        (FloatType(bits=32), Bits32(0x3FC00000), document_bytes({"f32": 1.5})),
        (FloatType(bits=64), Bits64(0xFFF0 << 48), document_bytes({"f64": "-inf"})),
        (FloatType(bits=64), Bits64(0x7FF0000000000001), struct.pack("<Q", 0x7FF0000000000001)),
        (TextType(), "é🦀", document_bytes({"string": "é🦀"})),
        (BytesType(), b"\0\xff", document_bytes({"bytes": "00ff"})),
        (BytesType(size=3), Block(b"abc"), b"abc"),
        (CharType(), Char("a"), b"a"),
        (CharType(), Char("🦀"), "🦀".encode()),
        (UnitType(), None, b""),
        (OptionType(of=U16), Maybe(), b"\0"),
        (OptionType(of=U16), Maybe([7]), b"\1\7\0"),
        (SequenceType(of=U16), [1, 2], LENGTH_2 + b"\1\0\2\0"),
        (ArrayType(of=U16, size=2), Fixed([1, 2]), b"\1\0\2\0"),
        (TupleType(items=(U8, TextType())), Fixed([1, "ab"]), b"\1" + LENGTH_2 + b"ab"),
        (map_type(U8, BoolType()), [Fixed([1, True]), Fixed([1, False])], LENGTH_2 + b"\1\1\1\0"),
        (SHAPE, Variant(1, 9), b"\1\0\0\0\x09\0\0\0"),
        (SHAPE, Variant(5, Fixed([1, 2])), b"\5\0\0\0\1\2"),
    ],
)
def test_values_and_their_bytes(kind: Type, value: object, data: bytes) -> None:
    form = Bincode(root=kind)
    assert bincode.encode(form, value) == data
    found, rest = bincode.decode(form, data + b"rest")
    assert (found, rest) == (value, b"rest")
    assert type(found) is type(value)


def test_recursive_types_are_followed_by_name() -> None:
    form = Bincode(root=NamedType(name="Tree"), definitions={"Tree": TREE})
    value = Variant(1, [Variant(0, 3), Variant(1, [])])
    assert bincode.decode(form, bincode.encode(form, value)) == (value, b"")


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        (U32, b"\1\2", "2 bytes too few"),
        (BoolType(), b"\2", "2 is neither 0 nor 1"),
        (OptionType(of=U8), b"\2\0", "2 is neither 0 nor 1"),
        (TextType(), b"\1\0\0\0\0\0\0\0\xff", "invalid start byte"),
        (CharType(), b"\xc3", "too few"),
        (CharType(), b"\x80", "invalid start byte"),
        (CharType(), b"", "too few"),
        (BytesType(), b"\xff" * 8, "bytes too few"),
        (SequenceType(of=U8), b"\xff" * 8 + b"abc", "too few"),
        (SequenceType(of=UnitType()), b"\xff" * 8, "values without bytes"),
        (SHAPE, b"\2\0\0\0", "no variant has the number 2"),
        (NamedType(name="Gone"), b"", "no type is called Gone"),
    ],
)
def test_bytes_that_are_no_value(kind: Type, data: bytes, said: str) -> None:
    with pytest.raises(UnfitError, match=said):
        bincode.decode(Bincode(root=kind), data)


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        (U8, 256, "does not fit into 8 bits"),
        (U8, -1, "does not fit"),
        (U8, True, "bool is not the value of a IntType"),
        (TextType(), None, "NoneType is not"),
        (CharType(), Char("ab"), "2 characters are not one"),
        (BytesType(size=2), Block(b"abc"), "3 bytes are not 2"),
        (TupleType(items=(U8,)), Fixed([1, 2]), "2 values are not 1"),
        (SHAPE, Variant(4, None), "no variant has the number 4"),
    ],
)
def test_values_that_are_not_of_the_type(kind: Type, value: object, said: str) -> None:
    with pytest.raises(UnfitError, match=said):
        bincode.encode(Bincode(root=kind), value)


def test_values_without_an_end_are_refused_and_deep_ones_too() -> None:
    form = Bincode(root=NamedType(name="List"), definitions={"List": OptionType(of=NamedType(name="List"))})
    assert bincode.decode(form, b"\1" * 50 + b"\0")[1] == b""
    with pytest.raises(UnfitError, match="nested too deeply"):
        bincode.decode(form, b"\1" * 10_000)


def test_marks_are_the_places_of_lengths_and_choices() -> None:
    form = Bincode(root=TupleType(items=(U8, TextType(), OptionType(of=U8), SHAPE)))
    data, marks = bincode.encode_marked(form, Fixed([7, "ab", Maybe([1]), Variant(1, 9)]))
    assert [(mark.offset, mark.width) for mark in marks] == [(1, 8), (11, 1), (13, 4)]
    assert [data[mark.offset] for mark in marks] == [2, 1, 1]


def test_half_a_surrogate_pair_becomes_text_that_is_no_utf8() -> None:
    form = Bincode(root=TextType())
    with pytest.raises(UnfitError):
        bincode.decode(form, bincode.encode(form, "\ud83e"))
