"""Ops taken apart into smaller ones that are the same instructions. Pure.

A reducer can then leave out, and executors can then be seen to part at, a part of what was one op.
"""

from typing import Any

from msgspec.structs import replace

from fuzzer.generate.program import Block, InstructionProgram, Op

_T0, _A0, _A1, _A2 = 5, 10, 11, 12
"""Registers of a syscall: its number and its arguments (RISC-V calling convention)."""
_WRITE, _HINT_LEN, _HINT_READ = 0x02, 0xF0, 0xF1
_PUBLIC_VALUES, _HINT = 13, 14
"""Numbers of SP1's syscalls, and of its file descriptors."""
_PRECOMPILES = {"sha_extend": 0x30_01_05, "sha_compress": 0x01_01_06, "keccak_permute": 0x01_01_09}
SYSCALLS = {0x00: "HALT"} | {number: name.upper() for name, number in _PRECOMPILES.items()}
SYSCALLS |= dict.fromkeys((_WRITE, _HINT_LEN, _HINT_READ), "I/O")
"""What SP1's syscalls are for, by number. A wrong write to the input shows only where that is read."""
_ECALL: Op = {"op": "ins", "name": "ecall"}


def taken_apart(program: InstructionProgram) -> InstructionProgram:
    """The program with parts in the place of ops that have some; its bytes are the same."""
    address, link = program.frame_registers or (0, 0)
    blocks = (
        Block(block.id, tuple(part for op in block.ops for part in parts(op, address=address, link=link)))
        for block in program.blocks
    )
    return replace(program, blocks=tuple(blocks))


def parts(op: Op, *, address: int, link: int) -> tuple[Op, ...]:
    """An op as several that are laid out to the same instructions; the op alone where there are none.

    Args:
        op: The op.
        address: The register that the layout uses for addresses.
        link: The one that it uses for ways back, and in the place of a base that is not named.
    """
    taken: tuple[Op, ...] = (op,)
    match op["op"]:
        case "access":
            base = op["base"] or link
            taken = _set(base, op["at"]), _access(op, base)
        case "masked":
            base = op["base"] or address
            index: Op = {"op": "ins", "name": "andi", "rd": base, "rs1": op["index"], "imm": op["mask"]}
            total: Op = {"op": "ins", "name": "add", "rd": base, "rs1": base, "rs2": link}
            taken = _set(link, op["at"]), index, total, _access(op, base)
        case "write":
            taken = _write(_PUBLIC_VALUES, op)
        case "hint_len":
            taken = *_syscall(_HINT_LEN), _move(_T0, _T0)
        case "hint":
            length = (*_syscall(_HINT_LEN), _move(_A1, _T0))
            read = (_number(_A0, op["into"]), *_syscall(_HINT_READ))
            taken = *_write(_HINT, op), *length, *read
        case "precompile":
            arguments = (_number(_A0, op["a0"]), _number(_A1, op.get("a1", "0x0")))
            taken = _number(_T0, _PRECOMPILES[op["name"]]), *arguments, _ECALL
    return taken


def _access(op: Op, base: int) -> Op:
    """The load or store of an op without what sets its base."""
    loads = op["name"].startswith("l")
    register = {"rd": op["reg"], "rs1": base} if loads else {"rs1": base, "rs2": op["reg"]}
    return {"op": "ins", "name": op["name"], **register, "imm": op.get("offset", 0)}


def _write(descriptor: int, op: Op) -> tuple[Op, ...]:
    registers = {_T0: _WRITE, _A0: descriptor, _A1: op["address"], _A2: op["length"]}
    return *(_number(register, value) for register, value in registers.items()), _ECALL


def _syscall(number: int) -> tuple[Op, ...]:
    return _number(_T0, number), _ECALL


def _set(register: int, constant: dict[str, Any]) -> Op:
    return {"op": "set", "rd": register, "to": constant}


def _number(register: int, value: int | str) -> Op:
    return _set(register, {"value": value if isinstance(value, str) else hex(value), "form": "build"})


def _move(register: int, source: int) -> Op:
    return {"op": "ins", "name": "addi", "rd": register, "rs1": source}
