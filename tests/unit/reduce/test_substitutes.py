"""The same program with another operation in the place of one."""

import msgspec
import pytest
from fake_machine import Document
from fake_machine import program as toy_program

from fuzzer.generate.program import InstructionProgram, Layout, decode_program
from fuzzer.reduce.substitutes import ARITHMETIC, controls, substitutes

ADD: Document = {"op": "ins", "name": "add", "rd": 5, "rs1": 6, "rs2": 7}
LOAD: Document = {"op": "access", "name": "lb", "reg": 5, "base": 6, "offset": 0, "at": {"value": "0x10"}}
BRANCH: Document = {"op": "branch", "name": "beq", "rs1": 5, "rs2": 6, "to": 1}
CONSTANT: Document = {"op": "set", "rd": 5, "to": {"value": "0x5", "form": "build"}}

SIZES = {"lb": 1, "lbu": 1, "lh": 2, "lhu": 2, "lw": 4, "lwu": 4, "ld": 8}


def subject(*ops: Document) -> tuple[InstructionProgram, Layout]:
    """A program of one block, with two instructions for each of its ops."""
    program = decode_program(msgspec.json.encode(toy_program([*ops], registers={})), name="program")
    places = tuple((0, number, 0x100 + 8 * number, 2) for number in range(len(ops)))
    return program, Layout(b"", "", 0x100, 0, 2 * len(ops), places, "")


def ops_of(program: InstructionProgram) -> tuple[Document, ...]:
    (block,) = program.blocks
    return block.ops


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
    for name, (program, *_) in made.items():
        assert ops_of(program) == (ADD, {**op, "name": name}), "nothing else differs"


def test_instruction_of_the_frame_has_no_kin() -> None:
    assert substitutes(*subject(ADD), 0x108) == {}


def test_arithmetic_takes_the_place_of_its_kind_only() -> None:
    made = substitutes(*subject(ADD), 0x100)
    assert set(made) < ARITHMETIC
    assert "sub" in made
    assert not {"addi", "mul", "lb"} & set(made)


def test_wider_access_may_be_a_bit_lower_where_it_is_aligned() -> None:
    made = substitutes(*subject(ADD, LOAD), 0x108)
    assert {size: len(made[size]) for size in ("lbu", "lh", "lw", "ld")} == {
        "lbu": 1,
        "lh": 2,
        "lw": 4,
        "ld": 8,
    }
    assert [ops_of(program)[1]["offset"] for program in made["lw"]] == [0, -1, -2, -3]


def test_load_behind_a_store_is_tried_behind_stores_of_other_sizes() -> None:
    store: Document = {"op": "ins", "name": "sw", "rs1": 6, "rs2": 7, "imm": 8}
    load: Document = {"op": "ins", "name": "lw", "rd": 5, "rs1": 6, "imm": 8}
    made = substitutes(*subject(store, ADD, load), 0x110)
    pairs = {(ops_of(one)[0]["name"], ops_of(one)[0]["imm"], ops_of(one)[2]["imm"]) for one in made["ld"]}
    assert {("sd", 8, 8), ("sh", 8, 8), ("sw", 8, 4), ("sd", 4, 4)} < pairs
    assert all(ops_of(one)[2]["name"] == "ld" for one in made["ld"])


def test_arithmetic_is_tried_with_other_operands() -> None:
    program, layout = subject(ADD)
    program = msgspec.structs.replace(program, registers={"6": "0x5"})
    variants = substitutes(program, layout, 0x100)["and"]
    seen = [(ops_of(one)[0]["rs2"], one.registers) for one in variants]
    assert (7, {"6": "0x5"}) in seen
    assert (6, {"6": "0x5"}) in seen
    assert (6, {"6": "0x8000000000000000"}) in seen


@pytest.mark.parametrize(("xlen", "name"), [(64, "ld"), (32, "lw")])
def test_constant_of_the_pool_is_loaded_by_an_op(xlen: int, name: str) -> None:
    constant: Document = {"op": "set", "rd": 5, "to": {"value": "0x5", "form": "pool", "blend": {"via": 6}}}
    program, layout = subject(constant)
    made = substitutes(msgspec.structs.replace(program, xlen=xlen), layout, 0x104)
    assert name not in made
    assert {ops_of(one)[0]["op"] for one in made["lb"]} == {"access"}
    held = [one.segments[-1]["bytes"] for one in made["lb"]]
    assert held == ["0500000000000000", "0000000000000000"]
    assert all(len(variants) == len(held) * SIZES[other] for other, variants in made.items())


def test_controls_leave_out_one_other_op_or_the_offset() -> None:
    load = {**LOAD, "offset": -8}
    program, layout = subject(ADD, load, ADD)
    assert layout.number_at(0x10C) == 1
    made = [ops_of(one) for one in controls(program, 1)]
    assert made == [(load, ADD), (ADD, load), (ADD, {**load, "offset": 0}, ADD)]
    program, _ = subject(ADD)
    assert controls(program, 0) == [], "it cannot be told what numbers show nothing"
