"""A Hypothesis strategy of inputs, from what is known of what a core reads.

The parts are Hypothesis' own primitives, value by value, so that it shrinks an input as it shrinks any value:
fewer items, smaller numbers, simpler texts.
"""

from collections.abc import Sequence
from pathlib import Path

from fuzzer.errors import InputError, ToolchainError
from fuzzer.generate import codec
from fuzzer.generate.codec import Parsed
from fuzzer.generate.dictionary import Dictionary
from fuzzer.generate.registry import Registry, parse_registry
from fuzzer.generate.structure import Bincode, Format, InputFormat, Json
from fuzzer.library.core import Core
from fuzzer.library.input import Input, Rendered, joined

try:
    from hypothesis import strategies as st
    from hypothesis.strategies import SearchStrategy
except ImportError as error:
    raise ToolchainError(
        "the package `hypothesis` is not installed", hint="pip install 'zkvm-fuzzer[pytest]', or hypothesis"
    ) from error

from fuzzer.library.schema_strategies import json_trees
from fuzzer.library.type_strategies import typed_trees


def inputs_of(
    core: Core,
    *,
    reads: Sequence[object] | None = None,
    types: str | Path | None = None,
    form: InputFormat | None = None,
) -> SearchStrategy[Input]:
    """Inputs of a core, each a tuple of buffers for `Core.run`.

    What the core reads is, in this order: what `form` says; the types that `reads` names, as the crate
    serde-reflection spells them (`["U32", {"SEQ": "STR"}, {"TYPENAME": "Order"}]`), named ones described by
    the registry `types` (its text, or a file); `inputs/NAME.schema.json`; what the core's own inputs show.
    Nothing is read or built before the first input is drawn.

    Raises:
        FuzzerError: a type or schema that cannot be served, with its part.
    """

    def made() -> SearchStrategy[Input]:
        chosen = form or (core.form if reads is None else typed(reads, types))
        seeds = [case.buffers for case in core.seeds]
        return from_form(chosen, dictionary=core.dictionary, seeds=seeds)

    return st.deferred(made)


def from_form(
    form: InputFormat, *, dictionary: Dictionary | None = None, seeds: Sequence[Sequence[bytes]] = ()
) -> SearchStrategy[Input]:
    """Inputs of a form; texts and numbers of the dictionary come up too."""
    known = dictionary if dictionary is not None else Dictionary()
    buffers = [
        _buffer(one, known, [seed[index] for seed in seeds if index < len(seed)])
        for index, one in enumerate(form.buffers)
    ]
    return st.tuples(*buffers).map(joined)


def typed(reads: Sequence[object], types: str | Path | None) -> InputFormat:
    """The form of an input whose buffers are typed values; see `inputs_of`."""
    registry = Registry({})
    if types is not None:
        registry = parse_registry(_text(types), name=types.name if isinstance(types, Path) else "types")
    return registry.input_format(reads)


def _text(types: str | Path) -> str:
    if isinstance(types, str):
        return types
    try:
        return types.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{types} cannot be read: {error}") from None


def _buffer(form: Format, dictionary: Dictionary, seeds: Sequence[bytes]) -> SearchStrategy[Rendered]:
    """One buffer."""
    if isinstance(form, Json):
        trees = json_trees(form, dictionary)
    elif isinstance(form, Bincode):
        trees = typed_trees(form, dictionary)
    else:
        known = [*dict.fromkeys((*seeds, *dictionary.tokens))]
        raw = st.binary() | st.sampled_from(known) if known else st.binary()
        return raw.map(lambda buffer: Rendered(buffer, buffer))
    return trees.map(lambda tree: Rendered(codec.encode(form, Parsed(tree, b"")), tree))
