"""What a run compared, and the inputs that would make the sides equal.

A value that is compared often stands in the input as it is, or as the length of something, or is a sum with
one of the input's numbers in it. So each pair of values gives edits: one side, where it stands in the input,
becomes the other; something of that length gets the other length; a number changes by the difference, or in
the bits in which the sides differ.
Which edits an input has, and in which order, follows from the input and the pairs.

Sources: "REDQUEEN: Fuzzing with Input-to-State Correspondence" (NDSS 2019); values and lengths are looked
for in the input's structure here, not in its bytes, where it has one.
"""

import struct
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from fuzzer.generate import bincode, codec
from fuzzer.generate.codec import Parsed
from fuzzer.generate.fits import fits
from fuzzer.generate.structure import Format, InputFormat, IntType, Json, Raw, Schema
from fuzzer.generate.tree import (
    Bits32,
    Bits64,
    Block,
    Char,
    Fixed,
    Maybe,
    Obj,
    Places,
    Variant,
    clone,
    held,
    put,
    resolve,
)

MOST_EDITS = 1024
"""Edits of one input that are made."""
LARGEST_BUFFER = 1 << 15
"""Bytes of a buffer that is looked at."""

_FIRST = 12
"""So many pairs further on, an edit of a likelier kind is no likelier."""
_WORD = 1 << 64
_HALF = 32
"""Bits of a word of half the width."""
_HEAD = struct.Struct("<IB")
_NUMBER = 8
_LONGEST_TEXT = 1 << 12
_LONGEST_LIST = 1 << 10
_FARTHEST = 1 << 32
_WIDTHS = (8, 4, 2, 1)
_PLACES, _LIKELY_PLACES = 32, 4
"""Places of one value in a raw buffer that are changed; each so many further ones are less likely."""
_PRINTABLE = range(0x20, 0x7F)
_SAME, _LENGTH, _NEAR, _DIFFERENCE = range(4)
"""How likely an edit is to be the one: the likely ones come first."""
_BEYOND = 8
"""So much less likely is one that leaves the limits of a core's schema: its author knows what is read."""


class Comparison(msgspec.Struct, frozen=True, array_like=True):
    """Two values that were compared and found different."""

    bin: int
    """Which way the branch went that came of it, by the number of its bin; for a call, its place."""
    one: int | bytes
    """A number of 64 bits, or some bytes of memory; so is `other`."""
    other: int | bytes


def decode(told: bytes, is_wanted: Callable[[int], bool]) -> list[Comparison]:
    """The comparisons of a run (`docs/protocol.md`) in the bins that are wanted, without what is cut off."""
    found, at = [], 0
    wanted: dict[int, bool] = {}  # there are many pairs, and few are wanted
    while at + _HEAD.size <= len(told):
        number, width = _HEAD.unpack_from(told, at)
        at += _HEAD.size
        if number not in wanted:
            wanted[number] = is_wanted(number)
        if not wanted[number]:
            at += 2 * width
            continue
        one, other = told[at : at + width], told[at + width : at + 2 * width]
        at += 2 * width
        if at > len(told):
            break
        # The bins of branches have numbers of 8 bytes. Eight bytes of memory are one, too.
        if width == _NUMBER:
            found.append(Comparison(number, int.from_bytes(one, "little"), int.from_bytes(other, "little")))
        else:
            found.append(Comparison(number, one, other))
    return found


class Edit(NamedTuple):
    """One change of one buffer."""

    buffer: int
    op: str
    """Its name, for `mutation_ops`."""
    place: int
    """A place of the tree, by its number; an offset in a raw buffer."""
    key: int
    """Which key of the object at the place; -1 for the value itself."""
    old: int
    """How many bytes of a raw buffer it replaces."""
    new: object


