"""Searches over single values of a tree: numbers, texts, bytes."""

import re
import struct

from fuzzer.generate.tree import Bits32, Bits64, Block, Char, Literal
from fuzzer.reduce.search import Search, mapped
from fuzzer.reduce.sequences import drop_parts, plain_parts

_TEXT_FILLS = ("0", "a", " ")
_BYTE_FILLS = (b"\0", b"0", b" ")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,399}")


def plainest(value: object) -> object:
    """The plainest value of a leaf's kind."""
    found: object = value
    match value:
        case bool():
            found = False
        case Bits32() | Bits64():
            found = type(value)(0)
        case int() | Literal():
            found = 0
        case Char():
            found = Char("0")
        case str():
            found = ""
        case Block():
            found = Block(len(value))
        case bytes():
            found = b""
        case _:
            pass
    return found


def leaf_search(value: object) -> Search[object]:
    """Plainer values of one leaf; the very value where none was taken."""
    found = yield from _search_of(value)
    return value if type(found) is type(value) and found == value else found


def _search_of(value: object) -> Search[object]:
    searching: Search[object] = _first_of(value, [])
    match value:
        case Bits32() | Bits64():
            searching = _first_of(value, _plainer_bits(value))
        case bool():
            searching = _first_of(value, [False] if value else [])
        case int():
            searching = _integer_search(value)
        case Literal():
            searching = _literal_search(value)
        case Char():
            searching = _first_of(value, _plainer_chars(value))
        case str():
            searching = text_search(value)
        case Block():
            searching = _block_search(value)
        case bytes():
            searching = _bytes_search(value)
        case _:
            pass
    return searching


def _block_search(value: Block) -> Search[Block]:
    return Block((yield from mapped(plain_parts(bytes(value), _BYTE_FILLS), Block)))


def _first_of(value: object, options: list[object]) -> Search[object]:
    taken = yield options
    return value if taken is None else options[taken]


def _integer_search(value: int) -> Search[object]:
    """Toward 0 in steps that halve: the number next to the result, on the side of 0, does not fail."""
    found = value
    if found < 0 and (yield [-found]) is not None:
        found = -found
    step = abs(found)
    while step:
        nearer = found - step if found > 0 else found + step
        if (yield [nearer]) is None:
            step //= 2
        else:
            found = nearer
            step = min(step, abs(found))
    return found if found != value else value


def _literal_search(value: Literal) -> Search[object]:
    """A whole number, or a shorter spelling."""
    whole = _whole(value)
    if whole is not None and (yield [whole]) is not None:
        return (yield from _integer_search(whole))
    spelled = yield from mapped(drop_parts(str(value)), _spelled)
    spelled = yield from mapped(plain_parts(spelled, ("0",)), _spelled)
    new = _spelled(spelled)
    return value if new is None or spelled == value else new


def _spelled(text: str) -> object:
    """The tree of a number, or None where the text is none."""
    if _INTEGER.fullmatch(text):
        return int(text)
    return Literal(text) if _NUMBER.fullmatch(text) else None


def _whole(value: Literal) -> int | None:
    """The whole part of a number, where that is not longer than its spelling."""
    try:
        whole = int(float(value))
    except (ValueError, OverflowError):
        return None
    return whole if len(str(whole)) <= len(value) else None


def _plainer_chars(value: Char) -> list[object]:
    rank = _TEXT_FILLS.index(str(value)) if value in _TEXT_FILLS else len(_TEXT_FILLS)
    return [Char(char) for char in _TEXT_FILLS[:rank]]


def _plainer_bits(value: Bits32 | Bits64) -> list[object]:
    """Plainer floats: 0, 1, the other sign's, the whole part."""
    layout, whole, kind = ("<f", "<I", Bits32) if isinstance(value, Bits32) else ("<d", "<Q", Bits64)
    number = struct.unpack(layout, struct.pack(whole, value))[0]
    options = [0.0, 1.0]
    if number == number and abs(number) != float("inf"):  # noqa: PLR0124 -- only a NaN is not itself
        options += [abs(number), float(int(number))]
    bits = [kind(struct.unpack(whole, struct.pack(layout, option))[0]) for option in options]
    return [option for option in dict.fromkeys(bits) if option < value]


def text_search(value: str) -> Search[str]:
    """As few characters as still fail, and as many of them `0`, `a` or spaces as can be."""
    shorter = yield from drop_parts(value)
    return (yield from plain_parts(shorter, _TEXT_FILLS))


def _bytes_search(value: bytes) -> Search[bytes]:
    shorter = yield from drop_parts(value)
    return (yield from plain_parts(shorter, _BYTE_FILLS))
