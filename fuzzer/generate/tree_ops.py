"""Which mutation a tree gets: a place is chosen first, then an operator for what stands there."""

from collections.abc import Iterable, Mapping

from fuzzer.generate import container_ops, value_ops
from fuzzer.generate.byte_ops import ANY_LENGTH, SAME_LENGTH
from fuzzer.generate.leaf_ops import INTEGER_OPS, TEXT_OPS
from fuzzer.generate.rng import below, chance, pick
from fuzzer.generate.scene import Scene, TreeOp
from fuzzer.generate.tree import (
    Bits32,
    Bits64,
    Block,
    Char,
    Fixed,
    Literal,
    Maybe,
    Obj,
    Variant,
    depth,
    held,
    is_container,
    put,
)

DEEPEST = 400
"""Levels beyond which a tree is not let grow: writing it takes a part of Python's stack for each."""

_OPERATORS: Mapping[str, TreeOp] = {
    "value-regenerate": value_ops.regenerate,
    "value-copy": value_ops.copy,
    "value-confuse": value_ops.confuse,
    "value-nest": value_ops.nest,
    "value-hoist": value_ops.hoist,
    "bool-flip": value_ops.flip,
    **{name: value_ops.integer_op(operate) for name, operate in INTEGER_OPS.items()},
    "number-spelling": value_ops.respelled,
    **{name: value_ops.text_op(operate) for name, operate in TEXT_OPS.items()},
    "array-insert": container_ops.insert,
    "array-delete": container_ops.delete,
    "array-duplicate": container_ops.duplicate,
    "array-repeat": container_ops.repeat,
    "array-swap": container_ops.exchange,
    "array-order": container_ops.reorder,
    "array-clear": container_ops.clear,
    "key-add": container_ops.add_key,
    "key-drop": container_ops.drop_key,
    "key-rename": container_ops.rename_key,
    "key-duplicate": container_ops.repeat_key,
    "key-swap": container_ops.swap_values,
    "key-order": container_ops.reorder,
    "float-boundary": value_ops.float_edge,
    "float-bit": value_ops.float_bit,
    "float-nudge": value_ops.float_nudge,
    "float-negate": value_ops.float_negate,
    "char-change": value_ops.change_char,
    "option-change": value_ops.change_option,
    "variant-change": value_ops.change_variant,
    **{name: value_ops.bytes_op(operate) for name, operate in ANY_LENGTH.items()},
}
OPERATOR_NAMES = tuple(_OPERATORS)

_ARRAY = {
    "array-insert": 4,
    "array-delete": 3,
    "array-duplicate": 3,
    "array-swap": 3,
    "array-order": 2,
    "array-repeat": 1,
    "array-clear": 1,
}
_JSON_EXTRA = {"value-confuse": 1, "value-hoist": 1, "value-nest": 1}
_INTEGER = {
    "number-nudge": 5,
    "number-boundary": 5,
    "number-dictionary": 3,
    "number-bit": 2,
    "number-scale": 2,
    "number-negate": 2,
    "value-regenerate": 3,
    "value-copy": 2,
}
_TEXT = {**dict.fromkeys(TEXT_OPS, 2), "text-dictionary": 4, "value-regenerate": 3, "value-copy": 2}
_ANY = {"value-regenerate": 2, "value-copy": 1}
_JSON: Mapping[type, Mapping[str, int]] = {
    int: {**_INTEGER, "number-spelling": 1, "value-confuse": 1},
    Literal: {"number-spelling": 6, "value-regenerate": 2, "value-copy": 1, "value-confuse": 1},
    str: {**_TEXT, "value-confuse": 1},
    bool: {"bool-flip": 6, "value-confuse": 1, "value-regenerate": 1},
    type(None): {"value-regenerate": 3, "value-copy": 2, "value-confuse": 1},
    list: {**_ARRAY, **_ANY, **_JSON_EXTRA},
    Obj: {
        "key-add": 4,
        "key-drop": 2,
        "key-rename": 1,
        "key-duplicate": 1,
        "key-swap": 3,
        "key-order": 2,
        **_ANY,
        **_JSON_EXTRA,
    },
}
_TYPED: Mapping[type, Mapping[str, int]] = {
    int: _INTEGER,
    str: _TEXT,
    bool: {"bool-flip": 1},
    list: {**_ARRAY, **_ANY},
    Fixed: {"array-swap": 2, **_ANY},
    Maybe: {"option-change": 2, **_ANY},
    Variant: {"variant-change": 3, **_ANY},
    Char: {"char-change": 4, "value-copy": 1},
    **{
        kind: {"float-boundary": 4, "float-bit": 3, "float-nudge": 2, "float-negate": 1, **_ANY}
        for kind in (Bits32, Bits64)
    },
    bytes: {**dict.fromkeys(ANY_LENGTH, 1), **_ANY},
    Block: {**dict.fromkeys(SAME_LENGTH, 1), **_ANY},
}
_Choices = Mapping[type, tuple[tuple[str, TreeOp], ...]]


def _choices(shares: Mapping[type, Mapping[str, int]]) -> _Choices:
    def listed(weights: Mapping[str, int]) -> Iterable[tuple[str, TreeOp]]:
        return ((name, _OPERATORS[name]) for name, weight in weights.items() for _ in range(weight))

    return {kind: tuple(listed(weights)) for kind, weights in shares.items()}


_CHOICES = {False: _choices(_JSON), True: _choices(_TYPED)}
_DEEPENING = frozenset(
    {"value-regenerate", "value-copy", "value-confuse", "value-nest", "array-insert", "key-add"}
)


def mutate_tree(scene: Scene) -> str:
    """Change one place of a tree: the name of the operator, empty where it found nothing to do."""
    rng, places = scene.rng, scene.places
    count = places.count()
    number = below(rng, count)
    old = places.value(number)
    if is_container(old) and chance(rng, 0.5):
        number = below(rng, count)
        old = places.value(number)
    choices = _CHOICES[scene.typed].get(type(old))
    if not choices:
        return ""
    slot = places.slot(number)
    name, operate = pick(rng, choices)
    changed = operate(scene, slot)
    new = held(slot)
    if is_container(new):
        if name in _DEEPENING and depth(places.holder[0]) > DEEPEST:
            put(slot, None)
        places.is_stale = True
    elif is_container(old):
        places.is_stale = True
    return name if changed else ""
