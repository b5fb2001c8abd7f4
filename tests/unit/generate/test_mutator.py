"""What mutation reaches, and how it names what it did."""

import random
import time
from collections import Counter
from collections.abc import Sequence

import pytest

from fuzzer.generate.bincode import encode
from fuzzer.generate.dictionary import Dictionary, build
from fuzzer.generate.infer import infer_format
from fuzzer.generate.json_text import NotJsonError, parse
from fuzzer.generate.mutate import LARGEST, OPERATORS, Mutator
from fuzzer.generate.rng import Rng
from fuzzer.generate.schema import parse_schema
from fuzzer.generate.structure import (
    Bincode,
    BoolType,
    BytesType,
    CharType,
    EnumType,
    EnumVariant,
    FloatType,
    InputFormat,
    IntType,
    Json,
    OptionType,
    SequenceType,
    TextType,
    TupleType,
    UnitType,
)
from fuzzer.generate.tree import Bits32, Bits64, Block, Char, Fixed, Maybe, Variant

JSON_SEED = (
    b'{"name": "fuzz", "list": [1, -2, 3.5, 1e21, 18446744073709551615, null, true, "xx"], '
    b'"nested": {"a": {"b": [[], {}]}, "k": [{"id": 1, "v": "abc"}, {"id": 2, "v": "def"}]}, "t": "text"}'
)
OTHER_SEED = b'{"name": "other", "list": [5, 6, 7], "extra": [{"id": 3}]}'
KIND = EnumType(variants=(EnumVariant(0, "A", UnitType()), EnumVariant(1, "B", IntType(bits=32))))
TYPED = Bincode(
    root=TupleType(
        items=(
            SequenceType(of=IntType(bits=64)),
            OptionType(of=TextType()),
            TupleType(items=(FloatType(bits=32), FloatType(bits=64))),
            TupleType(items=(BytesType(), BytesType(size=32))),
            TupleType(items=(CharType(), BoolType(), KIND, KIND)),
        )
    )
)
TYPED_SEED = encode(
    TYPED,
    Fixed(
        [
            [1, 2, 3],
            Maybe(["text"]),
            Fixed([Bits32(0), Bits64(1)]),
            Fixed([b"some bytes", Block(bytes(32))]),
            Fixed([Char("x"), True, Variant(0, None), Variant(1, 7)]),
        ]
    ),
)


def seeded(seed: object) -> Rng:
    return random.Random(str(seed))  # noqa: S311 -- no secrets


def mutator(*seeds: Sequence[bytes], form: InputFormat | None = None) -> Mutator:
    form = form if form is not None else infer_format(seeds)
    return Mutator(form, build(seeds, form))


def ops_of(target: Mutator, parent: Sequence[bytes], others: Sequence[Sequence[bytes]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for seed in range(6000):
        found.update(target.mutate(parent, others, seeded(seed)).ops)
    return found


def test_every_operator_is_reached_and_no_other() -> None:
    form = InputFormat(buffers=(Json(), TYPED))
    parent, other = (JSON_SEED, TYPED_SEED), (OTHER_SEED, TYPED_SEED[:-1] + b"\xff")
    found = ops_of(mutator(parent, form=form), parent, [other])
    assert set(found) == set(OPERATORS)
    assert min(found.values()) > 2


def test_names_fit_into_one_cell_of_a_table() -> None:
    assert [name for name in OPERATORS if not name.replace("-", "").isalpha()] == []
    assert len(set(OPERATORS)) == len(OPERATORS)


def test_most_mutations_of_json_are_json() -> None:
    target = mutator((JSON_SEED,))
    mutated = [target.mutate((JSON_SEED,), [], seeded(seed)).buffers for seed in range(1000)]
    assert sum(len(buffers) == 1 and is_json(buffers[0]) for buffers in mutated) > 850


def is_json(buffer: bytes) -> bool:
    try:
        parse(buffer)
    except NotJsonError:
        return False
    return True


def test_bounds_of_a_schema_are_mostly_kept() -> None:
    form = InputFormat(
        buffers=(parse_schema(b'{"items": {"type": "integer", "minimum": 5, "maximum": 9}}', name="s"),)
    )
    target = Mutator(form, Dictionary())
    mutated = [target.mutate((b"[5,6,7,8]",), [], seeded(seed)) for seed in range(500)]
    numbers = [one for one in mutated if one.ops[0].startswith("number-") and len(one.ops) == 1]
    inside = [one for one in numbers if all(item in b"56789[]," for item in one.buffers[0])]
    assert len(numbers) > 100
    assert 0.7 < len(inside) / len(numbers) < 1


def test_an_input_without_buffers_gets_one() -> None:
    assert mutator().mutate((), [], seeded(1)).buffers != ()


@pytest.mark.parametrize("parent", [(b"",), (b"", b""), (b"null",), (b"\xff" * 3,)])
def test_poor_parents_are_changed_all_the_same(parent: tuple[bytes, ...]) -> None:
    target = mutator((b'{"n": 1}',))
    for seed in range(300):
        mutation = target.mutate(parent, [], seeded(seed))
        assert mutation.buffers != parent
        assert mutation.ops


def test_a_large_parent_does_not_grow_without_bound() -> None:
    parent = (b"[" + b'"' + b"x" * LARGEST + b'"' + b"]",)
    target = mutator((b"[1]",))
    sizes = [sum(map(len, target.mutate(parent, [parent], seeded(seed)).buffers)) for seed in range(60)]
    assert max(sizes) <= len(parent[0])


def test_descendants_neither_explode_nor_fail() -> None:
    target = mutator((JSON_SEED,), (OTHER_SEED,))
    corpus: list[tuple[bytes, ...]] = [(JSON_SEED,), (OTHER_SEED,)]
    for generation in range(3000):
        rng = seeded(generation)
        parent = corpus[int(rng.random() * len(corpus))]
        corpus.append(target.mutate(parent, corpus[-50:], rng).buffers)
        corpus = corpus[-200:]
    assert sum(len(buffer) for buffers in corpus for buffer in buffers) < 200 * LARGEST


@pytest.mark.slow
def test_mutation_is_quick() -> None:
    """The target is 20,000 a second; the bound leaves room for a busy machine and a slower one."""
    target, rng = mutator((JSON_SEED,), (OTHER_SEED,)), seeded(0)
    start = time.process_time()
    for _ in range(5000):
        target.mutate((JSON_SEED,), [(OTHER_SEED,)], rng)
    assert 5000 / (time.process_time() - start) > 5_000
