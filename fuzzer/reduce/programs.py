"""Makes an instruction program smaller, as long as it still shows the same difference. Pure.

A pass proposes candidates, the most promising first, and is told which is the first of them that still shows;
it goes on from that one. Whoever drives it lays the candidates out, runs them, and may stop at any time: the
last candidate that showed is then the smallest program known.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from fuzzer.generate.program import Block, InstructionProgram, Op, Publish
from fuzzer.reduce.runs import (
    Candidates,
    Widths,
    fold_pads,
    goes_to_blocks,
    op_at,
    shorten,
    split,
    unused_registers,
    with_op,
    without_ops,
)

_Pass = Callable[[InstructionProgram], Candidates]
TEXT_BASE, FRAME_ADDRESS = "0x78000000", "0x78180000"
_TWO_WAYS = ("branch", "loop_end")
_NOT_IN_A_ROW = ("return", "pad", "checkpoint")
"""Ops that mean nothing, or something else, in a program that is executed from its first op to its last."""
_SMALL_VALUES = (0, 1, 2, -1)


def reduce_program(program: InstructionProgram, widths: Widths) -> Candidates:
    """All passes, until none of them makes the program smaller."""
    while True:
        before = program
        program = yield from shorten(program, widths)
        for one_pass in _PASSES:
            program = yield from one_pass(program)
        if program == before:
            return program


class Executed(msgspec.Struct, frozen=True):
    """An op that was executed."""

    op: Op
    fell_through: bool
    """Whether the op behind it was executed next."""


def started_at(
    program: InstructionProgram,
    row: Sequence[Executed],
    *,
    registers: Mapping[int, int],
    memory: Sequence[bytes],
) -> InstructionProgram:
    """A program of some ops one after the other, which find everything as it was before the first.

    A branch among them goes the way that it went. Should it go the other way, it comes to an op that nothing
    else comes to, and that shows.

    Args:
        program: The whole program.
        row: The ops, in the order in which they were executed.
        registers: What the published registers held before them.
        memory: What the published windows held before them.
    """
    frame = program.frame_registers
    mask = (1 << program.xlen) - 1
    values = {
        str(number): hex(value & mask)
        for number, value in sorted(registers.items())
        if value and number not in frame
    }
    row = [executed for executed in row if executed.op["op"] not in _NOT_IN_A_ROW]
    wrong = 2 * len(row) + 1
    end = wrong + 1
    blocks = []
    for number, executed in enumerate(row):
        op, label = executed.op, 2 * number
        if not goes_to_blocks(op):
            blocks.append(Block(label, (op,)))
            continue
        goes_on = executed.fell_through and op["op"] in _TWO_WAYS
        target = wrong if goes_on else label + 2
        targets = [target] * len(op["to"]) if op["op"] == "switch" else target
        blocks.append(Block(label, ({**op, "to": targets},)))
        if not goes_on:
            blocks.append(Block(label + 1, ({"op": "jump", "to": wrong},)))
    seen = next((number for number in program.publish.registers if number > 0), 0)
    if seen and any(goes_to_blocks(executed.op) for executed in row):
        marker: Op = {"op": "ins", "name": "addi", "rd": seen, "rs1": seen, "imm": 1}
        blocks += [Block(wrong - 1, ({"op": "jump", "to": end},)), Block(wrong, (marker,))]
    return replace(program, registers=values, segments=_filled(program, memory), blocks=(*blocks, Block(end)))


def started_in_place(
    program: InstructionProgram, number: int, *, registers: Mapping[int, int], memory: Sequence[bytes]
) -> InstructionProgram:
    """The program as it is, begun at an op, which finds everything as it was before it.

    For what depends on distances: nothing is moved, but what led to the op may go.
    """
    blocks, label = split(program, number)
    begins: Op = {"op": "jump", "to": label}
    state = started_at(program, (), registers=registers, memory=memory)
    return replace(state, blocks=(Block(0, (begins,)), *blocks))


def with_all_registers(program: InstructionProgram) -> InstructionProgram:
    """The program with everything published that its layout does not use."""
    registers = tuple(number for number in range(1, 32) if number not in program.frame_registers)
    return replace(program, publish=replace(program.publish, registers=registers))


def _filled(program: InstructionProgram, memory: Sequence[bytes]) -> tuple[dict[str, Any], ...]:
    """The segments with the contents of the windows put over theirs; there is one for every window."""
    segments = list(program.segments)
    for window, held in zip(program.publish.windows, memory, strict=False):
        start, end = _range(window)
        touched = [other for other in segments if _range(other)[0] < end and start < _range(other)[1]]
        if not touched and not any(held):
            continue
        segments = [other for other in segments if other not in touched]
        segments.append(_with_bytes(touched, start, held))
    return tuple(sorted(segments, key=_range))


def _with_bytes(touched: Sequence[Mapping[str, Any]], start: int, held: bytes) -> dict[str, Any]:
    """One segment in the place of some, with these bytes at an address."""
    ranges = [_range(segment) for segment in touched]
    first = min([start, *(low for low, _ in ranges)])
    content = bytearray(max([start + len(held), *(high for _, high in ranges)]) - first)
    for (low, _), segment in zip(ranges, touched, strict=True):
        data = bytes.fromhex(segment.get("bytes", ""))
        content[low - first : low - first + len(data)] = data
    content[start - first : start - first + len(held)] = held
    text = bytes(content).rstrip(b"\0").hex()
    file_size = max(
        [len(text) // 2, *(int(one.get("file_size", 0)) + _range(one)[0] - first for one in touched)]
    )
    kept = dict(touched[0]) if touched else {"writable": True}
    return {**kept, "address": hex(first), "size": len(content), "file_size": file_size, "bytes": text}


def _range(part: Mapping[str, Any]) -> tuple[int, int]:
    """The first address of a segment or a window, and the one behind it."""
    address = int(part["address"], 16)
    return address, address + int(part["size"])


def _drop_registers(program: InstructionProgram) -> Candidates:
    """Let registers begin with 0."""
    names = list(program.registers)
    found = yield [replace(program, registers={})]
    if found is not None:
        return replace(program, registers={})
    for name in names:
        smaller = replace(
            program, registers={key: value for key, value in program.registers.items() if key != name}
        )
        if (yield [smaller]) is not None:
            program = smaller
    return program


def _preset_registers(program: InstructionProgram) -> Candidates:
    """Let a register begin with the constant that an op sets it to.

    If it is one of the layout's, that takes others.
    """
    for number in range(program.size - 1, -1, -1):
        op = op_at(program, number)
        if op["op"] != "set" or op["to"].get("blend"):
            continue
        register, shorter = int(op["rd"]), without_ops(program, number, number + 1)
        frame = list(program.frame_registers)
        if register in frame:
            frame = unused_registers(shorter, besides=(register, *frame))[: len(frame)]
        registers = {**program.registers, str(register): op["to"]["value"]}
        smaller = replace(shorter, registers=registers, frame={**program.frame, "registers": frame})
        if (yield [smaller]) is not None:
            program = smaller
    return program


def _simplify_registers(program: InstructionProgram) -> Candidates:
    """Let registers begin with small values."""
    mask = (1 << program.xlen) - 1
    for name, value in program.registers.items():
        number = int(value, 16)
        plain = [small & mask for small in _SMALL_VALUES] + list(_plainer(number, program.xlen))
        tries = [replace(program, registers={**program.registers, name: hex(v)}) for v in plain if v < number]
        if tries and (found := (yield tries)) is not None:
            program = tries[found]
    return program


def _plainer(value: int, xlen: int) -> Iterator[int]:
    """Values like this one with fewer digits: a single bit, its lower half, its highest bits."""
    yield 1 << (value.bit_length() - 1) if value else 0
    yield value & 0xFF
    yield value & 0xFFFF_FFFF
    yield value & ~0xFFFF_FFFF & ((1 << xlen) - 1)


def _narrow_publishing(program: InstructionProgram) -> Candidates:
    """Publish as little as shows the difference: one register, one window, or fewer of them."""
    publish = program.publish
    tries = [replace(program, publish=Publish(registers=(number,))) for number in publish.registers]
    tries += [replace(program, publish=Publish(windows=(window,))) for window in publish.windows]
    tries += [replace(program, publish=replace(publish, windows=()))]
    tries = [candidate for candidate in tries if candidate.publish != publish]
    found = (yield tries) if tries else None
    return program if found is None else tries[found]


def _plain_exit_code(program: InstructionProgram) -> Candidates:
    """Halt with code 0, or 1."""
    tries = [replace(program, exit_code=code) for code in (0, 1) if abs(code) < abs(program.exit_code)]
    found = (yield tries) if tries else None
    return program if found is None else tries[found]


def _drop_segments(program: InstructionProgram) -> Candidates:
    """Leave out data segments, and the contents of those that stay."""
    for segment in program.segments:
        rest = tuple(other for other in program.segments if other is not segment)
        empty = tuple(
            {**other, "bytes": "", "file_size": 0} if other is segment else other
            for other in program.segments
        )
        tries = [replace(program, segments=rest)]
        if segment.get("bytes"):
            tries.append(replace(program, segments=empty))
        found = yield tries
        if found is not None:
            return tries[found]
    return program


def _simplify_ops(program: InstructionProgram) -> Candidates:
    """Replace single ops by plainer ones."""
    for number in range(program.size):
        while True:
            op = op_at(program, number)
            tries = [with_op(program, number, plainer) for plainer in _plainer_ops(op)]
            found = (yield tries) if tries else None
            if found is None:
                break
            program = tries[found]
    return program


def _plainer_ops(op: Op) -> Iterator[Op]:
    """Ops that do nearly the same with fewer or smaller operands; each is plainer by some measure."""
    if op.get("blend"):
        yield {key: value for key, value in op.items() if key != "blend"}
    for key in ("to", "at"):
        yield from ({**op, key: plainer} for plainer in _plainer_constants(op.get(key)))
    if op.get("form") in ("far", "computed"):
        yield {key: value for key, value in op.items() if key in ("op", "rd", "to")} | {"form": "jal"}
    for key in ("imm", "offset", "mask", "times", "count", "length"):
        yield from ({**op, key: smaller} for smaller in _smaller(op.get(key)))
    yield from ({**op, key: 0} for key in ("rs1", "rs2") if op.get(key))


def _plainer_constants(constant: object) -> Iterator[dict[str, Any]]:
    """The same value without what it is blended with, and made of immediates instead of loaded."""
    if isinstance(constant, dict) and constant.get("blend"):
        yield {"value": constant["value"], "form": constant["form"]}
    elif isinstance(constant, dict) and constant.get("form") == "pool":
        yield {"value": constant["value"], "form": "build"}


def _smaller(value: object) -> Iterator[int]:
    """Numbers nearer to 0, with the same sign."""
    if isinstance(value, int):
        tries = {0, 1 if value > 0 else -1, int(value / 2)}
        yield from (number for number in sorted(tries, key=abs) if abs(number) < abs(value))


def _plain_layout(program: InstructionProgram) -> Candidates:
    """Put the text and the frame where small programs have them."""
    plain = replace(program, text_base=TEXT_BASE)
    tries = [
        replace(plain, frame={**program.frame, "address": FRAME_ADDRESS}),
        replace(program, frame={**program.frame, "address": FRAME_ADDRESS}),
        plain,
    ]
    tries = [candidate for candidate in tries if candidate != program]
    found = (yield tries) if tries else None
    return program if found is None else tries[found]


_PASSES: tuple[_Pass, ...] = (
    fold_pads,
    _preset_registers,
    _drop_registers,
    _narrow_publishing,
    _drop_segments,
    _plain_exit_code,
    _plain_layout,
    _simplify_ops,
    _simplify_registers,
)