def edits(form: InputFormat, buffers: Sequence[bytes], pairs: Sequence[Comparison]) -> list[Edit]:
    """The edits of an input, the most promising ones first, each once."""
    ranked: list[tuple[int, int, Edit]] = []
    for index, buffer in enumerate(buffers):
        if len(buffer) > LARGEST_BUFFER:
            continue
        one = form.of(index)
        parsed = None if isinstance(one, Raw) else codec.parse(one, buffer)
        source = _Bytes(buffer) if parsed is None else _Tree(one, parsed)
        for order, pair in enumerate(pairs):
            for old, new in ((pair.one, pair.other), (pair.other, pair.one)):
                for found in source.edits(old, new):
                    kind = found.kind + (_BEYOND if source.is_beyond(found) else 0)
                    ranked.append((kind, order, Edit(index, *found[1:])))
    ranked.sort(key=lambda entry: (entry[0] + entry[1] // _FIRST, entry[1]))
    unique: dict[str, Edit] = {}
    for _, _, edit in ranked:
        unique.setdefault(repr(edit), edit)
        if len(unique) >= MOST_EDITS:
            break
    return list(unique.values())


def apply(form: InputFormat, buffers: Sequence[bytes], edit: Edit) -> tuple[bytes, ...]:
    """The input with one edit of its own made; as it was, where the value does not fit its type."""
    whole, one = list(buffers), form.of(edit.buffer)
    buffer = whole[edit.buffer]
    parsed = None if isinstance(one, Raw) else codec.parse(one, buffer)
    if parsed is None:
        assert isinstance(edit.new, bytes)  # noqa: S101 -- edits of raw buffers are made of bytes
        whole[edit.buffer] = buffer[: edit.place] + edit.new + buffer[edit.place + edit.old :]
        return tuple(whole)
    hint, definitions = codec.hints(one)
    places = Places([parsed.value], hint, definitions)
    places.count()
    slot = places.slot(edit.place)
    if edit.key < 0:
        put(slot, edit.new)
    else:
        _change_key(held(slot), edit)
    try:
        whole[edit.buffer] = codec.encode(one, Parsed(places.holder[0], parsed.rest))
    except (bincode.UnfitError, ValueError, TypeError):
        return tuple(buffers)
    return tuple(whole)


def _change_key(value: object, edit: Edit) -> None:
    """A key renamed; or, to have another length, repeated under a new name, as the old one may be needed."""
    assert isinstance(value, Obj)  # noqa: S101 -- only objects have keys
    key, child = value[edit.key]
    if edit.op == "compared-length":
        value.append((key[: edit.old] if len(key) >= edit.old else key.ljust(edit.old, "a"), clone(child)))
    else:
        value[edit.key] = (str(edit.new), child)


class _Found(NamedTuple):
    """How likely an edit is to be the one, and its fields behind its buffer."""

    kind: int
    op: str
    place: int
    key: int
    old: int
    new: object


class _Tree:
    """A parsed buffer, by what stands where."""

    def __init__(self, form: Format, parsed: Parsed) -> None:
        hint, definitions = codec.hints(form)
        places = self._places = Places([parsed.value], hint, definitions)
        self._is_json = isinstance(form, Json)
        self._definitions = form.definitions if isinstance(form, Json) else {}
        self._numbers: list[tuple[int, int, IntType | None]] = []
        self._by_number: dict[int, list[tuple[int, int, IntType | None]]] = {}
        self._by_length: dict[int, list[tuple[int, int, Any]]] = {}
        self._hints: dict[int, object] = {}
        """By place: what is known of it, as far as it was asked for; many edits are of one place."""
        self._texts: list[tuple[int, int, Any, bytes]] = []
        """Place, key, value and bytes."""
        for number in range(places.count()):
            value = places.value(number)
            if isinstance(value, int) and not isinstance(value, bool):
                kind = resolve(places.slot(number)[2], value, definitions)
                self._add_number(number, value, kind if isinstance(kind, IntType) else None)
            elif isinstance(value, Obj):
                for at, (key, _) in enumerate(value):
                    self._add_text(number, at, key)
            elif isinstance(value, str | bytes | list) and not isinstance(value, Maybe | Variant):
                self._add_text(number, -1, value)

    def _add_number(self, number: int, value: int, kind: IntType | None) -> None:
        entry = (number, value, kind)
        self._numbers.append(entry)
        seen = {value % _WORD, _extended(value)}
        if kind is not None:
            seen.add(value % (1 << kind.bits) % _WORD)
        for form in seen:
            self._by_number.setdefault(form, []).append(entry)

    def _add_text(self, number: int, key: int, value: Any) -> None:  # noqa: ANN401 -- strings, bytes, lists
        data = _bytes_of(value)
        if not isinstance(value, Fixed | Block | Char):
            length = len(value) if isinstance(value, list) else len(data)
            self._by_length.setdefault(length, []).append((number, key, value))
        if data:
            self._texts.append((number, key, value, data))

    def is_beyond(self, found: _Found) -> bool:
        """Whether the value that an edit puts in is not what the schema says of its place."""
        if not self._is_json or found.key >= 0:
            return False
        if found.place not in self._hints:
            self._hints[found.place] = self._places.slot(found.place)[2]
        hint = self._hints[found.place]
        return isinstance(hint, Schema) and not fits(hint, found.new, self._definitions)

    def edits(self, old: int | bytes, new: int | bytes) -> Iterator[_Found]:
        """What makes an old value a new one."""
        if isinstance(old, bytes) and isinstance(new, bytes):
            yield from self._texts_with(old, new, "compared-text")
        elif isinstance(old, int) and isinstance(new, int):
            yield from self._equal_numbers(old, new)
            yield from self._lengths(old, new)
            yield from self._inside_texts(old, new)
            yield from self._differences(old, new)

    def _equal_numbers(self, old: int, new: int) -> Iterator[_Found]:
        for number, value, kind in self._by_number.get(old, ()):
            for off in (0, 1, -1):
                # Without None in it, whose hash is its address: the order is the same in every process.
                typed = (_typed(value, form + off, kind) for form in _forms(new))
                for wanted in {wanted for wanted in typed if wanted is not None}:
                    if wanted != value:
                        yield _Found(_SAME if off == 0 else _NEAR, "compared-number", number, -1, 0, wanted)

    def _lengths(self, old: int, new: int) -> Iterator[_Found]:
        for number, key, value in self._by_length.get(old, ()):
            if key >= 0:
                if 0 < new <= _LONGEST_TEXT:
                    yield _Found(_NEAR, "compared-length", number, key, new, None)
            elif (sized := _sized(value, new)) is not None:
                yield _Found(_LENGTH, "compared-length", number, -1, 0, sized)

    def _texts_with(self, old: bytes, new: bytes, op: str) -> Iterator[_Found]:
        for number, key, value, data in self._texts:
            if old in data:
                changed = _like(value, data.replace(old, new, 1))
                if changed is not None:
                    yield _Found(_SAME if old == data else _NEAR, op, number, key, 0, changed)

    def _inside_texts(self, old: int, new: int) -> Iterator[_Found]:
        for width in (8, 4, 2):
            if old >= 1 << 8 * (width // 2) and max(old, new) < 1 << 8 * width:
                one, other = old.to_bytes(width, "little"), new.to_bytes(width, "little")
                yield from self._texts_with(one, other, "compared-text")
        if old in _PRINTABLE and new in _PRINTABLE:
            for number, key, value, data in self._texts:
                if (place := data.find(old)) >= 0:
                    changed = _like(value, data[:place] + bytes([new]) + data[place + 1 :])
                    if changed is not None:
                        yield _Found(_DIFFERENCE, "compared-text", number, key, 0, changed)

    def _differences(self, old: int, new: int) -> Iterator[_Found]:
        difference = _signed((new - old) % _WORD)
        if 0 < abs(difference) <= _FARTHEST:
            for number, value, kind in self._numbers:
                for new_value in (value + difference, value ^ _signed(old) ^ _signed(new)):
                    # What is worked out with 32 bits wraps there, and its sign says nothing.
                    wraps = kind is not None and kind.bits == _HALF and not kind.signed
                    wanted = _typed(value, new_value % (1 << _HALF) if wraps else new_value, kind)
                    if wanted is not None and (kind is not None or wanted >= 0):
                        yield _Found(_DIFFERENCE, "compared-difference", number, -1, 0, wanted)


class _Bytes:
    """A raw buffer."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @staticmethod
    def is_beyond(_found: _Found) -> bool:
        """Nothing is known of raw bytes."""
        return False

    def edits(self, old: int | bytes, new: int | bytes) -> Iterator[_Found]:
        """What makes an old value a new one."""
        data = self._data
        if isinstance(old, bytes) and isinstance(new, bytes):
            for later, place in self._places(old):
                yield _Found(_SAME + later, "compared-bytes", place, -1, len(old), new)
        elif isinstance(old, int) and isinstance(new, int):
            if old == len(data) and new <= _LONGEST_TEXT:
                yield _Found(_LENGTH, "compared-length", 0, -1, len(data), _resized(data, new))
            yield from self._numbers(old, new)

    def _numbers(self, old: int, new: int) -> Iterator[_Found]:
        for width in _WIDTHS:
            bound = 1 << 8 * width
            if old >= bound and old < _WORD - bound // 2:
                continue
            for order in ("little", "big")[: 1 + (width > 1)]:
                one = (old % bound).to_bytes(width, order)  # type: ignore[arg-type]
                for later, place in self._places(one):
                    for off in (0, 1, -1):
                        other = ((new + off) % bound).to_bytes(width, order)  # type: ignore[arg-type]
                        # Zeros are everywhere, and so is each byte.
                        common = width == 1 or not any(one)
                        tier = _DIFFERENCE if common and off else _NEAR if off or common else _SAME
                        yield _Found(tier + later, "compared-number", place, -1, width, other)

    def _places(self, piece: bytes) -> Iterator[tuple[int, int]]:
        """Where it stands, with how much less likely than the first places."""
        at = -1
        for number in range(_PLACES):
            at = self._data.find(piece, at + 1)
            if at < 0:
                return
            yield number // _LIKELY_PLACES, at


def _forms(value: int) -> tuple[int, ...]:
    """What a register may stand for: its value without and with a sign, and the lower half of it."""
    return value, _signed(value), value % (1 << _HALF)


def _signed(value: int) -> int:
    return value - _WORD if value >= _WORD // 2 else value


def _extended(value: int) -> int:
    """What a register holds of the lower half of a number."""
    low = value % (1 << _HALF)
    return (low - (1 << _HALF)) % _WORD if low >= 1 << (_HALF - 1) else low


def _typed(like: int, value: int, kind: IntType | None) -> int | None:
    """A number as a value of its type; None where it has none."""
    if isinstance(like, Bits32 | Bits64):
        return type(like)(value % (1 << (32 if isinstance(like, Bits32) else 64)))
    if kind is None:
        return value
    low = -(1 << (kind.bits - 1)) if kind.signed else 0
    return value if low <= value < low + (1 << kind.bits) else None


def _bytes_of(value: object) -> bytes:
    """The bytes of a text, of bytes, and of a list of numbers that could be bytes; else none."""
    if isinstance(value, str):
        return value.encode(errors="surrogatepass")
    if isinstance(value, bytes):
        return value
    if isinstance(value, list) and value and all(type(item) is int and 0 <= item < 256 for item in value):  # noqa: PLR2004 -- bytes
        return bytes(value)
    return b""


def _like(value: object, data: bytes) -> object | None:
    """Other bytes as a value of the same kind; None for what is no text."""
    if isinstance(value, str):
        try:
            return type(value)(data.decode())
        except UnicodeDecodeError:
            return None
    return type(value)(data)  # type: ignore[call-arg]


def _sized(value: Any, length: int) -> object | None:  # noqa: ANN401 -- strings, bytes, lists
    """The value with another length; None where it can have none or would be too long."""
    if isinstance(value, list):
        if length > _LONGEST_LIST or not value:
            return None
        # Items are shared: a large tree has many lists, and few edits of them are made.
        return [value[at % len(value)] for at in range(length)]
    if length > _LONGEST_TEXT:
        return None
    kept = _bytes_of(value)[:length]
    if isinstance(value, str):
        kept = kept.decode(errors="ignore").encode()  # a character that is cut is left out
    return _like(value, _resized(kept, length))


def _resized(data: bytes, length: int) -> bytes:
    return data[:length].ljust(length, b"a")
