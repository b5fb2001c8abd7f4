"""What artifacts say of a finding in an instruction program. Pure."""

import msgspec


class Location(msgspec.Struct, frozen=True, kw_only=True):
    """The first instruction at which the executors part."""

    instruction: str
    """Assembly language."""
    mnemonic: str
    pc: str
    word: str
    step: int
    """How many instructions the reference had executed before it."""
    before: dict[str, str]
    """Registers that were not 0, by name, in hex; the executors agreed on them."""
    after: dict[str, dict[str, str]]
    """By target: the registers that differ between the targets or that the instruction has changed."""
    around: tuple[str, ...]
    """What was executed up to here, the last few lines."""


class ProgramRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A program as its finding keeps it; `program.elf` and `program.json` are the reduced one."""

    xlen: int
    instructions: int
    """Those of the reduced program, without the frame that sets registers up and publishes them."""
    padding: int = 0
    """Instructions without effect besides, which put distance between others."""
    original_instructions: int
    published_bytes: int
    """What one checkpoint publishes."""
    checkpoint: int | None
    """The first checkpoint of the reduced program that differs, from 1; None when none does."""
    location: Location | None
    """None when no prefix of the program shows the difference."""
    also: tuple[str, ...] = ()
    """Other operations that show the same difference in the place of the one at which executors part."""
    listing: str
