"""Makes new inputs of old ones: by their structure where they have the described one, else as bytes.

The names of the operators that made an input are its `mutation_ops`. Equal arguments and equal draws give
equal inputs, whatever ran before.
"""

from collections.abc import Callable, Sequence

import msgspec

from fuzzer.generate import bincode, codec
from fuzzer.generate.byte_ops import ANY_LENGTH, mutate_bytes
from fuzzer.generate.codec import Parsed
from fuzzer.generate.dictionary import Dictionary
from fuzzer.generate.rng import Rng, below, bits, chance, few, pick, random_bytes
from fuzzer.generate.scene import Scene
from fuzzer.generate.schema_values import SchemaValues
from fuzzer.generate.splice import splice_bytes, splice_tree
from fuzzer.generate.structure import Bincode, Format, Hint, InputFormat, Json
from fuzzer.generate.tree import Places
from fuzzer.generate.tree_ops import OPERATOR_NAMES, mutate_tree
from fuzzer.generate.type_values import TypeValues

LARGEST = 1 << 20
"""Bytes in all buffers of a mutated input, unless its parent has more."""
LARGEST_TREE = 1 << 17
"""Bytes of a buffer beyond which it is taken as raw: its tree would cost more than it is worth."""

OPERATORS: tuple[str, ...] = tuple(
    dict.fromkeys(
        (
            *OPERATOR_NAMES,
            *ANY_LENGTH,
            *("splice-value", "splice-array", "splice-keys", "splice-bytes", "splice-buffer"),
            *("shape-lie", "shape-trailing"),
            *("buffer-drop", "buffer-duplicate", "buffer-swap", "buffer-insert"),
        )
    )
)
"""The name of every operator; names are for artifacts and stay as they are."""

_TRIES = 8
_MOST_STACKED = 6
_BYTES_SHARE = 0.08
"""Share of structured buffers that are mutated as bytes all the same: parsers are under test too."""
_BUFFER_SHARE = {False: 0.01, True: 0.08}
_SPLICE_SHARE = 0.15
_SHAPE_SHARE = 0.08


class Mutation(msgspec.Struct, frozen=True):
    """A new input, and the operators that made it, in order."""

    buffers: tuple[bytes, ...]
    ops: tuple[str, ...]


class Mutator:
    """Mutates inputs of one core. It has no state: one serves any number of workers."""

    def __init__(self, form: InputFormat, dictionary: Dictionary | None = None) -> None:
        self._form = form
        self._dictionary = dictionary if dictionary is not None else Dictionary()
        self._makers = [_maker(one, self._dictionary) for one in form.buffers]

    def mutate(self, parent: Sequence[bytes], others: Sequence[Sequence[bytes]], rng: Rng) -> Mutation:
        """An input that differs from its parent; `others` are inputs to take parts from, and may be none."""
        whole = tuple(parent)
        largest = max(LARGEST, sum(map(len, whole)))
        for _ in range(_TRIES):
            ops: list[str] = []
            buffers = self._attempt(list(whole), others, rng, ops)
            if ops and buffers != whole and sum(map(len, buffers)) <= largest:
                return Mutation(buffers, tuple(ops))
        return _forced(whole, rng)

    def _attempt(
        self, buffers: list[bytes], others: Sequence[Sequence[bytes]], rng: Rng, ops: list[str]
    ) -> tuple[bytes, ...]:
        donor = pick(rng, others) if others and chance(rng, _SPLICE_SHARE) else ()
        if not buffers or chance(rng, _BUFFER_SHARE[len(buffers) > 1]):
            return _mutate_list(rng, buffers, donor, ops)
        index = below(rng, len(buffers))
        form, whole = self._form.of(index), buffers[index]
        part = donor[index] if index < len(donor) else b""
        parsed = None
        if len(whole) <= LARGEST_TREE and not chance(rng, _BYTES_SHARE):
            parsed = codec.parse(form, whole)
        if parsed is None:
            buffers[index] = self._as_bytes(rng, whole, part, ops)
        else:
            buffers[index] = self._as_tree(rng, index, parsed, part, ops)
        return tuple(buffers)

    def _as_bytes(self, rng: Rng, data: bytes, donor: bytes, ops: list[str]) -> bytes:
        if donor:
            spliced = splice_bytes(rng, data, donor)
            if spliced != data:
                ops.append("splice-bytes")
                data = spliced
        for _ in range(few(rng, _MOST_STACKED) - bool(donor)):
            mutated, name = mutate_bytes(rng, data, self._dictionary)
            if mutated != data:
                ops.append(name)
                data = mutated
        return data

    def _as_tree(self, rng: Rng, index: int, parsed: Parsed, donor: bytes, ops: list[str]) -> bytes:
        form = self._form.buffers[index]
        hint, definitions = codec.hints(form)
        typed = isinstance(form, Bincode)
        places = Places([parsed.value], hint, definitions)
        if donor and len(donor) <= LARGEST_TREE and (other := codec.parse(form, donor)):
            name = splice_tree(rng, places, Places([other.value], hint, definitions), typed=typed)
            if name:
                ops.append(name)
                places.is_stale = True
        scene = Scene(rng, self._dictionary, places, definitions, self._makers[index], typed)
        for _ in range(few(rng, _MOST_STACKED) - bool(ops)):
            name = mutate_tree(scene)
            if name:
                ops.append(name)
        new = Parsed(places.holder[0], parsed.rest)
        try:
            return _with_shape(rng, form, new, ops) if isinstance(form, Bincode) else codec.encode(form, new)
        except bincode.UnfitError:  # it has grown deeper than typed values are written
            ops.clear()
            return b""


