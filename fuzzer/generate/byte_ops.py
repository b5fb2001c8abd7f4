"""Mutations of raw bytes. Each takes any bytes, the empty ones included, and gives some."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from fuzzer.generate.dictionary import Dictionary
from fuzzer.generate.rng import Rng, below, between, chance, few, pick, random_bytes

ByteOp = Callable[[Rng, bytes, Dictionary], bytes]
_Order = Literal["little", "big"]

_WIDTHS = (1, 2, 4, 8)
_LARGEST_STEP = 35
_BLOCKS = (1, 1, 2, 3, 4, 5, 7, 8, 8, 16, 32, 33, 64, 136)
_MOST_REPEATS = 16
_ODD = b'\x00\x01\x10\x20\x7f\x80\xff\xfe09aAzZ"\\{}[],:\n'
_INTERESTING: Mapping[int, Sequence[int]] = {
    width: sorted(
        {
            value & ((1 << 8 * width) - 1)
            for power in (0, 4, 5, 6, 7, 8, 10, 12, 15, 16, 31, 32, 63, 64)
            if power <= 8 * width
            for off in (-1, 0, 1)
            for value in ((1 << power) + off, -(1 << power) + off)
        }
    )
    for width in _WIDTHS
}


def flip_bit(rng: Rng, data: bytes, _dictionary: Dictionary) -> bytes:
    """Invert one bit."""
    if not data:
        return data
    place = below(rng, 8 * len(data))
    return _with(data, place >> 3, bytes([data[place >> 3] ^ 1 << (place & 7)]))


def flip_byte(rng: Rng, data: bytes, _dictionary: Dictionary) -> bytes:
    """Invert every bit of one byte."""
    if not data:
        return data
    at = below(rng, len(data))
    return _with(data, at, bytes([data[at] ^ 0xFF]))


def set_byte(rng: Rng, data: bytes, _dictionary: Dictionary) -> bytes:
    """Replace one byte by an odd or a random one."""
    if not data:
        return data
    new = pick(rng, _ODD) if chance(rng, 0.5) else below(rng, 256)
    return _with(data, below(rng, len(data)), bytes([new]))


def add(rng: Rng, data: bytes, _dictionary: Dictionary) -> bytes:
    """Add a small number to an integer of 1 to 8 bytes, in either byte order; it wraps around."""
    if not data:
        return data
    width, order = _width(rng, data), pick(rng, _ORDERS)
    at = below(rng, len(data) - width + 1)
    step = between(rng, 1, _LARGEST_STEP) * (1 if chance(rng, 0.5) else -1)
    value = int.from_bytes(data[at : at + width], order) + step
    return _with(data, at, (value & ((1 << 8 * width) - 1)).to_bytes(width, order))


def interesting(rng: Rng, data: bytes, _dictionary: Dictionary) -> bytes:
    """Replace an integer of 1 to 8 bytes by one at the edge of a type, in either byte order."""
    if not data:
        return data
    width = _width(rng, data)
    value = pick(rng, _INTERESTING[width]).to_bytes(width, pick(rng, _ORDERS))
    return _with(data, below(rng, len(data) - width + 1), value)


def overwrite(rng: Rng, data: bytes, _dictionary: Dictionary) -> bytes:
    """Copy one block over another place, or fill a block with one byte."""
    if not data:
        return data
    size = min(pick(rng, _BLOCKS), len(data))
    source, target = below(rng, len(data) - size + 1), below(rng, len(data) - size + 1)
    block = data[source : source + size] if chance(rng, 0.7) else bytes([pick(rng, _ODD)]) * size
    return _with(data, target, block)


def swap(rng: Rng, data: bytes, _dictionary: Dictionary) -> bytes:
    """Exchange two blocks of the same size that do not overlap."""
    most = len(data) // 2
    if not most:
        return data
    size = min(pick(rng, _BLOCKS), most)
    first = below(rng, len(data) - 2 * size + 1)
    second = between(rng, first + size, len(data) - size)
    return b"".join(
        (
            data[:first],
            data[second : second + size],
            data[first + size : second],
            data[first : first + size],
            data[second + size :],
        )
    )


def insert(rng: Rng, data: bytes, _dictionary: Dictionary) -> bytes:
    """Put in a block of random or equal bytes."""
    size = pick(rng, _BLOCKS)
    block = random_bytes(rng, size) if chance(rng, 0.5) else bytes([pick(rng, _ODD)]) * size
    return _inserted(rng, data, block)


def duplicate(rng: Rng, data: bytes, _dictionary: Dictionary) -> bytes:
    """Put in a copy of a block, or several."""
    if not data:
        return data
    size = min(pick(rng, _BLOCKS), len(data))
    source = below(rng, len(data) - size + 1)
    return _inserted(rng, data, data[source : source + size] * few(rng, _MOST_REPEATS))


def delete(rng: Rng, data: bytes, _dictionary: Dictionary) -> bytes:
    """Take out a block."""
    if not data:
        return data
    size = min(pick(rng, _BLOCKS), len(data))
    at = below(rng, len(data) - size + 1)
    return data[:at] + data[at + size :]


def truncate(rng: Rng, data: bytes, _dictionary: Dictionary) -> bytes:
    """Take off the end, or more seldom the start."""
    if not data:
        return data
    at = below(rng, len(data))
    return data[:at] if chance(rng, 0.8) else data[at + 1 :]


def token(rng: Rng, data: bytes, dictionary: Dictionary) -> bytes:
    """Put in an entry of the dictionary, or write it over what is there."""
    if not dictionary.tokens:
        return data
    entry = pick(rng, dictionary.tokens)
    if chance(rng, 0.5) and len(entry) <= len(data):
        return _with(data, below(rng, len(data) - len(entry) + 1), entry)
    return _inserted(rng, data, entry)


def number(rng: Rng, data: bytes, dictionary: Dictionary) -> bytes:
    """Write a number of the dictionary as 1 to 8 bytes, in either byte order."""
    if not data or not dictionary.numbers:
        return data
    width = _width(rng, data)
    value = pick(rng, dictionary.numbers) & ((1 << 8 * width) - 1)
    return _with(data, below(rng, len(data) - width + 1), value.to_bytes(width, pick(rng, _ORDERS)))


def digits(rng: Rng, data: bytes, _dictionary: Dictionary) -> bytes:
    """Replace a digit of text by another."""
    at = next((at for at in _from_anywhere(rng, len(data)) if 0x30 <= data[at] <= 0x39), None)  # noqa: PLR2004 -- 0 to 9
    return data if at is None else _with(data, at, bytes([0x30 + below(rng, 10)]))


def _from_anywhere(rng: Rng, count: int) -> Sequence[int]:
    start = below(rng, count) if count else 0
    return [*range(start, min(count, start + 64)), *range(max(0, start - 64), start)]


def _width(rng: Rng, data: bytes) -> int:
    return pick(rng, _WIDTHS[: min(len(data), 8).bit_length()])


def _with(data: bytes, at: int, block: bytes) -> bytes:
    return data[:at] + block + data[at + len(block) :]


def _inserted(rng: Rng, data: bytes, block: bytes) -> bytes:
    at = below(rng, len(data) + 1)
    return data[:at] + block + data[at:]


_ORDERS: tuple[_Order, _Order] = ("little", "big")

SAME_LENGTH: Mapping[str, ByteOp] = {
    "bytes-flip-bit": flip_bit,
    "bytes-flip-byte": flip_byte,
    "bytes-set": set_byte,
    "bytes-add": add,
    "bytes-interesting": interesting,
    "bytes-overwrite": overwrite,
    "bytes-swap": swap,
    "bytes-number": number,
    "bytes-digit": digits,
}
"""Operators that keep the length, by name."""
ANY_LENGTH: Mapping[str, ByteOp] = {
    **SAME_LENGTH,
    "bytes-insert": insert,
    "bytes-duplicate": duplicate,
    "bytes-delete": delete,
    "bytes-truncate": truncate,
    "bytes-dictionary": token,
}
"""All operators, by name."""
_NAMES = {True: tuple(SAME_LENGTH.items()), False: tuple(ANY_LENGTH.items())}


def mutate_bytes(
    rng: Rng, data: bytes, dictionary: Dictionary, *, same_length: bool = False
) -> tuple[bytes, str]:
    """Other bytes and the name of the operator; the same bytes where it found nothing to do."""
    name, operate = pick(rng, _NAMES[same_length])
    return operate(rng, data, dictionary), name
