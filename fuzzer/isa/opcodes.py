"""The opcodes of RV32IM and RV64IM, and what their words look like.

From the *RISC-V Instruction Set Manual, Volume I*: the chapters RV32I, RV64I and "M" extension, and the table
"RV32/64G Instruction Set Listings". The program generator and the reference executor have tables of their
own, so that a slip in one of them shows.
"""

from enum import Enum

import msgspec


class Format(Enum):
    """Which operands an opcode has and where they stand in its word ("Base Instruction Formats")."""

    REGISTER = "R"
    IMMEDIATE = "I"
    SHIFT = "I, with a shift amount of log2(XLEN) bits"
    SHIFT_WORD = "I, with a shift amount of 5 bits"
    LOAD = "I, written as an address"
    STORE = "S"
    BRANCH = "B"
    UPPER = "U"
    JUMP = "J"
    BARE = "no operands"


class Opcode(msgspec.Struct, frozen=True):
    """An opcode and the fixed bits of its words."""

    name: str
    format: Format
    major: int
    """Bits 6 to 0."""
    funct3: int = 0
    funct7: int = 0
    only64: bool = False
    """Whether RV32 lacks it."""

    def in_width(self, xlen: int) -> bool:
        """Whether the instruction set of this width (32 or 64) has it."""
        return xlen == 64 or not self.only64  # noqa: PLR2004 - a width


REGISTERS = (
    *("zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1"),
    *(f"a{number}" for number in range(8)),
    *(f"s{number}" for number in range(2, 12)),
    *("t3", "t4", "t5", "t6"),
)
"""Names by number ("RISC-V Assembly Programmer's Handbook")."""
NUMBER_OF = {name: number for number, name in enumerate(REGISTERS)}

_OP, _OP_IMM, _OP_32, _OP_IMM_32 = 0x33, 0x13, 0x3B, 0x1B
_LOAD, _STORE, _BRANCH, _JALR = 0x03, 0x23, 0x63, 0x67
_ALTERNATE = 0x20
"""The bit of funct7 that makes `sub` of `add` and `sra` of `srl`."""
_MULDIV = 0x01

_RISC_V: tuple[Opcode, ...] = (
    Opcode("lui", Format.UPPER, 0x37),
    Opcode("auipc", Format.UPPER, 0x17),
    Opcode("jal", Format.JUMP, 0x6F),
    Opcode("jalr", Format.LOAD, _JALR),
    *(
        Opcode(name, Format.BRANCH, _BRANCH, funct3)
        for name, funct3 in {"beq": 0, "bne": 1, "blt": 4, "bge": 5, "bltu": 6, "bgeu": 7}.items()
    ),
    *(
        Opcode(name, Format.LOAD, _LOAD, funct3, only64=name in {"ld", "lwu"})
        for name, funct3 in {"lb": 0, "lh": 1, "lw": 2, "ld": 3, "lbu": 4, "lhu": 5, "lwu": 6}.items()
    ),
    *(
        Opcode(name, Format.STORE, _STORE, funct3, only64=name == "sd")
        for name, funct3 in {"sb": 0, "sh": 1, "sw": 2, "sd": 3}.items()
    ),
    *(
        Opcode(name, Format.IMMEDIATE, _OP_IMM, funct3)
        for name, funct3 in {"addi": 0, "slti": 2, "sltiu": 3, "xori": 4, "ori": 6, "andi": 7}.items()
    ),
    Opcode("slli", Format.SHIFT, _OP_IMM, 1),
    Opcode("srli", Format.SHIFT, _OP_IMM, 5),
    Opcode("srai", Format.SHIFT, _OP_IMM, 5, _ALTERNATE),
    *(
        Opcode(name, Format.REGISTER, _OP, funct3)
        for name, funct3 in {
            "add": 0,
            "sll": 1,
            "slt": 2,
            "sltu": 3,
            "xor": 4,
            "srl": 5,
            "or": 6,
            "and": 7,
        }.items()
    ),
    Opcode("sub", Format.REGISTER, _OP, 0, _ALTERNATE),
    Opcode("sra", Format.REGISTER, _OP, 5, _ALTERNATE),
    Opcode("addiw", Format.IMMEDIATE, _OP_IMM_32, 0, only64=True),
    Opcode("slliw", Format.SHIFT_WORD, _OP_IMM_32, 1, only64=True),
    Opcode("srliw", Format.SHIFT_WORD, _OP_IMM_32, 5, only64=True),
    Opcode("sraiw", Format.SHIFT_WORD, _OP_IMM_32, 5, _ALTERNATE, only64=True),
    Opcode("addw", Format.REGISTER, _OP_32, 0, only64=True),
    Opcode("subw", Format.REGISTER, _OP_32, 0, _ALTERNATE, only64=True),
    Opcode("sllw", Format.REGISTER, _OP_32, 1, only64=True),
    Opcode("srlw", Format.REGISTER, _OP_32, 5, only64=True),
    Opcode("sraw", Format.REGISTER, _OP_32, 5, _ALTERNATE, only64=True),
    *(
        Opcode(name, Format.REGISTER, _OP, funct3, _MULDIV)
        for funct3, name in enumerate(("mul", "mulh", "mulhsu", "mulhu", "div", "divu", "rem", "remu"))
    ),
    *(
        Opcode(name, Format.REGISTER, _OP_32, funct3, _MULDIV, only64=True)
        for name, funct3 in {"mulw": 0, "divw": 4, "divuw": 5, "remw": 6, "remuw": 7}.items()
    ),
    Opcode("ecall", Format.BARE, 0x73),
)
OPCODES = {opcode.name: opcode for opcode in _RISC_V}
"""Every opcode that is graded. FENCE and EBREAK are not: what they do is up to the execution environment."""


def opcodes(xlen: int) -> list[Opcode]:
    """Those of a width."""
    return [opcode for opcode in OPCODES.values() if opcode.in_width(xlen)]


LOADS, STORES = (
    tuple(opcode.name for opcode in _RISC_V if opcode.major == major) for major in (_LOAD, _STORE)
)
"""Mnemonics."""


def size_of(name: str) -> int:
    """Bytes that a load or store moves."""
    return {"b": 1, "h": 2, "w": 4, "d": 8}[name[1]]
