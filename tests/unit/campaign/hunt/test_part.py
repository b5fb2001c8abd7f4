"""At which instruction of a program targets part."""

import json
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from fake_generator import RIGHT, WRONG, WRONG_ABOVE, fake_targets, generates
from fake_machine import MUL, TEXT_BASE, Document, lay_out, program

from fuzzer.campaign.hunt.examine import case_of
from fuzzer.campaign.hunt.part import Parting, Start, find_parting
from fuzzer.execute.generator import Source
from fuzzer.execute.programs import ProgramRunners
from fuzzer.generate.program import Layout, Op, decode_program
from fuzzer.model import Limits, Status

pytestmark = pytest.mark.slow  # each test starts several processes

CASE = case_of(Source(generator="riscv", xlen=64, seed=1), 0)
ADD: Document = {"op": "ins", "name": "addi", "rd": 12, "rs1": 12, "imm": 1}
PRODUCT: Document = {"op": "ins", "name": MUL, "rd": 13, "rs1": 12, "rs2": 11}
COUNTER = 10
AGAIN: Document = {"op": "loop_end", "counter": COUNTER, "to": 1}
SETUP = 6
"""Words in front of the body, which set two registers."""


def parting(folder: Path, *blocks: Sequence[Document], **others: str) -> Parting | None:
    document = program(*blocks, registers={11: 5, 12: 0x40})
    targets = fake_targets(folder, generates(), **others)
    with ProgramRunners(targets.commands, limits=Limits(wall_ms=2_000)) as runners:
        return find_parting(
            decode_program(json.dumps(document).encode(), name="program"),
            msgspec.convert(lay_out(document), Layout),
            case=CASE,
            runners=runners,
            rvref=targets.rvref,
        )


def ops_of(start: Start) -> list[Op]:
    return [executed.op for executed in start.row]


def ways_of(start: Start) -> list[tuple[str, bool]]:
    """The ops of a start by kind, and whether they fell through."""
    return [(executed.op["op"], executed.fell_through) for executed in start.row]


def branch(name: str, *, to: int) -> Document:
    """One between registers that are and stay different."""
    return {"op": "branch", "name": name, "rs1": 11, "rs2": 12, "to": to}


def count(times: int) -> Document:
    """A counter that is 0 gets this value."""
    return {"op": "ins", "name": "addi", "rd": COUNTER, "rs1": 0, "imm": times}


def test_place_is_the_instruction_not_where_it_is_published(tmp_path: Path) -> None:
    ops = [ADD, {"op": "checkpoint"}, ADD, PRODUCT, {"op": "checkpoint"}, ADD, ADD]
    found = parting(tmp_path, ops, one=WRONG, two=RIGHT)
    assert found is not None
    location = found.location
    checkpoint = 5
    assert location.pc == hex(TEXT_BASE + 4 * (SETUP + 2 + checkpoint))
    assert (location.mnemonic, location.instruction) == (MUL, "mul x13, x12, x11")
    assert location.word == "02b606b3"
    assert location.step == 2 + 2 + checkpoint, "two instructions that set registers, and what is in front"
    assert (
        location.around[-1] == f"{TEXT_BASE + 4 * (SETUP + 2 + checkpoint):#010x} 02b606b3 mul x13, x12, x11"
    )


def test_registers_are_named_with_what_they_held_before_and_after(tmp_path: Path) -> None:
    found = parting(tmp_path, [ADD, ADD, PRODUCT, ADD], one=WRONG, two=RIGHT)
    assert found is not None
    assert found.location.before == {"a1": "0x5", "a2": "0x42"}
    right, wrong = {"a3": hex(0x42 * 5)}, {"a3": hex(0x42 * 5 + 1)}
    assert found.location.after == {"rvref": right, "one": wrong, "two": right}
    assert {target: outcome.status for target, outcome in found.outcomes.items()} == dict.fromkeys(
        ("rvref", "one", "two"), Status.OK
    )


def test_program_may_start_shortly_before_and_the_latest_start_comes_first(tmp_path: Path) -> None:
    found = parting(tmp_path, [ADD, ADD, ADD, ADD, PRODUCT], one=WRONG)
    assert found is not None
    starts = found.starts
    assert [ops_of(start) for start in starts] == [[ADD] * adds + [PRODUCT] for adds in range(4)]
    assert [start.registers[12] for start in starts] == [0x44, 0x43, 0x42, 0x41]
    assert {start.registers[11] for start in starts} == {5}


def test_first_of_many_instructions_is_found_far_behind(tmp_path: Path) -> None:
    ops = [ADD] * 201 + [PRODUCT] + [ADD] * 50 + [PRODUCT] + [ADD] * 50
    found = parting(tmp_path, ops, one=WRONG)
    assert found is not None
    assert found.location.step == 2 + 201
    assert found.location.before["a2"] == hex(0x40 + 201)
    assert [len(start.row) for start in found.starts][:3] == [1, 2, 3]


