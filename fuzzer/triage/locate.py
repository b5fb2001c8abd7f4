"""At which instruction do executors part? Found by rerunning prefixes of the program. Pure.

A prefix is the program with one instruction replaced by a jump to its own publishing routine: it shows what
all registers held when that instruction was reached for the first time. The first prefix on which two
executors differ names the instruction that was executed just before.
"""

import struct
from collections.abc import Collection, Iterator, Sequence

import msgspec

from fuzzer.generate.elf import segments_of

_REACH = 1 << 20
"""JAL goes this many bytes back, and one instruction less forward (ISA manual, "Unconditional Jumps")."""


class Prefix(msgspec.Struct, frozen=True):
    """A program that stops where `step` of the trace is about to be executed."""

    step: int
    elf: bytes


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
            yield Prefix(step, elf[:place] + struct.pack("<I", _jal(distance)) + elf[place + 4 :])


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
