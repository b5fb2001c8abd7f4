"""The same program with another operation in the place of one. Pure.

A fault of all loads shows with any of them: a finding that says so is one finding, not seven. Two faults of
two loads must stay two: what an operation shows where the one in its place shows nothing is its own.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from fuzzer.generate.program import InstructionProgram, Layout, Op
from fuzzer.isa.opcodes import LOADS, STORES, size_of
from fuzzer.reduce.runs import op_at, with_op, without_ops

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
_NARROW = 32
_MOST_CONTROLS = 12
_WORD_AT = "0x78300000"
"""Where nothing else is in a small program."""


def substitutes(
    program: InstructionProgram, layout: Layout, pc: int
) -> dict[str, tuple[InstructionProgram, ...]]:
    """By mnemonic, programs with that operation in the place of the one at `pc`, the most like it first.

    Another operation may need operands of its own to show what this one does: an address that suits its size,
    or a store of its size before it, or numbers of which it makes something. Empty where the instruction at
    `pc` is not all that its op is about, or has no kin.
    """
    number = layout.number_at(pc)
    if number is None:
        return {}
    programs = list(_with_a_load(program, number)) or [program]
    name = str(op_at(programs[0], number).get("name", ""))
    return {
        other: tuple(variant for one in programs for variant in _variants(one, number, other))
        for other in _FAMILY.get(name, ())
        if other != name
    }


def controls(program: InstructionProgram, number: int) -> list[InstructionProgram]:
    """The program with one thing left out, whatever operation the op of that number has.

    Of a smallest program none of these shows anything. Where another operation in it does show something in
    one of them, it is at fault itself.
    """
    others = [place for place in range(program.size) if place != number]
    made = [without_ops(program, place, place + 1) for place in others[:_MOST_CONTROLS]]
    op = op_at(program, number)
    if op.get("name") in (*LOADS, *STORES):
        made.append(with_op(program, number, {**op, _offset(op): 0}))
    return made


def _with_a_load(program: InstructionProgram, number: int) -> Iterator[InstructionProgram]:
    """A constant of the pool loaded by an op that says so, or 0, which a word of the pool may have held."""
    op = op_at(program, number)
    if op["op"] != "set" or op["to"]["form"] != "pool":
        return
    load: Op = {
        "op": "access",
        "name": "lw" if program.xlen == _NARROW else "ld",
        "reg": op["rd"],
        "base": op["rd"],
    }
    made = with_op(program, number, {**load, "at": {"value": _WORD_AT, "form": "build"}})
    for value in (int(op["to"]["value"], 16), 0):
        data = (value & (1 << program.xlen) - 1).to_bytes(8, "little")
        segment = {"address": _WORD_AT, "size": 8, "file_size": 8, "bytes": data.hex()}
        yield replace(made, segments=(*made.segments, segment))


def _variants(program: InstructionProgram, number: int, name: str) -> Iterator[InstructionProgram]:
    if name in (*LOADS, *STORES):
        yield from _with_address(program, number, name)
        return
    op = {**op_at(program, number), "name": name}
    yield with_op(program, number, op)
    if name in ARITHMETIC:
        yield from _with_operands(program, number, op)
    elif "rs1" in op:
        # Whichever way round they are, one of two different numbers is less.
        yield with_op(program, number, {**op, "rs1": op.get("rs2", 0), "rs2": op["rs1"]})
        yield with_op(program, number, {**op, "rs2": op["rs1"]})


def _with_operands(program: InstructionProgram, number: int, op: Op) -> Iterator[InstructionProgram]:
    """The same operand twice, and the smallest number in all registers."""
    least = hex(1 << program.xlen - 1)
    named = [op[key] for key in ("rs1", "rs2") if op.get(key)] if "rs2" in op else []
    twice = [with_op(program, number, {**op, "rs1": one, "rs2": one}) for one in named]
    for one in (*twice, with_op(program, number, op)):
        yield replace(one, registers=dict.fromkeys(one.registers, least))
    yield from twice


def _with_address(program: InstructionProgram, number: int, name: str) -> Iterator[InstructionProgram]:
    """A bit lower, where the address may suit a larger size, and with another store in front of a load."""
    op = op_at(program, number)
    size = size_of(name)
    stored = _store_before(program, number) if name.startswith("l") else None
    for down in range(size):
        lower = with_op(program, number, {**_lower(op, down), "name": name})
        yield lower
        if stored is None:
            continue
        store = op_at(program, stored)
        for other in STORES:
            yield with_op(lower, stored, {**store, "name": other})
            yield with_op(lower, stored, {**_lower(store, down), "name": other})


def _store_before(program: InstructionProgram, number: int) -> int | None:
    places = range(number - 1, -1, -1)
    return next((place for place in places if op_at(program, place).get("name") in STORES), None)


def _lower(op: Op, down: int) -> Op:
    return {**op, _offset(op): int(op.get(_offset(op), 0)) - down}


def _offset(op: Op) -> str:
    return "imm" if op["op"] == "ins" else "offset"
