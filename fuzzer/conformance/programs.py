"""Many cases in one program, and what each of them gave out of the program's stream. Pure.

A program loads the registers of a case from a table, runs its words, stores the registers that are looked at
in a second table, and goes on with the next case; at the end it commits the second table, which holds the
windows too. A case that ends the program has a program of its own.
"""

import struct
from collections.abc import Iterator, Sequence

import msgspec

from fuzzer.conformance.case import UNTOUCHED, WINDOW, Base, Case, Observed, Value, watched
from fuzzer.conformance.elf import EXECUTE, READ, WRITE, Image, Segment, write_elf
from fuzzer.isa.encoding import Instruction, encode
from fuzzer.isa.opcodes import NUMBER_OF
from fuzzer.model import Outcome, Status

TEXT = 0x7800_0000
"""Where SP1 begins to map programs; other machines of ours take the same."""
_LEAST_DATA = 0x7810_0000
_PAGE = 4096
_ALIGNED = 16
SYSCALL, A0, A1, A2 = (NUMBER_OF[name] for name in ("t0", "a0", "a1", "a2"))
"""The registers of a syscall: its number and three arguments."""
HALT_CALL, WRITE_CALL, COMMIT_FD = 0, 2, 13


class Place(msgspec.Struct, frozen=True):
    """Where a case lies in its program."""

    prologue: int
    """Address of the instructions before its words."""
    code: int
    inputs: int
    """Address of what its registers are loaded from."""
    data: int
    """Address of its window."""
    outputs: int
    """Address of what its registers are stored to."""

    def of(self, value: Value) -> int:
        """A value as a plain number, not yet cut to XLEN bits."""
        return value.number + {Base.ABSOLUTE: 0, Base.CODE: self.code, Base.DATA: self.data}[value.base]


class Program(msgspec.Struct, frozen=True):
    """An ELF file that runs cases."""

    elf: bytes
    xlen: int
    cases: tuple[Case, ...]
    places: tuple[Place, ...]
    results: range
    """The addresses that it commits at its end."""


def pack(cases: Sequence[Case], xlen: int) -> Program:
    """A program of cases, none of which ends it, or of a single one that does."""
    places, results = _layout(cases, xlen)
    words = [word for case, place in zip(cases, places, strict=True) for word in _words(case, place, xlen)]
    if not any(case.halts for case in cases):
        words += _ending(results)
    text = Segment(TEXT, struct.pack(f"<{len(words)}I", *words), READ | EXECUTE)
    data = _data(cases, places, results, xlen)
    image = Image(xlen, TEXT, (text, data))
    return Program(write_elf(image), xlen, tuple(cases), tuple(places), results)


def pack_all(cases: Sequence[Case], xlen: int) -> list[Program]:
    """Programs of all cases: one, and one more for each case that ends its program."""
    together = [case for case in cases if not case.halts]
    programs = [pack(together, xlen)] if together else []
    return programs + [pack([case], xlen) for case in cases if case.halts]


def _layout(cases: Sequence[Case], xlen: int) -> tuple[list[Place], range]:
    """Sizes do not depend on values, so all addresses are known before a word is made."""
    width = xlen // 8
    counts = [(len(_loaded(case)), len(watched(case))) for case in cases]
    codes, at = [], TEXT
    for case, (loads, stores) in zip(cases, counts, strict=True):
        prologue, code = at, at + 4 * (2 + loads)
        codes.append((prologue, code))
        at = code + 4 * (len(case.code) + (0 if case.halts else 2 + stores))
    text_end = at + 4 * len(_ending(range(0)))
    at = max(_LEAST_DATA, _rounded(text_end, _PAGE))
    inputs = []
    for loads, _ in counts:
        inputs.append(at)
        at += loads * width
    start = at = _rounded(at, _ALIGNED)
    places = []
    for case, (_, stores), (prologue, code), loaded in zip(cases, counts, codes, inputs, strict=True):
        data = _rounded(at, _PAGE) + _PAGE - WINDOW // 2 if case.across_page else at
        outputs = data + _rounded(len(case.window), _ALIGNED)
        places.append(Place(prologue, code, loaded, data, outputs))
        at = _rounded(outputs + (0 if case.halts else stores * width), _ALIGNED)
    return places, range(start, at)


