r"""The dictionary of a core: texts, keys and numbers of its seeds, and entries that people wrote.

A file `inputs/CORE.dict` has one entry a line. Blank lines and lines that start with `#` are passed over,
and so is white space around an entry. `\n`, `\r`, `\t`, `\0`, `\\`, `\"` and `\xNN` stand for one byte each.
Lines of AFL and libFuzzer, `name="entry"` or `"entry"`, are taken too.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NoReturn

import msgspec

from fuzzer.errors import InputError
from fuzzer.generate import codec, json_text
from fuzzer.generate.structure import Format, InputFormat
from fuzzer.generate.tree import Bits32, Bits64, Literal, keys, leaves

MOST = 1024
"""Entries of each kind that are kept; the first ones are."""

_LONGEST_TEXT = 256
_SEARCHED = 1 << 16
_PRINTABLE = re.compile(rb"[!-~][ -~]{2,31}")
_QUOTED = re.compile(rb'(?:[\w.@-]+\s*=\s*)?"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(rb"\\(x[0-9A-Fa-f]{2}|.|$)", re.DOTALL)
_SINGLE = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"0": b"\0", b"\\": b"\\", b'"': b'"'}


class Dictionary(msgspec.Struct, frozen=True, kw_only=True):
    """Pieces worth putting into an input; each kind sorted by first appearance, without repeats."""

    texts: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()
    literals: tuple[str, ...] = ()
    """JSON numbers that are no plain integers, as they are spelled."""
    tokens: tuple[bytes, ...] = ()
    """Raw pieces; the texts and keys are among them."""


def build(seeds: Iterable[Sequence[bytes]], form: InputFormat, entries: Sequence[bytes] = ()) -> Dictionary:
    """The dictionary of some inputs, read as `form` says, and of entries, which come first."""
    found = _Found()
    for entry in entries:
        found.add_entry(entry)
    for seed in seeds:
        for index, buffer in enumerate(seed):
            found.add_buffer(form.of(index), buffer)
    return found.dictionary()


def parse_entries(document: bytes, *, name: str) -> tuple[bytes, ...]:
    """The entries of a file of that name; raises `InputError` with the line of an unknown escape."""
    entries = []
    for number, raw in enumerate(document.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith(b"#"):
            continue
        quoted = _QUOTED.fullmatch(line)
        entries.append(_unescaped(quoted[1] if quoted else line, where=f"{name}: line {number}"))
    return tuple(entries)


def _unescaped(entry: bytes, *, where: str) -> bytes:
    def single(match: re.Match[bytes]) -> bytes:
        code = match[1]
        if len(code) > 1:
            return bytes.fromhex(code[1:].decode())
        return _SINGLE[code] if code in _SINGLE else _refuse(match[0], where)

    return _ESCAPE.sub(single, entry)


def _refuse(escape: bytes, where: str) -> NoReturn:
    shown = escape.decode(errors="backslashreplace")
    raise InputError(
        f"{where}: `{shown}` is no escape", hint='known: \\n \\r \\t \\0 \\\\ \\" \\xNN; a backslash is \\\\'
    )


class _Found:
    """Gathers entries; dicts because they keep the order and drop repeats."""

    def __init__(self) -> None:
        self.texts: dict[str, None] = {}
        self.keys: dict[str, None] = {}
        self.numbers: dict[int, None] = {}
        self.literals: dict[str, None] = {}
        self.tokens: dict[bytes, None] = {}

    def dictionary(self) -> Dictionary:
        spelled = (text.encode(errors="surrogatepass") for text in (*self.keys, *self.texts))
        tokens = dict.fromkeys(token for token in (*self.tokens, *spelled) if token)
        return Dictionary(
            texts=tuple(self.texts)[:MOST],
            keys=tuple(self.keys)[:MOST],
            numbers=tuple(self.numbers)[:MOST],
            literals=tuple(self.literals)[:MOST],
            tokens=tuple(tokens)[:MOST],
        )

    def add_entry(self, entry: bytes) -> None:
        self.tokens[entry] = None
        try:
            value = json_text.parse(entry)
        except json_text.NotJsonError:
            value = None
        if isinstance(value, int) and not isinstance(value, bool):
            self.numbers[value] = None
        elif isinstance(value, Literal):
            self.literals[str(value)] = None
        try:
            text = entry.decode()
        except UnicodeDecodeError:
            return
        self.texts[text] = None

    def add_buffer(self, form: Format, buffer: bytes) -> None:
        parsed = codec.parse(form, buffer)
        if parsed is None:
            self.tokens.update(dict.fromkeys(_PRINTABLE.findall(buffer[:_SEARCHED])))
            return
        for inner in leaves(parsed.value):
            self.add_leaf(inner)
        self.keys.update(dict.fromkeys(keys(parsed.value)))

    def add_leaf(self, value: object) -> None:
        if isinstance(value, Literal):
            self.literals[str(value)] = None
        elif isinstance(value, str):
            if len(value) <= _LONGEST_TEXT:
                self.texts[str(value)] = None
        elif isinstance(value, bytes):
            if value and len(value) <= _LONGEST_TEXT:
                self.tokens[bytes(value)] = None
        elif isinstance(value, int) and not isinstance(value, bool | Bits32 | Bits64):
            self.numbers[value] = None
