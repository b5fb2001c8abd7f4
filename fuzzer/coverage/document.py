"""`coverage.json` of a campaign: the map, and how often each of its bins was hit. Pure.

It holds the whole map, so that it can be read when the executor has long got another one. It only ever grows:
readers ignore fields that they do not know.
"""

from functools import cache
from typing import Annotated

import msgspec
import numpy as np

from fuzzer.coverage.counts import Coverage
from fuzzer.coverage.map import MAP_VERSION, CoverageMap
from fuzzer.errors import StoreError

SCHEMA_VERSION = 1

_Natural = Annotated[int, msgspec.Meta(ge=0)]
_Positive = Annotated[int, msgspec.Meta(ge=1)]


class _Version(msgspec.Struct):
    """What every version of the document has."""

    schema_version: int


class CoverageDocument(msgspec.Struct):
    """The document `coverage.json`: a map, and how often each of its bins was hit."""

    schema_version: int
    programs: _Natural
    """How many programs were counted."""
    map: CoverageMap
    counts: tuple[tuple[_Natural, _Positive], ...]
    """Number and count of each bin that was hit, in ascending order."""


@cache
def _decoder() -> msgspec.json.Decoder[CoverageDocument]:
    return msgspec.json.Decoder(CoverageDocument)


def encode_coverage(coverage: Coverage) -> bytes:
    """The document of this coverage."""
    hit = np.flatnonzero(coverage.counts)
    document = CoverageDocument(
        schema_version=SCHEMA_VERSION,
        programs=coverage.programs,
        map=coverage.map,
        counts=tuple(zip(hit.tolist(), coverage.counts[hit].tolist(), strict=True)),
    )
    return msgspec.json.encode(document) + b"\n"


def decode_coverage(data: bytes, *, name: str) -> Coverage:
    """The coverage that a document holds; `name` is what errors call it.

    Raises:
        StoreError: it is no such document, is damaged, or was written by a newer `fuzz`.
    """
    try:
        # First of all, since a newer document may have another form.
        version = msgspec.json.decode(data, type=_Version).schema_version
        _refuse_newer(name, "schema version", version, SCHEMA_VERSION)
        document = _decoder().decode(data)
    except msgspec.DecodeError as error:
        raise StoreError(f"{name} is no coverage of a campaign: {error}", hint="it may be damaged") from None
    _refuse_newer(name, "map version", document.map.version, MAP_VERSION)
    problem = document.map.problem() or _problem(document)
    if problem:
        raise StoreError(f"{name} is damaged: it {problem}", hint="the map and the counts must be of one run")
    coverage = Coverage(document.map, programs=document.programs)
    for number, count in document.counts:
        coverage.counts[number] = count
    return coverage


def _refuse_newer(name: str, what: str, found: int, known: int) -> None:
    if found > known:
        raise StoreError(
            f"{name} has {what} {found}, this `fuzz` reads up to {known}",
            hint="use the `fuzz` that wrote it, or a newer one",
        )


def _problem(document: CoverageDocument) -> str:
    """What is wrong with the counts; empty if nothing."""
    last = -1
    for number, count in document.counts:
        if number <= last:
            return f"counts bin {number} behind bin {last}"
        if number >= document.map.size:
            return f"counts bin {number} of {document.map.size}"
        if count > np.iinfo(np.uint64).max:
            return f"counts bin {number} more often than can be"
        last = number
    return ""
