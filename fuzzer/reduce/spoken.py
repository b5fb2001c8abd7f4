"""A program that writes out, op by op, what another one publishes at its end. Pure.

Where executors differ on what is published, whatever was executed before, the instructions that part them are
those of the layout: here they are ops, which can be left out.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from fuzzer.generate.program import Block, InstructionProgram, Op, Publish
from fuzzer.reduce.programs import FRAME_ADDRESS, TEXT_BASE

_PAGE = 4096
_FIRST = 0x7900_0000
"""Where the first piece is put: far from the text and the frame of small programs."""


def spoken(
    program: InstructionProgram,
    *,
    registers: Mapping[int, int],
    memory: Sequence[bytes],
    frame: tuple[int, int],
) -> InstructionProgram:
    """The program of those writes, in their order, each from as far into a page as it was.

    What they do to registers shows, too: all are published in the end, but for two that the layout needs, and
    none holds 0.

    Args:
        program: What publishes.
        registers: What the published registers held.
        memory: What the published windows held.
        frame: The two registers that the layout is to use.
    """
    width = program.xlen // 8
    record = b"".join(
        (value & (1 << program.xlen) - 1).to_bytes(width, "little") for value in registers.values()
    )
    pieces = [(int(program.frame["address"], 16), record)]
    pieces += [
        (int(window["address"], 16), held)
        for window, held in zip(program.publish.windows, memory, strict=True)
    ]
    segments: list[dict[str, Any]] = []
    ops: list[Op] = []
    address = _FIRST
    for origin, data in pieces:
        address += origin % _PAGE
        ops.append({"op": "write", "address": hex(address), "length": len(data)})
        segments.append(
            {"address": hex(address), "size": len(data), "file_size": len(data), "bytes": data.hex()}
        )
        address = (address + len(data)) // _PAGE * _PAGE + 2 * _PAGE
    others = tuple(number for number in range(1, 32) if number not in frame)
    return replace(
        program,
        text_base=TEXT_BASE,
        frame={"registers": list(frame), "address": FRAME_ADDRESS},
        segments=tuple(segments),
        registers={str(number): hex(registers.get(number) or 1) for number in others},
        blocks=tuple(Block(number, (op,)) for number, op in enumerate(ops)),
        publish=Publish(registers=others),
    )
