"""What seeds show of the form of inputs."""

import json

import pytest

from fuzzer.generate.infer import MOST_SEEN, infer_format, infer_schema
from fuzzer.generate.json_text import parse
from fuzzer.generate.structure import (
    RAW,
    AnySchema,
    ArraySchema,
    ChoiceSchema,
    InputFormat,
    IntegerSchema,
    Json,
    NullSchema,
    NumberSchema,
    ObjectSchema,
    Schema,
    StringSchema,
)


def schema_of(*documents: str) -> Schema:
    return infer_schema([parse(document.encode()) for document in documents])


def test_ranges_and_values_are_remembered() -> None:
    assert schema_of("3", "-1", "3") == IntegerSchema(seen=(-1, 3))
    assert schema_of("3", "1.50") == NumberSchema(seen=("1.50", "3"))
    assert schema_of('"b"', '"a"', '"b"') == StringSchema(seen=("b", "a"))


def test_keys_that_are_not_in_all_are_optional() -> None:
    assert schema_of('{"a": 1, "b": []}', '{"a": null}') == ObjectSchema(
        properties={
            "a": ChoiceSchema(options=(IntegerSchema(seen=(1,)), NullSchema())),
            "b": ArraySchema(items=AnySchema(), seen=(0,)),
        },
        required=("a",),
    )


def test_items_of_all_arrays_make_one_schema() -> None:
    assert schema_of("[1, 2]", "[]", "[7]") == ArraySchema(
        items=IntegerSchema(seen=(1, 2, 7)), seen=(0, 1, 2)
    )


def test_objects_without_common_keys_are_maps() -> None:
    documents = [json.dumps({f"k{number}": number}) for number in range(40)]
    assert schema_of(*documents) == ObjectSchema(additional=IntegerSchema(seen=tuple(range(40))))


def test_many_values_are_thinned_out_with_both_ends_kept() -> None:
    schema = schema_of(json.dumps(list(range(1000))))
    assert isinstance(schema, ArraySchema)
    assert isinstance(schema.items, IntegerSchema)
    assert (schema.items.seen[0], schema.items.seen[-1], len(schema.items.seen)) == (0, 999, MOST_SEEN)


@pytest.mark.parametrize(
    "buffers",
    [[], [b""], [b"abc"], [b"5"], [b"\x05", b"7"], [b"{", b"[", b"[1]"], [b"1.5", b'"text"']],
)
def test_no_json_is_made_of_what_may_be_anything(buffers: list[bytes]) -> None:
    form = infer_format([(buffer,) for buffer in buffers])
    assert [form.of(index) for index in range(2)] == [RAW, RAW]


def test_a_broken_document_among_good_ones_is_passed_over() -> None:
    form = infer_format([(b'{"n": 1}',), (b'{"n": 24',), (b"",)])
    assert form.of(0) == Json(
        schema=ObjectSchema(properties={"n": IntegerSchema(seen=(1,))}, required=("n",))
    )


def test_every_buffer_has_its_own_form() -> None:
    form = infer_format([(b"\1\0\0\0", b"[1]"), (b"\2\0\0\0",)])
    assert form == InputFormat(
        buffers=(RAW, Json(schema=ArraySchema(items=IntegerSchema(seen=(1,)), seen=(1,))))
    )
