"""Where the ISA manual says what an instruction does, and what it says, in our words. Pure.

The *RISC-V Instruction Set Manual, Volume I*; titles are those of its sections.
"""

import msgspec


class Rule(msgspec.Struct, frozen=True):
    """What the manual says of some instructions."""

    section: str
    says: str


_IMMEDIATE = Rule(
    "Integer Register-Immediate Instructions",
    "the immediate is sign-extended to the width of the registers; shifts take its low bits as the amount",
)
_WORD = "works on the low 32 bits and sign-extends its 32-bit result to 64 bits"
_RULES: tuple[tuple[str, Rule], ...] = (
    ("addi slti sltiu andi ori xori slli srli srai", _IMMEDIATE),
    ("addiw slliw srliw sraiw", Rule("Integer Register-Immediate Instructions (RV64I)", _WORD)),
    (
        "lui",
        Rule(
            "Integer Register-Immediate Instructions",
            "the 20-bit immediate goes to bits 31 to 12, the lowest 12 bits are zero; in RV64I the 32-bit "
            "result is sign-extended",
        ),
    ),
    (
        "auipc",
        Rule(
            "Integer Register-Immediate Instructions",
            "the offset made of the 20-bit immediate, its lowest 12 bits zero and in RV64I sign-extended, is "
            "added to the address of the instruction",
        ),
    ),
    (
        "add sub slt sltu and or xor sll srl sra",
        Rule(
            "Integer Register-Register Operations",
            "both operands are registers, overflow is ignored, and shifts take the low bits of rs2 as the "
            "amount",
        ),
    ),
    ("addw subw sllw srlw sraw", Rule("Integer Register-Register Operations (RV64I)", _WORD)),
    (
        "jal",
        Rule(
            "Unconditional Jumps",
            "jumps to the address of the instruction plus the offset; rd gets the address behind it",
        ),
    ),
    (
        "jalr",
        Rule(
            "Unconditional Jumps",
            "the target is rs1 plus the sign-extended immediate with its lowest bit set to zero; rd gets the "
            "address behind the instruction",
        ),
    ),
    (
        "beq bne blt bge bltu bgeu",
        Rule(
            "Conditional Branches",
            "the branch is taken when the comparison holds; its target must be aligned to four bytes where "
            "instructions are",
        ),
    ),
    (
        "lb lh lw ld lbu lhu lwu sb sh sw sd",
        Rule(
            "Load and Store Instructions",
            "the address is rs1 plus the sign-extended immediate; narrow loads are sign- or zero-extended, "
            "and what a misaligned one does is up to the execution environment",
        ),
    ),
    (
        "mul mulh mulhsu mulhu",
        Rule("Multiplication Operations", "the low, or the high, half of the full product"),
    ),
    ("mulw", Rule("Multiplication Operations", _WORD)),
    (
        "div divu rem remu",
        Rule(
            "Division Operations",
            "rounds towards zero; division by zero gives all bits set and the dividend as remainder, signed "
            "overflow the dividend and the remainder 0",
        ),
    ),
    ("divw divuw remw remuw", Rule("Division Operations", _WORD)),
    (
        "ecall ebreak",
        Rule("Environment Call and Breakpoints", "what it does is up to the execution environment"),
    ),
    ("fence", Rule("Memory Ordering Instructions", "orders memory accesses; one hart sees no effect")),
)
_BY_MNEMONIC = {mnemonic: rule for mnemonics, rule in _RULES for mnemonic in mnemonics.split()}


def rule_of(mnemonic: str) -> Rule | None:
    """What the manual says of the instruction at a place; None where this table does not know it."""
    return _BY_MNEMONIC.get(mnemonic.rpartition(" ")[2])
