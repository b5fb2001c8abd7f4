"""Programs of a few ops that begin where the whole program was when it reached them."""

import msgspec
import pytest

from fuzzer.generate.program import Block, InstructionProgram, Op, Publish
from fuzzer.reduce.programs import started_at

WINDOW = {"address": "0x2010", "size": 8}
FAR_WINDOW = {"address": "0x5000", "size": 4}
MUL: Op = {"op": "ins", "name": "mul", "rd": 5, "rs1": 6, "rs2": 7}
PROGRAM = InstructionProgram(
    version=1,
    xlen=64,
    generator="riscv",
    seed=3,
    text_base="0x1000",
    segments=(
        {"address": "0x2000", "size": 64, "file_size": 3, "writable": True, "bytes": "010203"},
        {"address": "0x5000", "size": 4, "file_size": 0, "writable": False},
    ),
    registers={"6": "0x1", "9": "0x99"},
    frame={"registers": [30, 31], "address": "0x9000"},
    blocks=(Block(0, (MUL, {"op": "checkpoint"})), Block(4, (MUL,))),
    publish=Publish(registers=(5, 6, 7, 10), windows=(WINDOW, FAR_WINDOW)),
)


def ops_of(program: InstructionProgram) -> list[Op]:
    return [op for block in program.blocks for op in block.ops]


def started(
    op: Op, *, registers: dict[int, int] | None = None, memory: tuple[bytes, ...] = ()
) -> InstructionProgram:
    return started_at(PROGRAM, [op], registers=registers or {}, memory=memory)


def test_only_the_op_is_left_of_the_blocks() -> None:
    assert ops_of(started(MUL)) == [MUL]


def test_several_ops_stay_in_the_order_in_which_they_were_executed() -> None:
    ops: list[Op] = [{"op": "word", "word": number} for number in (3, 1, 2)]
    assert ops_of(started_at(PROGRAM, ops, registers={}, memory=())) == ops


def test_what_the_op_finds_in_registers_is_what_they_held() -> None:
    program = started(MUL, registers={6: 0xABC, 7: 2**64 - 1, 5: 0, 10: 1})
    assert program.registers == {"6": "0xabc", "7": "0xffffffffffffffff", "10": "0x1"}


def test_registers_of_the_frame_are_not_set() -> None:
    assert started(MUL, registers={6: 1, 30: 2, 31: 3}).registers == {"6": "0x1"}


def test_values_are_as_wide_as_the_registers() -> None:
    narrow = msgspec.structs.replace(PROGRAM, xlen=32)
    program = started_at(narrow, [MUL], registers={6: -1}, memory=())
    assert program.registers == {"6": "0xffffffff"}


def test_rest_of_the_program_stays_as_it_is() -> None:
    unchanged = started(MUL)
    for name in ("version", "xlen", "generator", "seed", "text_base", "frame", "publish"):
        assert getattr(unchanged, name) == getattr(PROGRAM, name)


def test_windows_are_put_over_the_contents_of_their_segments() -> None:
    first, second = started(MUL, memory=(b"windowed", b"four")).segments
    assert bytes.fromhex(first["bytes"]) == b"\x01\x02\x03" + bytes(13) + b"windowed"
    assert bytes.fromhex(second["bytes"]) == b"four"
    assert (first["file_size"], second["file_size"]) == (24, 4)
    assert (first["size"], first["writable"]) == (64, True)


def test_zeros_in_memory_take_no_room_in_the_file() -> None:
    first, second = started(MUL, memory=(bytes(8), bytes(4))).segments
    assert (first["bytes"], first["file_size"]) == ("010203", 3)
    assert (second["bytes"], second["file_size"]) == ("", 0)


def test_zeros_in_a_window_replace_what_was_there() -> None:
    window = {"address": "0x2001", "size": 2}
    program = msgspec.structs.replace(PROGRAM, publish=Publish(registers=(5,), windows=(window,)))
    started_program = started_at(program, [MUL], registers={}, memory=(bytes(2),))
    assert started_program.segments[0]["bytes"] == "01"


def test_window_that_lies_in_no_segment_changes_none() -> None:
    window = {"address": "0x203c", "size": 8}
    program = msgspec.structs.replace(PROGRAM, publish=Publish(registers=(5,), windows=(window,)))
    started_program = started_at(program, [MUL], registers={}, memory=(b"overhang",))
    assert started_program.segments[0]["bytes"] == "010203"


@pytest.mark.parametrize(
    "op",
    [
        {"op": "set", "rd": 5, "to": {"value": "0x7", "form": "pool"}},
        {"op": "access", "name": "ld", "reg": 5, "base": 6, "at": {"value": "0x2000", "form": "build"}},
        {"op": "word", "word": 0xFFFF_FFFF},
    ],
)
def test_op_that_goes_to_no_block_stands_alone(op: Op) -> None:
    assert ops_of(started(op)) == [op]


@pytest.mark.parametrize(
    "op",
    [
        {"op": "branch", "name": "beq", "rs1": 5, "rs2": 6, "to": 4},
        {"op": "jump", "rd": 5, "to": 0, "form": "computed", "base": 6},
        {"op": "loop_end", "counter": 5, "to": 0},
    ],
)
def test_jump_goes_over_an_op_that_shows_whether_it_was_executed(op: Op) -> None:
    program = started(op)
    first, skipped, landing = program.blocks
    (jump,) = first.ops
    assert {**jump, "to": op["to"]} == op
    assert jump["to"] == landing.id
    assert landing.ops == ()
    assert [block.id for block in program.blocks] == sorted({block.id for block in program.blocks})
    (marker,) = skipped.ops
    assert marker["rd"] in PROGRAM.publish.registers
    assert marker["rd"] not in op.values()
    assert (marker["name"], marker["rs1"], marker["imm"]) == ("addi", 0, 1)


def test_every_entry_of_a_switch_goes_to_the_landing() -> None:
    op: Op = {"op": "switch", "rd": 10, "base": 5, "index": 6, "to": [0, 4, 4, 0]}
    program = started(op)
    (switch,) = program.blocks[0].ops
    assert switch["to"] == [program.blocks[2].id] * 4
    assert program.blocks[1].ops[0]["rd"] == 7


def test_each_of_several_jumps_has_its_own_landing_and_its_own_mark() -> None:
    ops: list[Op] = [
        {"op": "branch", "name": "beq", "rs1": 5, "rs2": 6, "to": 0},
        MUL,
        {"op": "jump", "rd": 0, "to": 4, "form": "jal"},
    ]
    program = started_at(PROGRAM, ops, registers={}, memory=())
    branch, first_mark, mul, jump, second_mark = ops_of(program)
    assert mul == MUL
    home = {block.ops[0]["op"]: block.id for block in program.blocks if block.ops}
    assert branch["to"] in {block.id for block in program.blocks if block.ops == (MUL,)}
    assert jump["to"] == max(block.id for block in program.blocks) > home["jump"]
    assert first_mark["rd"] == second_mark["rd"] == 10
    assert first_mark["imm"] != second_mark["imm"]
    ids = [block.id for block in program.blocks]
    assert ids == sorted(set(ids))


def test_jump_without_a_register_that_could_show_it_goes_to_what_comes_behind() -> None:
    program = msgspec.structs.replace(PROGRAM, publish=Publish(registers=(5,)))
    op: Op = {"op": "branch", "name": "beq", "rs1": 5, "rs2": 6, "to": 4}
    made = started_at(program, [op], registers={}, memory=())
    assert ops_of(made) == [{**op, "to": made.blocks[-1].id}]
    assert made.blocks[-1].ops == ()
