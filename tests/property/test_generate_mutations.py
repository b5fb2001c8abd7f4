"""What holds of every mutation: any bytes are taken, the same draws give the same, something differs."""

import json
import random

from hypothesis import given
from hypothesis import strategies as st

from fuzzer.generate import json_text
from fuzzer.generate.dictionary import Dictionary, build
from fuzzer.generate.generated import InputGenerator
from fuzzer.generate.infer import infer_format
from fuzzer.generate.json_text import NotJsonError
from fuzzer.generate.mutate import OPERATORS, Mutator
from fuzzer.generate.structure import (
    Bincode,
    InputFormat,
    IntType,
    Json,
    OptionType,
    SequenceType,
    TextType,
    TupleType,
)

_TYPED = Bincode(root=SequenceType(of=TupleType(items=(IntType(bits=16), OptionType(of=TextType())))))
_BUFFERS = (
    st.binary(max_size=60)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
        max_leaves=12,
    ).map(lambda value: json.dumps(value).encode())
    | st.integers(0, 2**32).map(
        lambda seed: InputGenerator(InputFormat(buffers=(_TYPED,))).generate(random.Random(seed))[0]  # noqa: S311
    )
)
_INPUTS = st.lists(_BUFFERS, max_size=3).map(tuple)
_FORMS = st.lists(st.sampled_from((Json(), _TYPED, infer_format([(b"\0",)]).of(0))), max_size=3).map(
    lambda buffers: InputFormat(buffers=tuple(buffers))
)


@given(_FORMS, _INPUTS, st.lists(_INPUTS, max_size=2), st.integers(0, 2**64))
def test_mutations_are_total_repeatable_and_different(
    form: InputFormat, parent: tuple[bytes, ...], others: list[tuple[bytes, ...]], seed: int
) -> None:
    dictionary = build([parent, *others], form)
    first, again = (
        Mutator(form, dictionary).mutate(parent, others, random.Random(seed))  # noqa: S311 -- no secrets
        for _ in range(2)
    )
    assert first == again
    assert first.buffers != parent
    assert first.ops
    assert set(first.ops) <= set(OPERATORS)


@given(_INPUTS, st.integers(0, 2**64))
def test_a_mutator_remembers_nothing(parent: tuple[bytes, ...], seed: int) -> None:
    form = infer_format([parent])
    used = Mutator(form, Dictionary())
    for other in range(5):
        used.mutate(parent, [parent], random.Random(other))  # noqa: S311 -- no secrets
    rngs = [random.Random(seed) for _ in range(2)]  # noqa: S311 -- no secrets
    assert used.mutate(parent, [], rngs[0]) == Mutator(form).mutate(parent, [], rngs[1])


@given(st.integers(0, 2**64))
def test_structure_alone_keeps_json_whole(seed: int) -> None:
    parent = (b'{"a": [1, {"b": "x"}], "c": null}',)
    mutation = Mutator(infer_format([parent])).mutate(parent, [], random.Random(seed))  # noqa: S311
    if any(name.startswith(("bytes-", "buffer-")) for name in mutation.ops):
        return
    try:
        json_text.parse(mutation.buffers[0])
    except NotJsonError as error:
        assert "deeply" in str(error)  # noqa: PT017 -- the only reason there may be
