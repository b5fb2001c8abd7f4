"""Mutations of single values: numbers, texts, typed leaves, and one kind of JSON value for another."""

from collections.abc import Callable

from fuzzer.generate import boundary, json_text
from fuzzer.generate.byte_ops import ByteOp
from fuzzer.generate.dictionary import Dictionary
from fuzzer.generate.leaf_ops import respell, spell
from fuzzer.generate.rng import Rng, below, chance, pick
from fuzzer.generate.scene import Scene, TreeOp
from fuzzer.generate.schema_values import nested
from fuzzer.generate.splice import DEEPEST_PART
from fuzzer.generate.structure import AnySchema, EnumType, Hint, IntegerSchema, IntType, OptionType
from fuzzer.generate.tree import (
    Bits32,
    Literal,
    Maybe,
    Obj,
    Slot,
    Variant,
    children,
    clone,
    depth,
    held,
    is_container,
    put,
)
from fuzzer.generate.type_values import character, limits

_ANY = AnySchema()
_TRIES = 6
_LARGEST_SHOWN = 64


def regenerate(scene: Scene, slot: Slot) -> bool:
    """A new value of what belongs there."""
    old = held(slot)
    new = scene.make(scene.rng, slot[2] if slot[2] is not None else _ANY)
    put(slot, new)
    return type(new) is not type(old) or new != old


def copy(scene: Scene, slot: Slot) -> bool:
    """A value of the same kind from elsewhere in the tree."""
    old, count = held(slot), scene.places.count()
    for _ in range(_TRIES):
        number = below(scene.rng, count)
        value = scene.places.value(number)
        if type(value) is not type(old) or value == old:
            continue
        if scene.typed and scene.places.slot(number)[2] != slot[2]:
            continue
        if not is_container(value) or depth(value) <= DEEPEST_PART:
            put(slot, clone(value))
            return True
    return False


def confuse(scene: Scene, slot: Slot) -> bool:
    """A value of another kind that looks alike: the number as text, the items as an object."""
    old = held(slot)
    options: list[object] = [
        None,
        [old],
        str(old) if isinstance(old, int) else "0",
        0,
        1,
        True,
        "",
        [],
        Obj(),
    ]
    match old:
        case Obj():
            options += (
                [[key for key, _ in old], children(old), json_text.text(old)]
                if len(old) < _LARGEST_SHOWN
                else []
            )
        case list():
            options += [*old[:2], Obj([(str(index), item) for index, item in enumerate(old)])]
        case Literal():
            options += [str(old), Literal("0.5")]
        case str():
            options += [list(old[:8]), Obj([(old, None)]), [], _as_number(old)]
        case _:
            options += [Literal("1.5")]
    new = pick(scene.rng, options)
    put(slot, new)
    return type(new) is not type(old)


def _as_number(text: str) -> object:
    try:
        found = json_text.parse(text.encode(errors="replace"))
    except json_text.NotJsonError:
        return None
    return found if isinstance(found, int | Literal) else None


def nest(scene: Scene, slot: Slot) -> bool:
    """The value with arrays or objects around it."""
    put(slot, nested(scene.rng, held(slot)))
    return True


def hoist(scene: Scene, slot: Slot) -> bool:
    """One of a container's values instead of the container."""
    inner = children(held(slot))
    if inner:
        put(slot, pick(scene.rng, inner))
    return bool(inner)


def flip(_scene: Scene, slot: Slot) -> bool:
    """True for false, and false for true."""
    put(slot, not held(slot))
    return True


def integer_op(operate: Callable[[Rng, int, Dictionary], int]) -> TreeOp:
    """An operator on integers for those of a tree."""

    def apply(scene: Scene, slot: Slot) -> bool:
        old = held(slot)
        assert isinstance(old, int)  # noqa: S101 -- operators are chosen by the value's type
        new = _bounded(scene, slot[2], operate(scene.rng, old, scene.dictionary))
        put(slot, new)
        return new != old

    return apply


