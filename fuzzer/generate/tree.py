"""Parsed buffers as trees, alike for JSON and typed values: one mutator and one reducer serve both.

| in Python | in JSON | in bincode |
|---|---|---|
| None, bool, int, str | the same | unit, bool, integer, text |
| `Literal` | a number that is no plain integer, as it is spelled | |
| `Obj` | an object: pairs, so that keys can repeat | |
| list | an array | a sequence; a map, whose entries are `Fixed` |
| `Fixed` | | a tuple, struct or fixed array |
| `Maybe` | | an option: a list of no or one value |
| `Variant` | | an enum: a list of one value |
| `Char`, `Bits32`, `Bits64` | | a character, the bits of an `f32` or `f64` |
| bytes, `Block` | | bytes with a length, bytes of a fixed number |

Trees are changed in place by their one owner. A place in a tree is a slot: a list and an index in it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from fuzzer.generate.structure import (
    ArraySchema,
    ArrayType,
    ChoiceSchema,
    ConstantSchema,
    EnumType,
    Hint,
    IntegerSchema,
    MapType,
    NamedType,
    NumberSchema,
    ObjectSchema,
    OptionType,
    RefSchema,
    SequenceType,
    StringSchema,
    StructType,
    TupleType,
    Type,
)


class Literal(str):
    """A JSON number that Python's integers would not give back as it is spelled."""

    __slots__ = ()


class Obj(list[tuple[str, object]]):
    """A JSON object: its pairs in order, repeated keys included."""

    __slots__ = ()


class Fixed(list[object]):
    """Values whose number is fixed by their type."""

    __slots__ = ()


class Maybe(list[object]):
    """An option."""

    __slots__ = ()


class Variant(list[object]):
    """An enum's variant: the number that is written, and a list of the one value it holds."""

    __slots__ = ("number",)

    def __init__(self, number: int, payload: object) -> None:
        super().__init__((payload,))
        self.number = number

    def __eq__(self, other: object) -> bool:
        """Equal variants of one number hold equal values."""
        return isinstance(other, Variant) and self.number == other.number and super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        """A list has one of its own, which would see the values only."""
        return not self == other

    __hash__ = None


class Char(str):
    """One character."""

    __slots__ = ()


class Bits32(int):
    """The bits of an `f32`."""

    __slots__ = ()


class Bits64(int):
    """The bits of an `f64`."""

    __slots__ = ()


class Block(bytes):
    """Bytes whose number is fixed by their type."""

    __slots__ = ()


Slot = tuple[list[Any], int, Hint | None]
"""A place in a tree and what is known of what belongs there."""

_INDIRECT = frozenset({RefSchema, NamedType, ChoiceSchema})
_CONTAINERS = frozenset({list, Obj, Fixed, Maybe, Variant})


def is_container(value: object) -> bool:
    """Whether a value has others inside."""
    return type(value) in _CONTAINERS


def held(slot: Slot) -> object:
    """The value in a slot."""
    entry = slot[0][slot[1]]
    return entry[1] if type(slot[0]) is Obj else entry


def put(slot: Slot, value: object) -> None:
    """Replace the value in a slot; a key stays as it is."""
    holder, index, _ = slot
    holder[index] = (holder[index][0], value) if type(holder) is Obj else value


def children(value: object) -> list[object]:
    """The values directly inside a container, in order; none of anything else."""
    if isinstance(value, Obj):
        return [child for _, child in value]
    return list(value) if isinstance(value, list) else []


def depth(value: object) -> int:
    """Levels of containers, found without recursion: 0 for a number."""
    level, layer = 0, [value]
    while layer := [node for node in layer if is_container(node)]:
        level += 1
        layer = [child for node in layer for child in children(node)]
    return level


def nodes(value: object) -> Iterator[object]:
    """A value and all inside it, each before what it holds."""
    todo = [value]
    while todo:
        node = todo.pop()
        yield node
        todo.extend(reversed(children(node)))


def leaves(value: object) -> Iterator[object]:
    """All values that hold no others, in order."""
    return (node for node in nodes(value) if not is_container(node))


def keys(value: object) -> Iterator[str]:
    """The keys of all objects, in order, repeats included."""
    return (key for node in nodes(value) if isinstance(node, Obj) for key, _ in node)


def clone(value: object) -> object:
    """A copy that shares no list with its original."""
    if not isinstance(value, list):
        return value
    if isinstance(value, Obj):
        return Obj([(key, clone(child)) for key, child in value])
    return rebuilt(value, [clone(child) for child in value])


def rebuilt(container: list[Any], items: list[Any]) -> list[Any]:
    """A container of the same kind with other items (pairs, for an object)."""
    if isinstance(container, Variant):
        return Variant(container.number, items[0])
    return type(container)(items)


