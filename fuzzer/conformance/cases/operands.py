"""Values, registers and immediates that are worth trying, and how they are drawn."""

import hashlib
from collections.abc import Iterator, Sequence
from itertools import count
from typing import TypeVar

from fuzzer.conformance.case import Base, Case, Value
from fuzzer.isa.encoding import Instruction, encode

_Item = TypeVar("_Item")

IMMEDIATES = (
    *(0, 1, -1, 2, -2, 3, 4, -4, 7, 8, -8, 15, 16, 31, 32, -32, 63, 64, 127, 128, -128, -129, 255, 256),
    *(511, 512, 1023, 1024, -1024, 0x555, -0x556, 2046, 2047, -2047, -2048),
)
"""Of 12 bits: the edges, both signs, each bit, alternating bits."""


class Draws:
    """Numbers that look random and follow from a name alone, on every machine and for all time."""

    def __init__(self, name: str) -> None:
        self._blocks = (hashlib.sha256(f"{name}/{number}".encode()).digest() for number in count())

    def number(self, bits: int) -> int:
        """A number of that many bits, at most 256."""
        return int.from_bytes(next(self._blocks), "little") % (1 << bits)

    def below(self, bound: int) -> int:
        """A number from 0 to below the bound."""
        return self.number(64) % bound

    def one_of(self, items: Sequence[_Item]) -> _Item:
        """One of them."""
        return items[self.below(len(items))]

    def registers(self, amount: int) -> list[int]:
        """Different registers, without x0."""
        left = list(range(1, 32))
        return [left.pop(self.below(len(left))) for _ in range(amount)]

    def value(self, xlen: int) -> int:
        """A number with some leading bits alike, so that small and negative ones come up."""
        number, alike = self.number(xlen), self.below(xlen)
        signed = number - (1 << xlen - 1)
        return (signed >> alike) % (1 << xlen)


def core_values(xlen: int) -> list[int]:
    """The classes that are tried against each other: 0, 1, -1, extremes, alternating bits.

    At 64 bits also the extremes of the lower half, sign-extended, zero-extended and under a dirty upper half.
    """
    top = 1 << xlen - 1
    values = [0, 1, -1, -top, top - 1, 2, 0x5555_5555_5555_5555]
    if xlen > 32:  # noqa: PLR2004 - a width
        values += [-0x8000_0000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x0123_4567_8000_0000]
        values += [0x0000_0005_FFFF_FFFF, -0x7FFF_FFFF_0000_0001]
    else:
        values += [-2, 3, -top + 1, 0x8000, 0xFFFF, 0x1_0000]
    return [value % (1 << xlen) for value in values]


def powers(xlen: int) -> list[int]:
    """2^k and 2^k - 1 for every k, by turns positive and negative."""
    numbers = [(1 << k) - less for k in range(xlen) for less in (0, 1)]
    return [(number if index % 3 else -number) % (1 << xlen) for index, number in enumerate(numbers)]


def pairs(xlen: int, draws: Draws) -> Iterator[tuple[int, int]]:
    """Two operands: each class against each, each power of two on one side, and values at random."""
    classes = core_values(xlen)
    yield from ((left, right) for left in classes for right in classes)
    for index, power in enumerate(powers(xlen)[:: xlen // 32]):
        other = draws.value(xlen)
        yield (power, other) if index % 2 else (other, power)
    for _ in range(24):
        left = draws.value(xlen)
        yield left, draws.one_of((left, left ^ 1, -left % (1 << xlen), draws.value(xlen), draws.value(xlen)))


def sources(draws: Draws, index: int | None = None) -> tuple[int, int, int]:
    """Three different registers: rd, rs1, rs2; over 93 indexes in a row, each is every register once."""
    drawn = draws.registers(3)
    if index is not None:
        place, wanted = index % 3, 1 + index // 3 % 31
        if wanted in drawn:
            drawn[drawn.index(wanted)] = drawn[place]
        drawn[place] = wanted
    rd, rs1, rs2 = drawn
    return rd, rs1, rs2


def aliases(draws: Draws) -> list[tuple[int, int, int]]:
    """Every way in which rd, rs1 and rs2 can be one another or x0."""
    a, b, c = draws.registers(3)
    return [(0, a, b), (a, a, b), (b, a, b), (a, b, b), (a, a, a), (0, a, a), (c, 0, a), (c, a, 0), (c, 0, 0)]


def one(
    instruction: Instruction, values: Sequence[tuple[int, Value]], *, output: Base | None = Base.ABSOLUTE
) -> Case:
    """A case of a single instruction, whose destination is looked at.

    Registers that are given twice keep the first value; x0 takes none.
    """
    inputs: dict[int, Value] = {}
    for number, value in values:
        if number:
            inputs.setdefault(number, value)
    outputs = () if output is None else ((instruction.rd, output),)
    return Case(
        op=instruction.name, code=(encode(instruction),), inputs=tuple(inputs.items()), outputs=outputs
    )
