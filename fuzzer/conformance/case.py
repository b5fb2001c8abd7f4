"""A directed case, what it must give, and what a target made of it: frozen values without I/O."""

from enum import StrEnum

import msgspec

UNTOUCHED = 0xA5
"""Every byte of an output register that is not an input, before the case runs: not writing it shows."""
WINDOW = 32
"""Bytes of a window that lies across the end of a page; the end is in its middle."""


class Base(StrEnum):
    """What a value counts from: frozen values hold wherever the case is laid out."""

    ABSOLUTE = ""
    CODE = "code"
    """The address of the case's first word."""
    DATA = "data"
    """The address of the case's window."""


class Value(msgspec.Struct, frozen=True):
    """A register's content, modulo 2^XLEN."""

    number: int
    base: Base = Base.ABSOLUTE


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """Some words to execute, from the first one to behind the last one, in known surroundings.

    An input register that is no output must keep its value.
    """

    op: str
    """The opcode that it is about."""
    code: tuple[int, ...]
    inputs: tuple[tuple[int, Value], ...] = ()
    """Numbers of registers with what they hold at the start."""
    outputs: tuple[tuple[int, Base], ...] = ()
    """Registers to look at afterwards, and what their values count from. Register 0 may be one."""
    window: bytes = b""
    """Memory at `Base.DATA` that the case may use."""
    across_page: bool = False
    """Whether a page ends in the middle of the window."""
    window_counts: bool = True
    """Whether the window afterwards is looked at; not when the case stores an address."""
    halts: bool = False
    """Whether it ends the program by itself; its exit code and all that was committed are what it gives."""


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What a case must give."""

    registers: tuple[int, ...] = ()
    """For each of the case's outputs, counted from its base."""
    window: bytes = b""
    exit_code: int = 0
    stream: bytes = b""


class FrozenCase(msgspec.Struct, frozen=True):
    """A case with what it must give, as the files in `inputs/conformance/` hold it."""

    case: Case
    expected: Expected


class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """What a target made of a case."""

    registers: tuple[int, ...] = ()
    """For each of `watched`, counted from its base."""
    window: bytes = b""
    exit_code: int = 0
    stream: bytes = b""


def watched(case: Case) -> tuple[tuple[int, Base], ...]:
    """The registers to look at: the outputs, then the inputs that must keep their values."""
    outputs = {number for number, _ in case.outputs}
    kept = ((number, value.base) for number, value in case.inputs if number not in outputs)
    return (*case.outputs, *kept)


def wanted(frozen: FrozenCase, xlen: int) -> Observed:
    """What must be observed of a case."""
    case, expected = frozen.case, frozen.expected
    if case.halts:
        return Observed(exit_code=expected.exit_code, stream=expected.stream)
    outputs = {number for number, _ in case.outputs}
    kept = (value.number % (1 << xlen) for number, value in case.inputs if number not in outputs)
    return Observed(
        registers=(*expected.registers, *kept), window=expected.window if case.window_counts else b""
    )