class Places:
    """Every place of a tree, and what is known of each; numbered from 0, which is the root's.

    `holder` is a list whose only item is the root, so that the root has a place too. Hints are worked out for
    a place that is asked for, by the way to it: most never are.
    """

    def __init__(self, holder: list[Any], hint: Hint | None, definitions: Mapping[str, Hint]) -> None:
        self.holder = holder
        self._hint = hint
        self._definitions = definitions
        self._found: list[tuple[list[Any], int, int]] = []
        """The list, the index in it, and the number of the place that the list itself stands at."""
        self.is_stale = True
        """To be set when a container was changed."""

    def count(self) -> int:
        """How many places there are, found again where the tree has changed its form."""
        if self.is_stale:
            self._find()
            self.is_stale = False
        return len(self._found)

    def _find(self) -> None:
        found: list[tuple[list[Any], int, int]] = [(self.holder, 0, -1)]
        todo: list[tuple[list[Any], int]] = []
        if type(self.holder[0]) in _CONTAINERS:
            todo.append((self.holder[0], 0))
        for node, up in todo:  # grows while it is gone through
            if type(node) is Obj:
                for index, (_, child) in enumerate(node):
                    if type(child) in _CONTAINERS:
                        todo.append((child, len(found)))  # type: ignore[arg-type]
                    found.append((node, index, up))
            else:
                for index, child in enumerate(node):
                    if type(child) in _CONTAINERS:
                        todo.append((child, len(found)))
                    found.append((node, index, up))
        self._found = found

    def value(self, number: int) -> object:
        """The value at the place of this number, below what `count` said last."""
        holder, index, _ = self._found[number]
        return holder[index][1] if type(holder) is Obj else holder[index]

    def slot(self, number: int) -> Slot:
        """The place of this number, below what `count` said last, with what is known of it."""
        holder, index, up = self._found[number]
        hint = self._hint
        if up < 0 or hint is None:
            return holder, index, hint
        way = [(holder, index)]
        while up > 0:
            outer, at, up = self._found[up]
            way.append((outer, at))
        for node, at in reversed(way):
            hint = resolve(hint, node, self._definitions)
            if hint is None:
                break
            hint = item_hint(hint, node, at)
        return holder, index, hint


def resolve(hint: Hint | None, value: object, definitions: Mapping[str, Hint]) -> Hint | None:
    """The hint behind references and choices that fits a value best; None where none does."""
    if type(hint) not in _INDIRECT:
        return hint
    for _ in range(len(definitions) + 1):
        if not isinstance(hint, RefSchema | NamedType):
            break
        hint = definitions.get(hint.name)
    if isinstance(hint, ChoiceSchema):
        options = (resolve(option, value, definitions) for option in hint.options)
        return next((option for option in options if _may_describe(option, value)), None)
    return hint


def _may_describe(hint: Hint | None, value: object) -> bool:
    """A quick look at the outside, and at keys of one possible value: those tell serde's variants apart."""
    if not isinstance(hint, ObjectSchema) or not isinstance(value, Obj):
        kind = type(value)
        return (
            (kind is list and isinstance(hint, ArraySchema))
            or (kind is int and isinstance(hint, IntegerSchema | NumberSchema))
            or (kind is Literal and isinstance(hint, NumberSchema))
            or (kind is str and isinstance(hint, StringSchema))
        )
    if not {key for key, _ in value}.issuperset(hint.required):
        return False
    for key, child in value:
        own = hint.properties.get(key)
        if isinstance(own, ConstantSchema) and isinstance(child, str) and f'"{child}"' not in own.values:
            return False
    return True


def item_hint(hint: Hint, node: list[Any], index: int) -> Hint | None:
    """What is known of the value at one index of a container; the hint is one without a name or a choice."""
    found: Hint | None = None
    match hint:
        case ObjectSchema() if isinstance(node, Obj):
            found = hint.properties.get(node[index][0], hint.additional)
        case SequenceType() | ArrayType() | OptionType():
            found = hint.of
        case StructType():
            found = hint.fields[index].type
        case TupleType():
            found = hint.items[index]
        case MapType():
            found = hint.entry
        case ArraySchema():
            found = hint.prefix[index] if index < len(hint.prefix) else hint.items
        case EnumType() if isinstance(node, Variant):
            found = variant_payload(hint, node.number)
        case _:
            pass
    return found


def variant_payload(hint: EnumType, number: int) -> Type | None:
    """What the variant of this number holds."""
    return next((variant.payload for variant in hint.variants if variant.index == number), None)
