"""Dictionaries: entries that people wrote, and pieces of seeds."""

import pytest

from fuzzer.errors import InputError
from fuzzer.generate.dictionary import MOST, build, parse_entries
from fuzzer.generate.structure import Bincode, InputFormat, IntType, Json, TextType, TupleType


def test_lines_escapes_and_foreign_forms() -> None:
    document = rb"""
# a comment
plain text
  tab\there \x00\xff\\
"in quotes \" "
name_1 = "from AFL"
18446744073709551615
"""
    assert parse_entries(document, name="fib.dict") == (
        b"plain text",
        b"tab\there \x00\xff\\",
        b'in quotes " ',
        b"from AFL",
        b"18446744073709551615",
    )


@pytest.mark.parametrize("line", [rb"\q", rb"\x0g", rb"\x1", b"end\\"])
def test_unknown_escapes_are_named_with_their_line(line: bytes) -> None:
    with pytest.raises(InputError, match=r"fib\.dict: line 2: `\\.*` is no escape") as raised:
        parse_entries(b"fine\n" + line, name="fib.dict")
    assert "\\xNN" in raised.value.hint


def test_json_seeds_give_texts_keys_and_numbers() -> None:
    seed = b'{"name": "x", "list": [1, -2, 1.5, true, null, {"name": "y"}]}'
    found = build([(seed,)], InputFormat(buffers=(Json(),)), [b"7", b"1e9", b"\xff"])
    assert found.texts == ("7", "1e9", "x", "y")
    assert found.keys == ("name", "list")
    assert found.numbers == (7, 1, -2)
    assert found.literals == ("1e9", "1.5")
    assert found.tokens[:3] == (b"7", b"1e9", b"\xff")
    assert b"list" in found.tokens


def test_typed_seeds_and_raw_ones() -> None:
    form = InputFormat(buffers=(Bincode(root=TupleType(items=(IntType(bits=16), TextType()))),))
    typed = b"\x02\x01" + b"\2" + bytes(7) + b"ab"
    found = build([(typed, b"\0\0some words\xff12\0")], form)
    assert (found.numbers, found.texts) == ((258,), ("ab",))
    assert found.tokens == (b"some words", b"ab")


def test_the_number_of_entries_is_bounded() -> None:
    seed = b"[" + b",".join(b"%d" % number for number in range(MOST + 50)) + b"]"
    assert len(build([(seed,)], InputFormat(buffers=(Json(),))).numbers) == MOST
