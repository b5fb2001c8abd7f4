"""The document of several buffers gives back what was put in."""

import json
from typing import NoReturn

from hypothesis import given
from hypothesis import strategies as st

from fuzzer.generate.stdin import decode, encode


def no_file(name: str) -> NoReturn:
    raise AssertionError(name)


def decode_one(entry: dict[str, object]) -> bytes:
    (buffer,) = decode(json.dumps({"stdin": [entry]}).encode(), name="d", read_file=no_file)
    return buffer


@given(st.lists(st.binary() | st.text().map(str.encode)))
def test_encoded_buffers_read_back(buffers: list[bytes]) -> None:
    assert decode(encode(buffers), name="d", read_file=no_file) == tuple(buffers)


@given(st.sampled_from((8, 16, 32, 64, 128)), st.booleans(), st.data())
def test_integers_are_little_endian_of_their_width(bits: int, signed: bool, data: st.DataObject) -> None:  # noqa: FBT001 -- drawn
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    value = data.draw(st.integers(low, high))
    buffer = decode_one({f"{'i' if signed else 'u'}{bits}": value})
    assert len(buffer) == bits // 8
    assert int.from_bytes(buffer, "little", signed=signed) == value


@given(st.lists(st.tuples(st.sampled_from(("string", "u32", "f64")), st.integers(0, 2**32 - 1))))
def test_bincode_is_its_parts_in_a_row(parts: list[tuple[str, int]]) -> None:
    entries: list[dict[str, object]] = [
        {kind: str(value) if kind == "string" else value} for kind, value in parts
    ]
    assert decode_one({"bincode": entries}) == b"".join(map(decode_one, entries))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(_JSON)
def test_json_keeps_its_value(value: object) -> None:
    assert json.loads(decode_one({"json": value})) == value
