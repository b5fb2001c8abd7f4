"""Generated values satisfy their schema, as a checker says that shares nothing with the generator."""

import json
import random
import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fuzzer.generate.dictionary import Dictionary
from fuzzer.generate.fits import fits
from fuzzer.generate.json_text import encode, parse
from fuzzer.generate.schema import parse_schema
from fuzzer.generate.schema_values import SchemaValues

_KINDS: Mapping[str, type | tuple[type, ...]] = {
    "null": type(None),
    "boolean": bool,
    "integer": int,
    "number": (int, Decimal),
    "string": str,
    "array": list,
    "object": dict,
}


def satisfies(schema: Any, value: Any, root: Any) -> bool:  # noqa: ANN401 -- JSON is anything
    """The specification's words, keyword by keyword."""
    if isinstance(schema, bool):
        return schema
    if "$ref" in schema:
        return satisfies(root["$defs"][schema["$ref"].rpartition("/")[2]], value, root)
    named = schema.get("type", [])
    names = [named] if isinstance(named, str) else named
    return (
        (not names or any(_is(name, value) for name in names))
        and ("const" not in schema or value == schema["const"])
        and ("enum" not in schema or value in schema["enum"])
        and any(satisfies(option, value, root) for option in schema.get("anyOf", [True]))
        and sum(satisfies(option, value, root) for option in schema.get("oneOf", [True])) == 1
        and (not _is("number", value) or _number(schema, Decimal(value)))
        and (not isinstance(value, str) or _string(schema, value))
        and (not isinstance(value, list) or _array(schema, value, root))
        and (not isinstance(value, dict) or _object(schema, value, root))
    )


def _is(name: str, value: object) -> bool:
    return isinstance(value, _KINDS[name]) and (name == "boolean" or not isinstance(value, bool))


def _number(schema: Any, value: Decimal) -> bool:  # noqa: ANN401 -- JSON is anything
    return (
        value >= schema.get("minimum", value)
        and value <= schema.get("maximum", value)
        and ("exclusiveMinimum" not in schema or value > schema["exclusiveMinimum"])
        and ("exclusiveMaximum" not in schema or value < schema["exclusiveMaximum"])
        and ("multipleOf" not in schema or Fraction(value) % Fraction(schema["multipleOf"]) == 0)
    )


def _string(schema: Any, value: str) -> bool:  # noqa: ANN401 -- JSON is anything
    low, high = schema.get("minLength", 0), schema.get("maxLength", len(value))
    return low <= len(value) <= high and bool(re.search(schema.get("pattern", ""), value))


def _array(schema: Any, value: list[Any], root: Any) -> bool:  # noqa: ANN401 -- JSON is anything
    prefix = schema.get("prefixItems", [])
    rest = schema.get("items", True)
    texts = {json.dumps(item, default=str) for item in value}
    return (
        schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
        and (not schema.get("uniqueItems") or len(texts) == len(value))
        and all(satisfies(own, item, root) for own, item in zip(prefix, value, strict=False))
        and all(satisfies(rest, item, root) for item in value[len(prefix) :])
    )


def _object(schema: Any, value: dict[str, Any], root: Any) -> bool:  # noqa: ANN401 -- JSON is anything
    own, rest = schema.get("properties", {}), schema.get("additionalProperties", True)
    return all(key in value for key in schema.get("required", [])) and all(
        satisfies(own.get(key, rest), inner, root) for key, inner in value.items()
    )


