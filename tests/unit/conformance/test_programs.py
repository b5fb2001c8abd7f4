"""Programs of cases: what they are made of, and what is read out of their streams."""

import struct

import msgspec
import pytest
from conformance_cases import added, halting, right_outcome

from fuzzer.conformance.case import Base, Case, Value, wanted, watched
from fuzzer.conformance.elf import EXECUTE, WRITE, read_elf
from fuzzer.conformance.programs import TEXT, observed, pack, pack_all
from fuzzer.isa.encoding import NOP, Instruction, decode, encode
from fuzzer.model import Outcome, Status

WINDOWED = Case(
    op="sw",
    code=(encode(Instruction("sw", rs1=8, rs2=9, imm=4)),),
    inputs=((8, Value(0, Base.DATA)), (9, Value(7))),
    window=bytes(32),
    across_page=True,
)
RELATIVE = Case(
    op="jal", code=(encode(Instruction("jal", 1, imm=8)), NOP), outputs=((1, Base.CODE), (0, Base.ABSOLUTE))
)


@pytest.mark.parametrize("xlen", [32, 64])
def test_a_program_is_text_that_decodes_and_data_that_can_be_written(xlen: int) -> None:
    program = pack([added(1).case, WINDOWED, RELATIVE], xlen)
    text, data = read_elf(program.elf).segments
    assert (text.address, text.flags & (WRITE | EXECUTE)) == (TEXT, EXECUTE)
    assert data.flags & (WRITE | EXECUTE) == WRITE
    words = struct.unpack(f"<{len(text.data) // 4}I", text.data)
    assert all(decode(word, xlen) for word in words)
    assert data.address >= text.end
    assert program.results.stop <= data.end


@pytest.mark.parametrize("xlen", [32, 64])
def test_a_case_stands_where_its_place_says(xlen: int) -> None:
    cases = [added(1).case, WINDOWED, RELATIVE]
    program = pack(cases, xlen)
    text = read_elf(program.elf).segments[0].data
    for case, place in zip(cases, program.places, strict=True):
        at = place.code - TEXT
        assert struct.unpack_from(f"<{len(case.code)}I", text, at) == case.code


def test_a_window_across_a_page_has_the_end_in_its_middle() -> None:
    place = pack([added(1).case, WINDOWED], 64).places[1]
    assert (place.data + 16) % 4096 == 0


def test_long_text_moves_the_data_away() -> None:
    long = msgspec.structs.replace(RELATIVE, code=(RELATIVE.code[0], *[NOP] * (1 << 19)))
    text, data = read_elf(pack([long], 64).elf).segments
    assert data.address >= text.end > TEXT + (1 << 20)


def test_a_case_that_ends_its_program_has_one_of_its_own() -> None:
    cases = [added(1).case, halting(3).case, added(2).case]
    assert [program.cases for program in pack_all(cases, 64)] == [(cases[0], cases[2]), (cases[1],)]


def test_values_are_counted_from_their_base() -> None:
    program = pack([RELATIVE, WINDOWED], 64)
    want = {RELATIVE: (4, 0), WINDOWED: (0, 7)}
    stream = bytearray(len(program.results))
    for case, place in zip(program.cases, program.places, strict=True):
        bases = {Base.CODE: place.code, Base.DATA: place.data, Base.ABSOLUTE: 0}
        for index, (number, (_, base)) in enumerate(zip(want[case], watched(case), strict=True)):
            at = place.outputs - program.results.start + 8 * index
            stream[at : at + 8] = (bases[base] + number).to_bytes(8, "little")
    found = observed(program, Outcome(status=Status.OK, stream=bytes(stream)))
    assert found is not None
    assert [one.registers for one in found] == [want[RELATIVE], want[WINDOWED]]


def test_what_a_case_wants_is_what_a_right_target_gives() -> None:
    cases = [added(1), added(2)]
    program = pack([frozen.case for frozen in cases], 64)
    expected = {frozen.case: wanted(frozen, 64) for frozen in cases}
    assert observed(program, right_outcome(program, expected)) == list(expected.values())


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(status=Status.OK, stream=b""),
        Outcome(status=Status.CRASH, stream=bytes(4096)),
        Outcome(status=Status.PANIC, exit_code=1, stream=bytes(4096)),
    ],
)
def test_a_program_that_did_not_come_to_its_end_gives_nothing(outcome: Outcome) -> None:
    assert observed(pack([added(1).case], 64), outcome) is None


def test_an_ending_case_that_crashed_gives_nothing() -> None:
    assert observed(pack([halting(0).case], 64), Outcome(status=Status.CRASH)) is None
