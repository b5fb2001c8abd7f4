"""What a core reads, described: a list of buffers, each raw, JSON under a schema, or a bincode-typed value.

A description says what is usual, not what is possible: mutation goes beyond it on purpose, and an input
that does not fit it is still an input. All of it is plain data that msgspec writes and reads.
"""

from collections.abc import Mapping
from decimal import Decimal

import msgspec

# --- JSON, as far as a JSON Schema is served -------------------------------------------------------


class AnySchema(msgspec.Struct, frozen=True, kw_only=True, tag="any"):
    """Every JSON value."""


class NullSchema(msgspec.Struct, frozen=True, kw_only=True, tag="null"):
    """`null`."""


class BoolSchema(msgspec.Struct, frozen=True, kw_only=True, tag="boolean"):
    """`true` or `false`."""


class IntegerSchema(msgspec.Struct, frozen=True, kw_only=True, tag="integer"):
    """A whole number."""

    minimum: int | None = None
    maximum: int | None = None
    multiple_of: int = 1
    seen: tuple[int, ...] = ()
    """Values that seeds have, sorted; most draws stay between the first and the last, but need not."""


class NumberSchema(msgspec.Struct, frozen=True, kw_only=True, tag="number"):
    """Any number."""

    minimum: Decimal | None = None
    maximum: Decimal | None = None
    above: Decimal | None = None
    """A bound that the number itself must not reach; so is `below`."""
    below: Decimal | None = None
    multiple_of: Decimal | None = None
    seen: tuple[str, ...] = ()
    """Values that seeds have, as they spell them."""


class Repeat(msgspec.Struct, frozen=True):
    """One of some characters, as often as `least` to `most` times."""

    chars: str
    least: int
    most: int


class Pattern(msgspec.Struct, frozen=True, kw_only=True):
    """A simple pattern: repeated characters one after the other."""

    parts: tuple[Repeat, ...]


class StringSchema(msgspec.Struct, frozen=True, kw_only=True, tag="string"):
    """A string; lengths are in characters."""

    min_length: int = 0
    max_length: int | None = None
    pattern: Pattern | None = None
    seen: tuple[str, ...] = ()


class ArraySchema(msgspec.Struct, frozen=True, kw_only=True, tag="array"):
    """An array: `prefix` for its first items, `items` for all others (None where there can be none)."""

    prefix: tuple["Schema", ...] = ()
    items: "Schema | None" = AnySchema()
    min_items: int = 0
    max_items: int | None = None
    unique: bool = False
    seen: tuple[int, ...] = ()
    """Lengths that seeds have, sorted."""


class ObjectSchema(msgspec.Struct, frozen=True, kw_only=True, tag="object"):
    """An object; `additional` is for keys without a property of their own, None where none are made."""

    properties: Mapping[str, "Schema"] = {}
    required: tuple[str, ...] = ()
    additional: "Schema | None" = None
    closed: bool = False
    """Whether a key without a property is wrong, not only unusual."""


class ConstantSchema(msgspec.Struct, frozen=True, kw_only=True, tag="constant"):
    """One of some values, each as compact JSON text."""

    values: tuple[str, ...]


class ChoiceSchema(msgspec.Struct, frozen=True, kw_only=True, tag="choice"):
    """One of some schemas, or with `exclusive` exactly one of them."""

    options: tuple["Schema", ...]
    exclusive: bool = False


class RefSchema(msgspec.Struct, frozen=True, kw_only=True, tag="ref"):
    """The definition of this name; descriptions can be recursive."""

    name: str


Schema = (
    AnySchema
    | NullSchema
    | BoolSchema
    | IntegerSchema
    | NumberSchema
    | StringSchema
    | ArraySchema
    | ObjectSchema
    | ConstantSchema
    | ChoiceSchema
    | RefSchema
)


# --- bincode 1, as `io::read::<T>` takes it: little endian, fixed width, lengths of 64 bits --------


class UnitType(msgspec.Struct, frozen=True, kw_only=True, tag="unit"):
    """Nothing at all."""


