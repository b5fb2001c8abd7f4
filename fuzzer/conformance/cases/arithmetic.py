"""Cases of computations: registers, immediates, shifts, `lui` and `auipc`."""

from collections.abc import Iterator

from fuzzer.conformance.case import Base, Case, Value
from fuzzer.conformance.cases.operands import (
    IMMEDIATES,
    Draws,
    aliases,
    core_values,
    one,
    pairs,
    sources,
)
from fuzzer.isa.encoding import NOP, Instruction, encode
from fuzzer.isa.opcodes import Format, Opcode

_BLOCK = 0x2000
"""Bytes between the words of the far `auipc`."""
_SHIFTS = {"sll", "srl", "sra", "sllw", "srlw", "sraw"}


def register_cases(opcode: Opcode, xlen: int) -> Iterator[Case]:
    """R-type: pairs of operands in different registers, then registers that are one another."""
    draws = Draws(f"{opcode.name}/{xlen}")
    operands = list(pairs(xlen, draws))
    if opcode.name in _SHIFTS:
        operands = [*_shifts(xlen, draws), *operands[::2]]
    for index, (left, right) in enumerate(operands):
        yield _register_case(opcode, sources(draws, index), left, right)
    for registers in (alias for _ in range(4) for alias in aliases(draws)):
        left, right = draws.one_of(operands)
        yield _register_case(opcode, registers, left or draws.value(xlen), right)
    for _ in range(3):
        yield from _twice(opcode, sources(draws), draws.one_of(operands))


def _twice(opcode: Opcode, registers: tuple[int, int, int], values: tuple[int, int]) -> Iterator[Case]:
    """Two of them in a row: the second one writes over the first one's result, or uses it."""
    rd, rs1, rs2 = registers
    first = Instruction(opcode.name, rd, rs1, rs2)
    for second in (Instruction(opcode.name, rd, rs2, rs1), Instruction(opcode.name, rd, rd, rs1)):
        yield Case(
            op=opcode.name,
            code=(encode(first), encode(second)),
            inputs=((rs1, Value(values[0])), (rs2, Value(values[1]))),
            outputs=((rd, Base.ABSOLUTE),),
        )


def _register_case(opcode: Opcode, registers: tuple[int, int, int], left: int, right: int) -> Case:
    rd, rs1, rs2 = registers
    return one(Instruction(opcode.name, rd, rs1, rs2), [(rs1, Value(left)), (rs2, Value(right))])


def _shifts(xlen: int, draws: Draws) -> Iterator[tuple[int, int]]:
    """Every amount, also with higher bits that must not count."""
    for amount in range(xlen):
        yield draws.one_of(core_values(xlen)[1:]), amount
        yield draws.value(xlen), (draws.number(xlen) // xlen * xlen + amount) % (1 << xlen)


def immediate_cases(opcode: Opcode, xlen: int) -> Iterator[Case]:
    """I-type: every class of immediates with several values, then registers that are one another."""
    draws = Draws(f"{opcode.name}/{xlen}")
    classes = core_values(xlen)
    amounts = {Format.SHIFT: range(xlen), Format.SHIFT_WORD: range(32)}
    immediates = amounts.get(opcode.format, IMMEDIATES)
    for index, imm in enumerate(immediates):
        # Equal, one above and one below: comparisons turn there.
        near = [(imm + step) % (1 << xlen) for step in (0, 1, -1)]
        tried = [classes[(index + step) % len(classes)] for step in (0, 3, 7)]
        for turn, value in enumerate((*tried, near[index % 3], draws.value(xlen))):
            yield _immediate_case(opcode, sources(draws, 5 * index + turn)[:2], value, imm)
    for value in classes:
        yield _immediate_case(opcode, sources(draws)[:2], value, draws.one_of(immediates))
    for _ in range(4):
        a, b = draws.registers(2)
        for registers in ((0, a), (a, a), (a, 0), (0, 0), (b, a)):
            value = draws.value(xlen) | 1
            yield _immediate_case(opcode, registers, value, draws.one_of(immediates))


def _immediate_case(opcode: Opcode, registers: tuple[int, int], value: int, imm: int) -> Case:
    rd, rs1 = registers
    return one(Instruction(opcode.name, rd, rs1, imm=imm), [(rs1, Value(value))])


def upper_cases(opcode: Opcode, xlen: int) -> Iterator[Case]:
    """U-type: every bit of the immediate set, clear, and as the highest one; every destination."""
    draws = Draws(f"{opcode.name}/{xlen}")
    base = Base.CODE if opcode.name == "auipc" else Base.ABSOLUTE
    ones = (1 << 20) - 1
    immediates = [0, 1, ones, 1 << 19, (1 << 19) - 1, 0x55555, 0xAAAAA]
    immediates += [imm for k in range(20) for imm in (1 << k, ones >> k, ones ^ 1 << k)]
    immediates += [draws.number(20) for _ in range(40)]
    for imm in immediates:
        yield one(Instruction(opcode.name, draws.registers(1)[0], imm=imm), [], output=base)
    if opcode.name == "auipc":
        yield _far_auipc()
    for rd in range(32):
        output = base if rd else Base.ABSOLUTE
        yield one(Instruction(opcode.name, rd, imm=draws.number(20)), [], output=output)


def _far_auipc() -> Case:
    """Words all over 64 KiB, so that sums carry at every place of the address."""
    immediates = (0x1, 0xF, 0x10, 0xFF, 0xFFFF, 0x7FFFF, 0x80000, 0xFFFFF)
    code, outputs = [], []
    for index, imm in enumerate(immediates):
        code += [NOP] * (_BLOCK // 4)
        code.append(encode(Instruction("auipc", index + 1, imm=imm)))
        outputs.append((index + 1, Base.CODE))
    return Case(op="auipc", code=tuple(code), outputs=tuple(outputs))
