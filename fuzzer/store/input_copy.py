"""The copy of a case's input that artifacts keep as `input.json`, and the way back. Pure."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from fuzzer.errors import InputError
from fuzzer.generate import stdin


class InputEncoding(StrEnum):
    """How `input.json` holds the buffers."""

    RAW = "raw"
    """The file is the only buffer, byte for byte; it is JSON text."""
    STDIN = "stdin"
    """The file is a document of buffers (`fuzzer.generate.stdin`)."""


def encoding_of(buffers: Sequence[bytes]) -> InputEncoding:
    """How a copy of these buffers is written."""
    if len(buffers) == 1 and _is_json(buffers[0]):
        return InputEncoding.RAW
    return InputEncoding.STDIN


def encode_input(buffers: Sequence[bytes]) -> bytes:
    """The content of `input.json`."""
    return buffers[0] if encoding_of(buffers) is InputEncoding.RAW else stdin.encode(buffers)


def decode_input(data: bytes, encoding: InputEncoding, *, name: str) -> tuple[bytes, ...]:
    """The buffers that a copy holds; `name` is what errors call it."""
    if encoding is InputEncoding.RAW:
        return (data,)
    return stdin.decode(data, name=name, read_file=_refuse_file)


def _is_json(buffer: bytes) -> bool:
    try:
        buffer.decode()  # msgspec lets broken UTF-8 pass inside strings
        msgspec.json.decode(buffer, type=msgspec.Raw)
    except (UnicodeDecodeError, msgspec.DecodeError, RecursionError):
        return False
    return True


def _refuse_file(file: str) -> bytes:
    raise InputError(f"a copied input holds all of its bytes, but this one names the file {file}")
