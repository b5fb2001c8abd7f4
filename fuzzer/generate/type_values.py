"""Makes trees of typed values, mostly from values at which programs go wrong."""

from collections.abc import Callable, Mapping

from fuzzer.generate import boundary
from fuzzer.generate.dictionary import Dictionary
from fuzzer.generate.height import height, heights
from fuzzer.generate.rng import Rng, below, chance, pick, random_bytes
from fuzzer.generate.structure import (
    ArrayType,
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
from fuzzer.generate.tree import Bits32, Bits64, Block, Char, Fixed, Maybe, Variant, clone

USUAL_DEPTH = 6
"""Levels below which only what must be there is made."""
FAR_DEPTH = 40
_ROOM = 400
"""Values in a tree, beyond which only what must be there is made."""
_SIZES = (0, 1, 1, 2, 2, 3, 4, 5, 8, 17, 33)
_CHARS = "a0 \0\n\x7f\x80ßé\u0301\u07ff\u0800\ud7ff\ue000\ufffd\uffff\U00010000\U0001f980\U0010ffff"


class TypeValues:
    """Makes values; one for each type and dictionary, without a state of its own."""

    def __init__(self, definitions: Mapping[str, Type], dictionary: Dictionary) -> None:
        self._definitions = definitions
        self._heights = heights(definitions)
        self._dictionary = dictionary

    def value(self, rng: Rng, kind: Type) -> object:
        """A value of the type."""
        depth = FAR_DEPTH if chance(rng, 1 / 16) else USUAL_DEPTH
        return _Making(self._definitions, self._heights, self._dictionary, rng).value(kind, depth)


def limits(kind: IntType) -> tuple[int, int]:
    """The least and the greatest integer of a type."""
    return (-(1 << kind.bits - 1), (1 << kind.bits - 1) - 1) if kind.signed else (0, (1 << kind.bits) - 1)


def character(rng: Rng) -> Char:
    """One character, odd ones more often than their share."""
    if chance(rng, 0.5):
        return Char(pick(rng, _CHARS))
    return Char(chr(0x20 + below(rng, 0x5F)))


def blob(rng: Rng, size: int | None) -> bytes:
    """Random, repeated or counting bytes; of a size around that of a block where it is not given."""
    count = size if size is not None else pick(rng, (0, 0, 1, *boundary.LENGTHS[:19]))
    match below(rng, 3):
        case 0:
            found = bytes([pick(rng, b"\x00\xff\x80\x7fa")]) * count
        case 1:
            found = bytes(index & 0xFF for index in range(count))
        case _:
            found = random_bytes(rng, count)
    return found if size is None else Block(found)


class _Making:
    """One value in the making; `room` is how many more parts it may get."""

    def __init__(
        self, definitions: Mapping[str, Type], known: Mapping[str, float], dictionary: Dictionary, rng: Rng
    ) -> None:
        self.definitions = definitions
        self.heights = known
        self.dictionary = dictionary
        self.rng = rng
        self.room = _ROOM

    def value(self, kind: Type, depth: int) -> object:
        self.room -= 1
        return _MAKE[type(kind)](self, kind, depth if self.room > 0 else 0)

    def unit(self, _kind: UnitType, _depth: int) -> None:
        return None

    def boolean(self, _kind: BoolType, _depth: int) -> bool:
        return chance(self.rng, 0.5)

    def integer(self, kind: IntType, _depth: int) -> int:
        return boundary.integer(self.rng, *limits(kind), self.dictionary.numbers)

    def floating(self, kind: FloatType, _depth: int) -> int:
        found = boundary.float_bits(self.rng, kind.bits)
        return Bits32(found) if kind.bits == 32 else Bits64(found)  # noqa: PLR2004 -- a width

    def char(self, _kind: CharType, _depth: int) -> Char:
        return character(self.rng)

    def text(self, _kind: TextType, _depth: int) -> str:
        found = boundary.text(self.rng, self.dictionary.texts)
        return found.encode(errors="replace").decode()  # half a surrogate pair is for mutation

    def blob(self, kind: BytesType, _depth: int) -> bytes:
        known = self.dictionary.tokens
        if kind.size is None and known and chance(self.rng, 0.3):
            return pick(self.rng, known)
        return blob(self.rng, kind.size)

    def option(self, kind: OptionType, depth: int) -> Maybe:
        present = depth > 0 and chance(self.rng, 0.7)
        return Maybe([self.value(kind.of, depth - 1)]) if present else Maybe()

    def sequence(self, kind: SequenceType | MapType, depth: int) -> list[object]:
        inner = kind.entry if isinstance(kind, MapType) else kind.of
        found: list[object] = []
        for _ in range(pick(self.rng, _SIZES) if depth > 0 else 0):
            if self.room <= 0:
                break
            again = found and chance(self.rng, 0.1)
            found.append(clone(found[-1]) if again else self.value(inner, depth - 1))
        return found

    def array(self, kind: ArrayType, depth: int) -> Fixed:
        return Fixed([self.value(kind.of, depth - 1) for _ in range(kind.size)])

    def of_tuple(self, kind: TupleType, depth: int) -> Fixed:
        return Fixed([self.value(item, depth - 1) for item in kind.items])

    def struct(self, kind: StructType, depth: int) -> Fixed:
        return Fixed([self.value(field.type, depth - 1) for field in kind.fields])

    def enum(self, kind: EnumType, depth: int) -> Variant:
        variants = kind.variants
        if depth <= 0:
            least = min(height(variant.payload, self.heights) for variant in variants)
            variants = tuple(one for one in variants if height(one.payload, self.heights) <= least)
        chosen = pick(self.rng, variants)
        return Variant(chosen.index, self.value(chosen.payload, depth - 1))

    def named(self, kind: NamedType, depth: int) -> object:
        return self.value(self.definitions[kind.name], depth)


_MAKE: Mapping[type, Callable[..., object]] = {
    UnitType: _Making.unit,
    BoolType: _Making.boolean,
    IntType: _Making.integer,
    FloatType: _Making.floating,
    CharType: _Making.char,
    TextType: _Making.text,
    BytesType: _Making.blob,
    OptionType: _Making.option,
    SequenceType: _Making.sequence,
    MapType: _Making.sequence,
    ArrayType: _Making.array,
    TupleType: _Making.of_tuple,
    StructType: _Making.struct,
    EnumType: _Making.enum,
    NamedType: _Making.named,
}
