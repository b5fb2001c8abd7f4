"""Whether a JSON tree is what a schema describes; what seeds have says nothing here."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from fuzzer.generate import json_text
from fuzzer.generate.structure import (
    AnySchema,
    ArraySchema,
    BoolSchema,
    ChoiceSchema,
    ConstantSchema,
    IntegerSchema,
    NullSchema,
    NumberSchema,
    ObjectSchema,
    RefSchema,
    Schema,
    StringSchema,
)
from fuzzer.generate.tree import Literal, Obj

_EXACT_DIGITS = 400


def fits(schema: Schema, value: object, definitions: Mapping[str, Schema]) -> bool:
    """Whether a value satisfies a schema."""
    match schema:
        case ChoiceSchema():
            found = sum(fits(option, value, definitions) for option in schema.options)
            return found == 1 or (found > 1 and not schema.exclusive)
        case RefSchema():
            return fits(definitions[schema.name], value, definitions)
        case ArraySchema():
            return type(value) is list and _is_array(schema, value, definitions)
        case ObjectSchema():
            return isinstance(value, Obj) and _is_object(schema, value, definitions)
        case _:
            return _fits_leaf(schema, value)


def _fits_leaf(schema: Schema, value: object) -> bool:
    match schema:
        case NullSchema():
            found = value is None
        case BoolSchema():
            found = isinstance(value, bool)
        case IntegerSchema():
            found = type(value) is int and _in_range(schema, value)
        case NumberSchema():
            found = _is_number(schema, value)
        case StringSchema():
            found = type(value) is str and _is_string(schema, value)
        case ConstantSchema():
            found = json_text.text(value) in schema.values
        case _:
            found = isinstance(schema, AnySchema)
    return found


def _in_range(schema: IntegerSchema, value: int) -> bool:
    return (
        (schema.minimum is None or value >= schema.minimum)
        and (schema.maximum is None or value <= schema.maximum)
        and value % schema.multiple_of == 0
    )


def _is_number(schema: NumberSchema, value: object) -> bool:
    if type(value) is not int and not isinstance(value, Literal):
        return False
    try:
        return is_in(schema, Decimal(value))
    except InvalidOperation:  # mutations spell what is no number, or has an exponent beyond all bounds
        return False


def is_in(schema: NumberSchema, number: Decimal) -> bool:
    """Whether a number keeps to a schema's bounds, and is a multiple of what it says."""
    return (
        (schema.minimum is None or number >= schema.minimum)
        and (schema.maximum is None or number <= schema.maximum)
        and (schema.above is None or number > schema.above)
        and (schema.below is None or number < schema.below)
        and (schema.multiple_of is None or _is_multiple(number, schema.multiple_of))
    )


def _is_multiple(number: Decimal, of: Decimal) -> bool:
    if abs(number.adjusted() - of.adjusted()) > _EXACT_DIGITS:
        return not number
    top, bottom = (number.as_integer_ratio(), of.as_integer_ratio())
    return (top[0] * bottom[1]) % (top[1] * bottom[0]) == 0


def _is_string(schema: StringSchema, value: str) -> bool:
    # A pattern is a way to make texts; whether a text of another make matches it is not asked of it.
    return schema.min_length <= len(value) and (schema.max_length is None or len(value) <= schema.max_length)


def _is_array(schema: ArraySchema, items: list[object], definitions: Mapping[str, Schema]) -> bool:
    if len(items) < schema.min_items or (schema.max_items is not None and len(items) > schema.max_items):
        return False
    if schema.unique and len({json_text.text(item) for item in items}) < len(items):
        return False
    rest = schema.items
    for index, item in enumerate(items):
        own = schema.prefix[index] if index < len(schema.prefix) else rest
        if own is None or not fits(own, item, definitions):
            return False
    return True


def _is_object(schema: ObjectSchema, value: Obj, definitions: Mapping[str, Schema]) -> bool:
    held = dict(value)  # of repeated keys the last one counts, as with most parsers
    if not held.keys() >= set(schema.required):
        return False
    for key, inner in held.items():
        own = schema.properties.get(key, schema.additional)
        if own is None and schema.closed:
            return False
        if own is not None and not fits(own, inner, definitions):
            return False
    return True
