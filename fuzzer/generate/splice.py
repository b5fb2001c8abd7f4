"""Mutations that take parts of one input into another."""

from fuzzer.generate.rng import Rng, below, chance
from fuzzer.generate.tree import Obj, Places, clone, depth, put

DEEPEST_PART = 60
"""Levels in a part that is taken over."""
_TRIES = 8


def splice_tree(rng: Rng, own: Places, donor: Places, *, typed: bool) -> str:
    """Put a like-shaped part of another tree into this one: the operator's name, empty where none fits.

    A typed value goes only where its own type is asked for; what a schema says is no obstacle.
    """
    own_count, donor_count = own.count(), donor.count()
    for _ in range(_TRIES):
        to, by = below(rng, own_count), below(rng, donor_count)
        here, there = own.value(to), donor.value(by)
        if type(here) is not type(there) or here == there or depth(there) > DEEPEST_PART:
            continue
        target = own.slot(to)
        if typed and target[2] != donor.slot(by)[2]:
            continue
        if isinstance(here, Obj) and isinstance(there, Obj) and chance(rng, 0.5):
            if _mix_keys(rng, here, there):
                return "splice-keys"
        elif type(here) is list and isinstance(there, list) and chance(rng, 0.5):
            part = there[below(rng, len(there) + 1) :]
            here[below(rng, len(here) + 1) :] = [clone(item) for item in part]
            return "splice-array"
        else:
            put(target, clone(there))
            return "splice-value"
    return ""


def _mix_keys(rng: Rng, here: Obj, there: Obj) -> bool:
    """Take over some pairs, over those of the same key."""
    places = {key: index for index, (key, _) in enumerate(here)}
    changed = False
    for key, value in there:
        if chance(rng, 0.5):
            continue
        changed = True
        if key in places:
            here[places[key]] = (key, clone(value))
        else:
            here.append((key, clone(value)))
    return changed


def splice_bytes(rng: Rng, own: bytes, donor: bytes) -> bytes:
    """The start of one and the end of the other, or a block of the other put in or written over."""
    if not donor:
        return own
    at = below(rng, len(own) + 1)
    first = below(rng, len(donor))
    if chance(rng, 0.4):
        return own[:at] + donor[first:]
    block = donor[first : first + 1 + below(rng, len(donor) - first)]
    end = at + len(block) if chance(rng, 0.5) else at
    return own[:at] + block + own[end:]