def _rounded(address: int, unit: int) -> int:
    return -(-address // unit) * unit


def _loaded(case: Case) -> list[tuple[int, Value]]:
    """What is put into registers before the case: its inputs, and a pattern where outputs are no inputs."""
    inputs = {number for number, _ in case.inputs}
    pattern = Value(int.from_bytes(bytes([UNTOUCHED] * 8)))
    others = [(number, pattern) for number, _ in case.outputs if number and number not in inputs]
    return [*others, *case.inputs]


def _words(case: Case, place: Place, xlen: int) -> Iterator[int]:
    load, store = ("ld", "sd") if xlen > 32 else ("lw", "sw")  # noqa: PLR2004 - a width
    width = xlen // 8
    loaded = _loaded(case)
    base = _free(number for number, _ in loaded)
    yield from _address(base, place.inputs)
    for index, (number, _) in enumerate(loaded):
        yield encode(Instruction(load, rd=number, rs1=base, imm=index * width))
    yield from case.code
    if not case.halts:
        stored = [number for number, _ in watched(case)]
        base = _free(stored)
        yield from _address(base, place.outputs)
        for index, number in enumerate(stored):
            yield encode(Instruction(store, rs1=base, rs2=number, imm=index * width))


def _free(used: Iterator[int] | Sequence[int]) -> int:
    """A register for addresses: one that the case does not use."""
    taken = set(used)
    return next(number for number in range(31, 0, -1) if number not in taken)


def _address(register: int, address: int) -> list[int]:
    """Put an address into a register, always with two words; it is below 2^31, so no width extends it."""
    low = (address & 0xFFF ^ 0x800) - 0x800
    upper = Instruction("lui", rd=register, imm=address - low >> 12)
    return [encode(upper), encode(Instruction("addi", rd=register, rs1=register, imm=low))]


def small(register: int, number: int) -> int:
    """The word that puts a number of 12 bits into a register."""
    return encode(Instruction("addi", rd=register, imm=number))


def _ending(results: range) -> list[int]:
    """Commit the results and end with exit code 0."""
    ecall = encode(Instruction("ecall"))
    return [
        *(small(SYSCALL, WRITE_CALL), small(A0, COMMIT_FD)),
        *_address(A1, results.start),
        *_address(A2, len(results)),
        *(ecall, small(SYSCALL, HALT_CALL), small(A0, 0), ecall),
    ]


def _data(cases: Sequence[Case], places: Sequence[Place], results: range, xlen: int) -> Segment:
    width, start = xlen // 8, places[0].inputs
    data = bytearray([UNTOUCHED]) * (max(results.stop, start + 1) - start)
    for case, place in zip(cases, places, strict=True):
        for index, (_, value) in enumerate(_loaded(case)):
            at = place.inputs - start + index * width
            data[at : at + width] = (place.of(value) % (1 << xlen)).to_bytes(width, "little")
        at = place.data - start
        data[at : at + len(case.window)] = case.window
    data += bytes(-len(data) % _ALIGNED)
    return Segment(start, bytes(data), READ | WRITE)


def observed(program: Program, outcome: Outcome) -> list[Observed] | None:
    """What each case gave; None where the program did not come to its end."""
    if any(case.halts for case in program.cases):
        if outcome.status not in {Status.OK, Status.PANIC} or outcome.exit_code is None:
            return None
        return [Observed(exit_code=outcome.exit_code, stream=outcome.stream)]
    if outcome.status is not Status.OK or len(outcome.stream) != len(program.results):
        return None
    pairs = zip(program.cases, program.places, strict=True)
    return [_observed(program, case, place, outcome.stream) for case, place in pairs]


def _observed(program: Program, case: Case, place: Place, stream: bytes) -> Observed:
    width, start = program.xlen // 8, program.results.start
    registers = []
    for index, (_, base) in enumerate(watched(case)):
        at = place.outputs - start + index * width
        number = int.from_bytes(stream[at : at + width], "little") - place.of(Value(0, base))
        registers.append(number % (1 << program.xlen))
    at = place.data - start
    window = stream[at : at + len(case.window)] if case.window_counts else b""
    return Observed(registers=tuple(registers), window=window)
