"""JSON text that keeps its numbers' spelling and its repeated keys."""

import pytest

from fuzzer.generate.json_text import DEEPEST, NotJsonError, encode, encode_ascii, parse
from fuzzer.generate.tree import Literal, Obj


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a":2,"":[]}',
        "[-0,0.10,1e400,5E-324,1E+5,-0.0]",
        "123456789012345678901234567890",
        "9" * 5000,
        '"\\u0000ü🦀\\"\\\\"',
        "[true,false,null,{},[[]]]",
    ],
)
def test_compact_text_comes_back_as_it_was(text: str) -> None:
    assert encode(parse(text.encode())) == text.encode()


def test_spaces_go_and_kinds_are_kept() -> None:
    tree = parse(b' { "a" : [ 1 , 1.0 , "1" ] } ')
    assert encode(tree) == b'{"a":[1,1.0,"1"]}'
    assert isinstance(tree, Obj)
    assert [type(item) for item in tree[0][1]] == [int, Literal, str]  # type: ignore[attr-defined]


def test_half_a_surrogate_pair_stays_escaped() -> None:
    assert encode(parse(b'["\\ud83e","\\ud83e\\udd80","a"]')) == '["\\ud83e","🦀","a"]'.encode()


def test_everything_escaped() -> None:
    assert encode_ascii(["ü", "🦀"]) == b'["\\u00fc","\\ud83e\\udd80"]'


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[1,]", b"NaN", b"-Infinity", b"\xff", b"[01]", b"1 2", b"'a'", "\ufeff1".encode()]
)
def test_what_is_not_json(data: bytes) -> None:
    with pytest.raises(NotJsonError):
        parse(data)


def test_depth_has_a_bound_that_brackets_in_texts_do_not_count_for() -> None:
    parse(b"[" * DEEPEST + b"]" * DEEPEST)
    parse(b'["' + b"[" * 9999 + b'"]')
    parse(b"[" + b"[]," * 9999 + b"0]")
    for many in (DEEPEST + 1, 100_000):
        with pytest.raises(NotJsonError, match="nested too deeply"):
            parse(b"[" * many + b"]" * many)


def test_what_json_has_not_is_our_mistake() -> None:
    with pytest.raises(TypeError, match="bytes"):
        encode([b"raw"])
