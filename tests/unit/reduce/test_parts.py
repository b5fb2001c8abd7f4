"""Ops taken apart into smaller ones."""

import pytest
from fake_machine import Document

from fuzzer.reduce.parts import parts

ADDRESS, LINK = 16, 30
AT: Document = {"value": "0x7800", "form": "pool", "blend": {"via": 5, "held": "0x1", "with": "xor"}}


def number(register: int, value: int | str) -> Document:
    return {"op": "set", "rd": register, "to": {"value": value, "form": "build"}}


ECALL: Document = {"op": "ins", "name": "ecall"}


def taken(op: Document) -> list[Document]:
    return list(parts(op, address=ADDRESS, link=LINK))


@pytest.mark.parametrize(
    ("name", "register"),
    [("ld", {"rd": 7, "rs1": 9}), ("sb", {"rs1": 9, "rs2": 7}), ("lw", {"rd": 7, "rs1": 9})],
)
def test_access_is_its_base_and_a_load_or_store(name: str, register: Document) -> None:
    op = {"op": "access", "name": name, "reg": 7, "base": 9, "offset": -3, "at": AT}
    access = {"op": "ins", "name": name, **register, "imm": -3}
    assert taken(op) == [{"op": "set", "rd": 9, "to": AT}, access]


def test_base_that_is_not_named_is_a_register_of_the_layout() -> None:
    op = {"op": "access", "name": "ld", "reg": 7, "base": 0, "at": AT}
    assert [part["rd"] for part in taken(op)] == [LINK, 7]
    masked = {"op": "masked", "name": "sd", "reg": 7, "base": 0, "at": AT, "index": 8, "mask": 15}
    assert [part.get("rd", part.get("rs1")) for part in taken(masked)] == [LINK, ADDRESS, ADDRESS, ADDRESS]


def test_write_is_a_syscall_with_its_arguments() -> None:
    assert taken({"op": "write", "address": "0x7800", "length": 9}) == [
        *(number(5, "0x2"), number(10, "0xd"), number(11, "0x7800"), number(12, "0x9")),
        ECALL,
    ]


def test_precompile_is_a_syscall_with_its_arguments() -> None:
    op = {"op": "precompile", "name": "keccak_permute", "a0": "0x7800"}
    assert taken(op) == [number(5, "0x10109"), number(10, "0x7800"), number(11, "0x0"), ECALL]


def test_input_is_given_asked_for_and_read() -> None:
    op = {"op": "hint", "address": "0x7800", "length": 9, "into": "0x7900"}
    calls = [place for place, part in enumerate(taken(op)) if part == ECALL]
    assert len(calls) == 3
    assert [part["to"]["value"] for part in taken(op) if part.get("rd") == 5 and "to" in part] == [
        "0x2",
        "0xf0",
        "0xf1",
    ]


@pytest.mark.parametrize("op", [{"op": "pad", "count": 3}, {"op": "loop_end", "counter": 5, "to": 1}, ECALL])
def test_other_ops_stay_as_they_are(op: Document) -> None:
    assert taken(op) == [op]
