"""Words from opcodes and operands, and back. Pure; bits as in the ISA manual, "Base Instruction Formats"."""

import msgspec

from fuzzer.isa.opcodes import OPCODES, REGISTERS, Format, Opcode

NOP = 0x13
"""`addi zero, zero, 0`."""
_SIGNED_BITS = {
    Format.IMMEDIATE: 12,
    Format.LOAD: 12,
    Format.STORE: 12,
    Format.BRANCH: 13,
    Format.JUMP: 21,
}
"""Width of signed immediates; those of branches and jumps count bytes and are even."""


class _Piece(msgspec.Struct, frozen=True):
    """Some bits of an immediate, and where they begin in the word."""

    first: int
    count: int
    at: int


_PIECES: dict[Format, tuple[_Piece, ...]] = {
    Format.REGISTER: (),
    Format.IMMEDIATE: (_Piece(0, 12, 20),),
    Format.SHIFT: (_Piece(0, 6, 20),),
    Format.SHIFT_WORD: (_Piece(0, 5, 20),),
    Format.LOAD: (_Piece(0, 12, 20),),
    Format.STORE: (_Piece(5, 7, 25), _Piece(0, 5, 7)),
    Format.BRANCH: (_Piece(12, 1, 31), _Piece(5, 6, 25), _Piece(1, 4, 8), _Piece(11, 1, 7)),
    Format.UPPER: (_Piece(0, 20, 12),),
    Format.JUMP: (_Piece(20, 1, 31), _Piece(1, 10, 21), _Piece(11, 1, 20), _Piece(12, 8, 12)),
    Format.BARE: (),
}
_WITH_RD = set(Format) - {Format.STORE, Format.BRANCH, Format.BARE}
_WITH_RS1 = set(Format) - {Format.UPPER, Format.JUMP, Format.BARE}
_WITH_RS2 = {Format.REGISTER, Format.STORE, Format.BRANCH}


class Instruction(msgspec.Struct, frozen=True):
    """An opcode with operands; those that its format does not have are 0.

    `imm` is signed, a shift amount, or for `lui` and `auipc` the 20 bits as a number from 0.
    """

    name: str
    rd: int = 0
    rs1: int = 0
    rs2: int = 0
    imm: int = 0

    def __str__(self) -> str:
        """In assembly language; a branch names its distance."""
        rd, rs1, rs2 = (REGISTERS[number] for number in (self.rd, self.rs1, self.rs2))
        match OPCODES[self.name].format:
            case Format.REGISTER:
                operands = f"{rd}, {rs1}, {rs2}"
            case Format.IMMEDIATE | Format.SHIFT | Format.SHIFT_WORD:
                operands = f"{rd}, {rs1}, {self.imm}"
            case Format.LOAD:
                operands = f"{rd}, {self.imm}({rs1})"
            case Format.STORE:
                operands = f"{rs2}, {self.imm}({rs1})"
            case Format.BRANCH:
                operands = f"{rs1}, {rs2}, .{self.imm:+d}"
            case Format.UPPER:
                operands = f"{rd}, {self.imm:#x}"
            case Format.JUMP:
                operands = f"{rd}, .{self.imm:+d}"
            case Format.BARE:
                operands = ""
        return f"{self.name} {operands}".rstrip()


def encode(instruction: Instruction) -> int:
    """The word of an instruction; a shift amount is not held against a width.

    Raises:
        ValueError: an operand does not fit its field.
    """
    opcode = OPCODES[instruction.name]
    _check(opcode, instruction)
    word = opcode.funct7 << 25 | opcode.funct3 << 12 | opcode.major
    word |= instruction.rd << 7 | instruction.rs1 << 15 | instruction.rs2 << 20
    for piece in _PIECES[opcode.format]:
        word |= _bits(instruction.imm, piece.first, piece.count) << piece.at
    return word


def _check(opcode: Opcode, instruction: Instruction) -> None:
    imm, bits = instruction.imm, _SIGNED_BITS.get(opcode.format)
    match opcode.format:
        case Format.UPPER:
            fits = 0 <= imm < 1 << 20
        case Format.SHIFT | Format.SHIFT_WORD:
            fits = 0 <= imm < (64 if opcode.format is Format.SHIFT else 32)
        case _ if bits is not None:
            fits = -(1 << bits - 1) <= imm < 1 << bits - 1
        case _:
            fits = imm == 0
    if opcode.format in {Format.BRANCH, Format.JUMP}:
        fits = fits and imm % 2 == 0
    for number, formats in (
        (instruction.rd, _WITH_RD),
        (instruction.rs1, _WITH_RS1),
        (instruction.rs2, _WITH_RS2),
    ):
        fits = fits and (0 <= number < len(REGISTERS) if opcode.format in formats else number == 0)
    if not fits:
        raise ValueError(f"an operand is out of range: {instruction!r}")


def _bits(number: int, first: int, count: int) -> int:
    return number >> first & (1 << count) - 1


def signed(number: int, bits: int) -> int:
    """The number that these bits are in two's complement."""
    return number - (1 << bits) if number >> bits - 1 & 1 else number


def decode(word: int, xlen: int) -> Instruction | None:
    """The instruction of a word in the instruction set of this width; None where it has none."""
    for opcode in _BY_MAJOR.get(word & 0x7F, ()):
        if opcode.in_width(xlen):
            instruction = _operands(opcode, word)
            if _fits_width(opcode, instruction, xlen) and encode(instruction) == word:
                return instruction
    return None


_BY_MAJOR: dict[int, list[Opcode]] = {}
for _opcode in OPCODES.values():
    _BY_MAJOR.setdefault(_opcode.major, []).append(_opcode)


def _fits_width(opcode: Opcode, instruction: Instruction, xlen: int) -> bool:
    return opcode.format is not Format.SHIFT or instruction.imm < xlen


def _operands(opcode: Opcode, word: int) -> Instruction:
    """What the fields hold; whether the word is the opcode's is seen by encoding it again."""
    form = opcode.format
    imm = sum(_bits(word, piece.at, piece.count) << piece.first for piece in _PIECES[form])
    return Instruction(
        opcode.name,
        rd=_bits(word, 7, 5) if form in _WITH_RD else 0,
        rs1=_bits(word, 15, 5) if form in _WITH_RS1 else 0,
        rs2=_bits(word, 20, 5) if form in _WITH_RS2 else 0,
        imm=signed(imm, _SIGNED_BITS[form]) if form in _SIGNED_BITS else imm,
    )
