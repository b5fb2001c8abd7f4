"""Mutations of numbers and texts, whatever they are part of."""

from collections.abc import Callable, Mapping

from fuzzer.generate import boundary
from fuzzer.generate.dictionary import Dictionary
from fuzzer.generate.rng import Rng, below, between, chance, pick

_NEAR = 16
_MOST_BITS = 130
_LONGEST = 1 << 14
_FACTORS = (2, 3, 10, 256, 1 << 32)
_CASES: tuple[Callable[[str], str], ...] = (str.upper, str.lower, str.swapcase, lambda text: text[::-1])


def nudge(rng: Rng, value: int, _dictionary: Dictionary) -> int:
    """A number close by."""
    return value + between(rng, 1, _NEAR) * _sign(rng) if chance(rng, 0.5) else value + _sign(rng)


def negate(_rng: Rng, value: int, _dictionary: Dictionary) -> int:
    """The number with the other sign, or its complement for 0."""
    return -value if value else -1


def edge(rng: Rng, _value: int, _dictionary: Dictionary) -> int:
    """A number at the edge of some type, whatever was there."""
    return boundary.integer(rng, -(1 << 127), (1 << 128) - 1)


def flip(rng: Rng, value: int, _dictionary: Dictionary) -> int:
    """One bit inverted, mostly one that the number has."""
    most = value.bit_length() + 1 if chance(rng, 0.8) else _MOST_BITS
    return value ^ 1 << below(rng, most)


def scale(rng: Rng, value: int, _dictionary: Dictionary) -> int:
    """A multiple or a part of the number."""
    factor = pick(rng, _FACTORS)
    if value.bit_length() > _MOST_BITS or chance(rng, 0.5):
        return value // factor
    return value * factor


def known(rng: Rng, value: int, dictionary: Dictionary) -> int:
    """A number of the dictionary, or next to one."""
    if not dictionary.numbers:
        return value
    return pick(rng, dictionary.numbers) + pick(rng, (0, 0, 0, 0, -1, 1))


INTEGER_OPS: Mapping[str, Callable[[Rng, int, Dictionary], int]] = {
    "number-nudge": nudge,
    "number-negate": negate,
    "number-boundary": edge,
    "number-bit": flip,
    "number-scale": scale,
    "number-dictionary": known,
}


def spell(rng: Rng, value: int, _dictionary: Dictionary) -> str:
    """The number, or one close to it, as JSON text that is no plain integer."""
    return f"{value}{pick(rng, ('.0', 'e0', 'E+0', '.5', 'e1', 'e-1', '.0000001', 'e300'))}"


def respell(rng: Rng, spelled: str, dictionary: Dictionary) -> str:
    """Another JSON number for one that is no plain integer."""
    digits = [at for at, char in enumerate(spelled) if char.isdecimal()]
    match below(rng, 4):
        case 0 if dictionary.literals:
            return pick(rng, dictionary.literals)
        case 1:
            return spelled[1:] if spelled.startswith("-") else f"-{spelled}"
        case 2 if digits:
            # A first digit stays above 0: JSON has no numbers that start with zeros.
            at = pick(rng, digits)
            return f"{spelled[:at]}{1 + below(rng, 9)}{spelled[at + 1 :]}"
        case _:
            return pick(rng, boundary.LITERALS)


def odd_text(rng: Rng, _text: str, _dictionary: Dictionary) -> str:
    """A text that parsers stumble over, whatever was there."""
    return boundary.text(rng)


def known_text(rng: Rng, text: str, dictionary: Dictionary) -> str:
    """A text of the dictionary, instead of what was there or inside it."""
    if not dictionary.texts:
        return text
    entry = pick(rng, dictionary.texts)
    return entry if chance(rng, 0.6) else _inserted(rng, text, entry)


def insert_chars(rng: Rng, text: str, _dictionary: Dictionary) -> str:
    """Some characters, or a whole odd text, put in."""
    piece = pick(rng, boundary.TEXTS) if chance(rng, 0.3) else boundary.chars(rng, between(rng, 1, 4))
    return _inserted(rng, text, piece)


def delete_chars(rng: Rng, text: str, _dictionary: Dictionary) -> str:
    """A part taken out."""
    if not text:
        return text
    first = below(rng, len(text))
    return text[:first] + text[first + between(rng, 1, max(1, len(text) // 4)) :]


def replace_char(rng: Rng, text: str, _dictionary: Dictionary) -> str:
    """One character replaced, or moved to one next to it."""
    if not text:
        return text
    at = below(rng, len(text))
    new = (
        boundary.chars(rng, 1) if chance(rng, 0.6) else chr(max(0, min(0x10FFFF, ord(text[at]) + _sign(rng))))
    )
    return text[:at] + new + text[at + 1 :]


def repeat_chars(rng: Rng, text: str, _dictionary: Dictionary) -> str:
    """A part repeated, sometimes to a length that buffers and hash blocks have."""
    if not text:
        return text
    first = below(rng, len(text))
    piece = text[first : first + between(rng, 1, 8)]
    if chance(rng, 0.3):
        length = pick(rng, boundary.LENGTHS)
        return (text * (length // len(text) + 1))[:length]
    return (text[:first] + piece * between(rng, 1, 16) + text[first:])[:_LONGEST]


def recase(rng: Rng, text: str, _dictionary: Dictionary) -> str:
    """The text in another case, or from its end."""
    return pick(rng, _CASES)(text)


TEXT_OPS: Mapping[str, Callable[[Rng, str, Dictionary], str]] = {
    "text-boundary": odd_text,
    "text-dictionary": known_text,
    "text-insert": insert_chars,
    "text-delete": delete_chars,
    "text-replace": replace_char,
    "text-repeat": repeat_chars,
    "text-case": recase,
}


def _sign(rng: Rng) -> int:
    return 1 if chance(rng, 0.5) else -1


def _inserted(rng: Rng, text: str, piece: str) -> str:
    at = below(rng, len(text) + 1)
    return text[:at] + piece + text[at:]
