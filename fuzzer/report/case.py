"""A case as people read it: where it comes from, how it ended, and what it reads. Pure."""

from collections.abc import Iterator, Sequence

from fuzzer.campaign.cases import Ended, KnownCase
from fuzzer.generate.readable import Readable
from fuzzer.model import Generator
from fuzzer.report.words import counted
from fuzzer.store.summary import status_word

_SHOWN_LINES = 40
_SHOWN_CHARS = 4_000


def case_lines(
    known: KnownCase, buffers: Sequence[Readable], listing: str, *, whole: bool
) -> Iterator[tuple[str, str]]:
    """A label and a text for each line; a text without a label goes on from the one above."""
    provenance = known.case.provenance
    yield "core", known.case.core
    yield "generator", provenance.generator
    if provenance.mutation_ops:
        yield "operators", ", ".join(provenance.mutation_ops)
    if known.parent or provenance.base_seed:
        yield "parent", known.parent or provenance.base_seed
    if provenance.rng_seed:
        yield "rng seed", provenance.rng_seed
    if known.campaign:
        yield "campaign", known.campaign
    if known.signature:
        yield "signature", known.signature
    if known.ended:
        yield "ended", ended_text(known.ended)
    if listing:
        yield "program", f"{len(listing.splitlines()):,} lines of assembly language"
        yield from (("", line) for line in _cut(listing, whole=whole))
        return
    sizes = [len(buffer) for buffer in known.case.buffers]
    yield "input", f"{counted(sum(sizes), 'byte')} in {counted(len(sizes), 'buffer')}"
    for number, (buffer, size) in enumerate(zip(buffers, sizes, strict=True), 1):
        yield "", f"#{number}  {buffer.kind}, {counted(size, 'byte')}"
        yield from (("", f"    {line}") for line in _cut(buffer.text, whole=whole))


def ended_text(ended: Ended) -> str:
    """How it ended on each target, what came of comparing them, and how many instructions it took."""
    each = ", ".join(f"{target} {status_word(status)}" for target, status in ended.statuses.items())
    cycles = "" if ended.cycles is None else f", {ended.cycles:,} cycles"
    return f"{each}: {ended.verdict}{cycles}"


def _cut(text: str, *, whole: bool) -> Iterator[str]:
    lines = text.splitlines()
    if whole or (len(lines) <= _SHOWN_LINES and len(text) <= _SHOWN_CHARS):
        yield from lines
        return
    left = _SHOWN_CHARS
    for number, line in enumerate(lines):
        if number == _SHOWN_LINES or left <= 0:
            break
        yield line[:left]
        left -= len(line)
    yield "… cut; --full shows all of it"


def is_program(known: KnownCase) -> bool:
    """Whether the case is an instruction program."""
    return known.case.provenance.generator.startswith(Generator.RISCV)
