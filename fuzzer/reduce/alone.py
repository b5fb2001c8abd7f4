"""A program of a single instruction, which finds everything as it was where executors part. Pure.

What parts executors may be an instruction that the layout makes of a constant or an address, with registers
and memory that are not the program's own: here it is an op like any other, and the layout keeps out of its
way.
"""

from collections.abc import Mapping

from msgspec.structs import replace

from fuzzer.generate.program import Block, InstructionProgram, Op, Publish
from fuzzer.isa.encoding import decode, signed
from fuzzer.isa.opcodes import LOADS, OPCODES, STORES, Format, size_of
from fuzzer.reduce.runs import unused_registers

_AUIPC, _JALR = "auipc", "jalr"


def decoded(word: int, xlen: int) -> Op | None:
    """An instruction as an op; None for one that goes elsewhere or asks the host for something."""
    found = decode(word, xlen)
    if found is None or found.name == _JALR:
        return None
    op: Op = {"op": "ins", "name": found.name}
    match OPCODES[found.name].format:
        case Format.REGISTER:
            return op | {"rd": found.rd, "rs1": found.rs1, "rs2": found.rs2}
        case Format.IMMEDIATE | Format.SHIFT | Format.SHIFT_WORD | Format.LOAD:
            return op | {"rd": found.rd, "rs1": found.rs1, "imm": found.imm}
        case Format.STORE:
            return op | {"rs1": found.rs1, "rs2": found.rs2, "imm": found.imm}
        case Format.UPPER:
            return op | {"rd": found.rd, "imm": signed(found.imm, 20) << 12}
        case _:
            return None


def is_store(op: Op) -> bool:
    """Whether an instruction changes memory."""
    return op["name"] in STORES


def is_load(op: Op) -> bool:
    """Whether an instruction gets something from memory."""
    return op["name"] in LOADS


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
    data = (loaded & mask).to_bytes(8, "little")[: size_of(op["name"])]
    segment = {"address": hex(address), "size": len(data), "file_size": len(data), "bytes": data.hex()}
    return replace(made, segments=(segment,))
