"""Edits that make what a run compared equal."""

import json
import struct

import pytest

from fuzzer.generate import bincode
from fuzzer.generate.comparisons import MOST_EDITS, Comparison, apply, decode, edits
from fuzzer.generate.schema import parse_schema
from fuzzer.generate.structure import (
    RAW,
    Bincode,
    EnumType,
    EnumVariant,
    Field,
    Format,
    InputFormat,
    IntType,
    Json,
    OptionType,
    SequenceType,
    StructType,
    TextType,
    TupleType,
)
from fuzzer.generate.tree import Fixed

DOCUMENT = b'{"name":"south","limit":500,"orders":[{"amount":7},{"amount":30}]}'


def edited(
    one: int | bytes, other: int | bytes, buffer: bytes = DOCUMENT, form: Format | None = None
) -> list[bytes]:
    """Every input that comes of one comparison."""
    whole = InputFormat(buffers=(form or Json(),))
    pairs = [Comparison(40_000, one, other)]
    return [apply(whole, [buffer], edit)[0] for edit in edits(whole, [buffer], pairs)]


def every(_: int) -> bool:
    return True


def record(number: int, one: bytes, other: bytes) -> bytes:
    return struct.pack("<IB", number, len(one)) + one + other


def test_numbers_have_eight_bytes_and_what_is_cut_off_is_passed_over() -> None:
    told = record(32_769, (5).to_bytes(8, "little"), (7).to_bytes(8, "little")) + record(3, b"abc", b"xyz")
    expected = [Comparison(32_769, 5, 7), Comparison(3, b"abc", b"xyz")]
    assert decode(told, every) == expected
    assert decode(told[:-1], every) == expected[:1]
    assert decode(told + b"\x01\x02", every) == expected


def test_only_the_bins_that_are_wanted_are_told() -> None:
    told = b"".join(record(number, b"abc", b"xyz") for number in (3, 4, 5, 3))
    assert [pair.bin for pair in decode(told, {3, 5}.__contains__)] == [3, 5, 3]


@pytest.mark.parametrize(("one", "other"), [(500, 70_000), (70_000, 500)])
def test_a_number_becomes_what_it_was_compared_with_or_its_neighbour(one: int, other: int) -> None:
    limits = [json.loads(document)["limit"] for document in edited(one, other)]
    assert limits[0] == 70_000, "the likeliest edit comes first"
    assert {69_999, 70_000, 70_001} <= set(limits)


def test_a_text_becomes_what_it_was_compared_with_and_so_does_a_part_of_it() -> None:
    assert b'"north"' in edited(b"south", b"north")[0]
    assert any(b'"santh"' in document for document in edited(b"ou", b"an"))
    assert any(b'"total":500' in document for document in edited(b"limit", b"total"))


def test_texts_and_arrays_get_the_length_that_theirs_was_compared_with() -> None:
    documents = [json.loads(document) for document in edited(5, 7)]
    assert "southaa" in [document["name"] for document in documents]
    lengths = {len(json.loads(document)["orders"]) for document in edited(2, 5)}
    assert 5 in lengths


def test_a_key_of_another_length_is_added_and_the_old_one_stays() -> None:
    documents = [json.loads(document) for document in edited(6, 3)]
    assert any({"ord", "orders"} <= set(document) for document in documents)


def test_a_sum_is_met_by_adding_what_is_missing_to_one_number() -> None:
    sums = [sum(order["amount"] for order in json.loads(one)["orders"]) for one in edited(37, 1_000)]
    assert 1_000 in sums


def test_two_numbers_that_differ_in_bits_get_them() -> None:
    limits = [json.loads(document)["limit"] for document in edited(500 ^ 30, 0x5A5A)]
    assert 30 ^ 0x5A5A in limits


def test_a_number_of_32_bits_is_met_whatever_the_sign_of_its_register() -> None:
    form = Bincode(root=StructType(fields=(Field("limit", IntType(bits=32)),)))
    buffer = bincode.encode(form, Fixed([0x8000_0000]))
    high = 0xFFFF_FFFF_8000_0000
    compared = [(high ^ 0xBC5C, 0x5A5A0), (high, high + 1)]
    numbers = [
        bincode.decode(form, data)[0] for one, other in compared for data in edited(one, other, buffer, form)
    ]
    assert [0x5A5A0 ^ 0xBC5C] in numbers
    assert [0x8000_0001] in numbers


