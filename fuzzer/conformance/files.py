"""The frozen cases: one file for each width and group, one line for each case, below a line with the digest.

A line is a JSON object. `code` are words in hexadecimal digits, with `*N` behind one that is repeated; `in`
and `out` are registers with what they hold before and must hold afterwards, hexadecimal, or counted from the
case's first word (`code+8`) or its window (`data-1f`). `mem` is the window, `after` the window afterwards
where it changes (`?`: not looked at), `page` says that a page ends in its middle. A case with `exit` ends the
program with that exit code after `stream` was committed.
"""

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

import msgspec

from fuzzer.conformance.case import WINDOW, Base, Case, Expected, FrozenCase, Value
from fuzzer.errors import InputError
from fuzzer.isa.encoding import decode
from fuzzer.isa.opcodes import NUMBER_OF, OPCODES, REGISTERS

FORMAT = "zkvm-conformance"
VERSION = 1
"""Of the files; readers take this one and older ones."""
_MOST_WORDS = 1 << 20
_ANY = "?"
_VALUE = re.compile(r"(?:(code|data)([+-]))?([0-9a-f]{1,16})")
_RUN = re.compile(r"([0-9a-f]{8})(?:\*([1-9][0-9]{0,6}))?")
_HINT = "restore the file from the repository, or make all of them anew with `scripts/calibrate --freeze`"


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of a file."""

    format: str
    version: int
    xlen: int
    group: str
    cases: int
    references: dict[str, str]
    """Who agreed on the values, with versions."""
    sha256: str
    """Of all that follows the first line."""


class _Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    op: str
    code: str
    inputs: dict[str, str] = msgspec.field(default_factory=dict, name="in")
    outputs: dict[str, str] = msgspec.field(default_factory=dict, name="out")
    mem: str = ""
    after: str = ""
    page: bool = False
    exit_code: int | None = msgspec.field(default=None, name="exit")
    stream: str = ""


_encode = msgspec.json.Encoder().encode
_decode_head = msgspec.json.Decoder(Head).decode
_decode_line = msgspec.json.Decoder(_Line).decode


class CaseFile(msgspec.Struct, frozen=True, kw_only=True):
    """A group of frozen cases of one width."""

    xlen: int
    group: str
    references: Mapping[str, str]
    cases: tuple[FrozenCase, ...]

    @property
    def name(self) -> str:
        """Name of its file."""
        return f"rv{self.xlen}-{self.group}.jsonl"


def encode_file(file: CaseFile) -> bytes:
    """The bytes of a file."""
    body = b"".join(_encode(_line(frozen, file.xlen)) + b"\n" for frozen in file.cases)
    head = Head(
        format=FORMAT,
        version=VERSION,
        xlen=file.xlen,
        group=file.group,
        cases=len(file.cases),
        references=dict(file.references),
        sha256=hashlib.sha256(body).hexdigest(),
    )
    return _encode(head) + b"\n" + body


def write_file(folder: Path, file: CaseFile) -> Path:
    """Write a file, whole or not at all."""
    path = folder / file.name
    draft = path.with_suffix(".draft")
    draft.write_bytes(encode_file(file))
    os.replace(draft, path)  # noqa: PTH105 - one name for it everywhere
    return path


def read_files(folder: Path, xlens: Sequence[int], shown: str) -> list[CaseFile]:
    """All files of some widths, in the order of their names.

    Args:
        folder: where they are.
        xlens: widths, 32 or 64.
        shown: the folder as people should read it.

    Raises:
        InputError: a file cannot be read or is damaged, or there is none of a width.
    """
    files = []
    for xlen in xlens:
        paths = sorted(folder.glob(f"rv{xlen}-*.jsonl"))
        if not paths:
            raise InputError(f"`{shown}` has no conformance file for RV{xlen}", hint=_HINT)
        files += [_read(path, f"{shown}/{path.name}") for path in paths]
    return files


def _read(path: Path, shown: str) -> CaseFile:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"the conformance file `{shown}` cannot be read: {error.strerror}") from error
    file = decode_file(content, shown)
    if file.name != path.name:
        raise InputError(f"the conformance file `{shown}` holds what belongs into `{file.name}`", hint=_HINT)
    return file


def decode_file(content: bytes, shown: str) -> CaseFile:
    """The cases in the bytes of a file, after a look at their digest.

    Raises:
        InputError: the bytes are damaged or of a later version.
    """
    first, _, body = content.partition(b"\n")
    try:
        head = _decode_head(first)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _damaged(shown, f"its first line: {error}") from error
    if head.format != FORMAT or head.version > VERSION:
        raise InputError(
            f"the conformance file `{shown}` is `{head.format}` of version {head.version}, and this harness "
            f"reads `{FORMAT}` up to version {VERSION}",
            hint="use the harness that it comes with",
        )
    if hashlib.sha256(body).hexdigest() != head.sha256:
        raise _damaged(shown, "its lines do not have the digest that its first line gives")
    lines = body.splitlines()
    if len(lines) != head.cases or head.xlen not in {32, 64}:
        raise _damaged(shown, f"{len(lines)} cases of RV{head.xlen}, where the first line says {head.cases}")
    cases = []
    for number, line in enumerate(lines, 2):
        try:
            cases.append(_frozen(_decode_line(line), head.xlen))
        except (msgspec.MsgspecError, ValueError) as error:
            raise _damaged(shown, f"line {number}: {error}") from error
    return CaseFile(xlen=head.xlen, group=head.group, references=head.references, cases=tuple(cases))


def _damaged(shown: str, how: str) -> InputError:
    return InputError(f"the conformance file `{shown}` is damaged: {how}", hint=_HINT)


def _line(frozen: FrozenCase, xlen: int) -> _Line:
    case, expected = frozen.case, frozen.expected
    outputs = zip(case.outputs, expected.registers, strict=False)
    after = "" if expected.window == case.window else expected.window.hex()
    return _Line(
        op=case.op,
        code=_code_text(case.code),
        inputs={REGISTERS[number]: _value_text(value, xlen) for number, value in case.inputs},
        outputs={
            REGISTERS[number]: _value_text(Value(found, base), xlen) for (number, base), found in outputs
        },
        mem=case.window.hex(),
        after="" if case.halts else after if case.window_counts else _ANY,
        page=case.across_page,
        exit_code=expected.exit_code if case.halts else None,
        stream=expected.stream.hex(),
    )


def _frozen(line: _Line, xlen: int) -> FrozenCase:
    if line.op not in OPCODES:
        raise ValueError(f"no opcode `{line.op}`")
    outputs = [(_register(name), _value(text, xlen)) for name, text in line.outputs.items()]
    window = bytes.fromhex(line.mem)
    counts = line.after != _ANY
    after = bytes.fromhex(line.after) if counts and line.after else window
    if len(after) != len(window) or (line.page and len(window) != WINDOW):
        raise ValueError("a window of the wrong size")
    case = Case(
        op=line.op,
        code=_code(line.code, xlen),
        inputs=tuple((_register(name), _value(text, xlen)) for name, text in line.inputs.items()),
        outputs=tuple((number, value.base) for number, value in outputs),
        window=window,
        across_page=line.page,
        window_counts=counts,
        halts=line.exit_code is not None,
    )
    expected = Expected(
        registers=tuple(value.number % (1 << xlen) for _, value in outputs),
        window=after if counts and not case.halts else b"",
        exit_code=line.exit_code or 0,
        stream=bytes.fromhex(line.stream),
    )
    return FrozenCase(case, expected)


def _code_text(code: Sequence[int]) -> str:
    runs = [(word, len(list(same))) for word, same in groupby(code)]
    return " ".join(f"{word:08x}" + (f"*{times}" if times > 1 else "") for word, times in runs)


def _code(text: str, xlen: int) -> tuple[int, ...]:
    words: list[int] = []
    for run in text.split(" "):
        match = _RUN.fullmatch(run)
        word = int(match[1], 16) if match else 0
        if match is None or decode(word, xlen) is None:
            raise ValueError(f"`{run}` is no instruction of RV{xlen}IM")
        words += [word] * int(match[2] or 1)
        if len(words) > _MOST_WORDS:
            raise ValueError(f"more than {_MOST_WORDS} words")
    return tuple(words)


def _register(name: str) -> int:
    if name not in NUMBER_OF:
        raise ValueError(f"no register `{name}`")
    return NUMBER_OF[name]


def _value_text(value: Value, xlen: int) -> str:
    number = value.number % (1 << xlen)
    if value.base is Base.ABSOLUTE:
        return f"{number:x}"
    signed = number - (1 << xlen) if number >> xlen - 1 else number
    return f"{value.base}{'-' if signed < 0 else '+'}{abs(signed):x}"


def _value(text: str, xlen: int) -> Value:
    match = _VALUE.fullmatch(text)
    if match is None or int(match[3], 16) >> xlen:
        raise ValueError(f"`{text}` is no value of {xlen} bits")
    base, sign, digits = match.groups()
    number = int(digits, 16)
    return Value(-number if sign == "-" else number, Base(base or ""))
