"""What a core reads, inferred from its seeds: JSON with the types, keys and ranges they show, or bytes."""

from collections.abc import Iterable, Sequence

from fuzzer.generate import json_text
from fuzzer.generate.structure import (
    RAW,
    AnySchema,
    ArraySchema,
    BoolSchema,
    ChoiceSchema,
    Format,
    InputFormat,
    IntegerSchema,
    Json,
    NullSchema,
    NumberSchema,
    ObjectSchema,
    Schema,
    StringSchema,
)
from fuzzer.generate.tree import Literal, Obj, is_container

MOST_SEEN = 64
"""Values of one place that are remembered."""

_LONGEST_SEEN = 128
_MANY_KEYS = 16
_LARGEST_READ = 1 << 18
"""Bytes of a seed beyond which it is not read: it would tell little more about the form."""
_MOST_MERGED = 4096


def infer_format(seeds: Sequence[Sequence[bytes]]) -> InputFormat:
    """The description of inputs like these; a place at which most buffers are JSON documents is JSON."""
    count = max(map(len, seeds), default=0)
    return InputFormat(
        buffers=tuple(
            infer_buffer([seed[index] for seed in seeds if index < len(seed)]) for index in range(count)
        )
    )


def infer_buffer(buffers: Iterable[bytes]) -> Format:
    """The description of buffers like these.

    Broken JSON among good is an example of what not to send. A number alone may be anything, so one object or
    array is asked for.
    """
    found: list[object] = []
    unfit = 0
    for buffer in buffers:
        if not buffer or len(buffer) > _LARGEST_READ:
            continue
        try:
            found.append(json_text.parse(buffer))
        except json_text.NotJsonError:
            unfit += 1
    if unfit > len(found) or not any(map(is_container, found)):
        return RAW
    return Json(schema=infer_schema(found))


def infer_schema(values: Sequence[object]) -> Schema:
    """The schema of values like these."""
    kinds: dict[str, list[object]] = {}
    for value in values[:_MOST_MERGED]:
        kinds.setdefault(_kind(value), []).append(value)
    if "number" in kinds:
        kinds["number"] += kinds.pop("integer", [])
    options = tuple(_schema_of(kind, kinds[kind]) for kind in sorted(kinds))
    if not options:
        return AnySchema()
    return options[0] if len(options) == 1 else ChoiceSchema(options=options)


def _kind(value: object) -> str:
    match value:
        case Literal():
            return "number"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case str():
            return "string"
        case None:
            return "null"
        case _:
            return "object" if isinstance(value, Obj) else "array"


def _schema_of(kind: str, values: list[object]) -> Schema:
    match kind:
        case "integer":
            seen = _spread(sorted({value for value in values if isinstance(value, int)}))
            return IntegerSchema(seen=tuple(seen))
        case "number":
            return NumberSchema(seen=tuple(dict.fromkeys(map(str, values)))[:MOST_SEEN])
        case "string":
            texts = dict.fromkeys(value for value in values if isinstance(value, str))
            return StringSchema(seen=tuple(text for text in texts if len(text) <= _LONGEST_SEEN)[:MOST_SEEN])
        case "array":
            return _array([value for value in values if isinstance(value, list)])
        case "object":
            return _object([value for value in values if isinstance(value, Obj)])
        case _:
            return BoolSchema() if kind == "boolean" else NullSchema()


def _spread(found: list[int]) -> list[int]:
    """At most so many of some sorted numbers, the first and the last among them."""
    if len(found) <= MOST_SEEN:
        return found
    last = len(found) - 1
    return [found[index * last // (MOST_SEEN - 1)] for index in range(MOST_SEEN)]


def _array(arrays: list[list[object]]) -> ArraySchema:
    lengths = _spread(sorted({len(items) for items in arrays}))
    return ArraySchema(items=infer_schema([item for items in arrays for item in items]), seen=tuple(lengths))


def _object(objects: list[Obj]) -> ObjectSchema:
    held: dict[str, list[object]] = {}
    for value in objects:
        for key, inner in dict(value).items():
            held.setdefault(key, []).append(inner)
    common = [key for key, values in held.items() if len(values) * 2 > len(objects)]
    if len(held) > _MANY_KEYS and not common:
        every = [inner for values in held.values() for inner in values]
        return ObjectSchema(additional=infer_schema(every))
    return ObjectSchema(
        properties={key: infer_schema(values) for key, values in held.items()},
        required=tuple(key for key, values in held.items() if len(values) == len(objects)),
    )