def test_a_text_is_cut_between_characters() -> None:
    document = '{"name":"aß"}'.encode()
    assert {"name": "aa"} in [json.loads(data) for data in edited(3, 2, document)]


def test_typed_numbers_stay_within_their_type() -> None:
    kind = StructType(
        fields=(
            Field("fee", IntType(bits=8)),
            Field("hops", SequenceType(of=IntType(bits=16))),
            Field("memo", TextType()),
        )
    )
    form = Bincode(root=kind)
    buffer = bincode.encode(form, Fixed([9, [40, 3], "rent"]))
    values = [bincode.decode(form, data)[0] for data in edited(9, 200, buffer, form)]
    assert [200, [40, 3], "rent"] in values
    assert all(bincode.decode(form, data)[1] == b"" for data in edited(9, 3_000, buffer, form))
    assert [9, [40, 3, 40, 3], "rent"] in [
        bincode.decode(form, data)[0] for data in edited(2, 4, buffer, form)
    ]
    assert [9, [40, 3], "settled"] in [
        bincode.decode(form, data)[0] for data in edited(b"rent", b"settled", buffer, form)
    ]


@pytest.mark.parametrize(
    ("buffer", "one", "other", "wanted"),
    [
        (b"IP\x00\x00rest", 0x5049, 0xFFFF_FFFF_C0DE_F00D, b"\x0d\xf0\xde\xc0rest"),
        (b"ab\x12\x34cd", 0x1234, 0x1B39, b"ab\x1b\x39cd"),
        (b"ab\x12\x34cd", 0x3412, 0x1B39, b"ab\x39\x1bcd"),
        (b"abseal", b"seal", b"open", b"abopen"),
        (b"abc", 3, 5, b"abcaa"),
        (b"\x01\x00\x00\x00", 0, 77, b"\x01\x4d\x00\x00"),
        (b"=" * 24, b"====", b"seal", b"=" * 16 + b"seal===="),
    ],
    ids=["sign-extended", "big-endian", "little-endian", "bytes", "length", "zeros", "everywhere"],
)
def test_raw_buffers_are_edited_where_the_value_stands(
    buffer: bytes, one: int | bytes, other: int | bytes, wanted: bytes
) -> None:
    assert wanted in edited(one, other, buffer, RAW)


def test_what_leaves_a_schema_comes_after_all_that_keeps_to_it() -> None:
    form = parse_schema(
        b'{"properties":{"n":{"const":24},"m":{"type":"integer","maximum":50},"x":{"type":"integer"}}}',
        name="a.schema.json",
    )
    found = [json.loads(text) for text in edited(24, 99, b'{"n":24,"m":24,"x":24}', form)]
    kept = [one["n"] == 24 and one["m"] <= 50 for one in found]
    assert kept == sorted(kept, reverse=True)
    assert {"n": 24, "m": 24, "x": 99} in found[: kept.count(True)]
    assert {"n": 99, "m": 24, "x": 24} in found[kept.count(True) :]


def test_what_stands_nowhere_in_the_input_gives_no_text_and_no_length() -> None:
    assert edited(b"east", b"west") == []


def test_edits_are_each_there_once_bounded_and_the_same_each_time() -> None:
    form = InputFormat(buffers=(Json(),))
    buffer = json.dumps(list(range(200))).encode()
    pairs = [Comparison(40_000 + 2 * number, number, 900) for number in range(200)]
    found = edits(form, [buffer], pairs)
    assert len(found) == MOST_EDITS
    assert len(set(map(repr, found))) == len(found)
    assert found == edits(form, [buffer], pairs)


def test_what_an_option_or_a_variant_holds_is_no_text() -> None:
    byte = IntType(bits=8)
    form = Bincode(
        root=TupleType(items=(OptionType(of=byte), EnumType(variants=(EnumVariant(0, "Priced", byte),))))
    )
    buffer = b"\x01\x07" + bytes(4) + b"\x07"
    assert edited(b"\x07", b"\x09", buffer, form) == []
    assert {len(one) for one in edited(1, 3, buffer, form)} <= {len(buffer)}, "neither has a length"
    assert b"\x01\x09" + bytes(4) + b"\x07" in edited(7, 9, buffer, form)
