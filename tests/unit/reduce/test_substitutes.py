"""The same program with another operation in the place of one."""

import msgspec
import pytest
from fake_machine import Document
from fake_machine import program as toy_program

from fuzzer.generate.program import InstructionProgram, Layout, decode_program
from fuzzer.reduce.substitutes import ARITHMETIC, substitutes

ADD: Document = {"op": "ins", "name": "add", "rd": 5, "rs1": 6, "rs2": 7}
LOAD: Document = {"op": "access", "name": "lb", "reg": 5, "base": 6, "offset": 0, "at": {"value": "0x10"}}
BRANCH: Document = {"op": "branch", "name": "beq", "rs1": 5, "rs2": 6, "to": 1}
CONSTANT: Document = {"op": "set", "rd": 5, "to": {"value": "0x5", "form": "build"}}


def subject(*ops: Document) -> tuple[InstructionProgram, Layout]:
    """A program of one block, with two instructions for each of its ops."""
    program = decode_program(msgspec.json.encode(toy_program([*ops], registers={})), name="program")
    places = tuple((0, number, 0x100 + 8 * number, 2) for number in range(len(ops)))
    return program, Layout(b"", "", 0x100, 0, 2 * len(ops), places, "")


@pytest.mark.parametrize(
    ("op", "others"),
    [
        (LOAD, ["lbu", "lh", "lhu", "lw", "lwu", "ld"]),
        (BRANCH, ["bne", "blt", "bge", "bltu", "bgeu"]),
        (CONSTANT, []),
    ],
)
def test_kin_has_operands_of_the_same_kind(op: Document, others: list[str]) -> None:
    made = substitutes(*subject(ADD, op), 0x10C)
    assert list(made) == others
    for name, program in made.items():
        (block,) = program.blocks
        assert block.ops == (ADD, {**op, "name": name}), "nothing else differs"


def test_instruction_of_the_frame_has_no_kin() -> None:
    assert substitutes(*subject(ADD), 0x108) == {}


def test_arithmetic_takes_the_place_of_its_kind_only() -> None:
    made = substitutes(*subject(ADD), 0x100)
    assert set(made) < ARITHMETIC
    assert "sub" in made
    assert not {"addi", "mul", "lb"} & set(made)