def test_last_instruction_is_found_too(tmp_path: Path) -> None:
    found = parting(tmp_path, [ADD, PRODUCT], one=WRONG)
    assert found is not None
    assert found.location.step == 3


def test_first_instruction_is_found_too(tmp_path: Path) -> None:
    found = parting(tmp_path, [PRODUCT, ADD], one=WRONG)
    assert found is not None
    assert found.location.step == 2
    assert [ops_of(start) for start in found.starts] == [[PRODUCT]]


def test_targets_that_agree_part_nowhere(tmp_path: Path) -> None:
    assert parting(tmp_path, [ADD, PRODUCT], one=RIGHT) is None


def test_program_without_instructions_parts_nowhere(tmp_path: Path) -> None:
    assert parting(tmp_path, [], one=WRONG) is None


def test_difference_that_every_prefix_shows_is_that_of_no_instruction(tmp_path: Path) -> None:
    adds_a_byte = """
normal = fate
def fate(elf, spoils):
    told = normal(elf, spoils)
    told[3] += b"!"
    return told
serve()
"""
    assert parting(tmp_path, [ADD, PRODUCT], one=adds_a_byte) is None


def test_target_that_crashes_at_an_instruction_shows_nothing_of_it(tmp_path: Path) -> None:
    crashes = f"""
normal = fate
def fate(elf, spoils):
    ran = execute(elf)
    return ended(b"", "crash") if any("{MUL}" in step.text for step in ran.steps) else normal(elf, spoils)
serve()
"""
    found = parting(tmp_path, [ADD, PRODUCT, ADD], one=crashes)
    assert found is not None
    assert found.location.mnemonic == MUL
    assert found.location.after == {"rvref": {"a3": hex(0x41 * 5)}, "one": {}}
    assert found.outcomes["one"].status is Status.CRASH


def test_start_says_which_branches_were_taken(tmp_path: Path) -> None:
    skipped = [ADD]
    blocks = (
        [branch("beq", to=2), branch("bne", to=2)],
        skipped,
        [{"op": "jump", "to": 4}],
        skipped,
        [PRODUCT],
    )
    found = parting(tmp_path, *blocks, one=WRONG)
    assert found is not None
    assert ways_of(found.starts[-1]) == [("branch", True), ("branch", False), ("jump", False), ("ins", False)]
    assert [len(start.row) for start in found.starts] == [1, 2, 3, 4]


def test_op_behind_one_without_instructions_is_fallen_through_to(tmp_path: Path) -> None:
    found = parting(tmp_path, [branch("beq", to=1), {"op": "pad", "count": 0}, ADD, PRODUCT], [], one=WRONG)
    assert found is not None
    assert ways_of(found.starts[-1]) == [("branch", True), ("ins", True), ("ins", False)]


def test_first_round_of_a_loop_needs_no_unrolling(tmp_path: Path) -> None:
    found = parting(tmp_path, [count(3)], [PRODUCT, ADD, AGAIN], one=WRONG)
    assert found is not None
    assert (found.location.mnemonic, found.location.step) == (MUL, 3)
    assert found.unrolled == ()
    assert found.is_sure


def test_what_was_executed_since_executors_agreed_is_in_a_row_where_a_loop_is_between(tmp_path: Path) -> None:
    rounds = 3
    found = parting(tmp_path, [count(rounds)], [PRODUCT, ADD, AGAIN], [ADD], one=WRONG_ABOVE.format(0x40 * 5))
    assert found is not None
    assert found.location.mnemonic == "blt", "the last instruction of the loop, as nothing else is known"
    assert not found.is_sure
    since, whole = found.unrolled
    again, product, add = ("loop_end", False), ("ins", True), ("ins", True)
    assert ways_of(since) == [again, product, add, again, product, add, again]
    assert ops_of(since) == [AGAIN, PRODUCT, ADD, AGAIN, PRODUCT, ADD, AGAIN]
    assert ops_of(whole) == [count(rounds), PRODUCT, ADD, *ops_of(since)]
    assert whole.registers == {11: 5, 12: 0x40}
    registers = since.registers
    assert (registers[COUNTER], registers[12], registers[13]) == (rounds, 0x41, 0x40 * 5)


def test_loop_that_goes_round_too_often_is_not_unrolled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fuzzer.campaign.hunt.part._MOST_UNROLLED", 6)
    blocks = [count(3)], [PRODUCT, ADD, AGAIN], [ADD]
    found = parting(tmp_path, *blocks, one=WRONG_ABOVE.format(0x40 * 5))
    assert found is not None
    assert found.unrolled == ()
    assert not found.is_sure
