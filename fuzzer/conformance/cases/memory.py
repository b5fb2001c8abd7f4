"""Cases of loads and stores: lanes, signs, offsets, the end of a page, and reading back in other widths."""

from collections.abc import Iterator

from fuzzer.conformance.case import WINDOW, Base, Case, Value
from fuzzer.conformance.cases.operands import IMMEDIATES, Draws, core_values, sources
from fuzzer.isa.encoding import Instruction, encode
from fuzzer.isa.opcodes import Format, Opcode, opcodes, size_of

_LANES = 16
"""Bytes of a window inside a page: two doublewords, so that a neighbour is there to be spoiled."""


def _patterns(size: int, draws: Draws) -> list[bytes]:
    """Windows in which what is loaded is negative, positive, alternating, and random."""
    negative, positive = (bytes(size - 1) + b"\x80", b"\xff" * (size - 1) + b"\x7f")
    halves = [(part * _LANES)[:_LANES] for part in (negative, positive, negative + positive)]
    return [*halves, draws.number(8 * _LANES).to_bytes(_LANES, "little")]


def load_cases(opcode: Opcode, xlen: int) -> Iterator[Case]:
    """Lanes with several patterns, offsets, aliases, and around the end of a page."""
    draws = Draws(f"{opcode.name}/{xlen}")
    size = size_of(opcode.name)
    patterns = _patterns(size, draws)
    for lane in range(0, _LANES, size):
        for pattern in patterns:
            yield _load(opcode, sources(draws)[:2], pattern, lane, draws.one_of(IMMEDIATES))
    for imm in IMMEDIATES:
        lane = draws.below(_LANES // size) * size
        yield _load(opcode, sources(draws)[:2], draws.one_of(patterns), lane, imm)
    for _ in range(6):
        a, b = draws.registers(2)
        for registers in ((a, a), (0, a), (b, a)):
            pattern = draws.number(8 * _LANES).to_bytes(_LANES, "little")
            yield _load(opcode, registers, pattern, 0, draws.one_of(IMMEDIATES))
    for lane in range(WINDOW // 2 - 8, WINDOW // 2 + 8, size):
        pattern = draws.number(8 * WINDOW).to_bytes(WINDOW, "little")
        yield _load(opcode, sources(draws)[:2], pattern, lane, draws.one_of(IMMEDIATES))


def _load(opcode: Opcode, registers: tuple[int, int], window: bytes, lane: int, imm: int) -> Case:
    rd, rs1 = registers
    return Case(
        op=opcode.name,
        code=(encode(Instruction(opcode.name, rd, rs1, imm=imm)),),
        inputs=((rs1, Value(lane - imm, Base.DATA)),),
        outputs=((rd, Base.ABSOLUTE),),
        window=window,
        across_page=len(window) == WINDOW,
    )


def store_cases(opcode: Opcode, xlen: int) -> Iterator[Case]:
    """Values in all lanes, offsets, aliases, the end of a page, and reading back in each width."""
    draws = Draws(f"{opcode.name}/{xlen}")
    size = size_of(opcode.name)
    values = [*core_values(xlen), *(draws.value(xlen) for _ in range(6))]
    for index, value in enumerate(values):
        for lane in range(0, _LANES, max(size, 2)):
            shifted = (lane + (index % 2 if size == 1 else 0)) % _LANES
            yield _store(opcode, draws, value, shifted, draws.one_of(IMMEDIATES))
    for imm in IMMEDIATES:
        lane = draws.below(_LANES // size) * size
        yield _store(opcode, draws, draws.value(xlen), lane, imm)
    for lane in range(WINDOW // 2 - 8, WINDOW // 2 + 8, size):
        yield _store(opcode, draws, draws.value(xlen), lane, draws.one_of(IMMEDIATES), across_page=True)
    for imm in IMMEDIATES[::3]:
        yield _store(opcode, draws, 0, 0, imm, from_zero=True)
        yield _store_address(opcode, draws, imm, xlen)
    for load in opcodes(xlen):
        if load.format is Format.LOAD and load.name != "jalr":
            yield from _read_back(opcode, load, draws, xlen)


def _store(
    opcode: Opcode,
    draws: Draws,
    value: int,
    lane: int,
    imm: int,
    *,
    across_page: bool = False,
    from_zero: bool = False,
) -> Case:
    """A store, with the whole window looked at afterwards."""
    size = WINDOW if across_page else _LANES
    rs1, rs2 = draws.registers(2)
    address = (rs1, Value(lane - imm, Base.DATA))
    return Case(
        op=opcode.name,
        code=(encode(Instruction(opcode.name, rs1=rs1, rs2=0 if from_zero else rs2, imm=imm)),),
        inputs=(address,) if from_zero else (address, (rs2, Value(value))),
        window=draws.number(8 * size).to_bytes(size, "little"),
        across_page=across_page,
    )


def _store_address(opcode: Opcode, draws: Draws, imm: int, xlen: int) -> Case:
    """rs1 = rs2: what is stored depends on the layout, so it is read back and held against the register."""
    size = size_of(opcode.name)
    base, found = draws.registers(2)
    lane = draws.below(_LANES // size) * size
    load = {1: "lbu", 2: "lhu", 4: "lwu" if xlen > 32 else "lw", 8: "ld"}[size]  # noqa: PLR2004 - a width
    code = (
        Instruction(opcode.name, rs1=base, rs2=base, imm=imm),
        Instruction(load, found, base, imm=imm),
        Instruction("xor", found, found, base),
        Instruction("slli", found, found, imm=xlen - 8 * size),
    )
    return Case(
        op=opcode.name,
        code=tuple(encode(instruction) for instruction in code),
        inputs=((base, Value(lane - imm, Base.DATA)),),
        outputs=((found, Base.ABSOLUTE),),
        window=bytes(_LANES),
        window_counts=False,
    )


def _read_back(opcode: Opcode, load: Opcode, draws: Draws, xlen: int) -> Iterator[Case]:
    """Store to each lane of a doubleword, then load what holds its first byte, in another width."""
    step = size_of(load.name)
    for lane in range(0, 8, size_of(opcode.name)):
        base, value, found = draws.registers(3)
        target = lane // step * step
        code = (
            Instruction(opcode.name, rs1=base, rs2=value, imm=lane),
            Instruction(load.name, found, base, imm=target),
        )
        yield Case(
            op=opcode.name,
            code=tuple(encode(instruction) for instruction in code),
            inputs=((base, Value(0, Base.DATA)), (value, Value(draws.number(xlen)))),
            outputs=((found, Base.ABSOLUTE),),
            window=draws.number(8 * _LANES).to_bytes(_LANES, "little"),
        )
