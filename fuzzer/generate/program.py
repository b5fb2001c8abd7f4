"""Instruction programs as what they are made of: operations in blocks. Pure.

The generator (`runners/riscv`) makes them and lays them out; the table of its module `ir` says what each
field and each op means. Here they are only taken apart: nothing in a program says where an instruction lies,
so any block and any op can be left out.
"""

from typing import Any

import msgspec

from fuzzer.errors import StoreError

Op = dict[str, Any]
"""An operation: `op` says which, the other keys are its operands."""


class Block(msgspec.Struct, frozen=True):
    """Ops that are executed one after the other; jumps go to blocks by `id`."""

    id: int
    ops: tuple[Op, ...] = ()


class Publish(msgspec.Struct, frozen=True):
    """What a checkpoint and the end publish."""

    registers: tuple[int, ...] = ()
    windows: tuple[dict[str, Any], ...] = ()
    """Ranges of memory: `address` in hex, `size` in bytes."""


class InstructionProgram(msgspec.Struct, frozen=True, kw_only=True):
    """A generated program."""

    version: int
    xlen: int
    """Width of the registers in bits."""
    generator: str = ""
    seed: int = 0
    index: int = 0
    text_base: str
    segments: tuple[dict[str, Any], ...] = ()
    registers: dict[str, str] = {}
    """Initial values in hex by number; one that is absent is 0."""
    frame: dict[str, Any] = {}
    blocks: tuple[Block, ...] = ()
    publish: Publish = Publish()
    exit_code: int = 0
    """What it halts with at its end."""

    @property
    def size(self) -> int:
        """How many ops there are."""
        return sum(len(block.ops) for block in self.blocks)

    @property
    def frame_registers(self) -> tuple[int, ...]:
        """The registers that the layout uses."""
        return tuple(int(number) for number in self.frame.get("registers", ()))

    @property
    def record_bytes(self) -> int:
        """How many bytes one checkpoint publishes."""
        windows = sum(int(window["size"]) for window in self.publish.windows)
        return len(self.publish.registers) * self.xlen // 8 + windows

    def encode(self) -> bytes:
        """The JSON document."""
        return msgspec.json.encode(self)


class Layout(msgspec.Struct, frozen=True):
    """What the generator made of a program."""

    elf: bytes
    error: str
    """Why it could not be laid out; empty when all went well."""
    text_base: int
    dump: int
    """Address to jump to from anywhere: everything is published and the program halts."""
    instructions: int
    """How many come from ops: without the frame that sets registers up, publishes and halts."""
    places: tuple[tuple[int, int, int, int], ...]
    """Block, op, address and number of instructions of each op."""
    listing: str
    """Assembly language for people."""

    @property
    def body(self) -> set[int]:
        """The addresses of the instructions that come from ops."""
        return {pc + 4 * place for _, _, pc, count in self.places for place in range(count)}

    def number_at(self, pc: int) -> int | None:
        """The number of the op that an address belongs to."""
        places = enumerate(self.places)
        return next(
            (number for number, (*_, begin, count) in places if begin <= pc < begin + 4 * count), None
        )


_decode = msgspec.json.Decoder(InstructionProgram).decode


def decode_program(data: bytes, *, name: str) -> InstructionProgram:
    """The program that a document holds; `name` is what errors call it.

    Raises:
        StoreError: it is no such document.
    """
    try:
        return _decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StoreError(f"{name} is not a program: {error}", hint="it may be damaged") from None
