"""Cases of branches and jumps: both ways, both directions, all distances; a mark tells which way it went."""

from collections.abc import Iterator, Sequence

from fuzzer.conformance.case import Base, Case, Value
from fuzzer.conformance.cases.operands import IMMEDIATES, Draws, core_values, sources
from fuzzer.conformance.programs import small
from fuzzer.isa.encoding import NOP, Instruction, encode
from fuzzer.isa.opcodes import Opcode

_LEAST_SPAN = 8
"""From here on there is room for a jump around the mark."""
_SPANS = (*(1 << k for k in range(3, 12)), 12, 20, 2044, 2052)
_TRUE: dict[str, tuple[int, int]] = {
    "beq": (7, 7),
    "bne": (7, 8),
    "blt": (-1, 1),
    "bge": (1, -1),
    "bltu": (1, -1),
    "bgeu": (-1, 1),
}
"""Operands with which each branch is taken."""
_FALSE: dict[str, tuple[int, int]] = {
    "beq": (7, 8),
    "bne": (7, 7),
    "blt": (1, -1),
    "bge": (-1, 1),
    "bltu": (-1, 1),
    "bgeu": (1, -1),
}
_FARTHEST_BRANCH = 4096
_FARTHEST_JUMP = 1 << 20


def _jump(distance: int, rd: int = 0) -> int:
    return encode(Instruction("jal", rd, imm=distance))


