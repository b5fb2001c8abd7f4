"""How deep the shallowest value of a description is: how recursion ends and endless types are found."""

from collections.abc import Iterable, Mapping
from math import inf

from fuzzer.generate.structure import (
    ArraySchema,
    ArrayType,
    ChoiceSchema,
    EnumType,
    Hint,
    NamedType,
    ObjectSchema,
    RefSchema,
    StructType,
    TupleType,
)

Heights = Mapping[str, float]


def heights(definitions: Mapping[str, Hint]) -> Heights:
    """The height of each definition; infinite for one that every value of would have no end."""
    found: dict[str, float] = dict.fromkeys(definitions, inf)
    for _ in definitions:
        found = {name: height(hint, found) for name, hint in definitions.items()}
    return found


def height(hint: Hint, known: Heights) -> float:
    """Levels of nesting in the shallowest value: 1 for a number."""
    if isinstance(hint, RefSchema | NamedType):
        return known.get(hint.name, inf)
    if isinstance(hint, ChoiceSchema):
        return min((height(option, known) for option in hint.options), default=inf)
    if isinstance(hint, EnumType):
        return 1 + min((height(variant.payload, known) for variant in hint.variants), default=inf)
    return 1 + max((height(inner, known) for inner in _needed(hint)), default=0)


def _needed(hint: Hint) -> Iterable[Hint]:
    """What every value holds."""
    match hint:
        case ArraySchema():
            more = [hint.items] if hint.items and hint.min_items > len(hint.prefix) else []
            return [*hint.prefix[: hint.min_items], *more]
        case ObjectSchema():
            return [hint.properties[key] for key in hint.required if key in hint.properties]
        case ArrayType():
            return [hint.of] if hint.size else []
        case TupleType():
            return hint.items
        case StructType():
            return [field.type for field in hint.fields]
        case _:
            return []
