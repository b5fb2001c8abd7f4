"""Reducing programs: whatever has to stay in one stays, and everything else goes."""

from collections.abc import Callable, Sequence
from typing import Any
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzzer.generate.program import Block, InstructionProgram, Op, Publish
from fuzzer.reduce.programs import reduce_program
from fuzzer.reduce.runs import unfolded

Shows = Callable[[InstructionProgram], bool]

NAMES = ("add", "sub", "mul", "xor", "div")
_MOST_STEPS = 5_000
"""More candidates in a row than any of the programs here needs."""


def widths(program: InstructionProgram) -> list[int]:
    return [op["count"] if op["op"] == "pad" else 1 for op in ops_of(program)]


class Driven:
    """What a reduction did: its result, and all that it proposed."""

    def __init__(self, program: InstructionProgram, shows: Shows) -> None:
        self.accepted = [program]
        self.proposed = 0
        steps = reduce_program(program, widths)
        try:
            candidates = next(steps)
            for _ in range(_MOST_STEPS):
                self.proposed += len(candidates)
                found = next((place for place, one in enumerate(candidates) if shows(one)), None)
                if found is not None:
                    self.accepted.append(candidates[found])
                candidates = steps.send(found)
        except StopIteration as stop:
            self.result: InstructionProgram = stop.value
            return
        raise AssertionError("it does not come to an end")


def ops_of(program: InstructionProgram) -> list[Op]:
    return [op for block in program.blocks for op in block.ops]


def instruction(
    name: str = "add", *, rd: int = 1, rs1: int = 2, rs2: int = 3, imm: int = 0
) -> dict[str, Any]:
    return {"op": "ins", "name": name, "rd": rd, "rs1": rs1, "rs2": rs2, "imm": imm}


def program(
    *blocks: Sequence[Op], registers: dict[str, str] | None = None, publish: Publish | None = None
) -> InstructionProgram:
    return InstructionProgram(
        version=1,
        xlen=64,
        text_base="0x1000",
        segments=(
            {"address": "0x2000", "size": 8, "file_size": 2, "bytes": "0102"},
            {"address": "0x3000", "size": 8, "file_size": 0},
        ),
        registers={"1": "0xdead", "2": "0xbeef0000"} if registers is None else registers,
        blocks=tuple(Block(number, tuple(ops)) for number, ops in enumerate(blocks)),
        publish=publish or Publish(registers=(1, 2, 3), windows=({"address": "0x2000", "size": 8},)),
    )


CONSTANTS = st.fixed_dictionaries(
    {"value": st.just("0x7"), "form": st.sampled_from(["pool", "build"])},
    optional={"blend": st.just({"via": 5, "held": "0x1", "with": "xor"})},
)
OPS: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.builds(
        instruction,
        st.sampled_from(NAMES),
        rd=st.integers(0, 4),
        rs1=st.integers(0, 4),
        rs2=st.integers(0, 4),
        imm=st.integers(-2048, 2047),
    ),
    st.fixed_dictionaries({"op": st.just("set"), "rd": st.integers(1, 4), "to": CONSTANTS}),
    st.fixed_dictionaries(
        {
            "op": st.just("jump"),
            "rd": st.integers(0, 2),
            "to": st.integers(0, 3),
            "form": st.sampled_from(["jal", "far", "computed"]),
            "base": st.just(6),
        }
    ),
    st.fixed_dictionaries({"op": st.just("pad"), "count": st.integers(0, 100)}),
    st.just({"op": "checkpoint"}),
)
PROGRAMS: st.SearchStrategy[InstructionProgram] = st.builds(
    lambda blocks, registers, published: program(
        *blocks, registers=registers, publish=Publish(registers=tuple(published))
    ),
    st.lists(st.lists(OPS, min_size=1, max_size=8), max_size=4),
    st.dictionaries(st.integers(1, 6).map(str), st.integers(0, 2**64 - 1).map(hex), max_size=3),
    st.lists(st.integers(1, 4), max_size=3, unique=True),
)


@given(PROGRAMS)
@settings(max_examples=30)
def test_where_nothing_else_shows_the_program_stays_as_it_is(whole: InstructionProgram) -> None:
    driven = Driven(whole, lambda _: False)
    assert driven.result == whole
    assert driven.accepted == [whole]


@given(PROGRAMS)
@settings(max_examples=30)
def test_where_everything_shows_nothing_is_left(whole: InstructionProgram) -> None:
    smallest = Driven(whole, lambda _: True).result
    assert smallest.blocks == ()
    assert smallest.registers == {}
    assert smallest.segments == ()
    assert smallest.publish.windows == ()


