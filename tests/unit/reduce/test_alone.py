"""A single instruction as a program."""

import json

import pytest
from fake_machine import Document
from fake_machine import program as toy_program

from fuzzer.generate.program import InstructionProgram, decode_program
from fuzzer.reduce.alone import alone, decoded, is_load

PC = 0x7800_0100


def program() -> InstructionProgram:
    document = toy_program([{"op": "pad", "count": 3}], registers={11: 5})
    return decode_program(json.dumps(document).encode(), name="program")


@pytest.mark.parametrize(
    ("word", "name", "operands"),
    [
        (0x8C24EE03, "lwu", {"rd": 28, "rs1": 9, "imm": -1854}),
        (0xFEDABFA3, "sd", {"rs1": 21, "rs2": 13, "imm": -1}),
        (0x00D29293, "slli", {"rd": 5, "rs1": 5, "imm": 13}),
        (0x41F8D09B, "sraiw", {"rd": 1, "rs1": 17, "imm": 31}),
        (0x7FFFFF17, "auipc", {"rd": 30, "imm": 0x7FFFF000}),
        (0xFFFFFF17, "auipc", {"rd": 30, "imm": -4096}),
        (0x0319873B, "mulw", {"rd": 14, "rs1": 19, "rs2": 17}),
        (0xF0193913, "sltiu", {"rd": 18, "rs1": 18, "imm": -255}),
    ],
)
def test_word_is_the_op_that_is_laid_out_to_it(word: int, name: str, operands: Document) -> None:
    assert decoded(word, 64) == {"op": "ins", "name": name, **operands}


@pytest.mark.parametrize("word", [0x01F7_0463, 0x0100_0F6F, 0x000F_0067, 0x0000_0073, 0])
def test_what_goes_elsewhere_is_not_alone(word: int) -> None:
    assert decoded(word, 64) is None


def test_registers_and_publishing_are_those_of_the_instruction() -> None:
    op = {"op": "ins", "name": "add", "rd": 16, "rs1": 30, "rs2": 0}
    made = alone(program(), op, pc=PC, registers={30: -1, 11: 7, 16: 0})
    assert made.registers == {"30": hex(2**64 - 1)}
    assert made.publish.registers == (16, 30)
    assert not {16, 30, 0, 5, 10, 11, 12} & set(made.frame["registers"]), "the layout keeps out of its way"
    assert [block.ops for block in made.blocks] == [(op,)]


def test_load_finds_what_it_got() -> None:
    op = {"op": "ins", "name": "lh", "rd": 7, "rs1": 7, "imm": -2}
    made = alone(program(), op, pc=PC, registers={7: 0x9002}, loaded=-2)
    assert is_load(op)
    assert made.segments == ({"address": "0x9000", "size": 2, "file_size": 2, "bytes": "feff"},)


def test_auipc_stays_where_it_was() -> None:
    op = {"op": "ins", "name": "auipc", "rd": 7, "imm": 4096}
    made = alone(program(), op, pc=PC, registers={7: 1})
    assert (made.text_base, made.registers) == (hex(PC), {})
