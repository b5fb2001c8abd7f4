"""What is parsed is written back as it was: JSON trees, typed values, descriptions."""

import json
import random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from fuzzer.generate import bincode
from fuzzer.generate.bincode import UnfitError
from fuzzer.generate.dictionary import Dictionary
from fuzzer.generate.fits import fits
from fuzzer.generate.infer import infer_format, infer_schema
from fuzzer.generate.json_text import NotJsonError, encode, encode_ascii, parse
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
    InputFormat,
    IntType,
    OptionType,
    SequenceType,
    StructType,
    TextType,
    TupleType,
    Type,
    UnitType,
    map_type,
)
from fuzzer.generate.tree import clone, depth
from fuzzer.generate.type_values import TypeValues

_LEAF_TYPES: list[Type] = [
    UnitType(),
    BoolType(),
    CharType(),
    TextType(),
    BytesType(),
    BytesType(size=5),
    FloatType(bits=32),
    FloatType(bits=64),
    *(IntType(bits=bits, signed=signed) for bits in (8, 16, 32, 64, 128) for signed in (False, True)),
]


def _containers(inner: st.SearchStrategy[Type]) -> st.SearchStrategy[Type]:
    some = st.lists(inner, max_size=3)
    return st.one_of(
        st.builds(lambda of: OptionType(of=of), inner),
        st.builds(lambda of: SequenceType(of=of), inner),
        st.builds(lambda of, size: ArrayType(of=of, size=size), inner, st.integers(0, 3)),
        st.builds(lambda items: TupleType(items=tuple(items)), some),
        st.builds(lambda kinds: StructType(fields=tuple(Field("f", kind) for kind in kinds)), some),
        st.builds(map_type, inner, inner),
        st.builds(
            lambda kinds: EnumType(
                variants=tuple(EnumVariant(3 * place, "V", kind) for place, kind in enumerate(kinds))
            ),
            st.lists(inner, min_size=1, max_size=3),
        ),
    )


TYPES = st.recursive(st.sampled_from(_LEAF_TYPES), _containers, max_leaves=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(TYPES, st.integers(0, 2**32))
def test_typed_values_read_back(kind: Type, seed: int) -> None:
    form = Bincode(root=kind)
    value = TypeValues({}, Dictionary()).value(random.Random(seed), kind)  # noqa: S311 -- no secrets
    data = bincode.encode(form, value)
    assert bincode.decode(form, data) == (value, b"")
    assert bincode.encode(form, clone(value)) == data


@given(TYPES, st.binary(max_size=60))
def test_bytes_that_are_a_value_are_its_only_bytes(kind: Type, data: bytes) -> None:
    form = Bincode(root=kind)
    try:
        value, rest = bincode.decode(form, data)
    except UnfitError:
        return
    assert bincode.encode(form, value) + rest == data


@given(JSON)
def test_json_keeps_its_value(value: object) -> None:
    tree = parse(json.dumps(value).encode())
    for data in (encode(tree), encode_ascii(tree)):
        assert json.loads(data) == value
        assert parse(data) == tree
    assert depth(clone(tree)) == depth(tree)


@given(st.binary(max_size=30) | st.text('[]{},:"\\u0dE8-+.e1 ', max_size=30).map(str.encode))
def test_any_bytes_are_json_or_not(data: bytes) -> None:
    try:
        tree = parse(data)
    except NotJsonError:
        return
    assert encode(parse(encode(tree))) == encode(tree)


@given(st.lists(JSON, min_size=1, max_size=5))
def test_seeds_satisfy_what_is_inferred_from_them(values: list[object]) -> None:
    trees = [parse(json.dumps(value).encode()) for value in values]
    schema = infer_schema(trees)
    assert [tree for tree in trees if not fits(schema, tree, {})] == []


@given(st.lists(st.lists(JSON.map(lambda value: json.dumps(value).encode()), max_size=3), max_size=3), TYPES)
def test_descriptions_are_written_and_read(seeds: list[list[bytes]], kind: Type) -> None:
    inferred = infer_format(seeds)
    form = InputFormat(buffers=(*inferred.buffers, Bincode(root=kind)))
    assert msgspec.json.decode(msgspec.json.encode(form), type=InputFormat) == form
