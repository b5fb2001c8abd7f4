"""At which instruction do executors part? Found by rerunning prefixes of the program. Pure.

A prefix is the program with one instruction replaced by a jump to its own publishing routine: it shows what
all registers held when that instruction was reached for the first time. The first prefix on which two
executors differ names the instruction that was executed just before.

What registers do not show is looked for besides: that an executor does not come to an instruction at all, and
what the registers hold that the layout uses for itself.
"""

import struct
from collections.abc import Collection, Iterator, Sequence
from collections.abc import Set as AbstractSet

import msgspec

from fuzzer.generate.elf import segments_of

_REACH = 1 << 20
"""JAL goes this many bytes back, and one instruction less forward (ISA manual, "Unconditional Jumps")."""


_WRITE_REGISTERS = frozenset({0x03, 0x13, 0x17, 0x1B, 0x33, 0x37, 0x3B})
_GO_ELSEWHERE = frozenset({0x63, 0x67, 0x6F})
"""Opcodes of loads and arithmetic, and of branches and jumps (RISC-V Unprivileged ISA, RV32/64G listings)."""


class Prefix(msgspec.Struct, frozen=True):
    """A program that stops where `step` of the trace is about to be executed."""

    step: int
    elf: bytes
    is_silent: bool = False
    """Whether it publishes nothing there."""
    register: int = 0
    """A register of the layout; it is published in the place of another one."""


def prefixes(elf: bytes, *, dump: int, path: Sequence[int], body: Collection[int]) -> Iterator[Prefix]:
    """A prefix for each instruction of the body, where it is reached for the first time.

    Args:
        elf: The program.
        dump: Address of its publishing routine.
        path: The addresses that the reference executed, in order.
        body: Those that a prefix may end at.
    """
    text = next((segment for segment in segments_of(elf) if segment.executable), None)
    seen: set[int] = set()
    for step, pc in enumerate(path):
        if pc in seen or pc not in body or text is None:
            continue
        seen.add(pc)
        place, distance = text.place(pc), dump - pc
        if place is not None and -_REACH <= distance < _REACH:
            yield Prefix(step, _patched(elf, place, _jal(distance)))


def peeks(
    elf: bytes,
    *,
    dump: int,
    path: Sequence[tuple[int, int]],
    body: AbstractSet[int],
    frame: Collection[int],
    shown: int,
) -> Iterator[Prefix]:
    """Prefixes that show what the others do not, where something of that kind may have changed.

    Behind a branch or a jump the program halts without publishing: whoever does not come there goes on. Where
    a register of the layout was written, it is published in the place of `shown`.

    Args:
        elf: The program.
        dump: Address of its publishing routine, the first instruction of which publishes.
        path: Address and word of what the reference executed, in order.
        body: The addresses that a prefix may end at.
        frame: The layout's registers.
        shown: A published register, or 0.
    """
    text = next((segment for segment in segments_of(elf) if segment.executable), None)
    seen: set[int] = set()
    for step, (pc, _) in enumerate(path):
        is_first, before = pc not in seen, path[step - 1][1] if step else 0
        seen.add(pc)
        place = text.place(pc) if text and is_first and pc in body else None
        opcode, register = before & 0x7F, before >> 7 & 31
        if place is None or not -_REACH <= dump - pc < _REACH - 4:
            continue
        if opcode in _GO_ELSEWHERE:
            yield Prefix(step, _patched(elf, place, _jal(dump + 4 - pc)), is_silent=True)
        elif opcode in _WRITE_REGISTERS and register in frame and shown and pc + 4 in body - seen:
            shows = _addi(shown, register)
            yield Prefix(step, _patched(elf, place, shows, _jal(dump - pc - 4)), register=register)


def _patched(elf: bytes, place: int, *words: int) -> bytes:
    return elf[:place] + struct.pack(f"<{len(words)}I", *words) + elf[place + 4 * len(words) :]


def _addi(rd: int, rs1: int) -> int:
    """`addi rd, rs1, 0`."""
    return rs1 << 15 | rd << 7 | 0x13


def _jal(distance: int) -> int:
    """`jal x0, distance` (ISA manual, "Immediate Encoding Variants", J-immediate)."""
    bits = distance & 0x1F_FFFF
    return (
        (bits >> 20) << 31
        | (bits >> 1 & 0x3FF) << 21
        | (bits >> 11 & 1) << 20
        | (bits >> 12 & 0xFF) << 12
        | 0x6F
    )


def published_registers(
    stream: bytes, registers: Sequence[int], *, record_bytes: int, xlen: int
) -> dict[int, int]:
    """What the last checkpoint of a stream says of the registers; empty when it is cut off."""
    width = xlen // 8
    record = stream[len(stream) - record_bytes :]
    if len(stream) < record_bytes:
        return {}
    return {
        register: int.from_bytes(record[place * width : (place + 1) * width], "little")
        for place, register in enumerate(registers)
    }
