"""Typed values to bytes and back, as bincode 1.3 with its default options and SP1's `io::read` have them.

Numbers are little endian and of fixed width, lengths have 64 bits, the number of an enum's variant has 32.
Reading is as strict as bincode is, but says what follows the value, which bincode passes over.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

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
from fuzzer.generate.tree import Bits32, Bits64, Block, Char, Fixed, Maybe, Variant, variant_payload

DEEPEST = 200
"""Levels of nesting that are read and written."""
MOST_EMPTY = 1 << 12
"""Values without any bytes that one sequence may have; a length alone could claim 2^64 of them."""

_UTF8_WIDTHS = ((0x80, 1), (0xC0, 0), (0xE0, 2), (0xF0, 3), (0xF8, 4))
"""The width of a character whose first byte is below the first number."""


class UnfitError(ValueError):
    """The bytes are no value of the type, or the value is not of the type."""


class Mark(NamedTuple):
    """Where the bytes of a value hold not data but its shape: a length, or the choice between forms."""

    offset: int
    width: int


def decode(form: Bincode, data: bytes) -> tuple[object, bytes]:
    """The tree of a typed value and the bytes that follow it; raises `UnfitError`."""
    reader = _Reader(data, form.definitions)
    value = reader.read(form.root, 0)
    return value, data[reader.at :]


def encode(form: Bincode, value: object) -> bytes:
    """The bytes of a typed value; raises `UnfitError` when the tree is not of the type."""
    return encode_marked(form, value)[0]


def encode_marked(form: Bincode, value: object) -> tuple[bytes, list[Mark]]:
    """The bytes of a typed value and the places of its lengths and choices, in order."""
    writer = _Writer(form.definitions)
    writer.write(form.root, value, 0)
    return bytes(writer.out), writer.marks


class _Reader:
    """Reads one value from the start of some bytes; `at` is where it has got to."""

    def __init__(self, data: bytes, definitions: Mapping[str, Type]) -> None:
        self.data = data
        self.at = 0
        self.definitions = definitions

    def read(self, kind: Type, depth: int) -> object:
        if depth > DEEPEST:
            raise UnfitError("nested too deeply")
        return _READ[type(kind)](self, kind, depth + 1)

    def take(self, count: int) -> bytes:
        end = self.at + count
        if end > len(self.data):
            raise UnfitError(f"{end - len(self.data)} bytes too few")
        taken = self.data[self.at : end]
        self.at = end
        return taken

    def number(self, width: int) -> int:
        return int.from_bytes(self.take(width), "little")

    def of_unit(self, _kind: UnitType, _depth: int) -> None:
        return None

    def of_bool(self, _kind: BoolType, _depth: int) -> bool:
        value = self.number(1)
        if value > 1:
            raise UnfitError(f"{value} is neither 0 nor 1")
        return value == 1

    def of_integer(self, kind: IntType, _depth: int) -> int:
        return int.from_bytes(self.take(kind.bits // 8), "little", signed=kind.signed)

    def of_float(self, kind: FloatType, _depth: int) -> int:
        return Bits32(self.number(4)) if kind.bits == _SINGLE else Bits64(self.number(8))

    def of_char(self, _kind: CharType, _depth: int) -> Char:
        first = self.data[self.at] if self.at < len(self.data) else 0
        width = next((width for limit, width in _UTF8_WIDTHS if first < limit), 0)
        return Char(_utf8(self.take(width or 1)))

    def of_text(self, _kind: TextType, _depth: int) -> str:
        return _utf8(self.take(self.number(8)))

    def of_bytes(self, kind: BytesType, _depth: int) -> bytes:
        return self.take(self.number(8)) if kind.size is None else Block(self.take(kind.size))

    def of_option(self, kind: OptionType, depth: int) -> Maybe:
        present = self.of_bool(_FLAG, depth)
        return Maybe([self.read(kind.of, depth)]) if present else Maybe()

    def of_sequence(self, kind: SequenceType, depth: int) -> list[object]:
        return self.items(kind.of, self.number(8), depth)

    def of_map(self, kind: MapType, depth: int) -> list[object]:
        return self.items(kind.entry, self.number(8), depth)

    def of_array(self, kind: ArrayType, depth: int) -> Fixed:
        return Fixed(self.items(kind.of, kind.size, depth))

    def of_tuple(self, kind: TupleType, depth: int) -> Fixed:
        return Fixed([self.read(item, depth) for item in kind.items])

    def of_struct(self, kind: StructType, depth: int) -> Fixed:
        return Fixed([self.read(field.type, depth) for field in kind.fields])

    def of_enum(self, kind: EnumType, depth: int) -> Variant:
        number = self.number(4)
        payload = variant_payload(kind, number)
        if payload is None:
            raise UnfitError(f"no variant has the number {number}")
        return Variant(number, self.read(payload, depth))

    def of_named(self, kind: NamedType, depth: int) -> object:
        return self.read(_definition(self.definitions, kind), depth)

    def items(self, kind: Type, count: int, depth: int) -> list[object]:
        found: list[object] = []
        start = self.at
        for _ in range(count):
            found.append(self.read(kind, depth))
            if len(found) > MOST_EMPTY and self.at == start:
                raise UnfitError(f"a sequence claims {count} values without bytes")
        return found


class _Writer:
    """Writes one value; `marks` are the places of lengths and choices in `out`."""

    def __init__(self, definitions: Mapping[str, Type]) -> None:
        self.out = bytearray()
        self.marks: list[Mark] = []
        self.definitions = definitions

    def write(self, kind: Type, value: object, depth: int) -> None:
        if depth > DEEPEST:
            raise UnfitError("nested too deeply")
        writing, expected = _WRITE[type(kind)]
        if type(value) not in expected:
            raise UnfitError(f"{type(value).__name__} is not the value of a {type(kind).__name__}")
        writing(self, kind, value, depth + 1)

    def number(self, value: int, width: int, *, signed: bool = False) -> None:
        try:
            self.out += value.to_bytes(width, "little", signed=signed)
        except OverflowError:
            raise UnfitError(f"{value} does not fit into {8 * width} bits") from None

    def shape(self, value: int, width: int) -> None:
        self.marks.append(Mark(len(self.out), width))
        self.number(value, width)

    def of_unit(self, _kind: UnitType, _value: None, _depth: int) -> None:
        return

    def of_bool(self, _kind: BoolType, value: bool, _depth: int) -> None:  # noqa: FBT001 -- the value itself
        self.shape(int(value), 1)

    def of_integer(self, kind: IntType, value: int, _depth: int) -> None:
        self.number(value, kind.bits // 8, signed=kind.signed)

    def of_float(self, kind: FloatType, value: int, _depth: int) -> None:
        self.number(value, kind.bits // 8)

    def of_char(self, _kind: CharType, value: str, _depth: int) -> None:
        if len(value) != 1:
            raise UnfitError(f"{len(value)} characters are not one")
        self.out += _surrogates_too(value)

    def of_text(self, _kind: TextType, value: str, _depth: int) -> None:
        self.of_bytes(_ANY_BYTES, _surrogates_too(value), 0)

    def of_bytes(self, kind: BytesType, value: bytes, _depth: int) -> None:
        if kind.size is None:
            self.shape(len(value), 8)
        elif kind.size != len(value):
            raise UnfitError(f"{len(value)} bytes are not {kind.size}")
        self.out += value

    def of_option(self, kind: OptionType, value: Maybe, depth: int) -> None:
        self.shape(len(value), 1)
        for inner in value:
            self.write(kind.of, inner, depth)

    def of_sequence(self, kind: SequenceType, value: list[object], depth: int) -> None:
        self.shape(len(value), 8)
        for inner in value:
            self.write(kind.of, inner, depth)

    def of_map(self, kind: MapType, value: list[object], depth: int) -> None:
        self.shape(len(value), 8)
        for inner in value:
            self.write(kind.entry, inner, depth)

    def of_array(self, kind: ArrayType, value: Fixed, depth: int) -> None:
        self.fixed([kind.of] * kind.size, value, depth)

    def of_tuple(self, kind: TupleType, value: Fixed, depth: int) -> None:
        self.fixed(kind.items, value, depth)

    def of_struct(self, kind: StructType, value: Fixed, depth: int) -> None:
        self.fixed([field.type for field in kind.fields], value, depth)

    def of_enum(self, kind: EnumType, value: Variant, depth: int) -> None:
        payload = variant_payload(kind, value.number)
        if payload is None:
            raise UnfitError(f"no variant has the number {value.number}")
        self.shape(value.number, 4)
        self.write(payload, value[0], depth)

    def of_named(self, kind: NamedType, value: object, depth: int) -> None:
        self.write(_definition(self.definitions, kind), value, depth)

    def fixed(self, kinds: Sequence[Type], values: Fixed, depth: int) -> None:
        if len(kinds) != len(values):
            raise UnfitError(f"{len(values)} values are not {len(kinds)}")
        for kind, value in zip(kinds, values, strict=True):
            self.write(kind, value, depth)


def _utf8(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise UnfitError(str(error)) from None


def _surrogates_too(value: str) -> bytes:
    # Half a surrogate pair makes text that is no UTF-8: a reader has to refuse it, which is worth a try.
    return value.encode(errors="surrogatepass")


def _definition(definitions: Mapping[str, Type], kind: NamedType) -> Type:
    try:
        return definitions[kind.name]
    except KeyError:
        raise UnfitError(f"no type is called {kind.name}") from None


_SINGLE = 32
_FLAG = BoolType()
_ANY_BYTES = BytesType()
_ANYTHING = frozenset(
    {bool, int, str, bytes, list, Bits32, Bits64, Char, Block, Maybe, Fixed, Variant, type(None)}
)
_READ: Mapping[type, Callable[..., object]] = {
    UnitType: _Reader.of_unit,
    BoolType: _Reader.of_bool,
    IntType: _Reader.of_integer,
    FloatType: _Reader.of_float,
    CharType: _Reader.of_char,
    TextType: _Reader.of_text,
    BytesType: _Reader.of_bytes,
    OptionType: _Reader.of_option,
    SequenceType: _Reader.of_sequence,
    MapType: _Reader.of_map,
    ArrayType: _Reader.of_array,
    TupleType: _Reader.of_tuple,
    StructType: _Reader.of_struct,
    EnumType: _Reader.of_enum,
    NamedType: _Reader.of_named,
}
_WRITE: Mapping[type, tuple[Callable[..., None], frozenset[type]]] = {
    UnitType: (_Writer.of_unit, frozenset({type(None)})),
    BoolType: (_Writer.of_bool, frozenset({bool})),
    IntType: (_Writer.of_integer, frozenset({int})),
    FloatType: (_Writer.of_float, frozenset({Bits32, Bits64})),
    CharType: (_Writer.of_char, frozenset({Char})),
    TextType: (_Writer.of_text, frozenset({str})),
    BytesType: (_Writer.of_bytes, frozenset({bytes, Block})),
    OptionType: (_Writer.of_option, frozenset({Maybe})),
    SequenceType: (_Writer.of_sequence, frozenset({list})),
    MapType: (_Writer.of_map, frozenset({list})),
    ArrayType: (_Writer.of_array, frozenset({Fixed})),
    TupleType: (_Writer.of_tuple, frozenset({Fixed})),
    StructType: (_Writer.of_struct, frozenset({Fixed})),
    EnumType: (_Writer.of_enum, frozenset({Variant})),
    NamedType: (_Writer.of_named, _ANYTHING),
}
"""How each type is written, and what a value of it is in Python."""