class BoolType(msgspec.Struct, frozen=True, kw_only=True, tag="bool"):
    """One byte, 0 or 1."""


class IntType(msgspec.Struct, frozen=True, kw_only=True, tag="int"):
    """An integer of 8, 16, 32, 64 or 128 bits."""

    bits: int
    signed: bool = False


class FloatType(msgspec.Struct, frozen=True, kw_only=True, tag="float"):
    """An IEEE number of 32 or 64 bits."""

    bits: int


class CharType(msgspec.Struct, frozen=True, kw_only=True, tag="char"):
    """One character in UTF-8, without a length."""


class TextType(msgspec.Struct, frozen=True, kw_only=True, tag="text"):
    """UTF-8 behind its length in bytes."""


class BytesType(msgspec.Struct, frozen=True, kw_only=True, tag="bytes"):
    """Bytes behind their length, or exactly `size` bytes without one."""

    size: int | None = None


class OptionType(msgspec.Struct, frozen=True, kw_only=True, tag="option"):
    """A byte 0, or a byte 1 and a value."""

    of: "Type"


class SequenceType(msgspec.Struct, frozen=True, kw_only=True, tag="sequence"):
    """Values of one type behind their number."""

    of: "Type"


class ArrayType(msgspec.Struct, frozen=True, kw_only=True, tag="fixed"):
    """Exactly `size` values of one type."""

    of: "Type"
    size: int


class TupleType(msgspec.Struct, frozen=True, kw_only=True, tag="tuple"):
    """Values one after the other."""

    items: tuple["Type", ...]


class Field(msgspec.Struct, frozen=True):
    """A named part of a struct."""

    name: str
    type: "Type"


class StructType(msgspec.Struct, frozen=True, kw_only=True, tag="struct"):
    """Named values one after the other; names are not written."""

    fields: tuple[Field, ...]
    name: str = ""


class EnumVariant(msgspec.Struct, frozen=True):
    """A variant: the number that is written for it, its name, and what it holds."""

    index: int
    name: str
    payload: "Type"


class EnumType(msgspec.Struct, frozen=True, kw_only=True, tag="enum"):
    """The number of a variant in 32 bits, and what it holds."""

    variants: tuple[EnumVariant, ...]
    name: str = ""


class MapType(msgspec.Struct, frozen=True, kw_only=True, tag="map"):
    """Entries, each a tuple of key and value, behind their number."""

    entry: TupleType


class NamedType(msgspec.Struct, frozen=True, kw_only=True, tag="named"):
    """The type of this name; types can be recursive."""

    name: str


Type = (
    UnitType
    | BoolType
    | IntType
    | FloatType
    | CharType
    | TextType
    | BytesType
    | OptionType
    | SequenceType
    | ArrayType
    | TupleType
    | StructType
    | EnumType
    | MapType
    | NamedType
)


def map_type(key: Type, value: Type) -> MapType:
    """A map from `key` to `value`."""
    return MapType(entry=TupleType(items=(key, value)))


# --- buffers ---------------------------------------------------------------------------------------


class Raw(msgspec.Struct, frozen=True, kw_only=True, tag="raw"):
    """Bytes of which nothing is known."""


class Json(msgspec.Struct, frozen=True, kw_only=True, tag="json"):
    """JSON text; `definitions` are what a `RefSchema` names."""

    schema: Schema = AnySchema()
    definitions: Mapping[str, Schema] = {}


class Bincode(msgspec.Struct, frozen=True, kw_only=True, tag="bincode"):
    """A typed value; `definitions` are what a `NamedType` names."""

    root: Type
    definitions: Mapping[str, Type] = {}


Format = Raw | Json | Bincode


class InputFormat(msgspec.Struct, frozen=True, kw_only=True):
    """What a core reads: a description for each buffer, in order; further buffers are raw."""

    buffers: tuple[Format, ...]

    def of(self, index: int) -> Format:
        """The description of one buffer, counted from 0."""
        return self.buffers[index] if index < len(self.buffers) else RAW


RAW = Raw()
Hint = Schema | Type
"""What is known of one value inside a buffer."""
