"""Strategies of inputs: what they make is of its form, and shrinks to what people would write."""

import json
import math
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

from fuzzer.errors import InputError
from fuzzer.generate import bincode, codec
from fuzzer.generate.dictionary import Dictionary
from fuzzer.generate.fits import fits
from fuzzer.generate.infer import infer_format
from fuzzer.generate.registry import Registry
from fuzzer.generate.schema import parse_schema
from fuzzer.generate.structure import RAW, InputFormat
from fuzzer.generate.tree import Bits64, Maybe, nodes
from fuzzer.library.input import Input
from fuzzer.library.strategies import from_form, typed

REGISTRY = Registry(
    {
        "Tree": {"ENUM": {"0": {"Node": {"TUPLE": [{"TYPENAME": "Tree"}, "I8"]}}, "1": {"Leaf": "UNIT"}}},
        "Order": {
            "STRUCT": [
                {"id": "U64"},
                {"prices": {"SEQ": "F64"}},
                {"note": {"OPTION": "STR"}},
                {"sides": {"MAP": {"KEY": "CHAR", "VALUE": "I128"}}},
                {"root": {"TUPLEARRAY": {"CONTENT": "U8", "SIZE": 4}}},
                {"pair": {"TUPLEARRAY": {"CONTENT": "BOOL", "SIZE": 2}}},
                {"tree": {"TYPENAME": "Tree"}},
                {"blob": "BYTES"},
                {"ratio": "F32"},
            ]
        },
    }
)
ORDER = REGISTRY.bincode({"TYPENAME": "Order"})
SCHEMA = parse_schema(
    b"""{
      "type": "object",
      "required": ["kind", "amount"],
      "additionalProperties": {"type": "null"},
      "properties": {
        "kind": {"enum": ["buy", "sell"]},
        "amount": {"type": "integer", "minimum": 10, "maximum": 1000, "multipleOf": 5},
        "rate": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
        "step": {"type": "number", "multipleOf": 0.25, "minimum": -1},
        "code": {"type": "string", "pattern": "^[A-Z]{2}-\\\\d+$", "maxLength": 9},
        "tags": {"type": "array", "items": {"type": "string"}, "uniqueItems": true, "minItems": 1},
        "point": {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "boolean"}], "items": false},
        "child": {"$ref": "#"},
        "either": {"oneOf": [{"type": "integer", "minimum": 5}, {"type": "number", "maximum": 7}]},
        "any": true
      }
    }""",
    name="schema",
)
FORM = InputFormat(buffers=(SCHEMA, ORDER, RAW))
DICTIONARY = Dictionary(
    numbers=(77, 15), texts=("needle", "\ud83e"), keys=("extra",), literals=("0.5",), tokens=(b"\xff\xfe",)
)


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(from_form(FORM, dictionary=DICTIONARY, seeds=[(b"{}", b"", b"seed")]))
def test_every_input_is_of_its_form(buffers: Input) -> None:
    assert len(buffers) == len(FORM.buffers)
    document = codec.parse(SCHEMA, buffers[0])
    assert document is not None
    assert fits(SCHEMA.schema, document.value, SCHEMA.definitions)
    order, rest = bincode.decode(ORDER, buffers[1])
    assert rest == b""
    assert bincode.encode(ORDER, order) == buffers[1]
    assert repr(buffers).startswith("Input({")


def test_typed_inputs_shrink_to_their_least_values() -> None:
    def is_deep(buffers: Input) -> bool:
        order, _ = bincode.decode(ORDER, buffers[0])
        return sum(isinstance(node, Maybe) and bool(node) for node in nodes(order)) > 0

    found = find(from_form(InputFormat(buffers=(ORDER,))), is_deep)
    order, _ = bincode.decode(ORDER, found[0])
    assert repr(found) == (
        "Input([0, [], Some(''), [], b'\\x00\\x00\\x00\\x00', [False, False], variant 1(None), b'', 0.0])"
    )
    assert order == found.trees[0]


def test_documents_shrink_to_their_least_values() -> None:
    strategy = from_form(InputFormat(buffers=(SCHEMA,)))

    def sells_with_tags(buffers: Input) -> bool:
        document = json.loads(buffers[0])  # not a child: that would be another least value
        return document.get("kind") == "sell" and bool(document.get("tags"))

    # Hypothesis gives up after 500 shrinks, which a large first find can take: one that is known not to
    found = find(strategy, sells_with_tags, random=Random(7))  # noqa: S311 - no secret
    assert found[0] == b'{"kind":"sell","amount":10,"tags":[""]}'


@pytest.mark.parametrize("known", [b"77", b'"needle"', b'"extra":'])
def test_what_is_known_to_matter_comes_up(known: bytes) -> None:
    values = b'{"additionalProperties": {"type": ["integer", "string"]}, "type": "object"}'
    form = InputFormat(buffers=(parse_schema(values, name="values"),))
    found = find(from_form(form, dictionary=DICTIONARY), lambda buffers: known in buffers[0])
    assert len(found[0]) < 20


def test_values_of_seeds_come_up_where_the_form_is_inferred() -> None:
    seeds = [(b'{"n": 123456, "who": "somebody"}',), (b'{"n": 7}',)]
    strategy = from_form(infer_format(seeds))
    found = find(strategy, lambda buffers: b"123456" in buffers[0] and b"somebody" in buffers[0])
    assert found[0] == b'{"n":123456,"who":"somebody"}'


def test_raw_buffers_are_bytes_or_those_of_seeds() -> None:
    form = InputFormat(buffers=(RAW,))
    assert find(
        from_form(form, seeds=[(b"a long seed of somebody's",)]), lambda buffers: len(buffers[0]) > 20
    )
    assert find(from_form(form), lambda buffers: len(buffers[0]) == 3) == (b"\0\0\0",)
    assert repr(find(from_form(form), lambda _: True)) == "Input(b'')"


def test_floats_come_with_every_kind_of_odd_bits() -> None:
    form = InputFormat(buffers=(Registry({}).bincode("F64"),))
    signalling = 0x7FF0000000000001
    found = find(from_form(form), lambda buffers: buffers[0] == signalling.to_bytes(8, "little"))
    assert found.trees == (Bits64(signalling),)
    assert math.isnan(float(repr(found)[6:-1]))


@given(st.data())
def test_numbers_between_bounds_that_no_integer_lies_in(data: st.DataObject) -> None:
    schema = parse_schema(b'{"type": "number", "minimum": 0.25, "maximum": 0.75}', name="s")
    (buffer,) = data.draw(from_form(InputFormat(buffers=(schema,))))
    assert Decimal("0.25") <= Decimal(buffer.decode()) <= Decimal("0.75")


def test_a_type_that_is_not_known_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown type `U31`"):
        typed(["U31"], None)
    with pytest.raises(InputError, match="no type is called `Order`"):
        typed([{"TYPENAME": "Order"}], None)
    with pytest.raises(InputError, match=r"none\.yaml cannot be read"):
        typed(["U32"], tmp_path / "none.yaml")


def test_named_types_come_from_a_registry_in_a_file_or_as_text(tmp_path: Path) -> None:
    registry = "Order:\n  STRUCT:\n    - id: U64\n"
    (tmp_path / "types.yaml").write_text(registry)
    reads = [{"TYPENAME": "Order"}]
    assert typed(reads, tmp_path / "types.yaml") == typed(reads, registry)
    assert find(from_form(typed(reads, registry)), lambda buffers: buffers[0] > bytes(8)) == (
        b"\1" + bytes(7),
    )
