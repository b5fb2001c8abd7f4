"""Hypothesis strategies of typed values, as trees."""

import struct
from collections.abc import Callable, Mapping, Sequence

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fuzzer.generate import boundary
from fuzzer.generate.dictionary import Dictionary
from fuzzer.generate.height import height, heights
from fuzzer.generate.structure import (
    ArrayType,
    Bincode,
    BoolType,
    BytesType,
    CharType,
    EnumType,
    FloatType,
    IntType,
    MapType,
    NamedType,
    OptionType,
    SequenceType,
    StructType,
    TextType,
    TupleType,
    Type,
    UnitType,
)
from fuzzer.generate.tree import Bits32, Bits64, Block, Char, Fixed, Maybe, Variant
from fuzzer.generate.type_values import limits

Trees = SearchStrategy[object]

_SINGLE = 32


def typed_trees(form: Bincode, dictionary: Dictionary) -> Trees:
    """Trees of a typed buffer; numbers and texts of the dictionary come up too."""
    return _Types(form.definitions, dictionary).of(form.root)


class _Types:
    """Makes strategies; one for each set of definitions and dictionary."""

    def __init__(self, definitions: Mapping[str, Type], dictionary: Dictionary) -> None:
        self._definitions = definitions
        self._heights = heights(definitions)
        self._dictionary = dictionary
        self._named: dict[str, Trees] = {}

    def of(self, kind: Type) -> Trees:
        return _OF[type(kind)](self, kind)

    def unit(self, _kind: UnitType) -> Trees:
        return st.none()

    def boolean(self, _kind: BoolType) -> Trees:
        return st.booleans()

    def integer(self, kind: IntType) -> Trees:
        low, high = limits(kind)
        known = [number for number in self._dictionary.numbers if low <= number <= high]
        return or_known(st.integers(low, high), known)

    def floating(self, kind: FloatType) -> Trees:
        odd = st.sampled_from(boundary.FLOATS[kind.bits])
        if kind.bits == _SINGLE:
            return (st.floats(width=32).map(lambda value: _bits("<f", value)) | odd).map(Bits32)
        return (st.floats(width=64).map(lambda value: _bits("<d", value)) | odd).map(Bits64)

    def char(self, _kind: CharType) -> Trees:
        return st.characters(codec="utf-8").map(Char)

    def text(self, _kind: TextType) -> Trees:
        return or_known(plain_text(), whole(self._dictionary.texts))

    def blob(self, kind: BytesType) -> Trees:
        if kind.size is not None:
            return st.binary(min_size=kind.size, max_size=kind.size).map(Block)
        return or_known(st.binary(), self._dictionary.tokens)

    def option(self, kind: OptionType) -> Trees:
        return st.builds(Maybe) | self.of(kind.of).map(lambda value: Maybe([value]))

    def sequence(self, kind: SequenceType) -> Trees:
        return st.lists(self.of(kind.of))

    def mapping(self, kind: MapType) -> Trees:
        return st.lists(self.of(kind.entry))

    def array(self, kind: ArrayType) -> Trees:
        return st.lists(self.of(kind.of), min_size=kind.size, max_size=kind.size).map(Fixed)

    def of_tuple(self, kind: TupleType) -> Trees:
        return st.tuples(*map(self.of, kind.items)).map(Fixed)

    def struct(self, kind: StructType) -> Trees:
        return st.tuples(*(self.of(field.type) for field in kind.fields)).map(Fixed)

    def enum(self, kind: EnumType) -> Trees:
        # The least deep variant first: that is what shrinking goes to.
        variants = sorted(kind.variants, key=lambda one: height(one.payload, self._heights))
        return st.one_of([self._variant(one.index, one.payload) for one in variants])

    def _variant(self, number: int, payload: Type) -> Trees:
        return self.of(payload).map(lambda value: Variant(number, value))

    def named(self, kind: NamedType) -> Trees:
        if kind.name not in self._named:
            self._named[kind.name] = st.deferred(lambda: self.of(self._definitions[kind.name]))
        return self._named[kind.name]


def _bits(layout: str, value: float) -> int:
    return int.from_bytes(struct.pack(layout, value), "little")


def or_known(values: Trees, known: Sequence[object]) -> Trees:
    """Values, or some that are known to matter; shrinking prefers the former."""
    return values | st.sampled_from(known) if known else values


def plain_text(least: int = 0, most: int | None = None) -> SearchStrategy[str]:
    """Texts that UTF-8 can hold."""
    return st.text(st.characters(codec="utf-8"), min_size=least, max_size=most)


def whole(texts: Sequence[str]) -> list[str]:
    """The texts without half a surrogate pair, which is for mutation."""
    return [text for text in texts if not any("\ud800" <= char <= "\udfff" for char in text)]


_OF: Mapping[type, Callable[..., Trees]] = {
    UnitType: _Types.unit,
    BoolType: _Types.boolean,
    IntType: _Types.integer,
    FloatType: _Types.floating,
    CharType: _Types.char,
    TextType: _Types.text,
    BytesType: _Types.blob,
    OptionType: _Types.option,
    SequenceType: _Types.sequence,
    MapType: _Types.mapping,
    ArrayType: _Types.array,
    TupleType: _Types.of_tuple,
    StructType: _Types.struct,
    EnumType: _Types.enum,
    NamedType: _Types.named,
}