def _bounded(scene: Scene, hint: Hint | None, value: int) -> int:
    """A typed number wraps around; a JSON number that a schema bounds mostly does."""
    if isinstance(hint, IntType):
        low, high = limits(hint)
        return (value - low) % (high - low + 1) + low
    if isinstance(hint, IntegerSchema) and chance(scene.rng, 0.8):
        low = hint.minimum if hint.minimum is not None else value
        high = hint.maximum if hint.maximum is not None else max(value, low)
        return value if low <= value <= high else (value - low) % (high - low + 1) + low
    return value


def text_op(operate: Callable[[Rng, str, Dictionary], str]) -> TreeOp:
    """An operator on texts for those of a tree."""

    def apply(scene: Scene, slot: Slot) -> bool:
        old = held(slot)
        assert isinstance(old, str)  # noqa: S101 -- operators are chosen by the value's type
        new = operate(scene.rng, old, scene.dictionary)
        put(slot, new)
        return new != old

    return apply


def respelled(scene: Scene, slot: Slot) -> bool:
    """A number in JSON's other spellings: a fraction, an exponent, beyond every float."""
    old = held(slot)
    if isinstance(old, Literal):
        new = Literal(respell(scene.rng, old, scene.dictionary))
    else:
        assert isinstance(old, int)  # noqa: S101 -- operators are chosen by the value's type
        new = Literal(spell(scene.rng, old, scene.dictionary))
    put(slot, new)
    return new != old


def float_edge(scene: Scene, slot: Slot) -> bool:
    """A known odd float, or any."""
    return _put_bits(slot, boundary.float_bits(scene.rng, _bits_width(slot)))


def float_bit(scene: Scene, slot: Slot) -> bool:
    """One bit inverted."""
    return _put_bits(slot, _bits(slot) ^ 1 << below(scene.rng, _bits_width(slot)))


def float_nudge(scene: Scene, slot: Slot) -> bool:
    """The next float, up or down."""
    step = 1 if chance(scene.rng, 0.5) else -1
    return _put_bits(slot, (_bits(slot) + step) % (1 << _bits_width(slot)))


def float_negate(_scene: Scene, slot: Slot) -> bool:
    """The other sign."""
    return _put_bits(slot, _bits(slot) ^ 1 << (_bits_width(slot) - 1))


def _bits(slot: Slot) -> int:
    value = held(slot)
    assert isinstance(value, int)  # noqa: S101 -- operators are chosen by the value's type
    return value


def _bits_width(slot: Slot) -> int:
    return 32 if type(held(slot)) is Bits32 else 64


def _put_bits(slot: Slot, new: int) -> bool:
    old = held(slot)
    put(slot, type(old)(new))  # type: ignore[call-arg]
    return new != old


def change_char(scene: Scene, slot: Slot) -> bool:
    """Another character."""
    old, new = held(slot), character(scene.rng)
    put(slot, new)
    return new != old


def change_option(scene: Scene, slot: Slot) -> bool:
    """Something for nothing, and nothing for something."""
    value = held(slot)
    hint = scene.hint(slot)
    if not isinstance(hint, OptionType):
        return False
    put(slot, Maybe() if value else Maybe([scene.make(scene.rng, hint.of)]))
    return True


def change_variant(scene: Scene, slot: Slot) -> bool:
    """Another variant of the enum."""
    value = held(slot)
    hint = scene.hint(slot)
    if not isinstance(hint, EnumType) or not isinstance(value, Variant):
        return False
    others = [variant for variant in hint.variants if variant.index != value.number]
    if not others:
        return False
    chosen = pick(scene.rng, others)
    put(slot, Variant(chosen.index, scene.make(scene.rng, chosen.payload)))
    return True


def bytes_op(operate: ByteOp) -> TreeOp:
    """An operator on raw bytes for typed ones."""

    def apply(scene: Scene, slot: Slot) -> bool:
        old = held(slot)
        assert isinstance(old, bytes)  # noqa: S101 -- operators are chosen by the value's type
        new = operate(scene.rng, old, scene.dictionary)
        put(slot, type(old)(new))
        return new != old

    return apply
