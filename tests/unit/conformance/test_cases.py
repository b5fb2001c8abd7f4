"""The directed cases reach what they are for."""

from collections import Counter
from functools import cache

import pytest

from fuzzer.conformance.case import Case
from fuzzer.conformance.cases.groups import WIDTHS, groups
from fuzzer.isa.encoding import Instruction, decode
from fuzzer.isa.opcodes import OPCODES, Format, opcodes

LEAST = 60
"""Cases of an opcode."""
COMPUTED = (Format.REGISTER, Format.IMMEDIATE, Format.SHIFT, Format.SHIFT_WORD)


@cache
def cases(xlen: int) -> dict[str, list[Case]]:
    found: dict[str, list[Case]] = {}
    for group in groups(xlen).values():
        for case in group:
            found.setdefault(case.op, []).append(case)
    return found


def subject(case: Case, xlen: int) -> Instruction:
    """The instruction that the case is about."""
    decoded = [one for word in case.code if (one := decode(word, xlen))]
    return next(one for one in decoded if one.name == case.op and (one.rd or case.op != "jal"))


@pytest.mark.parametrize("xlen", WIDTHS)
def test_every_opcode_has_many_cases(xlen: int) -> None:
    counts = {op: len(found) for op, found in cases(xlen).items()}
    assert counts.keys() == {opcode.name for opcode in opcodes(xlen)}
    assert min(counts.values()) >= LEAST
    assert sum(counts.values()) > 10_000


@pytest.mark.parametrize("xlen", WIDTHS)
def test_no_case_comes_twice(xlen: int) -> None:
    assert max(Counter(case for found in cases(xlen).values() for case in found).values()) == 1


@pytest.mark.parametrize("xlen", WIDTHS)
def test_computations_meet_every_alias_and_every_register(xlen: int) -> None:
    for op, found in cases(xlen).items():
        form = OPCODES[op].format
        if form not in COMPUTED:
            continue
        seen = [subject(case, xlen) for case in found]
        assert {one.rd for one in seen} == {one.rs1 for one in seen} == set(range(32)), op
        assert any(one.rd == one.rs1 != 0 for one in seen), op
        if form is Format.REGISTER:
            assert {one.rs2 for one in seen} == set(range(32)), op
            assert any(one.rd == one.rs2 != one.rs1 and one.rd for one in seen), op
            assert any(one.rd == one.rs1 == one.rs2 != 0 for one in seen), op
            assert any(one.rs1 == one.rs2 != one.rd and one.rs1 and one.rd for one in seen), op


@pytest.mark.parametrize("xlen", WIDTHS)
def test_shifts_have_every_amount(xlen: int) -> None:
    for op in ("slli", "srli", "srai"):
        assert {subject(case, xlen).imm for case in cases(xlen)[op]} == set(range(xlen)), op
    for op in ("sll", "srl", "sra"):
        amounts = {value.number % xlen for case in cases(xlen)[op] for _, value in case.inputs[1:]}
        assert amounts == set(range(xlen)), op


@pytest.mark.parametrize("xlen", WIDTHS)
def test_division_meets_zero_and_overflow(xlen: int) -> None:
    least = 1 << xlen - 1
    for op in ("div", "divu", "rem", "remu"):
        pairs = set()
        for case in cases(xlen)[op]:
            values = dict(case.inputs)
            one = subject(case, xlen)
            if one.rs1 in values and one.rs2 in values:
                pairs.add((values[one.rs1].number, values[one.rs2].number))
        assert {(least, 0), (least, 2 * least - 1), (0, 0), (1, 0)} <= pairs, op


@pytest.mark.parametrize("xlen", WIDTHS)
def test_branches_reach_their_edges_both_ways(xlen: int) -> None:
    for op in ("beq", "bne", "blt", "bge", "bltu", "bgeu"):
        distances = {subject(case, xlen).imm for case in cases(xlen)[op]}
        assert {4092, -4096, 0, 4, -4, 8, -8} <= distances, op


def test_jumps_reach_their_edges() -> None:
    far = max(cases(64)["jal"], key=lambda case: len(case.code))
    distances = {one.imm for word in set(far.code) if (one := decode(word, 64)) and one.name == "jal"}
    assert {1048572, -1048576} <= distances
    links = {subject(case, 64).rd for case in cases(64)["jalr"]}
    assert links == set(range(32))


@pytest.mark.parametrize("xlen", WIDTHS)
def test_loads_and_stores_meet_the_end_of_a_page(xlen: int) -> None:
    for opcode in opcodes(xlen):
        if opcode.format is Format.STORE or (opcode.format is Format.LOAD and opcode.name != "jalr"):
            found = cases(xlen)[opcode.name]
            assert any(case.across_page for case in found), opcode.name
            assert {2047, -2048} <= {subject(case, xlen).imm for case in found}, opcode.name
