"""Programs of a few ops that begin where the whole program was when it reached them."""

from collections.abc import Sequence

import msgspec
import pytest

from fuzzer.generate.program import Block, InstructionProgram, Op, Publish
from fuzzer.reduce.programs import Executed, started_at, started_in_place

WINDOW = {"address": "0x2010", "size": 8}
FAR_WINDOW = {"address": "0x5000", "size": 4}
MUL: Op = {"op": "ins", "name": "mul", "rd": 5, "rs1": 6, "rs2": 7}
BRANCH: Op = {"op": "branch", "name": "beq", "rs1": 5, "rs2": 6, "to": 4}
LOOP_END: Op = {"op": "loop_end", "counter": 5, "to": 0}
JUMP: Op = {"op": "jump", "rd": 5, "to": 0, "form": "computed", "base": 6}
SWITCH: Op = {"op": "switch", "rd": 10, "base": 5, "index": 6, "to": [0, 4, 4, 0]}
MARKER: Op = {"op": "ins", "name": "addi", "rd": 5, "rs1": 5, "imm": 1}
"""What the last op is where there are jumps: the first register that is published is one more."""
MAY_GO, ALWAYS_GO = ("branch", "loop_end"), ("jump", "switch")
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
    *row: Op | Executed,
    program: InstructionProgram = PROGRAM,
    registers: dict[int, int] | None = None,
    memory: tuple[bytes, ...] = (),
) -> InstructionProgram:
    """The program of a row; an op alone fell through."""
    executed = [op if isinstance(op, Executed) else Executed(op, fell_through=True) for op in row]
    return started_at(program, executed, registers=registers or {}, memory=memory)


def taken(op: Op) -> Executed:
    return Executed(op, fell_through=False)


def passed(op: Op) -> Executed:
    return Executed(op, fell_through=True)


def walked(program: InstructionProgram, ways: Sequence[bool]) -> list[Op]:
    """The ops that are executed when branches are taken or not, in this order; jumps always are."""
    ops = {(block.id, place): op for block in program.blocks for place, op in enumerate(block.ops)}
    order = sorted(ops)
    reached, at, left = [], 0, list(ways)
    while at < len(order):
        op = ops[order[at]]
        reached.append(op)
        if op["op"] in ALWAYS_GO or (op["op"] in MAY_GO and left.pop(0)):
            to = op["to"][0] if op["op"] == "switch" else op["to"]
            at = next((place for place, (block, _) in enumerate(order) if block >= to), len(order))
        else:
            at += 1
    assert not left, "no op is executed twice, so each way is gone once"
    return reached


def is_marker(op: Op) -> bool:
    return op == MARKER


def test_only_the_op_is_left_of_the_blocks() -> None:
    assert ops_of(started(MUL)) == [MUL]


def test_several_ops_stay_in_the_order_in_which_they_were_executed() -> None:
    ops: list[Op] = [{"op": "word", "word": number} for number in (3, 1, 2, 3)]
    assert ops_of(started(*ops)) == ops


def test_what_the_op_finds_in_registers_is_what_they_held() -> None:
    program = started(MUL, registers={6: 0xABC, 7: 2**64 - 1, 5: 0, 10: 1})
    assert program.registers == {"6": "0xabc", "7": "0xffffffffffffffff", "10": "0x1"}


def test_registers_of_the_frame_are_not_set() -> None:
    assert started(MUL, registers={6: 1, 30: 2, 31: 3}).registers == {"6": "0x1"}


def test_values_are_as_wide_as_the_registers() -> None:
    narrow = msgspec.structs.replace(PROGRAM, xlen=32)
    program = started(MUL, program=narrow, registers={6: -1})
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
    started_program = started(MUL, program=program, memory=(bytes(2),))
    assert started_program.segments[0]["bytes"] == "01"


def test_window_over_the_end_of_a_segment_makes_it_longer() -> None:
    window = {"address": "0x203c", "size": 8}
    program = msgspec.structs.replace(PROGRAM, publish=Publish(registers=(5,), windows=(window,)))
    first, *_ = started(MUL, program=program, memory=(b"overhang",)).segments
    assert (first["address"], first["size"]) == ("0x2000", 0x44)
    assert bytes.fromhex(first["bytes"]) == b"\1\2\3".ljust(0x3C, b"\0") + b"overhang"


def test_window_that_lies_in_no_segment_gets_one() -> None:
    window = {"address": "0x7000", "size": 4}
    program = msgspec.structs.replace(PROGRAM, publish=Publish(registers=(5,), windows=(window,)))
    added = started(MUL, program=program, memory=(b"far\0",)).segments[-1]
    assert added == {"address": "0x7000", "size": 4, "file_size": 3, "bytes": "666172", "writable": True}


def test_zeros_in_a_window_that_lies_in_no_segment_need_none() -> None:
    window = {"address": "0x7000", "size": 4}
    program = msgspec.structs.replace(PROGRAM, publish=Publish(registers=(5,), windows=(window,)))
    assert len(started(MUL, program=program, memory=(bytes(4),)).segments) == len(PROGRAM.segments)


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
    "op", [{"op": "return", "rd": 0, "link": 5}, {"op": "pad", "count": 9}, {"op": "checkpoint"}]
)
@pytest.mark.parametrize("fell_through", [True, False])
def test_op_that_means_nothing_in_a_row_is_left_out(op: Op, *, fell_through: bool) -> None:
    before, behind = {**MUL, "rd": 6}, {**MUL, "rd": 7}
    assert ops_of(started(before, Executed(op, fell_through), behind)) == [before, behind]
    assert ops_of(started(Executed(op, fell_through))) == []


