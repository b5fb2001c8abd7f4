"""Passes that leave out runs of a program's ops, or keep only the room or the time that they take. Pure."""

from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from itertools import islice

from msgspec.structs import replace

from fuzzer.generate.program import Block, InstructionProgram, Op

Candidates = Generator[Sequence[InstructionProgram], int | None, InstructionProgram]
"""Yields candidates, is sent the place of the first that still shows the difference (or None), and returns
the smallest program."""

Widths = Callable[[InstructionProgram], Sequence[int]]
"""How many instructions each op of a program takes, in order."""

_MOST_AT_ONCE = 32
"""Candidates that are made before it is known whether one of them shows: large programs take long to make and
to run."""
_LEAST_FOLDED = 256
"""A pad that is shorter is plainer than a loop."""
_STEP = 4
"""Blocks are numbered in steps of this to have room for others between them."""
_END = (1 << 32) - 1
"""No block is numbered as high: it stands for the end."""
_TAKEN = frozenset({0, 5, 10, 11, 12})
"""x0, and the registers of syscalls (module `ir` of the generator)."""
_REGISTERS = ("rd", "rs1", "rs2", "reg", "base", "index", "link", "counter")
"""Fields of ops that name a register."""


def shorten(program: InstructionProgram, widths: Widths) -> Candidates:
    """Leave out runs of ops, or pad in their place what depends on distances: long runs first.

    Both at each length: where a distance has to stay, leaving out finds nothing, and a thousand ops one by
    one take long.
    """
    length = max(program.size, 1)
    while length:
        program = yield from _drop(program, length)
        program = yield from _pad(program, length, widths)
        length //= 2
    return program


def _drop(program: InstructionProgram, length: int) -> Candidates:
    """Leave out runs of so many ops."""
    at = 0
    while at < program.size:
        found = yield from _first(_shorter(program, range(at, program.size, length), length))
        if found is None:
            break
        at, program = found
    return program


def _pad(program: InstructionProgram, length: int, widths: Widths) -> Candidates:
    """Put as many instructions without effect in the place of runs of so many ops."""
    at = 0
    while at < program.size:
        found = yield from _first(_padded(program, range(at, program.size, length), length, widths(program)))
        if found is None:
            break
        at, program = found
    return program


_Tries = Iterator[tuple[int, InstructionProgram]]
"""Candidates, and where in the program each is another one."""


def _first(
    tries: _Tries,
) -> Generator[Sequence[InstructionProgram], int | None, tuple[int, InstructionProgram] | None]:
    """Propose candidates a few at a time, more while none shows; the first that shows, with its place."""
    size = 1
    while some := list(islice(tries, size)):
        place = yield [program for _, program in some]
        if place is not None:
            return some[place]
        size = min(2 * size, _MOST_AT_ONCE)
    return None


def _shorter(program: InstructionProgram, runs: range, length: int) -> _Tries:
    return ((first, without_ops(program, first, first + length)) for first in runs)


def without_ops(program: InstructionProgram, first: int, end: int) -> InstructionProgram:
    """The program without the ops numbered from `first` up to `end`; blocks that become empty go too."""
    blocks = []
    number = 0
    for block in program.blocks:
        kept = tuple(op for place, op in enumerate(block.ops, number) if not first <= place < end)
        number += len(block.ops)
        if kept:
            blocks.append(Block(block.id, kept))
    return replace(program, blocks=tuple(blocks))


def _padded(program: InstructionProgram, runs: range, length: int, sizes: Sequence[int]) -> _Tries:
    ops = [op["op"] for block in program.blocks for op in block.ops]
    for first in runs:
        if ops[first : first + length] != ["pad"]:
            yield first, _with_pad(program, first, first + length, sum(sizes[first : first + length]))


def _with_pad(program: InstructionProgram, first: int, end: int, count: int) -> InstructionProgram:
    before = op_at(program, first - 1) if first else {}
    if before.get("op") == "pad":
        first, count = first - 1, count + int(before["count"])
    shorter = without_ops(program, first + 1, end)
    return with_op(shorter, first, {"op": "pad", "count": count})


