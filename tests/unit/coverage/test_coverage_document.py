"""`coverage.json`: read as it was written, and refused when it is damaged or newer."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzzer.coverage.counts import Coverage
from fuzzer.coverage.document import decode_coverage, encode_coverage
from fuzzer.coverage.map import Axis, CoverageMap
from fuzzer.errors import StoreError

MAP = CoverageMap(
    version=1,
    axes=(
        Axis("sp1.opcode", "operation", 0, (("add",), ("mul",), ("div",))),
        Axis("sp1.halt", "exit code", 3, (("0",), ("1",))),
    ),
)
SAMPLE = encode_coverage(Coverage(MAP, np.array([0, 7, 0, 2**40, 1], np.uint64), programs=12))


def changed(**fields: object) -> bytes:
    return msgspec.json.encode({**msgspec.json.decode(SAMPLE), **fields})


@given(st.lists(st.integers(0, 2**64 - 1), min_size=5, max_size=5), st.integers(0, 2**63))
def test_a_document_is_read_as_it_was_written(counts: list[int], programs: int) -> None:
    written = Coverage(MAP, np.array(counts, np.uint64), programs=programs)
    read = decode_coverage(encode_coverage(written), name="coverage.json")
    assert (read.map, read.counts.tolist(), read.programs) == (MAP, counts, programs)


def test_the_document_is_the_documented_one() -> None:
    assert msgspec.json.decode(SAMPLE) == {
        "schema_version": 1,
        "programs": 12,
        "map": msgspec.json.decode(msgspec.json.encode(MAP)),
        "counts": [[1, 7], [3, 2**40], [4, 1]],
    }


def test_unknown_fields_are_ignored() -> None:
    assert decode_coverage(changed(generator="riscv"), name="coverage.json").programs == 12


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (SAMPLE[:-9], "c.json is no coverage of a campaign"),
        (b"{}", "c.json is no coverage of a campaign"),
        (changed(programs=-1), "c.json is no coverage of a campaign"),
        (changed(counts=[[1, 0]]), "c.json is no coverage of a campaign"),
        (changed(counts=[[1, 1], [1, 1]]), "it counts bin 1 behind bin 1"),
        (changed(counts=[[5, 1]]), "it counts bin 5 of 5"),
        (SAMPLE.replace(b"[1,7]", b"[1,%d]" % 2**64), "bin 1 more often than can be"),
        (changed(map={"version": 1, "axes": []}), "it has no bins"),
        (changed(schema_version=2, counts="packed"), "schema version 2, this `fuzz` reads up to 1"),
        (changed(map={"version": 2, "axes": []}), "map version 2, this `fuzz` reads up to 1"),
    ],
)
def test_what_is_damaged_or_newer_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(StoreError, match=message) as caught:
        decode_coverage(data, name="c.json")
    assert caught.value.hint
