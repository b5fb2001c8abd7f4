"""A program of a single instruction, which finds everything as it was where executors part. Pure.

What parts executors may be an instruction that the layout makes of a constant or an address, with registers
and memory that are not the program's own: here it is an op like any other, and the layout keeps out of its
way.
"""

from collections.abc import Mapping

from msgspec.structs import replace

from fuzzer.generate.program import Block, InstructionProgram, Op, Publish
from fuzzer.reduce.runs import unused_registers

_SHIFTS = frozenset({1, 5})
_LOADS, _STORES, _IMMEDIATES, _REGISTERS, _UPPER = 0x03, 0x23, (0x13, 0x1B), (0x33, 0x3B), (0x17, 0x37)
"""Opcodes (RISC-V Unprivileged ISA, "RV32/64G Instruction Set Listings")."""
_AUIPC = "auipc"
_SIZES = {"lb": 1, "lbu": 1, "lh": 2, "lhu": 2, "lw": 4, "lwu": 4, "ld": 8}
"""Bytes that a load gets."""
_STORE_NAMES = frozenset({"sb", "sh", "sw", "sd"})


def decoded(word: int, name: str) -> Op | None:
    """An instruction as an op; None for one that goes elsewhere or asks the host for something."""
    opcode, rd, kind, rs1, rs2 = word & 0x7F, word >> 7 & 31, word >> 12 & 7, word >> 15 & 31, word >> 20 & 31
    op: Op = {"op": "ins", "name": name}
    immediate = _signed(word >> 20, 12)
    if opcode == _LOADS:
        return op | {"rd": rd, "rs1": rs1, "imm": immediate}
    if opcode == _STORES:
        return op | {"rs1": rs1, "rs2": rs2, "imm": _signed(word >> 25 << 5 | rd, 12)}
    if opcode in _IMMEDIATES:
        return op | {"rd": rd, "rs1": rs1, "imm": word >> 20 & 0x3F if kind in _SHIFTS else immediate}
    if opcode in _REGISTERS:
        return op | {"rd": rd, "rs1": rs1, "rs2": rs2}
    if opcode in _UPPER:
        return op | {"rd": rd, "imm": _signed(word >> 12, 20) << 12}
    return None


def is_store(op: Op) -> bool:
    """Whether an instruction changes memory."""
    return str(op["name"]) in _STORE_NAMES


def is_load(op: Op) -> bool:
    """Whether an instruction gets something from memory."""
    return str(op["name"]) in _SIZES


def alone(
    program: InstructionProgram, op: Op, *, pc: int, registers: Mapping[int, int], loaded: int | None = None
) -> InstructionProgram:
    """The program of that one op.

    Args:
        program: Where it comes from.
        op: The op.
        pc: Where it was executed.
        registers: What registers held before it, those of the frame among them.
        loaded: What a load got.
    """
    used = {int(op[key]) for key in ("rd", "rs1", "rs2") if op.get(key)}
    mask = (1 << program.xlen) - 1
    values = {number: registers.get(number, 0) & mask for number in sorted(used)}
    held = {str(number): hex(value) for number, value in values.items() if value}
    blocks = (Block(0, (op,)),)
    frame = unused_registers(replace(program, blocks=blocks))[:2]
    made = replace(
        program,
        registers={} if op["name"] == _AUIPC else held,
        frame={**program.frame, "registers": frame},
        blocks=blocks,
        publish=Publish(registers=tuple(values), windows=program.publish.windows if is_store(op) else ()),
        # Without registers that are set in front of it, the op is where it was.
        text_base=hex(pc) if op["name"] == _AUIPC else program.text_base,
    )
    if loaded is None:
        return made
    address = values.get(int(op["rs1"]), 0) + int(op["imm"]) & mask
    data = (loaded & mask).to_bytes(8, "little")[: _SIZES[op["name"]]]
    segment = {"address": hex(address), "size": len(data), "file_size": len(data), "bytes": data.hex()}
    return replace(made, segments=(segment,))


def _signed(number: int, bits: int) -> int:
    number &= (1 << bits) - 1
    return number - (1 << bits) if number >> bits - 1 else number
