"""Registries of serde-reflection, in both of the forms that they are written in."""

import json

import pytest

from fuzzer.errors import InputError
from fuzzer.generate import bincode
from fuzzer.generate.block_yaml import YamlError, parse_yaml
from fuzzer.generate.registry import Registry, parse_registry
from fuzzer.generate.structure import BytesType, NamedType, SequenceType, TextType
from fuzzer.generate.tree import Block, Char, Fixed, Maybe, Variant

YAML = """\
---
Account:
  STRUCT:
    - id:
        TUPLEARRAY:
          CONTENT: U8
          SIZE: 4
    - name: STR
    - parent:
        OPTION:
          TYPENAME: Account
    - log:
        SEQ:
          TUPLE:
            - U16
            - TYPENAME: Event
Empty: UNITSTRUCT
Event:
  ENUM:
    0:
      Quiet: UNIT
    1:
      Loud:
        NEWTYPE: CHAR
    2:
      Moved:
        STRUCT:
          - x: I8
          - tags:
              MAP:
                KEY: STR
                VALUE: BOOL
    3:
      Pair:
        TUPLE:
          - F32
          - TYPENAME: Empty
Meters:
  NEWTYPESTRUCT: U32
Point:
  TUPLESTRUCT:
  - U8
  - BYTES
"""
TAGGED = """\
Account: !STRUCT
- id: !TUPLEARRAY
    CONTENT: U8
    SIZE: 4
- name: STR
- parent: !OPTION
    !TYPENAME Account
"""
EVENT = {
    "Quiet": (Variant(0, None), b"\0\0\0\0"),
    "Loud": (Variant(1, Char("é")), b"\1\0\0\0\xc3\xa9"),
    "Moved": (
        Variant(2, Fixed([-1, [Fixed(["a", True])]])),
        b"\2\0\0\0\xff\1" + bytes(7) + b"\1" + bytes(7) + b"a\1",
    ),
}


@pytest.mark.parametrize("name", EVENT)
def test_variants_of_an_enum(name: str) -> None:
    value, data = EVENT[name]
    form = parse_registry(YAML, name="types.yaml").bincode({"TYPENAME": "Event"})
    assert bincode.decode(form, data) == (value, b"")
    assert bincode.encode(form, value) == data


def test_yaml_and_json_mean_the_same() -> None:
    as_json = json.dumps(parse_yaml(YAML))
    assert parse_registry(as_json, name="j").definitions == parse_registry(YAML, name="y").definitions


def test_tags_are_mappings_of_one_key() -> None:
    assert parse_yaml("a: !SEQ U8\nb: !TUPLE\n- U8\n- !SEQ STR\n") == {
        "a": {"SEQ": "U8"},
        "b": {"TUPLE": ["U8", {"SEQ": "STR"}]},
    }


def test_recursive_structs_are_read() -> None:
    form = parse_registry(YAML, name="types.yaml").bincode({"TYPENAME": "Account"})
    inner = Fixed([Block(b"wxyz"), "", Maybe(), []])
    value = Fixed([Block(b"abcd"), "n", Maybe([inner]), [Fixed([1, Variant(0, None)])]])
    assert bincode.decode(form, bincode.encode(form, value)) == (value, b"")


def test_reads_become_buffers_and_bytes_are_kept_together() -> None:
    registry = Registry({"Meters": {"NEWTYPESTRUCT": "U32"}})
    form = registry.input_format([{"SEQ": "U8"}, {"SEQ": "STR"}, {"TYPENAME": "Meters"}])
    roots = [buffer.root for buffer in form.buffers]  # type: ignore[union-attr]
    assert roots == [BytesType(), SequenceType(of=TextType()), NamedType(name="Meters")]


@pytest.mark.parametrize(
    ("forms", "said"),
    [
        ({"A": {"STRUCT": [{"x": "U31"}]}}, r"A\.x: unknown type `U31`"),
        ({"A": {"STRUCT": [{"x": {"TYPENAME": "B"}}]}}, "no type is called `B`"),
        ({"A": {"STRUCT": [{"x": {"LIST": "U8"}}]}}, "unknown type `LIST`"),
        ({"A": {"STRUCTURE": []}}, "A: unknown form `STRUCTURE`"),
        ({"A": {"STRUCT": {}}}, "A: not a list"),
        ({"A": {"ENUM": {}}}, "has one"),
        ({"A": {"ENUM": {"x": {"Q": "UNIT"}}}}, "`x` is no number of a variant"),
        ({"A": {"ENUM": {"0": {"Q": {"LOUD": 1}}}}}, "A::Q: unknown form `LOUD`"),
        ({"A": {"NEWTYPESTRUCT": {"MAP": {"KEY": "U8"}}}}, "not a mapping with KEY and VALUE"),
        ({"A": {"NEWTYPESTRUCT": {"TUPLEARRAY": {"CONTENT": "U8", "SIZE": -1}}}}, "the size is no number"),
        ({"A": {"NEWTYPESTRUCT": {"TYPENAME": "A"}}}, "A: every value of it would have no end"),
        ({"A": {"STRUCT": [{"x": "U8", "y": "U8"}]}}, "no mapping of one word"),
        ({"A": None}, "no mapping of one word"),
    ],
)
def test_what_is_unknown_is_named(forms: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Registry(forms)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("a: [1, 2]", "line 1: `.1, 2.` is more than a word"),
        ("a: |\n  text", "more than a word"),
        ("a: 1\na: 2", "line 2: `a` stands there twice"),
        ("a:\n  b: 1\n c: 2", "line 3: not indented"),
        ("- a\nb: 1", "line 2: not indented"),
        ("a: 'open", "line 1: a quoted text"),
        ("a: &x 1", "more than a word"),
        ("a: 1\n? b", "no `key: value`"),
    ],
)
def test_yaml_that_serde_does_not_write(document: str, said: str) -> None:
    with pytest.raises(YamlError, match=said):
        parse_yaml(document)


@pytest.mark.parametrize("document", ["", "[]", "- a", "{", "a: [1"])
def test_documents_that_are_no_registry(document: str) -> None:
    with pytest.raises(InputError, match="registry"):
        parse_registry(document, name="types")
