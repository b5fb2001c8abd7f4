"""Values at which programs go wrong: ends of ranges, powers of two, odd numbers' spellings, odd texts."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import chain

from fuzzer.generate.rng import Rng, below, between, bits, chance, pick

WIDTHS = (8, 16, 32, 64, 128)
_NEAR = (-1, 0, 1)
_POWERS = (*chain.from_iterable((width - 1, width) for width in WIDTHS), 24, 53)
EDGES: Sequence[int] = sorted(
    {0, 10, 100, 1000}
    | {sign * (1 << power) + off for power in (0, *_POWERS) for sign in (-1, 1) for off in _NEAR}
)
"""The ends of every integer type, and of the integers that a float holds, with their neighbours."""
_LARGEST_POWER = 130
_FAR = 16
_UNBOUNDED = 1 << 64

LITERALS: Sequence[str] = (
    *("-0", "0.0", "-0.0", "0.5", "-1.5", "1e0", "1E5", "1e-7", "0.1", "0.30000000000000004"),
    *("9007199254740992.0", "9007199254740993", "18446744073709551615.0", "18446744073709551616"),
    *("1.7976931348623157e308", "-1.7976931348623157e308", "1e308", "1e309", "1e400", "-1e400"),
    *("2.2250738585072014e-308", "2.2250738585072011e-308", "5e-324", "2e-324", "1e-400"),
    *("3.4028235e38", "3.4028236e38", "1.1754942e-38", "1e-45", "16777217", "123456789012345678901234567890"),
)
"""JSON numbers at the edges of floats, and odd spellings of plain ones."""

FLOATS: dict[int, Sequence[int]] = {
    32: (
        *(0, 1 << 31, 1, 0x007FFFFF, 0x00800000, 0x3F000000, 0x3F7FFFFF, 0x3F800000, 0x3F800001, 0xBF800000),
        *(0x4B800000, 0x4EFFFFFF, 0x4F000000, 0x4F800000, 0x5F000000, 0x5F800000, 0x7F7FFFFF, 0xFF7FFFFF),
        *(0x7F800000, 0xFF800000, 0x7FC00000, 0xFFC00000, 0x7F800001, 0x7FFFFFFF),
    ),
    64: (
        *(0, 1 << 63, 1, 0x000FFFFFFFFFFFFF, 0x0010000000000000, 0x3FE0000000000000, 0x3FEFFFFFFFFFFFFF),
        *(0x3FF0000000000000, 0x3FF0000000000001, 0xBFF0000000000000, 0x41DFFFFFFFC00000, 0x41E0000000000000),
        *(0x41F0000000000000, 0x4340000000000000, 0x4340000000000001, 0x43E0000000000000, 0x43F0000000000000),
        *(0x7FEFFFFFFFFFFFFF, 0xFFEFFFFFFFFFFFFF, 0x7FF0000000000000, 0xFFF0000000000000),
        *(0x7FF8000000000000, 0xFFF8000000000000, 0x7FF0000000000001, 0x7FFFFFFFFFFFFFFF),
    ),
}
"""Bits of IEEE numbers by width: zeros, subnormals, around 1, ends of integer types, infinities, NaNs."""

TEXTS: Sequence[str] = (
    *("", " ", "0", "-", "+1", "-0", "00", "1_000", "0x10", "1e5", "NaN", "inf", "null", "true", "[]", "{}"),
    *(str(edge) for power in (31, 32, 63, 64, 128) for edge in (2**power - 1, 2**power, -(2**power))),
    *("\0", "\x7f", "\t\r\n", '"', "\\", '\\"', "\\u0000", "/", "%s%n", "{0}", "../..", "a\0b"),
    *(
        "é",
        "e\u0301",
        "ß",
        "İ",
        "\u017f",
        "ﬁ",
        "Σς",
        "\u00a0",
        "\u2028",
        "\ufeff",
        "\u202e",
        "\uffff",
        "\U0010ffff",
    ),
    *("𐐀", "👨\u200d👩\u200d👧", "🇩🇪", "\ud83e", "\udd80", "\u0378"),
)
"""Texts that parsers, case mappings and length counts stumble over; two are half a surrogate pair."""
LENGTHS: Sequence[int] = (
    1,
    2,
    7,
    8,
    15,
    16,
    31,
    32,
    55,
    56,
    63,
    64,
    65,
    127,
    128,
    135,
    136,
    255,
    256,
    257,
    1024,
    4096,
)
"""Lengths around the block sizes of hash functions and the sizes of buffers."""
_CHARS = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ _-.:/"\\\n\0éß\u0301\u2028中🦀'

_INTEGER_WAYS = (*["likely"] * 7, *["end"] * 3, *["edge"] * 4, *["power"] * 2, *["size"] * 2, *["any"] * 2)
_FLOAT_WAYS = (*["edge"] * 5, "near", *["any"] * 4)
_TEXT_WAYS = (*["likely"] * 10, *["edge"] * 4, "long", *["any"] * 5)
_MOSTLY_EXACT = (0, 0, 0, -1, 1)


def integer(rng: Rng, low: int | None, high: int | None, likely: Sequence[int] = ()) -> int:
    """An integer of a range (None leaves an end open), mostly at an edge of something.

    `likely` are values that are known to matter; they need not be in the range.
    """
    least = low if low is not None else min(-_UNBOUNDED, high if high is not None else 0)
    most = high if high is not None else max(_UNBOUNDED, least)
    match pick(rng, _INTEGER_WAYS):
        case "likely" if likely:
            value = pick(rng, likely) + pick(rng, _MOSTLY_EXACT)
        case "end":
            value = pick(rng, (least, least + 1, most - 1, most, 0, 1))
        case "power":
            power = (1 << below(rng, _LARGEST_POWER)) + pick(rng, _NEAR)
            value = power if chance(rng, 0.7) else -power
        case "size":
            value = bits(rng, 1 + below(rng, max(1, most.bit_length())))
        case "any":
            value = between(rng, least, most)
        case _:
            value = _edge(rng, least, most)
    return value if least <= value <= most else between(rng, least, min(most, least + _FAR))


def _edge(rng: Rng, low: int, high: int) -> int:
    first, last = bisect_left(EDGES, low), bisect_right(EDGES, high)
    return EDGES[first + below(rng, last - first)] if first < last else between(rng, low, high)


def float_bits(rng: Rng, width: int) -> int:
    """The bits of a float of 32 or 64 bits, mostly a known odd one."""
    match pick(rng, _FLOAT_WAYS):
        case "edge":
            return pick(rng, FLOATS[width])
        case "near":
            return (pick(rng, FLOATS[width]) + pick(rng, _NEAR)) % (1 << width)
        case _:
            return bits(rng, width)


def text(rng: Rng, likely: Sequence[str] = ()) -> str:
    """A text, mostly an odd one or one that is known to matter."""
    match pick(rng, _TEXT_WAYS):
        case "likely" if likely:
            return pick(rng, likely)
        case "long":
            return pick(rng, _CHARS) * pick(rng, LENGTHS)
        case "any":
            return chars(rng, below(rng, 13))
        case _:
            return pick(rng, TEXTS)


def chars(rng: Rng, count: int) -> str:
    """So many characters, plain ones and odd ones."""
    return "".join(pick(rng, _CHARS) for _ in range(count))
