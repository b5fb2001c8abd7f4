"""Cases of ECALL: what every environment of ours serves, committing bytes and ending with an exit code."""

from collections.abc import Iterator

from fuzzer.conformance.case import Base, Case, Value
from fuzzer.conformance.cases.operands import Draws
from fuzzer.conformance.programs import A0, A1, A2, COMMIT_FD, HALT_CALL, SYSCALL, WRITE_CALL, small
from fuzzer.isa.encoding import Instruction, encode
from fuzzer.isa.opcodes import Opcode

_BYTES, _ZERO = 64, 32
"""Size of a window, and the offset at which it has a zero."""
_MORE_THAN_A_PAGE = 4100
_EXIT_CODES = (0, 1, 2, 3, 7, 42, 100, 101, 127, 128, 254, 255, 256, 511, 2047)
_LENGTHS = (0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 31, 32, 33, 48, 63, 64)
_ECALL = encode(Instruction("ecall"))


def ecall_cases(opcode: Opcode, xlen: int) -> Iterator[Case]:
    """Exit codes; commits of all short lengths from all lanes; several of them; registers afterwards."""
    draws = Draws(f"{opcode.name}/{xlen}")
    for exit_code in _EXIT_CODES:
        yield _case(draws, (_halt(exit_code),))
    for length in _LENGTHS:
        for offset in {0, draws.below(_BYTES - length + 1)}:
            yield _case(draws, (_commit(offset, length), _halt(0)))
    for offset in range(8):
        yield _case(draws, (_commit(offset, 8), _commit(offset + 8, 3), _halt(offset)))
    # Commits that are alike in length or content, and last ones that are easily lost: a zero, nothing.
    yield _case(draws, (_commit(0, 4), _commit(0, 0), _commit(0, 4), _halt(1)))
    yield _case(draws, (_commit(0, 4), _commit(4, 4), _commit(8, 4), _halt(0)))
    yield _case(draws, (_commit(0, 8), _commit(_ZERO, 1), _halt(0)))
    for length in (0, 1, 8, 13, 64, 300, _MORE_THAN_A_PAGE):
        yield _kept_registers(draws, length, xlen)


def _case(draws: Draws, parts: tuple[tuple[int, ...], ...]) -> Case:
    """Words that end the program; `s0` holds the address of the window."""
    return Case(
        op="ecall",
        code=tuple(word for part in parts for word in part),
        inputs=((_WINDOW, Value(0, Base.DATA)),),
        window=draws.number(8 * _ZERO).to_bytes(_ZERO, "little") + bytes(range(_BYTES - _ZERO)),
        halts=True,
    )


def _kept_registers(draws: Draws, length: int, xlen: int) -> Case:
    """A commit with something in all registers, whose sum is the exit code: a commit changes none of them."""
    others = [number for number in range(1, 32) if number not in {SYSCALL, A0, A1, A2, _WINDOW}]
    code = [small(SYSCALL, WRITE_CALL), small(A0, COMMIT_FD), encode(Instruction("addi", A1, _WINDOW, imm=3))]
    code += [encode(Instruction("lui", A2, imm=length + 0x800 >> 12))]
    code += [encode(Instruction("addi", A2, A2, imm=(length & 0xFFF ^ 0x800) - 0x800)), _ECALL]
    # The address of the window is subtracted: the sum must not depend on where the case lies.
    code.append(encode(Instruction("sub", A1, A1, _WINDOW)))
    code += [encode(Instruction("add", A1, A1, number)) for number in (*others, A0, A2)]
    code += [small(SYSCALL, HALT_CALL), encode(Instruction("andi", A0, A1, imm=0xFF)), _ECALL]
    values = tuple((number, Value(draws.number(xlen))) for number in others)
    size = length + 3
    return Case(
        op="ecall",
        code=tuple(code),
        inputs=((_WINDOW, Value(0, Base.DATA)), *values),
        window=b"".join(draws.number(256).to_bytes(32, "little") for _ in range(-(-size // 32)))[:size],
        halts=True,
    )


_WINDOW = 8
"""`s0`."""


def _halt(exit_code: int) -> tuple[int, ...]:
    return small(SYSCALL, HALT_CALL), small(A0, exit_code), _ECALL


def _commit(offset: int, length: int) -> tuple[int, ...]:
    address = encode(Instruction("addi", A1, _WINDOW, imm=offset))
    return small(SYSCALL, WRITE_CALL), small(A0, COMMIT_FD), address, small(A2, length), _ECALL
