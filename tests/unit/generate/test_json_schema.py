"""JSON Schemas: what is served, and what is refused with its place."""

import json
from decimal import Decimal

import pytest

from fuzzer.errors import ConfigError
from fuzzer.generate.schema import parse_schema
from fuzzer.generate.structure import (
    AnySchema,
    ArraySchema,
    BoolSchema,
    ChoiceSchema,
    ConstantSchema,
    IntegerSchema,
    Json,
    NullSchema,
    NumberSchema,
    ObjectSchema,
    RefSchema,
    Schema,
    StringSchema,
)


def parsed(schema: object) -> Json:
    return parse_schema(json.dumps(schema).encode(), name="fib.schema.json")


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (True, AnySchema()),
        ({"title": "all", "x-note": 1}, AnySchema()),
        ({"type": "null"}, NullSchema()),
        ({"type": ["boolean", "null"]}, ChoiceSchema(options=(BoolSchema(), NullSchema()))),
        ({"type": "integer", "minimum": 0.5, "exclusiveMaximum": 9}, IntegerSchema(minimum=1, maximum=8)),
        ({"type": "integer", "format": "uint8", "maximum": 300}, IntegerSchema(minimum=0, maximum=255)),
        ({"type": "integer", "multipleOf": 1.5}, IntegerSchema(multiple_of=3)),
        ({"minimum": 1}, NumberSchema(minimum=Decimal(1))),
        (
            {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.1, "multipleOf": 0.01},
            NumberSchema(above=Decimal(0), below=Decimal("0.1"), multiple_of=Decimal("0.01")),
        ),
        ({"type": "string", "minLength": 1, "maxLength": 2}, StringSchema(min_length=1, max_length=2)),
        ({"const": {"b": 1.50}}, ConstantSchema(values=('{"b":1.5}',))),
        ({"enum": ["a", 1, None], "type": ["string", "null"]}, ConstantSchema(values=('"a"', "null"))),
        (
            {"type": "array", "prefixItems": [{"type": "null"}], "items": False},
            ArraySchema(prefix=(NullSchema(),), items=None, max_items=1),
        ),
        (
            {"type": "array", "items": [{"type": "null"}, True], "minItems": 2, "maxItems": 2},
            ArraySchema(prefix=(NullSchema(), AnySchema()), min_items=2, max_items=2),
        ),
        (
            {"required": ["a"], "properties": {"a": {"type": "null"}}, "additionalProperties": False},
            ObjectSchema(properties={"a": NullSchema()}, required=("a",), closed=True),
        ),
        (
            {"type": "object", "additionalProperties": {"type": "null"}},
            ObjectSchema(additional=NullSchema()),
        ),
        ({"type": "object"}, ObjectSchema(additional=AnySchema())),
        ({"allOf": [{"type": "null"}], "description": "one"}, NullSchema()),
        (
            {"oneOf": [{"type": "null"}, {"type": "boolean"}]},
            ChoiceSchema(options=(NullSchema(), BoolSchema()), exclusive=True),
        ),
    ],
)
def test_served(schema: object, expected: Schema) -> None:
    assert parsed(schema).schema == expected


def test_references_may_be_recursive() -> None:
    tree = {"type": "object", "properties": {"next": {"$ref": "#/$defs/a~1b"}}}
    form = parsed({"$ref": "#/$defs/a~1b", "$defs": {"a/b": tree, "unused": {"not": {}}}})
    assert form.schema == RefSchema(name="/$defs/a~1b")
    assert form.definitions == {
        "/$defs/a~1b": ObjectSchema(properties={"next": RefSchema(name="/$defs/a~1b")})
    }


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"properties": {"a/b": {"not": {}}}}, "/properties/a~1b/not: `not` cannot be served"),
        ({"items": {"pattern": "(a|b)"}}, "/items/pattern: this pattern cannot be served"),
        ({"minumum": 3}, "/minumum: unknown keyword"),
        (False, "the root: no value is possible"),
        (3, "the root: a schema is an object"),
        ({"type": "int"}, "/type: 'int' is no type"),
        ({"type": []}, "/type: an empty list"),
        ({"type": "integer", "minimum": 3, "maximum": 2}, "/minimum: no value is possible"),
        ({"type": "integer", "minimum": 1, "maximum": 4, "multipleOf": 5}, "/minimum: no value is possible"),
        ({"type": "number", "exclusiveMinimum": 3, "maximum": 3}, "/minimum: no value is possible"),
        ({"minimum": "3"}, "/minimum: not a number"),
        ({"minimum": True}, "/minimum: not a number"),
        ({"multipleOf": 0}, "/multipleOf: not above 0"),
        ({"minLength": -1}, "/minLength: -1 is no length"),
        ({"minLength": 3, "maxLength": 2}, "/minLength: no value is possible"),
        ({"pattern": "^a$", "minLength": 2}, "/pattern: no value is possible"),
        ({"items": {}, "minItems": 3, "maxItems": 2}, "/minItems: no value is possible: at most 2"),
        ({"prefixItems": [{}], "items": False, "minItems": 2}, "/minItems: no value is possible: at most 1"),
        ({"required": ["a"], "additionalProperties": False}, "/required: no value is possible: 'a'"),
        ({"properties": {"a": False}, "required": ["a"]}, "/required: no value is possible"),
        ({"enum": [1], "type": "string"}, "/enum: no value is possible"),
        ({"anyOf": []}, "/anyOf: an empty list"),
        ({"anyOf": {}}, "/anyOf: not a list"),
        ({"anyOf": [{}], "minimum": 3}, "/minimum: `minimum` beside `anyOf` cannot be served"),
        ({"allOf": [{}, {}]}, "/allOf: `allOf` of several"),
        ({"$ref": "other.json#/a"}, "/\\$ref: only references within the document"),
        ({"$ref": "#/gone"}, "/gone: `\\$ref` leads nowhere"),
        ({"$ref": "#name"}, "/\\$ref: only JSON pointers"),
        ({"$ref": "#"}, "every value of it would have no end"),
        ({"anyOf": [{"$ref": "#"}, {"type": "null"}]}, "refers to itself with nothing in between"),
        ({"properties": {"a": {"$ref": "#"}}, "required": ["a"]}, "every value of it would have no end"),
    ],
)
def test_refused_with_the_place(schema: object, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as raised:
        parsed(schema)
    assert raised.value.message.startswith("fib.schema.json: ")


def test_a_misspelt_keyword_is_corrected() -> None:
    with pytest.raises(ConfigError) as raised:
        parsed({"minumum": 3})
    assert raised.value.hint == "did you mean `minimum`?"


@pytest.mark.parametrize("document", [b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_json_at_all(document: bytes) -> None:
    with pytest.raises(ConfigError, match=r"fib\.schema\.json: broken JSON"):
        parse_schema(document, name="fib.schema.json")