def forward(turn: int, distance: int, mark: int) -> tuple[int, ...]:
    """`turn` goes forward by `distance` to the mark; not taken, around it."""
    if distance < _LEAST_SPAN:
        return (turn, small(mark, 1))
    # In front of the mark is a jump around it, for a turn that falls short.
    nops = [NOP] * (distance // 4 - 3)
    guard = [_jump(8)] if distance > _LEAST_SPAN else []
    return (turn, _jump(distance), *nops, *guard, small(mark, 1))


def backward(turn: int, distance: int, mark: int) -> tuple[int, ...]:
    """`turn` goes back by `distance` to the mark and from there to the end; not taken, straight to it."""
    if distance < _LEAST_SPAN:
        return (_jump(8), _jump(12), turn, small(mark, 1))
    # On both sides of the mark is a jump to the end, for a turn that goes too far or not far enough.
    nops = [NOP] * (distance // 4 - 2)
    return (_jump(distance + 8), _jump(distance + 8), small(mark, 1), _jump(distance), *nops, turn)


def branch_cases(opcode: Opcode, xlen: int) -> Iterator[Case]:
    """Pairs of operands by turns forward and backward, equal registers, x0, and all distances both ways."""
    draws = Draws(f"{opcode.name}/{xlen}")
    classes = core_values(xlen)
    operands = [(left, right) for left in classes for right in classes]
    operands += [(value, value ^ 1 << draws.below(xlen)) for value in (draws.value(xlen) for _ in range(16))]
    for index, (left, right) in enumerate(operands):
        distance = (8, -8, 16, -12)[index % 4]
        yield _branch(opcode, sources(draws), (left, right), distance)
    for distance in (8, -8, 4, -4):
        mark, a, _ = sources(draws)
        value = draws.value(xlen)
        for registers in ((mark, a, a), (mark, 0, a), (mark, a, 0), (mark, 0, 0)):
            yield _branch(opcode, registers, (value, value), distance)
    farthest = (_FARTHEST_BRANCH - 4, -_FARTHEST_BRANCH)
    for distance in (*_SPANS, *(-span for span in _SPANS), 4, -4, *farthest):
        for chosen in (_TRUE, _FALSE):
            left, right = chosen[opcode.name]
            yield _branch(opcode, sources(draws), (left, right), distance)
    # To itself: only not taken, or it would not end.
    yield _branch(opcode, sources(draws), _FALSE[opcode.name], 0)


def _branch(opcode: Opcode, registers: Sequence[int], values: Sequence[int], distance: int) -> Case:
    mark, rs1, rs2 = registers
    turn = encode(Instruction(opcode.name, rs1=rs1, rs2=rs2, imm=distance))
    code = backward(turn, -distance, mark) if distance < 0 else forward(turn, distance, mark)
    inputs = {number: Value(value) for number, value in zip((rs1, rs2), values, strict=True) if number}
    return Case(op=opcode.name, code=code, inputs=tuple(inputs.items()), outputs=((mark, Base.ABSOLUTE),))


def jal_cases(opcode: Opcode, xlen: int) -> Iterator[Case]:
    """Every destination both ways, all distances to 4 KiB, and one chain of jumps for those beyond."""
    draws = Draws(f"{opcode.name}/{xlen}")
    for rd in range(32):
        for distance in (8, -8):
            yield _jal(rd, distance, next(number for number in draws.registers(2) if number != rd))
    for distance in (*_SPANS, 4096, 4, *(-span for span in _SPANS), -4096, -4):
        mark, rd, _ = sources(draws)
        yield _jal(rd, distance, mark)
    yield _far_jumps()


def _jal(rd: int, distance: int, mark: int) -> Case:
    turn = _jump(distance, rd)
    code = backward(turn, -distance, mark) if distance < 0 else forward(turn, distance, mark)
    outputs = ((rd, Base.CODE if rd else Base.ABSOLUTE), (mark, Base.ABSOLUTE))
    return Case(op="jal", code=code, outputs=outputs)


def _far_jumps() -> Case:
    """A chain of jumps to and fro over 1 MiB, each with a link register of its own, the farthest ones last.

    Each jump lands on a no-operation in front of the next one. A jump that lands elsewhere runs over others
    to some jump, and the links do not fit.
    """
    spans = [(1 << k, 1 << k) for k in range(13, 20)]
    spans.append((_FARTHEST_JUMP - 4, _FARTHEST_JUMP))
    words = [NOP] * (_FARTHEST_JUMP // 4 + 2 * len(spans))
    links, at = iter(range(1, 32)), 0
    for forth, back in spans:
        words[at // 4] = _jump(forth, next(links))
        turn = at + back + 4
        words[turn // 4] = _jump(-back, next(links))
        at += 4
    # The end is out of reach from here: in two jumps.
    half = _FARTHEST_JUMP // 2
    words[at // 4] = _jump(half)
    words[(at + half) // 4] = _jump(4 * len(words) - at - half)
    outputs = tuple((link, Base.CODE) for link in range(1, 2 * len(spans) + 1))
    return Case(op="jal", code=tuple(words), outputs=outputs)


def jalr_cases(opcode: Opcode, xlen: int) -> Iterator[Case]:
    """Every immediate, odd sums whose lowest bit must be cleared, links over their own base, both ways."""
    draws = Draws(f"{opcode.name}/{xlen}")
    for imm in (*IMMEDIATES, -3, 5, 0x7FC, -0x7FC):
        for odd in (0, 1):
            for ahead in (True, False):
                yield _jalr(sources(draws), imm, odd=odd, ahead=ahead)
    for rd in range(32):
        rs1, mark = [number for number in draws.registers(3) if number != rd][:2]
        yield _jalr((rd, rs1, mark), draws.one_of(IMMEDIATES), odd=0, ahead=rd % 2 == 0)
    for _ in range(8):
        rs1, mark = draws.registers(2)
        for rd in (rs1, 0):
            ahead = draws.below(2) == 0
            yield _jalr((rd, rs1, mark), draws.one_of(IMMEDIATES), odd=draws.below(2), ahead=ahead)


def _jalr(registers: Sequence[int], imm: int, *, odd: int, ahead: bool) -> Case:
    """A jump over the mark, or back to where a jump to the end stands; the mark stays as it was."""
    rd, rs1, mark = registers
    turn = encode(Instruction("jalr", rd, rs1, imm=imm))
    code = (turn, small(mark, 1)) if ahead else (_jump(8), _jump(12), turn, small(mark, 1))
    target = 8 if ahead else 4
    outputs = ((rd, Base.CODE if rd else Base.ABSOLUTE), (mark, Base.ABSOLUTE))
    return Case(op="jalr", code=code, inputs=((rs1, Value(target - imm + odd, Base.CODE)),), outputs=outputs)
