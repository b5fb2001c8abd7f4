"""Holds files against what they should be: form, files they speak of, hashes, paths."""

import hashlib
import os
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath

import msgspec

from fuzzer.errors import FuzzerError
from fuzzer.model import SCHEMA_VERSION
from fuzzer.store.bundle import EVIDENCE_NAME, EvidenceManifest
from fuzzer.store.finding import INPUT_NAME, ORIGINAL_NAME, RUN_LOG_NAME
from fuzzer.store.input_copy import decode_input
from fuzzer.store.references import Reference, own_hash, references
from fuzzer.store.run_log import RunLog
from fuzzer.store.schemas import DocumentKind, Form, kind_of, kind_of_version
from fuzzer.store.status import Status, contradictions
from fuzzer.store.summary import COLUMNS, SUMMARY_PATH, decode_fields, decode_header, row_of
from fuzzer.triage.allowed import AllowedDocument, parse_allowed
from fuzzer.triage.marks import TriageDocument, parse_marks

_PLACE = re.compile(r"(?s)(?P<message>.*) - at `(?P<where>\$.*)`")
_HINTS = (b'"/', b":/", b":\\", b"\\/", b"\\u00")
"""One of them is in every document with an absolute path, however it is escaped."""
_KEY = re.compile(r"\w*paths?|\w*hrefs?|\w+_saved_to|folders?|files?|out_dir|report")
_OWN_FORM = (INPUT_NAME, ORIGINAL_NAME)
_OWN_FORM_FOLDERS = frozenset({"inputs", "assets"})
"""Inputs are what a core reads, which need not be JSON, whatever they are called."""
_IS_ABSOLUTE = re.compile(r"/|[A-Za-z]:[/\\]")


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is wrong."""

    file: str
    where: str
    """The place in it: `$.targets[0].outcome`, or `line 3`."""
    message: str

    def __str__(self) -> str:
        """As people read it."""
        return f"{self.file}: {self.where}: {self.message}"


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """One file that was looked at."""

    kind: str
    """What it was held against; empty when nothing is known of its form."""
    problems: tuple[Problem, ...] = ()


class _Version(msgspec.Struct):
    """What every version of every document may have."""

    schema_version: object = SCHEMA_VERSION


def files_in(path: Path) -> Iterator[Path]:
    """The files of a folder in order, with links and without hidden ones; of a file, itself."""
    if not path.is_dir():
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        links = [name for name in folders if Path(folder, name).is_symlink()]
        for name in sorted([*names, *links]):
            if not name.startswith("."):
                yield Path(folder, name)


def check_link(path: Path, *, name: str, folder: Path) -> Checked:
    """Hold a link in a folder against what it may be: what it leads to must go with a copy of the folder."""
    target = path.readlink()
    if not path.exists():
        message = f"is a link to nothing: {str(target)!r}"
    elif target.is_absolute() or not path.resolve().is_relative_to(folder.resolve()):
        message = f"is a link that leads out of the folder: {str(target)!r}"
    else:
        return Checked(kind="")  # what it leads to is looked at under its own name
    return Checked(kind="link", problems=(Problem(file=name, where="$", message=message),))


def check_file(path: Path, *, name: str) -> Checked:
    """Hold one file against its form; `name` is what problems call it."""
    full = PurePosixPath(os.path.abspath(path))  # noqa: PTH100 - links are kept: names decide
    try:
        if not path.is_file():  # reading a pipe would wait for somebody to write
            return _checked("file", name, iter([("$", "is not there, or no regular file")]))
        if full.name == SUMMARY_PATH:
            found = _summary_problems(path)
            return _checked("summary", name, found)
        kind = kind_of(str(full))
        if kind is None and full.suffix != ".json":
            return Checked(kind="")
        data = path.read_bytes()
        kind = kind or _by_version(data)
        if kind is None:
            return _checked("", name, _unknown_problems(data, full))
        return _checked(kind.name, name, _problems(kind, data, path, full))
    except OSError as error:
        return _checked("file", name, iter([("$", f"cannot be read: {error.strerror or error}")]))


def _checked(kind: str, name: str, found: Iterator[tuple[str, str]]) -> Checked:
    problems = tuple(Problem(file=name, where=where, message=message) for where, message in found)
    return Checked(kind=kind, problems=problems)


def _by_version(data: bytes) -> DocumentKind | None:
    """The kind of a document that has left its folder and says itself what it is."""
    try:
        return kind_of_version(msgspec.json.decode(data, type=_Version).schema_version)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _unknown_problems(data: bytes, full: PurePosixPath) -> Iterator[tuple[str, str]]:
    """What is wrong with a file of which no more is known than that its name ends in `.json`."""
    if full.name in _OWN_FORM or not _OWN_FORM_FOLDERS.isdisjoint(full.parts[:-1]):
        return
    try:
        msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        yield "$", f"is no JSON: {error}"


def _problems(kind: DocumentKind, data: bytes, path: Path, full: PurePosixPath) -> Iterator[tuple[str, str]]:
    if kind.form is Form.TOML:
        yield from _toml_problems(kind, data, path.name)
    elif kind.form is Form.LINES:
        for number, line in enumerate(data.splitlines(keepends=True), 1):
            if not line.endswith(b"\n"):
                yield f"line {number}", "is cut off"
            elif line.strip():
                for where, message in _decoded(kind, line)[1]:
                    yield f"line {number}: {where}", message
    else:
        document, wrong = _decoded(kind, data)
        yield from wrong
        if document is not None:
            yield from _beyond_form(document, data, path, full)


def _decoded(kind: DocumentKind, data: bytes) -> tuple[object | None, list[tuple[str, str]]]:
    """The document, or what keeps it from being one."""
    try:
        # First of all, since a newer document may have another form.
        version = _version_decoder().decode(data).schema_version
        if isinstance(version, int) and version > SCHEMA_VERSION:
            text = f"is {version}, this `fuzz` reads up to {SCHEMA_VERSION}: use the `fuzz` that wrote it"
            return None, [("$.schema_version", text)]
        return _decoder(kind.type).decode(data), []
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        match = _PLACE.fullmatch(str(error))
        return None, [(match["where"], match["message"]) if match else ("$", str(error))]


@cache
def _version_decoder() -> msgspec.json.Decoder[_Version]:
    return msgspec.json.Decoder(_Version)


@cache
def _decoder(kind: type[msgspec.Struct]) -> msgspec.json.Decoder[msgspec.Struct]:
    return msgspec.json.Decoder(kind)


def _toml_problems(kind: DocumentKind, data: bytes, name: str) -> Iterator[tuple[str, str]]:
    try:
        text = data.decode()
        document = msgspec.convert(tomllib.loads(text), kind.type)
        if isinstance(document, TriageDocument):
            parse_marks(text, name=name)
        elif isinstance(document, AllowedDocument):
            parse_allowed(text, name=name)
    except msgspec.ValidationError as error:
        match = _PLACE.fullmatch(str(error))
        yield (match["where"], match["message"]) if match else ("$", str(error))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        yield "$", f"no TOML: {error}"
    except FuzzerError as error:
        yield "$", error.message


def _beyond_form(document: object, data: bytes, path: Path, full: PurePosixPath) -> Iterator[tuple[str, str]]:
    if any(hint in data for hint in _HINTS):
        yield from _absolute_paths(msgspec.json.decode(data), "$")
    if isinstance(document, Status):
        yield from (("$", text) for text in contradictions(data, name=path.name))
    if (digits := own_hash(full)) and not hashlib.sha256(data).hexdigest().startswith(digits):
        yield "$", f"its SHA-256 does not begin with {digits}, as its name says"
    for reference in references(document, full, data):
        if problem := _reference_problem(reference, path):
            yield reference.where, problem
    if isinstance(document, EvidenceManifest) and path.name == EVIDENCE_NAME:
        yield from _not_listed(document, path)
    if isinstance(document, RunLog) and path.name == RUN_LOG_NAME:
        yield from _input_problems(document, path.with_name(INPUT_NAME))


def _absolute_paths(value: object, where: str, *, named: bool = False) -> Iterator[tuple[str, str]]:
    """Absolute paths under keys that hold paths; `named` where the key above is one of them."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _absolute_paths(inner, f"{where}.{key}", named=bool(_KEY.fullmatch(key)))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _absolute_paths(inner, f"{where}[{place}]", named=named)
    elif named and isinstance(value, str) and _IS_ABSOLUTE.match(value):
        yield where, f"is an absolute path: {value!r}"


