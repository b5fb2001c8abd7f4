"""From a turn to its cases: what is made, and of which parent, follows from the seed and the turn."""

import hashlib
import json
from collections.abc import Iterator
from random import Random
from typing import NamedTuple

import msgspec

from fuzzer.campaign.search.corpus import Corpus, Entry
from fuzzer.errors import InputError
from fuzzer.generate import comparisons
from fuzzer.generate.comparisons import Comparison, Edit
from fuzzer.generate.dictionary import Dictionary
from fuzzer.generate.generated import InputGenerator
from fuzzer.generate.mutate import Mutation, Mutator
from fuzzer.generate.rng import Rng
from fuzzer.generate.structure import InputFormat
from fuzzer.model import Case, Generator, Provenance

_DIGEST_BYTES = 16
_KEPT_EDITS = 16
"""Entries whose edits are remembered: turns go from one to another and back."""


class CoreInputs(msgspec.Struct, frozen=True, kw_only=True):
    """A core's name and what is known of its inputs."""

    core: str
    form: InputFormat
    dictionary: Dictionary


def encode_inputs(inputs: CoreInputs) -> str:
    """The same as text of plain ASCII: strings of seeds need not be what UTF-8 can hold."""
    return json.dumps(msgspec.to_builtins(inputs), separators=(",", ":"))


def decode_inputs(text: str) -> CoreInputs:
    """What `encode_inputs` was given.

    Raises:
        ValueError: the text is something else.
    """
    return msgspec.convert(json.loads(text), CoreInputs)


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """Some cases of one core in a row, made in the same way."""

    core: str
    worker: int
    first: int
    """Index of the first case; no other turn of the worker has its indices."""
    count: int
    parent: int | None = None
    """The entry that is mutated; None for inputs without a parent, and for seeds."""
    donors: int = 0
    """How many entries there were to take parts from."""
    edits: int | None = None
    """The first one of the edits of the parent that the cases are, by what its run compared."""
    seeds: bool = False
    """Whether the cases are the entries themselves that the corpus began with."""
    entry: int = 0
    """The first one of these."""

    def __contains__(self, index: object) -> bool:
        """Whether a case of this index is one of its."""
        return isinstance(index, int) and self.first <= index < self.first + self.count


class _Edits(NamedTuple):
    """The edits of an entry, and all that they follow from."""

    entry: Entry
    pairs: tuple[Comparison, ...]
    edits: list[Edit]


class CaseMaker:
    """Makes the cases of one core."""

    def __init__(self, inputs: CoreInputs, *, seed: int) -> None:
        self.inputs = inputs
        self._seed = seed
        self._mutator = Mutator(inputs.form, inputs.dictionary)
        self._generator = InputGenerator(inputs.form, inputs.dictionary)
        self._edits: dict[int, _Edits] = {}
        """By number: those of the entries that were asked for last, the last one at the end."""

    def cases(self, turn: Turn, corpus: Corpus) -> Iterator[Case]:
        """The cases of a turn; the corpus has at least the entries that the turn knew of."""
        donors = corpus.donors(turn.donors)
        for index in range(turn.first, turn.first + turn.count):
            yield self._case(turn, index, corpus, donors)

    def case(self, turn: Turn, index: int, corpus: Corpus) -> Case:
        """One case of a turn."""
        return self._case(turn, index, corpus, corpus.donors(turn.donors))

    def edits(self, corpus: Corpus, number: int) -> list[Edit]:
        """The edits of an entry, by what its run compared."""
        entry, pairs = corpus.entries[number], corpus.compared.get(number, ())
        known = self._edits.pop(number, None)
        if known is None or known.entry is not entry or known.pairs is not pairs:
            known = _Edits(entry, pairs, comparisons.edits(self.inputs.form, entry.buffers, pairs))
        self._edits[number] = known
        if len(self._edits) > _KEPT_EDITS:
            del self._edits[next(iter(self._edits))]
        return known.edits

    def _case(self, turn: Turn, index: int, corpus: Corpus, donors: list[tuple[bytes, ...]]) -> Case:
        rng_seed = f"{self._seed}:{turn.worker}:{index}"
        core = self.inputs.core
        if turn.seeds:
            return corpus.entries[turn.entry + index - turn.first].as_case(core)
        if turn.parent is None:
            buffers = self._generator.generate(rng_of(rng_seed))
            provenance = Provenance(generator=Generator.GENERATED, rng_seed=rng_seed)
        else:
            parent = corpus.entries[turn.parent]
            if turn.edits is None:
                mutation = self._mutator.mutate(parent.buffers, donors, rng_of(rng_seed))
            else:
                edit = self.edits(corpus, turn.parent)[turn.edits + index - turn.first]
                mutation = Mutation(comparisons.apply(self.inputs.form, parent.buffers, edit), (edit.op,))
            buffers = mutation.buffers
            provenance = Provenance(
                generator=Generator.MUTATED,
                base_seed=parent.seed,
                mutation_ops=mutation.ops,
                rng_seed=rng_seed,
            )
        name = f"{provenance.generator}/{rng_seed}"
        return Case(core=core, input_name=name, buffers=buffers, provenance=provenance)


def rng_of(rng_seed: str) -> Rng:
    """The generator of random numbers that a text stands for; only its `random()` is the same for ever."""
    digest = hashlib.sha256(rng_seed.encode()).digest()[:_DIGEST_BYTES]
    return Random(int.from_bytes(digest, "little"))  # noqa: S311 -- cases, no secrets


def parse_case_id(text: str) -> tuple[int, int]:
    """Worker and index of a case id, `0:1234`, or with the seed of the campaign in front, `7:0:1234`.

    Raises:
        InputError: it is none.
    """
    parts = text.rpartition("/")[2].split(":")[-2:]
    if len(parts) == 2 and all(part.isdecimal() for part in parts):  # noqa: PLR2004 -- worker and index
        return int(parts[0]), int(parts[1])
    raise InputError(f"`{text}` is no case", hint="a case is named like 0:1234, worker and index")
