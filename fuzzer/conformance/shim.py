"""The program below a guest on Spike: it starts it, serves its syscalls, and reports how it ended. Pure.

It runs in M-mode and is where the guest's ECALLs and faults go (ISA manual, volume II: `mtvec`,
`mcause`, `mepc`, `mscratch`, MRET). WRITE to 13 appends to a buffer, HALT ends. What happened and the buffer
are one report, which Spike dumps as the "signature" when the guest has ended.
"""

import struct
from collections.abc import Mapping

import msgspec

from fuzzer.conformance.elf import EXECUTE, READ, WRITE, Image, Segment
from fuzzer.conformance.programs import A0, A1, A2, COMMIT_FD, SYSCALL, WRITE_CALL
from fuzzer.isa.encoding import Instruction, encode

TEXT = 0x1537_9000
"""Far below programs and their stacks, and not near a power of two, where they like to touch memory."""
_HOST = TEXT + 0x1000
"""Where the host is told that the program has ended (HTIF: `tohost`, `fromhost`)."""
_REPORT = TEXT + 0x2000
_WIDTH = 8
"""Every field of the report has 8 bytes; on RV32 the upper four stay 0."""
_STATUS, _CODE, _CAUSE, _PC, _VALUE, _END, _LIMIT, _ENTRY, _SAVED = (_WIDTH * place for place in range(9))
_HEAD = 256
"""Fields and saved registers; the committed bytes follow."""

_MTVEC, _MSCRATCH, _MEPC, _MCAUSE, _MTVAL = 0x305, 0x340, 0x341, 0x342, 0x343
_MRET = 0x3020_0073
ECALL = 11
"""`mcause` of an ECALL from M-mode."""
_BASE, _X, _FROM, _LEFT, _BYTE = 31, 30, 29, 28, 27
_USED = (_X, _FROM, _LEFT, _BYTE)
"""Registers of the handler, the first one beside them kept in `mscratch`; the guest's are saved."""

HALTED, FAULTED, OVERFLOWED = 1, 2, 3
"""How it ended; 0: not at all."""


class Report(msgspec.Struct, frozen=True):
    """What the shim says of a run."""

    status: int
    code: int
    """What HALT was given, the low 32 bits, signed."""
    cause: int
    """The cause of a fault (`mcause`)."""
    pc: int
    value: int
    """`mtval`: for instance the address that was accessed."""
    stream: bytes


def symbols(capacity: int) -> dict[str, int]:
    """What Spike looks for in a program that may commit `capacity` bytes."""
    end = _REPORT + _HEAD + capacity
    return {"tohost": _HOST, "fromhost": _HOST + 8, "begin_signature": _REPORT, "end_signature": end}


def with_shim(guest: Image, capacity: int) -> Image:
    """A guest above the shim; `capacity`, a multiple of 16, is how many bytes it may commit."""
    first = _Assembler(guest.xlen, {})
    _write(first)
    # The second time all labels are known.
    second = _Assembler(guest.xlen, first.labels)
    _write(second)
    words = second.words
    text = Segment(TEXT, struct.pack(f"<{len(words)}I", *words), READ | EXECUTE)
    start = _REPORT + _HEAD
    fields = struct.pack("<8Q", 0, 0, 0, 0, 0, start, start + capacity, guest.entry)
    host = Segment(_HOST, b"", READ | WRITE, _REPORT - _HOST)
    report = Segment(_REPORT, fields, READ | WRITE, _HEAD + capacity)
    return Image(guest.xlen, TEXT, (text, host, report, *guest.segments))


def read_report(dump: str) -> Report:
    """The report in a dump of Spike's: lines of 16 bytes in hexadecimal digits, the last byte first.

    Raises:
        ValueError: it is no such dump.
    """
    memory = b"".join(bytes.fromhex(line)[::-1] for line in dump.split())
    if len(memory) < _HEAD:
        raise ValueError(f"a dump of {len(memory)} bytes")
    status, code, cause, pc, value, end = struct.unpack_from("<QQQQQQ", memory)
    low = code & 0xFFFF_FFFF
    stream = memory[_HEAD : _HEAD + max(0, end - _REPORT - _HEAD)]
    return Report(status, low - (1 << 32) if low >> 31 else low, cause, pc, value, stream)