@given(PROGRAMS, st.integers(1, 5), st.integers(0, 2))
@settings(max_examples=60)
def test_result_is_always_the_last_one_that_was_accepted(
    whole: InstructionProgram, modulus: int, rest: int
) -> None:
    # Nearly at random, and it does not get easier with size.
    driven = Driven(whole, lambda one: crc32(one.encode()) % modulus == rest % modulus)
    assert driven.result == driven.accepted[-1]


@given(PROGRAMS.filter(lambda one: one.size > 0), st.data())
@settings(max_examples=60)
def test_only_what_has_to_stay_stays(whole: InstructionProgram, data: st.DataObject) -> None:
    wanted = data.draw(st.sampled_from(ops_of(whole)))
    smallest = Driven(whole, lambda one: wanted in ops_of(one)).result
    assert ops_of(smallest) == [wanted]
    assert [bool(block.ops) for block in smallest.blocks] == [True]
    assert (smallest.registers, smallest.segments, smallest.publish.windows) == ({}, (), ())


@given(PROGRAMS)
@settings(max_examples=30)
def test_nothing_that_shows_is_larger_than_what_came_before(whole: InstructionProgram) -> None:
    driven = Driven(whole, lambda one: one.size * 2 >= whole.size)
    sizes = [one.size for one in driven.accepted]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] == -(-whole.size // 2)


def has(name: str, **operands: int) -> Shows:
    """There is an instruction of this name with these operands."""

    def shows(one: InstructionProgram) -> bool:
        return any(
            op.get("name") == name and all(op.get(key) == value for key, value in operands.items())
            for op in ops_of(one)
        )

    return shows


@pytest.mark.parametrize("place", range(0, 40, 13))
def test_one_op_among_many_is_found_and_made_plain(place: int) -> None:
    ops = [instruction("add", rd=1 + number % 3, imm=number) for number in range(40)]
    ops[place] = instruction("mul", rd=4, rs1=3, rs2=2, imm=77)
    smallest = Driven(program(ops[:17], ops[17:], []), has("mul", rs2=2)).result
    assert ops_of(smallest) == [instruction("mul", rd=4, rs1=0, rs2=2, imm=0)]


def test_two_ops_that_only_show_together_both_stay_in_order() -> None:
    ops = [instruction(imm=number) for number in range(30)]
    ops[3], ops[21] = instruction("div"), instruction("mul")

    def shows(one: InstructionProgram) -> bool:
        names = [op.get("name") for op in ops_of(one)]
        return "div" in names and "mul" in names[names.index("div") :]

    smallest = Driven(program(ops[:10], ops[10:]), shows).result
    assert [op["name"] for op in ops_of(smallest)] == ["div", "mul"]


def test_distance_is_kept_by_padding_where_it_matters() -> None:
    """What shows only 50 instructions behind the start does not need the 50 that are there."""
    ops = [instruction(imm=number) for number in range(50)] + [instruction("mul")]

    def shows(one: InstructionProgram) -> bool:
        names = [op.get("name") for op in ops_of(one)]
        return "mul" in names and sum(widths(one)[: names.index("mul")]) == 50

    smallest = Driven(program(ops[:17], ops[17:]), shows).result
    assert ops_of(smallest) == [{"op": "pad", "count": 50}, instruction("mul", rs1=0, rs2=0)]


def executed_before(program: InstructionProgram, name: str) -> int | None:
    """How many instructions, where loops take one to set the counter and two each time around."""
    count = times = 0
    for op in ops_of(program):
        if op.get("name") == name:
            return count
        match op["op"]:
            case "loop_start":
                count, times = count + 1, op["times"]
            case "loop_end":
                count += 2 * times
            case "pad":
                count += op["count"]
            case "ins":
                count += 1
    return None


def test_what_shows_behind_so_many_executed_instructions_comes_behind_a_loop() -> None:
    ops = [instruction(imm=number) for number in range(700)]
    ops.append(instruction("mul"))
    smallest = Driven(program(ops[:300], ops[300:]), lambda one: executed_before(one, "mul") == 700).result
    pad, start, end, mul = ops_of(smallest)
    assert (pad, mul) == ({"op": "pad", "count": 1}, instruction("mul", rs1=0, rs2=0))
    assert (start["op"], start["times"], end["op"]) == ("loop_start", 349, "loop_end")
    assert end["to"] == next(block.id for block in smallest.blocks if end in block.ops)
    assert start["counter"] == end["counter"]
    pad, start, longer, mul = ops_of(unfolded(smallest))
    assert (start["op"], longer) == ("loop_start", {"op": "pad", "count": 2 * 349})


def test_large_distance_that_matters_stays_a_pad() -> None:
    ops = [{"op": "branch", "name": "beq", "rs1": 0, "rs2": 0, "to": 1}]
    ops += [instruction(imm=number) for number in range(400)]

    def shows(one: InstructionProgram) -> bool:
        names = [op.get("name") for op in ops_of(one)]
        return "beq" in names and sum(widths(one)[names.index("beq") :]) == 401

    smallest = Driven(program(ops, [instruction("mul")]), shows).result
    assert [op["op"] for op in ops_of(smallest)] == ["branch", "pad"]


def test_large_program_takes_few_candidates() -> None:
    ops = [instruction(imm=number + 1) for number in range(256)]
    ops[200] = instruction("mul")
    driven = Driven(program(ops), has("mul"))
    assert len(ops_of(driven.result)) == 1
    assert driven.proposed < 256


@pytest.mark.parametrize(
    ("shows", "expected"),
    [
        (lambda _: True, {}),
        (lambda value: value > 0, {"1": "0x1"}),
        (lambda value: value > 1, {"1": "0x2"}),
        (lambda value: value >> 63, {"1": "0x8000000000000000"}),
        (lambda value: value & 0xFF == 0x78, {"1": "0x78"}),
        (lambda value: value & 0xFFFF_FFFF == 0x12345678, {"1": "0x12345678"}),
        (lambda value: value >> 32 == 0xDEADBEEF, {"1": "0xdeadbeef00000000"}),
        (lambda value: value == 0xDEADBEEF12345678, {"1": "0xdeadbeef12345678"}),
    ],
    ids=["any", "not 0", "two", "top bit", "lowest byte", "lower half", "upper half", "all of it"],
)
def test_registers_begin_with_the_plainest_value_that_shows(
    shows: Callable[[int], bool], expected: dict[str, str]
) -> None:
    whole = program([instruction("mul")], registers={"1": "0xdeadbeef12345678", "2": "0x5"})
    smallest = Driven(whole, lambda one: shows(int(one.registers.get("1", "0x0"), 16))).result
    assert smallest.registers == expected


def test_as_little_as_shows_is_published() -> None:
    whole = program([instruction("mul")], publish=Publish(registers=(1, 2, 3), windows=({"size": 4},)))
    one = Driven(whole, lambda of: 2 in of.publish.registers).result
    assert one.publish == Publish(registers=(2,))
    window = Driven(whole, lambda of: bool(of.publish.windows)).result
    assert window.publish == Publish(windows=({"size": 4},))
    two = Driven(whole, lambda of: {1, 3} <= set(of.publish.registers)).result
    assert two.publish == Publish(registers=(1, 2, 3))


def test_segments_go_and_one_that_has_to_stay_is_emptied() -> None:
    def first_stays(one: InstructionProgram) -> bool:
        return any(segment["address"] == "0x2000" for segment in one.segments)

    (segment,) = Driven(program([]), first_stays).result.segments
    assert segment == {"address": "0x2000", "size": 8, "file_size": 0, "bytes": ""}


@pytest.mark.parametrize(
    ("op", "kept", "plainest"),
    [
        (
            {"op": "jump", "rd": 1, "to": 3, "form": "computed", "base": 6, "odd": 1, "blend": {"via": 2}},
            "jump",
            {"op": "jump", "rd": 1, "to": 3, "form": "jal"},
        ),
        (
            {"op": "set", "rd": 4, "to": {"value": "0x7", "form": "pool", "blend": {"via": 2}}},
            "set",
            {"op": "set", "rd": 4, "to": {"value": "0x7", "form": "build"}},
        ),
        (
            {
                "op": "access",
                "name": "sd",
                "reg": 4,
                "base": 5,
                "offset": -8,
                "at": {"value": "0x2000", "form": "pool"},
            },
            "access",
            {
                "op": "access",
                "name": "sd",
                "reg": 4,
                "base": 5,
                "offset": 0,
                "at": {"value": "0x2000", "form": "build"},
            },
        ),
        ({"op": "pad", "count": 900}, "pad", {"op": "pad", "count": 0}),
        (
            {"op": "loop_start", "counter": 4, "times": 50},
            "loop_start",
            {"op": "loop_start", "counter": 4, "times": 0},
        ),
    ],
)
def test_op_is_made_as_plain_as_it_can_be(op: Op, kept: str, plainest: Op) -> None:
    smallest = Driven(program([op]), lambda one: any(left["op"] == kept for left in ops_of(one))).result
    assert ops_of(smallest) == [plainest]


@pytest.mark.parametrize(("imm", "limit"), [(2047, 100), (-2048, -100), (2047, 1), (-2048, -1)])
def test_numbers_shrink_towards_0_without_changing_their_sign(imm: int, limit: int) -> None:
    def shows(one: InstructionProgram) -> bool:
        numbers = [op.get("imm", 0) for op in ops_of(one)]
        return any(abs(number) >= abs(limit) and number * limit > 0 for number in numbers)

    (op,) = ops_of(Driven(program([instruction(imm=imm)]), shows).result)
    assert abs(limit) <= abs(op["imm"]) < 2 * abs(limit) + 1
    assert op["imm"] * limit > 0
