"""Generated inputs reach the values at which programs go wrong."""

import json
import random

import pytest

from fuzzer.generate.dictionary import Dictionary
from fuzzer.generate.generated import InputGenerator
from fuzzer.generate.infer import infer_format
from fuzzer.generate.rng import Rng
from fuzzer.generate.schema import parse_schema
from fuzzer.generate.structure import (
    Bincode,
    Format,
    InputFormat,
    IntType,
    NamedType,
    OptionType,
    SequenceType,
    TupleType,
    Type,
)


def seeded(seed: int) -> Rng:
    return random.Random(seed)  # noqa: S311 -- no secrets


def made(form: Format, count: int = 2000, dictionary: Dictionary | None = None) -> list[bytes]:
    generator = InputGenerator(InputFormat(buffers=(form,)), dictionary)
    return [buffer for seed in range(count) for buffer in generator.generate(seeded(seed))]


def made_json(schema: object, dictionary: Dictionary | None = None) -> list[object]:
    form = parse_schema(json.dumps(schema).encode(), name="s")
    return [json.loads(buffer) for buffer in made(form, dictionary=dictionary)]


@pytest.mark.parametrize("bits", [8, 16, 32, 64, 128])
@pytest.mark.parametrize("signed", [False, True])
def test_the_ends_of_every_integer_type(bits: int, signed: bool) -> None:  # noqa: FBT001 -- a parameter
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    found = {
        int.from_bytes(data, "little", signed=signed)
        for data in made(Bincode(root=IntType(bits=bits, signed=signed)))
    }
    assert {low, low + 1, high - 1, high, 0, 1} <= found
    assert len(found) > 90


def test_integers_around_constants_and_powers_of_two() -> None:
    found = made_json({"type": "integer"}, Dictionary(numbers=(1_000_003,)))
    assert {1_000_002, 1_000_003, 1_000_004, 2**63, 2**63 - 1, -(2**63) - 1, 2**53 + 1} <= set(found)


def test_numbers_beyond_every_float() -> None:
    texts = set(made(parse_schema(b'{"type": "number"}', name="s")))
    assert {b"1e400", b"5e-324", b"-0.0", b"9007199254740993"} <= texts


def test_texts_empty_long_odd_and_known() -> None:
    found = set(map(str, made_json({"type": "string"}, Dictionary(texts=("needle",)))))
    assert {"", "needle", "\0", str(2**63 - 1), str(2**64), "e\u0301", "\ud83e"} <= found
    assert max(map(len, found)) >= 4096


def test_arrays_empty_one_many_and_with_repeats() -> None:
    found = [item for item in made_json({"items": {"type": "integer"}}) if isinstance(item, list)]
    assert {0, 1, 2, 33} <= {len(items) for items in found}
    assert any(len(items) > len(set(items)) for items in found)


def test_recursion_goes_deep_and_ends() -> None:
    tree = {"type": "object", "required": ["v"], "properties": {"v": {"type": "null"}, "next": {"$ref": "#"}}}
    found = made(parse_schema(json.dumps(tree).encode(), name="s"))
    depths = {data.count(b"{") for data in found}
    assert {1, 2, 3} <= depths
    assert max(depths) > 20


def test_typed_recursion_ends_where_only_one_way_does() -> None:
    tree: Type = TupleType(items=(IntType(bits=8), OptionType(of=SequenceType(of=NamedType(name="T")))))
    found = made(Bincode(root=NamedType(name="T"), definitions={"T": tree}))
    assert len(set(found)) > 500
    assert max(map(len, found)) < 100_000


def test_inferred_ranges_are_usual_and_not_binding() -> None:
    form = infer_format([(b'{"n": 10}',), (b'{"n": 20}',)]).of(0)
    numbers = [json.loads(data).get("n") for data in made(form)]
    inside = sum(10 <= number <= 20 for number in numbers)
    assert 0.5 < inside / len(numbers) < 0.95


def test_raw_buffers_are_bytes_and_pieces_of_the_dictionary() -> None:
    generator = InputGenerator(infer_format([(b"\xff\xfe",)]), Dictionary(tokens=(b"needle",)))
    found = [generator.generate(seeded(seed))[0] for seed in range(500)]
    assert {0, 1, 64, 136} <= set(map(len, found))
    assert any(b"needle" in data for data in found)


def test_a_core_without_seeds_reads_nothing() -> None:
    assert InputGenerator(infer_format([])).generate(seeded(1)) == ()
