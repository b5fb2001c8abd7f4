"""One buffer to its tree and back, as its description says."""

from collections.abc import Mapping
from typing import NamedTuple

from fuzzer.generate import bincode, json_text
from fuzzer.generate.structure import Bincode, Format, Hint, Json


class Parsed(NamedTuple):
    """A buffer's tree, and the bytes that follow a typed value (bincode passes over them)."""

    value: object
    rest: bytes


def parse(form: Format, buffer: bytes) -> Parsed | None:
    """The tree of a buffer, or None where it does not fit its description."""
    try:
        match form:
            case Json():
                return Parsed(json_text.parse(buffer), b"")
            case Bincode():
                return Parsed(*bincode.decode(form, buffer))
            case _:
                return None
    except (json_text.NotJsonError, bincode.UnfitError):
        return None


def encode(form: Format, parsed: Parsed) -> bytes:
    """The bytes of a tree; raises ValueError or TypeError when it is not what the description says."""
    if isinstance(form, Bincode):
        return bincode.encode(form, parsed.value) + parsed.rest
    return json_text.encode(parsed.value)


def hints(form: Format) -> tuple[Hint | None, Mapping[str, Hint]]:
    """What is known of the root of a buffer's tree, and the definitions that it may name."""
    match form:
        case Json():
            return form.schema, form.definitions
        case Bincode():
            return form.root, form.definitions
        case _:
            return None, {}
