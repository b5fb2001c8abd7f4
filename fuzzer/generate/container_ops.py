"""Mutations of arrays and objects, and of the sequences and maps of typed values."""

from typing import Any

from fuzzer.generate import boundary
from fuzzer.generate.leaf_ops import TEXT_OPS
from fuzzer.generate.rng import below, between, chance, few, pick, shuffle
from fuzzer.generate.scene import Scene
from fuzzer.generate.structure import AnySchema, ObjectSchema
from fuzzer.generate.tree import Fixed, Obj, Slot, clone, held, item_hint, nodes

_ANY = AnySchema()
_LARGE_PART = 64
_TIMES = (2, 3, 8, 17, 33, 64, 257)
_TEXT_CHOICES = tuple(TEXT_OPS.values())


def insert(scene: Scene, slot: Slot) -> bool:
    """One more item, or a few."""
    items, rng = _items(slot), scene.rng
    for _ in range(few(rng, 3)):
        at = below(rng, len(items) + 1)
        hint = scene.hint(slot)
        own = item_hint(hint, items, at) if hint is not None else None
        if own is None and (scene.typed or (items and chance(rng, 0.5))):
            return bool(items) and duplicate(scene, slot)
        items.insert(at, scene.make(rng, own if own is not None else _ANY))
    return True


def delete(scene: Scene, slot: Slot) -> bool:
    """An item less, or a run of them."""
    items = _items(slot)
    if not items:
        return False
    at = below(scene.rng, len(items))
    count = 1 if chance(scene.rng, 0.7) else between(scene.rng, 1, len(items) - at)
    del items[at : at + count]
    return True


def duplicate(scene: Scene, slot: Slot) -> bool:
    """An item, or a few in a row, a second time."""
    items = _items(slot)
    if not items:
        return False
    at = below(scene.rng, len(items))
    part = [clone(item) for item in items[at : at + few(scene.rng, 4)]]
    where = below(scene.rng, len(items) + 1)
    items[where:where] = part
    return True


def repeat(scene: Scene, slot: Slot) -> bool:
    """An item many times."""
    items = _items(slot)
    if not items:
        return False
    item = pick(scene.rng, items)
    large = sum(1 for _ in nodes(item)) > _LARGE_PART
    items += [clone(item) for _ in range(2 if large else pick(scene.rng, _TIMES))]
    return True


def exchange(scene: Scene, slot: Slot) -> bool:
    """Two items exchanged; in a tuple or struct, two of one type."""
    items, rng = _items(slot), scene.rng
    first, second = below(rng, len(items) or 1), below(rng, len(items) or 1)
    if first == second or items[first] == items[second]:
        return False
    if isinstance(items, Fixed):
        hint = scene.hint(slot)
        if hint is None or item_hint(hint, items, first) != item_hint(hint, items, second):
            return False
    items[first], items[second] = items[second], items[first]
    return True


def reorder(scene: Scene, slot: Slot) -> bool:
    """The items in a random order, or from the last to the first."""
    items = _items(slot)
    before = list(items)
    if chance(scene.rng, 0.3):
        items.reverse()
    else:
        shuffle(scene.rng, items)
    return items != before


def clear(_scene: Scene, slot: Slot) -> bool:
    """No items."""
    items = _items(slot)
    some = bool(items)
    items.clear()
    return some


def add_key(scene: Scene, slot: Slot) -> bool:
    """A key more: one that the schema has, or one from the dictionary."""
    value, rng = _object(slot), scene.rng
    hint = scene.hint(slot)
    own = hint.properties if isinstance(hint, ObjectSchema) else {}
    present = {key for key, _ in value}
    missing = [key for key in own if key not in present]
    if missing and chance(rng, 0.6):
        key = pick(rng, missing)
        value.append((key, scene.make(rng, own[key])))
        return True
    rest = hint.additional if isinstance(hint, ObjectSchema) else None
    value.insert(below(rng, len(value) + 1), (_key(scene), scene.make(rng, rest or _ANY)))
    return True


def drop_key(scene: Scene, slot: Slot) -> bool:
    """A key less."""
    value = _object(slot)
    if not value:
        return False
    del value[below(scene.rng, len(value))]
    return True


def rename_key(scene: Scene, slot: Slot) -> bool:
    """Another name for a key."""
    value = _object(slot)
    if not value:
        return False
    at = below(scene.rng, len(value))
    old, inner = value[at]
    if chance(scene.rng, 0.5):
        new = pick(scene.rng, _TEXT_CHOICES)(scene.rng, old, scene.dictionary)
    else:
        new = _key(scene)
    value[at] = (new, inner)
    return new != old


def repeat_key(scene: Scene, slot: Slot) -> bool:
    """A key a second time, with its value or another of the object's."""
    value = _object(slot)
    if not value:
        return False
    key, _ = pick(scene.rng, value)
    _, inner = pick(scene.rng, value)
    value.insert(below(scene.rng, len(value) + 1), (key, clone(inner)))
    return True


def swap_values(scene: Scene, slot: Slot) -> bool:
    """The values of two keys exchanged."""
    value, rng = _object(slot), scene.rng
    if len(value) < 2:  # noqa: PLR2004 -- there must be two
        return False
    first, second = below(rng, len(value)), below(rng, len(value))
    (key, inner), (other_key, other) = value[first], value[second]
    value[first], value[second] = (key, other), (other_key, inner)
    return inner != other


def _key(scene: Scene) -> str:
    known = scene.dictionary.keys
    return pick(scene.rng, known) if known and chance(scene.rng, 0.7) else boundary.text(scene.rng)


def _items(slot: Slot) -> list[Any]:
    value = held(slot)
    assert isinstance(value, list)  # noqa: S101 -- operators are chosen by the value's type
    return value


def _object(slot: Slot) -> Obj:
    value = held(slot)
    assert isinstance(value, Obj)  # noqa: S101 -- operators are chosen by the value's type
    return value
