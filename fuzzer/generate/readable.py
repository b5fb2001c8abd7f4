"""Buffers as people read them: JSON and text as they stand, typed values by field, the rest in hex. Pure."""

import struct
from collections.abc import Callable, Mapping, Sequence

import msgspec

from fuzzer.generate.codec import Parsed, parse
from fuzzer.generate.structure import (
    Bincode,
    EnumType,
    Format,
    Hint,
    Json,
    NamedType,
    StructType,
    Type,
)
from fuzzer.generate.tree import (
    Bits32,
    Bits64,
    Block,
    Char,
    Fixed,
    Maybe,
    Variant,
    item_hint,
    resolve,
)

_LINE_BYTES = 16


class Readable(msgspec.Struct, frozen=True, kw_only=True):
    """One buffer."""

    kind: str
    """`JSON`, `typed`, `text` or `bytes`."""
    text: str


def readable(form: Format, buffer: bytes) -> Readable:
    """A buffer under its description; one that does not fit it is text or bytes."""
    parsed = parse(form, buffer)
    if parsed and isinstance(form, Bincode):
        return Readable(kind="typed", text=_typed(form, parsed))
    text = _as_text(buffer)
    if text is None:
        return Readable(kind="bytes", text=hex_dump(buffer))
    return Readable(kind="JSON" if parsed and isinstance(form, Json) else "text", text=text)


def hex_dump(data: bytes) -> str:
    """Bytes as lines of an offset, hex digits and characters."""
    starts = range(0, len(data), _LINE_BYTES)
    return "\n".join(_hex_line(start, data[start : start + _LINE_BYTES]) for start in starts)


def _hex_line(start: int, row: bytes) -> str:
    shown = "".join(chr(byte) if chr(byte).isprintable() and byte < 0x80 else "." for byte in row)  # noqa: PLR2004 - ASCII
    return f"{start:08x}  {row.hex(' '):<{3 * _LINE_BYTES}} {shown}"


def _as_text(buffer: bytes) -> str | None:
    try:
        text = buffer.decode()
    except UnicodeDecodeError:
        return None
    return text if all(char.isprintable() or char in "\n\r\t" for char in text) else None


def _typed(form: Bincode, parsed: Parsed) -> str:
    rest = f"\nfollowed by {_bytes(len(parsed.rest))}: {parsed.rest.hex()}" if parsed.rest else ""
    return _value(form.root, parsed.value, form.definitions) + rest


def _bytes(count: int) -> str:
    return f"{count:,} byte{'' if count == 1 else 's'}"


def _value(hint: Hint | None, value: object, definitions: Mapping[str, Type]) -> str:
    """A value as Rust prints it."""
    kind = resolve(hint, value, definitions)
    if isinstance(value, Variant):
        return _variant(kind, value, definitions)
    if isinstance(value, list):
        shown = [_value(_hint_of(kind, value, at), item, definitions) for at, item in enumerate(value)]
        if isinstance(kind, StructType):
            fields = ", ".join(
                f"{field.name}: {text}" for field, text in zip(kind.fields, shown, strict=True)
            )
            return f"{kind.name or 'struct'} {{ {fields} }}"
        return _list(value, shown)
    return _leaf(value)


def _hint_of(kind: Hint | None, node: list[object], index: int) -> Hint | None:
    return item_hint(kind, node, index) if kind is not None and not isinstance(kind, NamedType) else None


def _list(value: list[object], shown: Sequence[str]) -> str:
    if isinstance(value, Maybe):
        return f"Some({shown[0]})" if shown else "None"
    joined = ", ".join(shown)
    return f"({joined})" if isinstance(value, Fixed) else f"[{joined}]"


def _variant(kind: Hint | None, value: Variant, definitions: Mapping[str, Type]) -> str:
    known = {variant.index: variant for variant in kind.variants} if isinstance(kind, EnumType) else {}
    variant = known.get(value.number)
    name = variant.name if variant else f"#{value.number}"
    if value[0] is None:
        return name
    inner = _value(variant.payload if variant else None, value[0], definitions)
    return f"{name}{inner}" if inner.startswith("(") else f"{name}({inner})"


def _leaf(value: object) -> str:
    show = _LEAVES.get(type(value))
    return show(value) if show else str(value)


def _float(layout: str, integers: str) -> Callable[[int], str]:
    def show(bits: int) -> str:
        return repr(*struct.unpack(layout, struct.pack(integers, bits)))

    return show


_LEAVES: Mapping[type, Callable[..., str]] = {
    type(None): lambda _: "()",
    bool: lambda value: str(value).lower(),
    str: lambda value: msgspec.json.encode(value.encode(errors="backslashreplace").decode()).decode(),
    Char: lambda value: f"'{value}'",
    Bits32: _float("<f", "<I"),
    Bits64: _float("<d", "<Q"),
    bytes: lambda value: f"0x{value.hex()}",
    Block: lambda value: f"0x{value.hex()}",
}
