"""Reduces the buffers of a case, each as its description says."""

from collections.abc import Callable, Generator, Iterable, Sequence

from fuzzer.generate import bincode, codec, json_text
from fuzzer.generate.codec import Parsed
from fuzzer.generate.structure import Format, InputFormat, Json
from fuzzer.reduce.byte_search import bytes_search
from fuzzer.reduce.search import MOST, Reduction, Search, mapped
from fuzzer.reduce.sequences import drop_parts
from fuzzer.reduce.tree_search import tree_search

_Entry = tuple[bytes, Format]


def reduce_buffers(
    buffers: Sequence[bytes], form: InputFormat, *, most: int = MOST
) -> Reduction[tuple[bytes, ...]]:
    """A reduction of the buffers of a case that is known to fail: fewer buffers, then less in each."""
    start = tuple(buffers)
    entries = tuple((buffer, form.of(index)) for index, buffer in enumerate(start))
    return Reduction(start, _all(entries), key=lambda candidate: candidate, most=most)


def reduce_json(document: bytes, *, most: int = MOST) -> Reduction[bytes]:
    """A reduction of a JSON document that is known to fail; what is not JSON is reduced as bytes."""
    return Reduction(document, buffer_search(document, Json()), key=bytes, most=most)


def buffer_search(buffer: bytes, form: Format) -> Search[bytes]:
    """The search for a smaller buffer."""
    parsed = codec.parse(form, buffer)
    if parsed is None:
        return bytes_search(buffer)
    return _json(buffer, parsed.value) if isinstance(form, Json) else _typed(form, parsed)


def _all(entries: tuple[_Entry, ...]) -> Search[tuple[bytes, ...]]:
    while True:
        before = entries
        entries = yield from mapped(_drop(entries), _buffers)
        sizes = sorted(range(len(entries)), key=lambda index: -len(entries[index][0]))
        for index in sizes:
            buffer, form = entries[index]
            new = yield from mapped(buffer_search(buffer, form), _placer(entries, index))
            entries = (*entries[:index], (new, form), *entries[index + 1 :])
        if _buffers(entries) == _buffers(before):
            return _buffers(entries)


def _drop(
    entries: tuple[_Entry, ...],
) -> Generator[Iterable[tuple[_Entry, ...]], int | None, tuple[_Entry, ...]]:
    def chosen(places: tuple[int, ...]) -> tuple[_Entry, ...]:
        return tuple(entries[place] for place in places)

    left = yield from mapped(drop_parts(tuple(range(len(entries)))), chosen)
    return chosen(left)


def _buffers(entries: tuple[_Entry, ...]) -> tuple[bytes, ...]:
    return tuple(buffer for buffer, _ in entries)


def _placer(entries: tuple[_Entry, ...], index: int) -> Callable[[bytes], tuple[bytes, ...]]:
    whole = _buffers(entries)
    return lambda buffer: (*whole[:index], buffer, *whole[index + 1 :])


def _json(document: bytes, value: object) -> Search[bytes]:
    """By structure, if the document still fails when it is written compactly; else by bytes.

    A document may fail for its spaces or for the way in which it writes characters: those are kept only by
    working on bytes.
    """
    writers = (json_text.encode, json_text.encode_ascii)
    spelled = [writer(value) for writer in writers]
    if document in spelled:
        write = writers[spelled.index(document)]
    else:
        taken = yield spelled
        if taken is None:
            return (yield from bytes_search(document))
        write = writers[taken]
    left = yield from mapped(tree_search(value), write)
    return write(left)


def _typed(form: Format, parsed: Parsed) -> Search[bytes]:
    def write(candidate: Parsed) -> bytes | None:
        try:
            return codec.encode(form, candidate)
        except bincode.UnfitError:
            return None

    rest = yield from mapped(drop_parts(parsed.rest), lambda left: write(Parsed(parsed.value, left)))
    value = yield from mapped(tree_search(parsed.value), lambda found: write(Parsed(found, rest)))
    return codec.encode(form, Parsed(value, rest))
