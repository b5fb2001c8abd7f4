"""Searches over bytes: fewer, then plainer ones."""

from fuzzer.reduce.search import MOST, Reduction, Search
from fuzzer.reduce.sequences import drop_parts, plain_parts

_TEXT_FILLS = (b"0", b" ")
_FILLS = (b"\0", *_TEXT_FILLS)


def bytes_search(data: bytes) -> Search[bytes]:
    """As few bytes as still fail, and as many of them zeros, digits 0 (both in text) or spaces as can be."""
    while True:
        before = data
        data = yield from drop_parts(data)
        data = yield from plain_parts(data, _TEXT_FILLS if data.isascii() and _is_text(data) else _FILLS)
        if data == before:
            return data


def reduce_bytes(data: bytes, *, most: int = MOST) -> Reduction[bytes]:
    """A reduction of raw bytes that are known to fail."""
    return Reduction(data, bytes_search(data), key=bytes, most=most)


def _is_text(data: bytes) -> bool:
    return all(byte >= 0x20 or byte in b"\t\r\n" for byte in data)  # noqa: PLR2004 -- where controls end
