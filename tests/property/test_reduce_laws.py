"""What holds of every reduction: its result was tested, nothing can be left out alone, batches do no harm."""

import json
from collections.abc import Sequence
from zlib import crc32

from hypothesis import given
from hypothesis import strategies as st

from fuzzer.generate.structure import RAW, Bincode, InputFormat, IntType, Json, SequenceType
from fuzzer.reduce.buffers import reduce_buffers, reduce_json
from fuzzer.reduce.byte_search import reduce_bytes
from fuzzer.reduce.search import Reduction, run
from fuzzer.reduce.sequences import ddmin, ddmin_reduction

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
).map(lambda value: json.dumps(value).encode())


def odd_hash(candidate: object, salt: int) -> bool:
    """A check without any rhyme or reason, but always the same answer."""
    return crc32(f"{candidate!r} {salt}".encode(errors="backslashreplace")) % 3 == 0


@given(st.lists(st.integers(0, 30), max_size=20), st.sets(st.integers(0, 30), max_size=4))
def test_ddmin_is_1_minimal(items: list[int], wanted: set[int]) -> None:
    wanted &= set(items)
    left = ddmin(items, lambda part: wanted <= set(part))
    assert sorted(left) == sorted(wanted)


@given(st.integers(0, 14), st.integers(0, 2**30))
def test_ddmin_is_1_minimal_under_any_check(count: int, salt: int) -> None:
    start = tuple(range(count))

    def still_fails(part: Sequence[int]) -> bool:
        return tuple(part) == start or odd_hash(tuple(part), salt)

    left = ddmin(start, still_fails)
    assert still_fails(left)
    assert not any(still_fails(left[:at] + left[at + 1 :]) for at in range(len(left)))


def drive(reduction: Reduction[bytes], start: bytes, salt: int, batch: int, *, cut: bool) -> None:
    """Test in batches: what is returned was tested and failed, or is the start; nothing is tested twice."""
    failed, tested = {start}, 0
    passed: set[bytes] = set()
    while candidates := reduction.candidates(batch):
        assert len(candidates) <= batch
        assert passed.isdisjoint(candidates)
        answers = [odd_hash(candidate, salt) for candidate in candidates]
        if cut and True in answers:
            answers = answers[: answers.index(True) + 1]
        reduction.tell(answers)
        tested += len(answers)
        for candidate, fails in zip(candidates, answers, strict=False):
            (failed if fails else passed).add(candidate)
        assert reduction.best in failed
    assert reduction.tested == tested <= 3000


@given(st.binary(max_size=40), st.integers(0, 2**30), st.integers(1, 7), st.booleans())
def test_bytes_under_any_check(data: bytes, salt: int, batch: int, cut: bool) -> None:  # noqa: FBT001 -- drawn
    drive(reduce_bytes(data, most=3000), data, salt, batch, cut=cut)


@given(JSON, st.integers(0, 2**30), st.integers(1, 7), st.booleans())
def test_json_under_any_check(data: bytes, salt: int, batch: int, cut: bool) -> None:  # noqa: FBT001 -- drawn
    drive(reduce_json(data, most=3000), data, salt, batch, cut=cut)


@given(st.integers(0, 40), st.sets(st.integers(0, 40), max_size=5), st.integers(1, 9))
def test_batches_find_the_same(count: int, wanted: set[int], batch: int) -> None:
    wanted &= set(range(count))
    alone, together = ddmin_reduction(count), ddmin_reduction(count)
    run(alone, lambda part: wanted <= set(part))
    while candidates := together.candidates(batch):
        together.tell([wanted <= set(part) for part in candidates])
    assert together.best == alone.best == tuple(sorted(wanted))


@given(
    st.lists(JSON | st.binary(max_size=12), max_size=3).map(tuple), st.integers(0, 2**30), st.integers(0, 60)
)
def test_the_best_so_far_is_there_whenever_the_caller_stops(
    buffers: tuple[bytes, ...], salt: int, most: int
) -> None:
    form = InputFormat(buffers=(Json(), Bincode(root=SequenceType(of=IntType(bits=8))), RAW))
    failed = {buffers}

    def still_fails(candidate: tuple[bytes, ...]) -> bool:
        fails = odd_hash(candidate, salt)
        if fails:
            failed.add(candidate)
        return fails

    reduction = reduce_buffers(buffers, form, most=most)
    assert run(reduction, still_fails) in failed
    assert reduction.tested <= most


@given(JSON)
def test_every_candidate_for_a_json_document_is_json(data: bytes) -> None:
    def still_fails(candidate: bytes) -> bool:
        json.loads(candidate)
        return True

    assert run(reduce_json(data), still_fails) in (b"null", b"0", b"false", b'""', b"[]", b"{}")
