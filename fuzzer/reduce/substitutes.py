"""The same program with another operation in the place of one. Pure.

A fault of all loads shows with any of them: a finding that says so is one finding, not seven.
"""

from msgspec.structs import replace

from fuzzer.generate.program import Block, InstructionProgram, Layout

_ARITHMETIC = (
    "add sub sll slt sltu xor srl sra or and addw subw sllw srlw sraw",
    "mul mulh mulhsu mulhu div divu rem remu mulw divw divuw remw remuw",
    "addi slti sltiu xori ori andi addiw",
    "slli srli srai slliw srliw sraiw",
)
_FAMILIES = ("lb lbu lh lhu lw lwu ld", "sb sh sw sd", "beq bne blt bge bltu bgeu", *_ARITHMETIC)
"""Operations with operands of the same kind (RISC-V Unprivileged ISA, RV64I and M)."""
_FAMILY = {name: family.split() for family in _FAMILIES for name in family.split()}
ARITHMETIC = frozenset(name for family in _ARITHMETIC for name in family.split())
"""Operations that compute a register from registers and immediates alone."""


def substitutes(program: InstructionProgram, layout: Layout, pc: int) -> dict[str, InstructionProgram]:
    """By mnemonic, the program with that operation in the place of the one at `pc`.

    Empty where the instruction at `pc` is not all that its op is about, or has no kin.
    """
    place = next((one for one in layout.places if one[2] <= pc < one[2] + 4 * one[3]), None)
    if place is None:
        return {}
    block, number = place[0], place[1]
    name = str(program.blocks[block].ops[number].get("name", ""))
    return {
        other: _with_name(program, block, number, other) for other in _FAMILY.get(name, ()) if other != name
    }


def _with_name(program: InstructionProgram, block: int, number: int, name: str) -> InstructionProgram:
    blocks = list(program.blocks)
    ops = list(blocks[block].ops)
    ops[number] = {**ops[number], "name": name}
    blocks[block] = Block(blocks[block].id, tuple(ops))
    return replace(program, blocks=tuple(blocks))
