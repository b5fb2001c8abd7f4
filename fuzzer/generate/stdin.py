"""The document of several buffers, `{"stdin": [{"u32": 24}, {"json": {...}}, {"hex": "00ff"}]}`.

Each entry becomes one buffer, as one `SP1Stdin::write` or `write_slice` makes it:

- typed entries (`u8` to `u128`, `i8` to `i128`, `bool`, `f32`, `f64`, `string`, `bytes`) hold what
  `io::read::<T>` expects, which is bincode 1.3: fixed little-endian numbers, and the length as a `u64`
  before the content of a `string` or of `bytes` (written in hex);
- `bincode` is a list of typed parts, one after the other in one buffer: a struct or a tuple;
- `hex`, `utf8`, `file` and `json` (compact text) are raw, for `io::read_vec`.

JSON has no infinities, so `f32` and `f64` also take "inf", "-inf" and "nan".
"""

import json
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

from fuzzer.errors import InputError, closest

ReadFile = Callable[[str], bytes]
"""Gives the bytes of the file that a `file` entry names, or raises `InputError`."""

_Encoder = Callable[[object], bytes]
"""Gives the bytes of an entry's value, or raises ValueError saying what is wrong with it."""

_INTEGER_BITS = (8, 16, 32, 64, 128)
_NON_FINITE = ("inf", "-inf", "nan")
_FORM = 'the form is {"stdin": [{"u32": 24}, {"hex": "00ff"}]}'
_SHOWN_CHARS = 60


class _UnfitError(ValueError):
    """An entry is not of the form that its kind asks for."""


def decode(document: bytes, *, name: str, read_file: ReadFile) -> tuple[bytes, ...]:
    """The buffers that a document describes; `name` is what errors call it."""
    encoders = {**_TYPED, **_RAW, "file": lambda value: read_file(_text(value))}
    buffers = []
    for index, entry in enumerate(_entries(document, name), 1):
        try:
            buffers.append(_encode(entry, encoders))
        except ValueError as error:
            raise InputError(f"{name}: entry #{index}: {error}") from None
    return tuple(buffers)


def encode(buffers: Sequence[bytes]) -> bytes:
    """A document that decodes to these buffers: readable ones as `utf8`, all others as `hex`."""
    document = {"stdin": [_raw_entry(buffer) for buffer in buffers]}
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def _raw_entry(buffer: bytes) -> dict[str, str]:
    try:
        text = buffer.decode()
    except UnicodeDecodeError:
        return {"hex": buffer.hex()}
    readable = all(char.isprintable() or char in "\n\r\t" for char in text)
    return {"utf8": text} if readable else {"hex": buffer.hex()}


def _entries(document: bytes, name: str) -> list[object]:
    """The list under `stdin`, whose entries nobody has looked at yet."""
    try:
        parsed = json.loads(document.decode(), parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise InputError(
            f"{name}: broken JSON at line {error.lineno}, column {error.colno}: {error.msg}",
            hint="an input that is meant as it stands has a name that does not end in `.stdin.json`",
        ) from None
    except RecursionError:
        raise InputError(f"{name}: nested too deeply") from None
    except ValueError as error:
        raise InputError(f"{name}: {error}") from None
    if not isinstance(parsed, dict) or not isinstance(parsed.get("stdin"), list):
        raise InputError(f"{name}: no list under the key `stdin`", hint=_FORM)
    if unknown := sorted(parsed.keys() - {"stdin"}):
        raise InputError(f"{name}: unknown key `{unknown[0]}` beside `stdin`", hint=_FORM)
    entries: list[object] = parsed["stdin"]
    return entries


def _refuse_constant(word: str) -> NoReturn:
    raise _UnfitError(f"{word} is not JSON")


def _encode(entry: object, encoders: Mapping[str, _Encoder]) -> bytes:
    if not isinstance(entry, dict) or len(entry) != 1:
        raise _UnfitError(f'{_shown(entry)} is not an object with one key, such as {{"u32": 24}}')
    ((kind, value),) = entry.items()
    if kind not in encoders:
        raise _UnfitError(f"unknown kind `{kind}`: {closest(kind, encoders)}")
    try:
        return encoders[kind](value)
    except ValueError as error:
        raise _UnfitError(f"`{kind}`: {error}") from None


def _integer_encoder(bits: int, *, signed: bool) -> _Encoder:
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)

    def encode_integer(value: object) -> bytes:
        if not isinstance(value, int) or isinstance(value, bool):
            raise _UnfitError(f"{_shown(value)} is not an integer")
        if not low <= value <= high:
            raise _UnfitError(f"{_shown(value)} is out of range: {low} to {high}")
        return value.to_bytes(bits // 8, "little", signed=signed)

    return encode_integer


def _float_encoder(layout: str) -> _Encoder:
    def encode_float(value: object) -> bytes:
        if isinstance(value, str) and value in _NON_FINITE:
            return struct.pack(layout, float(value))
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise _UnfitError(f"{_shown(value)} is neither a number nor one of {', '.join(_NON_FINITE)}")
        try:
            return struct.pack(layout, value)
        except OverflowError:
            raise _UnfitError(f"{_shown(value)} is out of range") from None

    return encode_float


def _bool(value: object) -> bytes:
    if not isinstance(value, bool):
        raise _UnfitError(f"{_shown(value)} is neither true nor false")
    return b"\1" if value else b"\0"


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _UnfitError(f"{_shown(value)} is not a string")
    return value


def _utf8(value: object) -> bytes:
    return _text(value).encode()


def _hex(value: object) -> bytes:
    return bytes.fromhex(_text(value))


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _with_length(content: bytes) -> bytes:
    return len(content).to_bytes(8, "little") + content


def _bincode(value: object) -> bytes:
    if not isinstance(value, list):
        raise _UnfitError(f"{_shown(value)} is not a list of typed parts")
    parts = []
    for index, part in enumerate(value, 1):
        try:
            parts.append(_encode(part, _TYPED))
        except ValueError as error:
            raise _UnfitError(f"part #{index}: {error}") from None
    return b"".join(parts)


def _shown(value: object) -> str:
    """A value as a document spells it, cut so that it fits in a message."""
    text = json.dumps(value)
    return text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}…"


_TYPED: Mapping[str, _Encoder] = {
    **{f"u{bits}": _integer_encoder(bits, signed=False) for bits in _INTEGER_BITS},
    **{f"i{bits}": _integer_encoder(bits, signed=True) for bits in _INTEGER_BITS},
    "bool": _bool,
    "f32": _float_encoder("<f"),
    "f64": _float_encoder("<d"),
    "string": lambda value: _with_length(_utf8(value)),
    "bytes": lambda value: _with_length(_hex(value)),
}
_RAW: Mapping[str, _Encoder] = {"hex": _hex, "utf8": _utf8, "json": _json, "bincode": _bincode}