def _maker(form: Format, dictionary: Dictionary) -> Callable[[Rng, Hint], object]:
    if isinstance(form, Bincode):
        return TypeValues(form.definitions, dictionary).value  # type: ignore[return-value]
    return SchemaValues(form.definitions if isinstance(form, Json) else {}, dictionary).value  # type: ignore[return-value]


def _with_shape(rng: Rng, form: Bincode, parsed: Parsed, ops: list[str]) -> bytes:
    """The bytes of a typed value; sometimes with a length or tag that is not true, or with more behind it."""
    data, marks = bincode.encode_marked(form, parsed.value)
    if marks and chance(rng, _SHAPE_SHARE):
        mark = pick(rng, marks)
        old = int.from_bytes(data[mark.offset : mark.offset + mark.width], "little")
        lies = (0, old + 1, max(0, old - 1), 2, 0xFF, 1 << 31, (1 << 32) - 1, 1 << 63, bits(rng, 64))
        new = (pick(rng, lies) & ((1 << 8 * mark.width) - 1)).to_bytes(mark.width, "little")
        data = data[: mark.offset] + new + data[mark.offset + mark.width :]
        ops.append("shape-lie")
    if chance(rng, _SHAPE_SHARE / 4):
        ops.append("shape-trailing")
        return data + random_bytes(rng, few(rng, 9))
    return data + parsed.rest


def _mutate_list(rng: Rng, buffers: list[bytes], donor: Sequence[bytes], ops: list[str]) -> tuple[bytes, ...]:
    """Buffers dropped, repeated, exchanged, added, or taken from another input."""
    at = below(rng, len(buffers) + 1)
    if donor and chance(rng, 0.5):
        buffers[at : at + 1] = [pick(rng, donor)]
        ops.append("splice-buffer")
    elif not buffers or chance(rng, 0.2):
        buffers.insert(at, random_bytes(rng, pick(rng, (0, 1, 2, 4, 8, 9, 16))))
        ops.append("buffer-insert")
    elif chance(rng, 0.4):
        del buffers[min(at, len(buffers) - 1)]
        ops.append("buffer-drop")
    elif chance(rng, 0.5):
        buffers.insert(at, pick(rng, buffers))
        ops.append("buffer-duplicate")
    else:
        other = below(rng, len(buffers))
        at = min(at, len(buffers) - 1)
        buffers[at], buffers[other] = buffers[other], buffers[at]
        ops.append("buffer-swap")
    return tuple(buffers)


def _forced(parent: tuple[bytes, ...], rng: Rng) -> Mutation:
    """An input that differs for certain, for the rare parent on which nothing else had an effect."""
    at = next((index for index, buffer in enumerate(parent) if buffer), None)
    if at is None:
        return Mutation((*parent, bytes([below(rng, 256)])), ("buffer-insert",))
    place = below(rng, 8 * len(parent[at]))
    flipped = bytearray(parent[at])
    flipped[place >> 3] ^= 1 << (place & 7)
    return Mutation((*parent[:at], bytes(flipped), *parent[at + 1 :]), ("bytes-flip-bit",))
