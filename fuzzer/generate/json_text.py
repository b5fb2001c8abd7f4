"""JSON text to a tree and back. Numbers keep their spelling and objects their repeated keys; spaces go.

What is read here is what JSON says, not what Python adds: no `NaN`, no `Infinity`, and UTF-8 only.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import NoReturn

from fuzzer.generate.tree import Literal, Obj

DEEPEST = 200
"""Levels of nesting that are read; what lies beyond is bytes. Python's own bound depends on the caller."""

_LONGEST_INTEGER = 400
_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]', re.DOTALL)


class NotJsonError(ValueError):
    """The bytes are not JSON, or nested too deeply."""


def parse(data: bytes) -> object:
    """The tree of a document; raises `NotJsonError`."""
    if data.count(b"[") + data.count(b"{") > DEEPEST and _depth(data) > DEEPEST:
        raise NotJsonError("nested too deeply")
    try:
        return _DECODER.decode(data.decode())
    except ValueError as error:
        raise NotJsonError(str(error)) from None


def encode(value: object) -> bytes:
    """The most compact text of a tree. A half of a surrogate pair, which UTF-8 has no bytes for, is escaped.

    Raises TypeError for a tree that holds what JSON has not.
    """
    parts: list[str] = []
    _write(value, parts.append, encode_basestring)
    joined = "".join(parts)
    try:
        return joined.encode()
    except UnicodeEncodeError:
        return re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):04x}", joined).encode()


def encode_ascii(value: object) -> bytes:
    """The same with every character beyond ASCII escaped."""
    parts: list[str] = []
    _write(value, parts.append, encode_basestring_ascii)
    return "".join(parts).encode()


def text(value: object) -> str:
    """The most compact text of a tree."""
    return encode(value).decode()


def _write(value: object, add: Callable[[str], object], quote: Callable[[str], str]) -> None:
    if isinstance(value, Obj):
        mark = "{"
        for key, inner in value:
            write = _LEAVES.get(type(inner))
            if write is None:
                add(f"{mark}{quote(key)}:")
                _write(inner, add, quote)
            else:
                add(f"{mark}{quote(key)}:{write(inner, quote)}")
            mark = ","
        add("}" if value else "{}")
    elif type(value) is list:
        mark = "["
        for inner in value:
            write = _LEAVES.get(type(inner))
            if write is None:
                add(mark)
                _write(inner, add, quote)
            else:
                add(f"{mark}{write(inner, quote)}")
            mark = ","
        add("]" if value else "[]")
    else:
        write = _LEAVES.get(type(value))
        if write is None:
            raise TypeError(f"JSON has no {type(value).__name__}")
        add(write(value, quote))


_LEAVES: Mapping[type, Callable[..., str]] = {
    str: lambda value, quote: quote(value),
    int: lambda value, _: repr(value),
    Literal: lambda value, _: value,
    bool: lambda value, _: "true" if value else "false",
    type(None): lambda _value, _: "null",
}


def _depth(data: bytes) -> int:
    depth = deepest = 0
    for token in _BRACKETS.findall(data):
        if token in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif token in b"]}":
            depth -= 1
    return deepest


def _integer(spelled: str) -> int | Literal:
    if spelled == "-0" or len(spelled) > _LONGEST_INTEGER:
        return Literal(spelled)
    return int(spelled)


def _refuse(word: str) -> NoReturn:
    raise NotJsonError(f"{word} is not JSON")


def _object(pairs: Sequence[tuple[str, object]]) -> Obj:
    return Obj(pairs)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=Literal, parse_int=_integer, parse_constant=_refuse
)
