"""Words of instructions: known ones, round trips, and what is refused."""

from collections.abc import Iterator

import pytest

from fuzzer.isa.encoding import Instruction, decode, encode
from fuzzer.isa.opcodes import NUMBER_OF, OPCODES, REGISTERS, Format, opcodes

KNOWN = {
    0x00000013: "addi zero, zero, 0",
    0x00000073: "ecall",
    0x00008067: "jalr zero, 0(ra)",
    0x00C58533: "add a0, a1, a2",
    0x40B50533: "sub a0, a0, a1",
    0x02C58533: "mul a0, a1, a2",
    0x02C5F5BB: "remuw a1, a1, a2",
    0xFF010113: "addi sp, sp, -16",
    0x00113423: "sd ra, 8(sp)",
    0xFE813C23: "sd s0, -8(sp)",
    0x00813083: "ld ra, 8(sp)",
    0x43F55513: "srai a0, a0, 63",
    0x41F5551B: "sraiw a0, a0, 31",
    0x00208463: "beq ra, sp, .+8",
    0xFE209EE3: "bne ra, sp, .-4",
    0xFFDFF06F: "jal zero, .-4",
    0x001000EF: "jal ra, .+2048",
    0x80000537: "lui a0, 0x80000",
    0x00001517: "auipc a0, 0x1",
}
"""As assemblers write them; the distance of a branch is counted from itself."""


def samples() -> Iterator[Instruction]:
    """Each opcode with edges of its immediates and several registers."""
    edges = {
        Format.SHIFT: (0, 1, 31),
        Format.SHIFT_WORD: (0, 1, 31),
        Format.UPPER: (0, 1, 0xFFFFF),
        Format.BRANCH: (0, 2, -2, 4094, -4096),
        Format.JUMP: (0, 2, -2, 1048574, -1048576),
        Format.REGISTER: (0,),
        Format.BARE: (0,),
    }
    for name, opcode in OPCODES.items():
        for imm in edges.get(opcode.format, (0, 1, -1, 2047, -2048)):
            for number in (0, 1, 31):
                with_rd = opcode.format not in {Format.STORE, Format.BRANCH, Format.BARE}
                with_rs1 = opcode.format not in {Format.UPPER, Format.JUMP, Format.BARE}
                with_rs2 = opcode.format in {Format.REGISTER, Format.STORE, Format.BRANCH}
                registers = (number * with_rd, (number ^ 10) * with_rs1, (number ^ 21) * with_rs2)
                yield Instruction(name, *registers, imm=imm)


@pytest.mark.parametrize(("word", "text"), KNOWN.items())
def test_known_words(word: int, text: str) -> None:
    instruction = decode(word, 64)
    assert instruction is not None
    assert str(instruction) == text
    assert encode(instruction) == word


def test_every_opcode_comes_back_from_its_word() -> None:
    seen = set()
    for instruction in samples():
        assert decode(encode(instruction), 64) == instruction
        seen.add(instruction.name)
    assert seen == set(OPCODES)


def test_no_two_opcodes_share_a_word() -> None:
    words = [encode(instruction) for instruction in samples()]
    assert len(set(words)) == len({(i.name, i.rd, i.rs1, i.rs2, i.imm) for i in samples()})


def test_the_widths_have_their_opcodes() -> None:
    assert (len(opcodes(32)), len(opcodes(64))) == (46, 63)
    for name in ("ld", "sd", "lwu", "addiw", "mulw"):
        word = encode(Instruction(name, imm=0))
        assert decode(word, 64) is not None
        assert decode(word, 32) is None


def test_narrow_registers_have_narrow_shifts() -> None:
    word = encode(Instruction("slli", 1, 1, imm=32))
    assert decode(word, 64) == Instruction("slli", 1, 1, imm=32)
    assert decode(word, 32) is None


@pytest.mark.parametrize("word", [0, 0xFFFFFFFF, 0x0000000F, 0x00100073, 0x4505, 0x08C58533, 0x0000_2063])
def test_other_words_are_no_instructions(word: int) -> None:
    assert decode(word, 64) is None


@pytest.mark.parametrize(
    "instruction",
    [
        Instruction("addi", 1, 1, imm=2048),
        Instruction("addi", 1, 1, imm=-2049),
        Instruction("beq", rs1=1, rs2=1, imm=3),
        Instruction("beq", rs1=1, rs2=1, imm=4096),
        Instruction("jal", 1, imm=1 << 20),
        Instruction("lui", 1, imm=1 << 20),
        Instruction("lui", 1, imm=-1),
        Instruction("slliw", 1, 1, imm=32),
        Instruction("add", 32, 1, 1),
        Instruction("sw", 1, 1, 1),
        Instruction("ecall", imm=1),
    ],
)
def test_operands_that_do_not_fit_are_refused(instruction: Instruction) -> None:
    with pytest.raises(ValueError, match="out of range"):
        encode(instruction)


def test_registers_have_their_names() -> None:
    assert len(REGISTERS) == 32
    assert [NUMBER_OF[name] for name in ("zero", "ra", "t0", "s0", "a0", "a7", "s2", "t6")] == [
        *(0, 1, 5, 8, 10, 17, 18, 31)
    ]