class _Assembler:
    """Gathers words; a branch to a label that is not known yet goes nowhere."""

    def __init__(self, xlen: int, known: Mapping[str, int]) -> None:
        self.wide = xlen > 32  # noqa: PLR2004 - a width
        self.words: list[int] = []
        self.labels: dict[str, int] = {}
        self._known = known

    @property
    def here(self) -> int:
        """Address of the next word."""
        return TEXT + 4 * len(self.words)

    def label(self, name: str) -> None:
        """Name the next word."""
        self.labels[name] = self.here

    def address(self, label: str) -> int:
        """The address of a label."""
        return self._known.get(label, self.here)

    def add(self, name: str, rd: int = 0, rs1: int = 0, rs2: int = 0, imm: int = 0) -> None:
        """An instruction."""
        self.words.append(encode(Instruction(name, rd, rs1, rs2, imm)))

    def branch(self, name: str, rs1: int, rs2: int, label: str) -> None:
        """A branch to a label."""
        self.add(name, rs1=rs1, rs2=rs2, imm=self.address(label) - self.here)

    def number(self, register: int, number: int) -> None:
        """Put a number of 12 bits into a register."""
        self.add("addi", register, imm=number)

    def big(self, register: int, number: int) -> None:
        """Put a number below 2^31 into a register; `lui` would extend the sign of a larger one at 64 bits."""
        low = (number & 0xFFF ^ 0x800) - 0x800
        self.add("lui", register, imm=number - low >> 12)
        self.add("addi", register, register, imm=low)

    def csr(self, number: int, *, source: int = 0, rd: int = 0) -> None:
        """Swap with a control register (CSRRW); without a source, only read it (CSRRS with x0)."""
        self.words.append(number << 20 | source << 15 | (0x1000 if source else 0x2000) | rd << 7 | 0x73)

    def store(self, register: int, field: int) -> None:
        """Store into the report."""
        self.add("sd" if self.wide else "sw", rs1=_BASE, rs2=register, imm=field)

    def load(self, register: int, field: int) -> None:
        """Load from the report."""
        self.add("ld" if self.wide else "lw", register, _BASE, imm=field)


def _write(to: _Assembler) -> None:
    _write_start(to)
    _write_handler(to)
    _write_copy(to)
    _write_endings(to)


def _write_start(to: _Assembler) -> None:
    """Where faults go, where the report is, then the guest with all registers 0."""
    to.big(_X, to.address("handler"))
    to.csr(_MTVEC, source=_X)
    to.big(_BASE, _REPORT)
    to.csr(_MSCRATCH, source=_BASE)
    to.load(_X, _ENTRY)
    to.csr(_MEPC, source=_X)
    for register in range(1, 32):
        to.number(register, 0)
    to.words.append(_MRET)


def _write_handler(to: _Assembler) -> None:
    """Save some registers and see what the guest wants."""
    to.label("handler")
    to.csr(_MSCRATCH, source=_BASE, rd=_BASE)
    for place, register in enumerate(_USED):
        to.store(register, _SAVED + _WIDTH * place)
    to.csr(_MCAUSE, rd=_X)
    to.number(_FROM, ECALL)
    to.branch("bne", _X, _FROM, "fault")
    to.branch("beq", SYSCALL, 0, "halt")
    to.number(_FROM, WRITE_CALL)
    to.branch("bne", SYSCALL, _FROM, "fault")
    to.number(_FROM, COMMIT_FD)
    to.branch("bne", A0, _FROM, "resume")


def _write_copy(to: _Assembler) -> None:
    """Append a2 bytes at a1 to what was committed, and go on behind the ECALL."""
    to.load(_X, _END)
    to.add("addi", _FROM, A1)
    to.add("addi", _LEFT, A2)
    to.label("copy")
    to.branch("beq", _LEFT, 0, "copied")
    to.load(_BYTE, _LIMIT)
    to.branch("beq", _X, _BYTE, "overflow")
    to.add("lbu", _BYTE, _FROM)
    to.add("sb", rs1=_X, rs2=_BYTE)
    for register, step in ((_X, 1), (_FROM, 1), (_LEFT, -1)):
        to.add("addi", register, register, imm=step)
    to.branch("beq", 0, 0, "copy")
    to.label("copied")
    to.store(_X, _END)
    to.label("resume")
    to.csr(_MEPC, rd=_X)
    to.add("addi", _X, _X, imm=4)
    to.csr(_MEPC, source=_X)
    for place, register in enumerate(_USED):
        to.load(register, _SAVED + _WIDTH * place)
    to.csr(_MSCRATCH, source=_BASE, rd=_BASE)
    to.words.append(_MRET)


def _write_endings(to: _Assembler) -> None:
    """Note how it ended and tell the host."""
    to.label("halt")
    to.store(A0, _CODE)
    to.number(_X, HALTED)
    to.branch("beq", 0, 0, "end")
    to.label("overflow")
    to.number(_X, OVERFLOWED)
    to.branch("beq", 0, 0, "end")
    to.label("fault")
    for register, field in ((_MCAUSE, _CAUSE), (_MEPC, _PC), (_MTVAL, _VALUE)):
        to.csr(register, rd=_X)
        to.store(_X, field)
    to.number(_X, FAULTED)
    to.label("end")
    to.store(_X, _STATUS)
    to.big(_FROM, _HOST)
    to.number(_X, 1)
    to.add("sd" if to.wide else "sw", rs1=_FROM, rs2=_X)
    to.label("for ever")
    to.branch("beq", 0, 0, "for ever")