def _reference_problem(reference: Reference, document: Path) -> str:
    """What is wrong with a file that a document speaks of; empty if nothing."""
    pure = PurePosixPath(reference.path)
    if pure.is_absolute() or ".." in pure.parts or not pure.parts:
        return f"is not a path inside its folder: {reference.path!r}"
    folder = Path(os.path.abspath(document)).parent  # noqa: PTH100 - as above
    for _ in range(reference.up):
        folder = folder.parent
    file = folder / pure
    if not file.is_file():
        return f"{reference.path} is not there"
    size = file.stat().st_size
    if reference.size is not None and size != reference.size:
        return f"{reference.path} has {size:,} bytes and not {reference.size:,}"
    if reference.sha256 is not None and hashlib.sha256(file.read_bytes()).hexdigest() != reference.sha256:
        return f"{reference.path} has another SHA-256 than the document says"
    return ""


def _not_listed(manifest: EvidenceManifest, path: Path) -> Iterator[tuple[str, str]]:
    listed = {file.path for file in manifest.files} | {EVIDENCE_NAME}
    for file in files_in(path.parent):
        if (name := file.relative_to(path.parent).as_posix()) not in listed:
            yield "$.files", f"{name} is there and not listed"


def _input_problems(log: RunLog, path: Path) -> Iterator[tuple[str, str]]:
    if not path.is_file():
        return  # which has been said
    try:
        buffers = decode_input(path.read_bytes(), log.input.encoding, name=INPUT_NAME)
    except FuzzerError as error:
        yield "$.input", error.message
        return
    if hashlib.sha256(b"".join(buffers)).hexdigest() != log.input.sha256:
        yield "$.input.sha256", f"{INPUT_NAME} has another SHA-256 than the document says"


def _summary_problems(path: Path) -> Iterator[tuple[str, str]]:
    """What is wrong with the summary: its header, its rows, and folders of findings that they name."""
    there: dict[str, bool] = {}
    with path.open("rb") as file:
        header = decode_header(file.readline())
        if header is None:
            yield "line 1", f"is not the header: {','.join(COLUMNS[:3])},…"
            return
        for number, line in enumerate(file, 2):
            fields = decode_fields(line, width=len(header))
            if fields is None:
                yield f"line {number}", "is no row: cut off, or a field is not what its column holds"
                continue
            folder = row_of(fields).repro_path if line.find(b"artifacts/") >= 0 else ""
            if folder and (problem := _repro_problem(folder, path.parent, there)):
                yield f"line {number}: repro_path", problem


def _repro_problem(folder: str, artifacts: Path, there: dict[str, bool]) -> str:
    pure = PurePosixPath(folder)
    if pure.is_absolute() or ".." in pure.parts or len(pure.parts) < 2:  # noqa: PLR2004 - artifacts/<run_id>
        return f"is not a path inside the project: {folder!r}"
    if folder not in there:
        there[folder] = artifacts.joinpath(*pure.parts[1:]).is_dir()
    return "" if there[folder] else f"{folder} is not there"