def fold_pads(program: InstructionProgram) -> Candidates:
    """Put a counted loop of as many executed instructions in the place of a long pad.

    What depends on how much was executed before shows in a few instructions then.
    """
    for number in range(program.size - 1, -1, -1):
        op = op_at(program, number)
        free = unused_registers(program, besides=program.frame_registers)
        if op["op"] == "pad" and int(op["count"]) >= _LEAST_FOLDED and free:
            tries = list(_folded(program, number, int(op["count"]), free[0]))
            if (found := (yield tries)) is not None:
                program = tries[found]
    return program


def _folded(
    program: InstructionProgram, number: int, count: int, counter: int
) -> Iterator[InstructionProgram]:
    """The counter takes one instruction to set, or two; each time around takes two more."""
    for before in (1, 2):
        times, rest = divmod(count - before, 2)
        pad: tuple[Op, ...] = ({"op": "pad", "count": rest},) if rest else ()
        start: Op = {"op": "loop_start", "counter": counter, "times": times}
        halves, label = split(program, number)
        place = next(place for place, block in enumerate(halves) if block.id == label)
        _, *behind = halves[place].ops
        end: Op = {"op": "loop_end", "counter": counter, "to": label}
        loop = (Block(label - 1, (*pad, start)), Block(label, (end,)), Block(label + 1, tuple(behind)))
        yield replace(program, blocks=(*halves[:place], *loop, *halves[place + 1 :]))


def unfolded(program: InstructionProgram) -> InstructionProgram:
    """The program with pads in the place of loops around nothing, with as many executed instructions."""
    times = 0
    blocks = []
    for block in program.blocks:
        ops: list[Op] = []
        for op in block.ops:
            is_empty = op["op"] == "loop_end" and op["to"] == block.id and not ops
            ops.append({"op": "pad", "count": 2 * times} if is_empty and times else op)
            times = int(op["times"]) if op["op"] == "loop_start" else 0
        blocks.append(Block(block.id, tuple(ops)))
    return replace(program, blocks=tuple(blocks))


def split(program: InstructionProgram, number: int) -> tuple[tuple[Block, ...], int]:
    """The blocks with a new one that begins at an op, and what that one is called.

    There is room for two others in front of each block, and for one behind it.
    """
    blocks: list[Block] = []
    first, begun = 0, 0
    for block in program.blocks:
        ops = tuple(_to_numbers_in_steps(op) for op in block.ops)
        place, label = number - first, (block.id + 1) * _STEP
        first += len(ops)
        if 0 <= place < len(ops):
            begun = label + 2
            blocks += [Block(label, ops[:place]), Block(begun, ops[place:])]
        else:
            blocks.append(Block(label, ops))
    return tuple(blocks), begun


def _to_numbers_in_steps(op: Op) -> Op:
    if not goes_to_blocks(op):
        return op
    to = op["to"]
    labels = [min((label + 1) * _STEP, _END) for label in (to if isinstance(to, list) else [to])]
    return {**op, "to": labels if isinstance(to, list) else labels[0]}


def goes_to_blocks(op: Op) -> bool:
    """Whether an op goes to blocks; the `to` of a constant is its value."""
    return "to" in op and op["op"] != "set"


def unused_registers(program: InstructionProgram, *, besides: Collection[int] = ()) -> list[int]:
    """Registers that no op names, the highest first, without those of syscalls."""
    named = _TAKEN | set(besides)
    for block in program.blocks:
        for op in block.ops:
            named |= {int(op[key]) for key in _REGISTERS if key in op}
            named |= {int(via) for via in _blended(op)}
    return [number for number in range(31, 0, -1) if number not in named]


def _blended(op: Mapping[str, object]) -> Iterator[int]:
    """The registers that constants of an op are blended with."""
    for constant in (op, op.get("to"), op.get("at")):
        blend = constant.get("blend") if isinstance(constant, Mapping) else None
        if isinstance(blend, Mapping):
            yield int(blend["via"])


def op_at(program: InstructionProgram, number: int) -> Op:
    """An op by its number."""
    return [op for block in program.blocks for op in block.ops][number]


def with_op(program: InstructionProgram, number: int, op: Op) -> InstructionProgram:
    """The program with an op in the place of another one."""
    blocks = []
    first = 0
    for block in program.blocks:
        if 0 <= number - first < len(block.ops):
            ops = list(block.ops)
            ops[number - first] = op
            blocks.append(Block(block.id, tuple(ops)))
        else:
            blocks.append(block)
        first += len(block.ops)
    return replace(program, blocks=tuple(blocks))