_BOUND = st.integers(-(2**70), 2**70)
_LOW_HIGH = st.tuples(_BOUND, _BOUND).map(sorted)
_FRACTIONS = st.tuples(st.integers(-500, 500), st.integers(1, 400)).map(
    lambda pair: (pair[0] / 100, (pair[0] + pair[1]) / 100)
)
_LENGTHS = st.tuples(st.integers(0, 4), st.integers(0, 4)).map(lambda pair: (pair[0], sum(pair)))
_LEAVES = st.one_of(
    st.sampled_from([{"type": "null"}, {"type": "boolean"}, {"type": "string"}, True, {"type": "number"}]),
    _LOW_HIGH.map(lambda pair: {"type": "integer", "minimum": pair[0], "maximum": pair[1]}),
    _LOW_HIGH.map(
        lambda pair: {"type": ["integer", "null"], "minimum": pair[0], "exclusiveMaximum": pair[1] + 1}
    ),
    st.integers(1, 1000).map(lambda step: {"type": "integer", "multipleOf": step, "minimum": -step}),
    _FRACTIONS.map(lambda pair: {"type": "number", "minimum": pair[0], "exclusiveMaximum": pair[1]}),
    _FRACTIONS.map(lambda pair: {"type": "number", "exclusiveMinimum": pair[0], "multipleOf": 0.25}),
    _LENGTHS.map(lambda pair: {"type": "string", "minLength": pair[0], "maxLength": pair[1]}),
    st.sampled_from(["^[a-z]{2,5}$", "^0x[0-9a-f]+$", "b"]).map(
        lambda text: {"type": "string", "pattern": text}
    ),
    st.lists(st.sampled_from([1, "a", None, [2], {"b": "c"}]), min_size=1).map(
        lambda values: {"enum": values}
    ),
    st.just({"$ref": "#/$defs/tree"}),
)


def _containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    properties = st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    return st.one_of(
        st.tuples(inner, _LENGTHS).map(
            lambda drawn: {
                "type": "array",
                "items": drawn[0],
                "minItems": drawn[1][0],
                "maxItems": drawn[1][1],
            }
        ),
        st.lists(inner, max_size=3).map(
            lambda items: {"type": "array", "prefixItems": items, "items": False}
        ),
        st.just({"type": "array", "items": {"type": "integer"}, "uniqueItems": True, "minItems": 3}),
        properties.map(lambda own: {"type": "object", "properties": own, "required": sorted(own)[:2]}),
        properties.map(lambda own: {"type": "object", "properties": own, "additionalProperties": False}),
        inner.map(lambda rest: {"type": "object", "additionalProperties": rest, "required": ["r"]}),
        st.lists(inner, min_size=1, max_size=3).map(lambda options: {"anyOf": options}),
        st.just({"oneOf": [{"type": "integer"}, {"type": "number", "minimum": 3}, {"type": "string"}]}),
    )


_TREE = {
    "type": "object",
    "properties": {"v": {"type": "integer"}, "kids": {"type": "array", "items": {"$ref": "#/$defs/tree"}}},
    "required": ["v"],
    "additionalProperties": False,
}
SCHEMAS = st.recursive(_LEAVES, _containers, max_leaves=6)


@given(SCHEMAS, st.integers(0, 2**32))
def test_generated_values_satisfy_their_schema(schema: object, seed: int) -> None:
    document = {"$defs": {"tree": _TREE}, "anyOf": [schema]}
    form = parse_schema(json.dumps(document).encode(), name="s")
    values = SchemaValues(
        form.definitions, Dictionary(texts=("b", "0x7"), numbers=(7, 2**65), literals=("0.5",))
    )
    rng = random.Random(seed)  # noqa: S311 -- no secrets
    exact = json.loads(json.dumps(document), parse_float=Decimal)
    for _ in range(5):
        tree = values.value(rng, form.schema)
        assert fits(form.schema, tree, form.definitions)
        value = json.loads(encode(tree), parse_float=Decimal)
        assert satisfies(exact, value, exact), value


@given(SCHEMAS, st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_what_fits_is_what_satisfies(schema: object, value: object) -> None:
    document = {"$defs": {"tree": _TREE}, "anyOf": [schema]}
    form = parse_schema(json.dumps(document).encode(), name="s")
    exact = json.loads(json.dumps(document), parse_float=Decimal)
    has_pattern = "pattern" in json.dumps(schema)
    fitting = fits(form.schema, parse(json.dumps(value).encode()), form.definitions)
    assert fitting == satisfies(exact, value, exact) or has_pattern
