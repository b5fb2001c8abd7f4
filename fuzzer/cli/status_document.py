"""`fuzz status validate` and `fuzz status augment`: the document status.json."""

import math
import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click
import jsonschema
import msgspec

from fuzzer.cli.options import json_option
from fuzzer.cli.session import Session
from fuzzer.errors import ExitCode, InputError, StoreError, UsageError
from fuzzer.home import find_home
from fuzzer.store.artifact_store import ArtifactFile
from fuzzer.store.seal import seal_again
from fuzzer.store.status import (
    STATUS_SCHEMA,
    External,
    ExternalMetric,
    baseline_name,
    contradictions,
    decode_status,
    encode_status,
    read_loosely,
    with_external,
)

_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_NUMBER = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
_EXTERNAL = re.compile(r"(?P<name>[^<=]+)=(?P<value>[^<=]+)<=(?P<threshold>[^<=]+)")
_FILE = click.argument("file", type=click.Path(readable=False, path_type=Path))


class _Given(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One result as a file gives it."""

    name: str
    value: float
    threshold: float


class _GivenFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of results: `[[metrics]]` in TOML, `{"metrics": [...]}` in JSON."""

    metrics: tuple[_Given, ...]


@click.command()
@_FILE
@json_option
def validate(file: Path, *, as_json: bool) -> int:
    """Hold a status.json against its schema, and against itself.

    Exit code 0: nothing is wrong. 3: something is; what and where is said.
    """
    session = Session(as_json=as_json)
    problems = problems_of(_read(file), name=file.name)
    for problem in problems:
        session.show(f"{file.name}: {problem}")
    session.show(f"{file}: {'valid' if not problems else f'{len(problems)} problems'}")
    session.emit("status", {"valid": not problems, "problems": problems})
    return int(ExitCode.BAD_INPUT if problems else ExitCode.AGREE)


def problems_of(data: bytes, *, name: str) -> list[str]:
    """What is wrong with a status, each with its place."""
    schema = msgspec.json.decode((find_home().root / STATUS_SCHEMA).read_bytes())
    try:
        document = msgspec.json.decode(data)
        # First of all, since a newer document may have another form.
        read_loosely(data, name=name)
    except StoreError as error:
        return [f"{error.message}: {error.hint}"]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return [f"no JSON: {error}"]
    errors = jsonschema.Draft202012Validator(schema).iter_errors(document)
    found = [f"{error.json_path}: {error.message}" for error in errors]
    if found:
        return found
    try:
        return contradictions(data, name=name)
    except StoreError as error:
        return [error.message]


@click.command()
@_FILE
@click.option(
    "--external",
    "given",
    multiple=True,
    metavar="NAME=VALUE<=THRESHOLD",
    help="What another tool measured, and the largest value that passes. Can be repeated.",
)
@click.option(
    "--external-file",
    "files",
    multiple=True,
    type=click.Path(readable=False, path_type=Path),
    metavar="FILE",
    help="A TOML or JSON file of `metrics`, each with name, value and threshold.",
)
@json_option
def augment(file: Path, given: Sequence[str], files: Sequence[Path], *, as_json: bool) -> int:
    """Add results of other tools to a status.json; without any it is first kept as status_baseline.json."""
    session = Session(as_json=as_json)
    added = tuple(_parse(text) for text in given) + tuple(
        metric for path in files for metric in _from_file(path)
    )
    if not added:
        raise UsageError("no result was given", hint="--external 'audit_rate=0.02<=0.05', or --external-file")
    for name, times in Counter(metric.name for metric in added).items():
        if times > 1:  # of a result that fails and one that passes, none must hide the other
            raise UsageError(f"`{name}` was given {times} times", hint="each result has a name of its own")
    before = _read(file)  # which is to be there before its folder is locked
    place = file.resolve()
    store = session.store_of(place.parent)
    with store.lock():
        before = _read(place)
        old = decode_status(before, name=file.name)
        status = with_external(old, added, name=file.name)
        # First the copy: killed in between, the status is still what it was.
        if not isinstance(old.external, External):
            store.put([ArtifactFile(baseline_name(place.name), before)])
        store.put([ArtifactFile(place.name, encode_status(status, over=before))])
        wrote = (place.name, baseline_name(place.name))
        seal_again(session.store_of(place.parent.parent), place.parent.name, wrote)
    external = status.external
    assert isinstance(external, External)  # noqa: S101 - results were just added
    for metric in external.metrics:
        word = "pass" if metric.passed else "FAIL"
        session.show(f" {metric.name}  {metric.value:g} <= {metric.threshold:g}  {word}")
    session.show(f"external_all_pass: {str(external.all_pass).lower()} · {file}")
    session.emit("augmented", {"all_pass": external.all_pass, "metrics": len(external.metrics)})
    return int(ExitCode.AGREE)


def _parse(text: str) -> ExternalMetric:
    match = _EXTERNAL.fullmatch(text)
    if match is None:
        raise UsageError(f"--external {text!r} is no NAME=VALUE<=THRESHOLD", hint="'audit_rate=0.02<=0.05'")
    value, threshold = (_number(match[part], text) for part in ("value", "threshold"))
    return _metric(match["name"], value, threshold)


def _number(text: str, whole: str) -> float:
    if not _NUMBER.fullmatch(text):  # Python would take `1_0` for ten
        raise UsageError(
            f"--external {whole!r}: {text.strip()!r} is not a finite number", hint="write it as 0 or 0.05"
        )
    return float(text)


def _metric(name: str, value: float, threshold: float) -> ExternalMetric:
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name of a result", hint="letters, digits, `_`, `.` and `-`")
    if not math.isfinite(value) or not math.isfinite(threshold):
        raise UsageError(f"`{name}`: {value} <= {threshold} cannot be decided", hint="give finite numbers")
    return ExternalMetric(name=name, value=value, threshold=threshold, passed=value <= threshold)


def _from_file(path: Path) -> list[ExternalMetric]:
    data = _read(path)
    try:
        text = data.decode()
        document = msgspec.json.decode(text) if path.suffix == ".json" else tomllib.loads(text)
        given = msgspec.convert(document, _GivenFile)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.MsgspecError) as error:
        raise InputError(
            f"{path.name} holds no results: {error}", hint="`metrics`, each with name, value and threshold"
        ) from None
    return [_metric(entry.name, entry.value, entry.threshold) for entry in given.metrics]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