@pytest.mark.parametrize("row", [[], [MUL], [MUL, {"op": "set", "rd": 5, "to": {"value": "0x7"}}]])
def test_row_without_jumps_has_no_op_at_its_end_that_marks_it(row: list[Op]) -> None:
    assert ops_of(started(*row)) == row


@pytest.mark.parametrize("op", [BRANCH, LOOP_END, JUMP, SWITCH], ids=lambda op: op["op"])
def test_jump_keeps_all_but_where_it_goes(op: Op) -> None:
    first, *_, last = ops_of(started(taken(op), MUL))
    assert {**first, "to": op["to"]} == op
    assert is_marker(last)


@pytest.mark.parametrize("op", [BRANCH, LOOP_END], ids=lambda op: op["op"])
def test_branch_that_was_taken_goes_to_what_came_next_and_else_to_the_marker(op: Op) -> None:
    program = started(MUL, taken(op), MUL)
    assert [one["op"] for one in walked(program, [True])] == ["ins", op["op"], "ins", "jump"]
    wrong = walked(program, [False])
    assert [one["op"] for one in wrong] == ["ins", op["op"], "jump", "ins"]
    assert is_marker(wrong[-1])


@pytest.mark.parametrize("op", [BRANCH, LOOP_END], ids=lambda op: op["op"])
def test_branch_that_was_not_taken_falls_through_and_else_comes_to_the_marker(op: Op) -> None:
    program = started(MUL, passed(op), MUL)
    assert [one["op"] for one in walked(program, [False])] == ["ins", op["op"], "ins", "jump"]
    wrong = walked(program, [True])
    assert [one["op"] for one in wrong] == ["ins", op["op"], "ins"]
    assert is_marker(wrong[-1])


def test_branch_at_the_very_end_decides_whether_the_marker_is_reached() -> None:
    for executed, right in ((taken(BRANCH), True), (passed(BRANCH), False)):
        program = started(executed)
        assert is_marker(walked(program, [not right])[-1])
        assert not any(is_marker(op) for op in walked(program, [right]))


@pytest.mark.parametrize("op", [JUMP, SWITCH], ids=lambda op: op["op"])
def test_jump_goes_to_what_came_next(op: Op) -> None:
    for went in (taken(op), passed(op)):
        kinds = [one["op"] for one in walked(started(MUL, went, MUL), [])]
        assert kinds == ["ins", op["op"], "ins", "jump"], "a jump to what is right behind it is one too"


def test_every_entry_of_a_switch_goes_to_the_same_block() -> None:
    program = started(taken(SWITCH), MUL)
    (behind,) = (block.id for block in program.blocks if block.ops == (MUL,))
    assert program.blocks[0].ops[0]["to"] == [behind] * len(SWITCH["to"])


def test_each_of_several_branches_goes_its_own_way() -> None:
    program = started(taken(BRANCH), MUL, passed(BRANCH), taken(LOOP_END), MUL, passed(LOOP_END))
    right = [True, False, True, False]
    reached = walked(program, right)
    kinds = ["branch", "ins", "branch", "loop_end", "ins", "loop_end", "jump"]
    assert [op["op"] for op in reached] == kinds
    for place, way in enumerate(right):
        assert is_marker(walked(program, [*right[:place], not way])[-1])


def test_op_that_was_executed_again_stands_there_again() -> None:
    rounds: list[Op | Executed] = [MUL, taken(LOOP_END), MUL, taken(LOOP_END), MUL, passed(LOOP_END)]
    reached = walked(started(*rounds), [True, True, False])
    assert [op["op"] for op in reached] == ["ins", "loop_end"] * 3 + ["jump"]


def test_blocks_are_in_the_order_of_their_numbers() -> None:
    ids = [block.id for block in started(taken(BRANCH), MUL, passed(BRANCH), taken(SWITCH)).blocks]
    assert ids == sorted(set(ids))


def test_last_op_shows_in_a_register_that_is_published_and_is_not_always_0() -> None:
    program = msgspec.structs.replace(PROGRAM, publish=Publish(registers=(0, 7)))
    assert ops_of(started(taken(BRANCH), program=program))[-1] == {**MARKER, "rd": 7, "rs1": 7}


@pytest.mark.parametrize("published", [(), (0,)])
def test_without_a_register_that_could_show_it_there_is_no_last_op(published: tuple[int, ...]) -> None:
    program = msgspec.structs.replace(PROGRAM, publish=Publish(registers=published, windows=(WINDOW,)))
    made = started(passed(BRANCH), MUL, program=program)
    assert [op["op"] for op in ops_of(made)] == ["branch", "ins"]
    assert [op["op"] for op in walked(made, [True])] == ["branch"]


def test_program_begun_in_place_jumps_to_the_op_and_moves_nothing() -> None:
    ends: Op = {"op": "branch", "name": "bne", "rs1": 5, "rs2": 6, "to": 2**32 - 1}
    blocks = (Block(0, (MUL, BRANCH)), Block(2, (MUL, SWITCH)), Block(4, (ends,)))
    program = msgspec.structs.replace(PROGRAM, blocks=blocks)
    made = started_in_place(program, 3, registers={5: 7, 30: 1}, memory=())
    first, *others = made.blocks
    target = first.ops[0]["to"]
    assert first.ops == ({"op": "jump", "to": target},)
    assert [block.ops for block in others if block.id == target] == [({**SWITCH, "to": [4, 20, 20, 4]},)]
    assert [op["op"] for block in others for op in block.ops] == ["ins", "branch", "ins", "switch", "branch"]
    assert [block.id for block in made.blocks] == [0, 4, 12, 14, 20]
    assert others[-1].ops == (ends,)
    assert made.registers == {"5": "0x7"}
