"""The map that a runner describes, and what is refused of it."""

import msgspec
import pytest

from fuzzer.coverage.map import parse_map
from fuzzer.errors import RunnerError

OPCODE = {"name": "sp1.opcode", "description": "operation", "first": 0, "bins": [["add"], ["mul"]]}
ALIAS = {
    "name": "sp1.alias",
    "description": "operation, alias",
    "first": 2,
    "bins": [["add", "rd=x0"], ["mul", "rd=x0"]],
}


def described(*axes: object, version: int = 1) -> bytes:
    return msgspec.json.encode({"version": version, "axes": axes})


def test_a_map_is_read() -> None:
    bins = parse_map(described(OPCODE, ALIAS))
    assert bins.size == 4
    assert [(axis.profile, axis.question) for axis in bins.axes] == [("sp1", "opcode"), ("sp1", "alias")]
    assert bins.axes[1].numbers == slice(2, 4)
    assert bins.axes[1].bins[0] == ("add", "rd=x0")


def test_a_name_without_a_profile_is_a_question() -> None:
    axis = parse_map(described({**OPCODE, "name": "opcode"})).axes[0]
    assert (axis.profile, axis.question) == ("", "opcode")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"bins: command not found", "does not describe a coverage map"),
        (b'{"version": 1}', "does not describe a coverage map"),
        (described(), "has no bins"),
        (described(OPCODE, version=2), "has version 2, this `fuzz` reads up to 1"),
        (described(OPCODE, {**ALIAS, "first": 3}), "numbers axis `sp1.alias` from 3, not from 2"),
        (described(OPCODE, {**OPCODE, "first": 2}), "has two axes `sp1.opcode`"),
        (described({**OPCODE, "bins": [["add"], ["add"]]}), "has bins without a name of their own"),
        (described({**OPCODE, "bins": [["add"], []]}), "has bins without a name of their own"),
        (described({**OPCODE, "bins": []}), "has bins without a name of their own"),
    ],
)
def test_what_is_no_map_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(RunnerError, match=message) as caught:
        parse_map(data, name="rvref")
    assert "rvref" in caught.value.message
    assert caught.value.hint
