"""Programs on Unicorn, QEMU's translator as a library (package `unicorn`; optional). For sound programs only.

Unicorn takes compressed instructions, misaligned accesses and jumps to any even address. So it cannot say
what becomes of a program that should fault.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from fuzzer.conformance.elf import ElfError, Image, read_elf
from fuzzer.conformance.programs import A0, A1, A2, COMMIT_FD, HALT_CALL, SYSCALL, WRITE_CALL
from fuzzer.conformance.reference import missing, version_of
from fuzzer.model import Outcome, Status

if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

PACKAGE = "unicorn"
_PAGE = 4096
_MEMORY_END = {32: 1 << 32, 64: 1 << 40}
"""All memory below is there for a guest, as in SP1, and zero at first."""
_STEPS = 100_000_000
"""A bound on instructions: its bound on time has ended runs of milliseconds on a busy machine."""
_ECALLS = (8, 9, 11)
"""Exception codes of ECALL, from U-, S- and M-mode (ISA manual, volume II: `mcause`)."""


class Unicorn:
    """Runs programs in this process.

    Raises:
        ToolchainError: the package is not installed, or its library does not load.
    """

    name = PACKAGE

    def __init__(self) -> None:
        self.version = version_of(PACKAGE)
        try:
            self._library: ModuleType = import_module(PACKAGE)
            self._registers: ModuleType = import_module(f"{PACKAGE}.riscv_const")
        except ImportError as error:
            raise missing(PACKAGE, str(error)) from error

    def run(self, program: bytes) -> Outcome:
        """What an ELF file does; a fault that Unicorn knows is a crash."""
        try:
            image = read_elf(program)
        except ElfError as error:
            return Outcome(status=Status.ERROR, message=str(error))
        return _Run(self._library, self._registers, image).outcome()


class _Run:
    """One program on a machine of its own."""

    def __init__(self, library: ModuleType, registers: ModuleType, image: Image) -> None:
        self._library, self._registers, self._image = library, registers, image
        mode = library.UC_MODE_RISCV64 if image.xlen > 32 else library.UC_MODE_RISCV32  # noqa: PLR2004
        self._machine: Any = library.Uc(library.UC_ARCH_RISCV, mode)
        self._mapped: set[int] = set()
        self._stream = bytearray()
        self._exit_code: int | None = None
        self._fault = ""
        self._unknown = False
        """Whether it was a syscall that is not served here."""

    def outcome(self) -> Outcome:
        for segment in self._image.segments:
            self._map(segment.address, segment.end - segment.address)
            self._machine.mem_write(segment.address, segment.data)
        self._machine.hook_add(self._library.UC_HOOK_INTR, self._interrupt)
        unmapped = self._library.UC_HOOK_MEM_READ_UNMAPPED | self._library.UC_HOOK_MEM_WRITE_UNMAPPED
        self._machine.hook_add(unmapped, self._first_use)
        try:
            self._machine.emu_start(self._image.entry, 0, count=_STEPS)
        except self._library.UcError as error:
            self._fault = self._fault or f"{error} at pc {self._read(None):#x}"
        stream = bytes(self._stream)
        if self._fault:
            status = Status.UNSUPPORTED if self._unknown else Status.CRASH
            return Outcome(status=status, stream=stream, message=self._fault)
        if self._exit_code is None:
            return Outcome(status=Status.TIMEOUT, stream=stream, message=f"more than {_STEPS:,} instructions")
        status = Status.PANIC if self._exit_code else Status.OK
        return Outcome(status=status, exit_code=self._exit_code, stream=stream)

    def _map(self, address: int, size: int) -> None:
        """Have memory under an address range; what is there already stays."""
        for page in range(address // _PAGE, -(-(address + size) // _PAGE)):
            if page not in self._mapped:
                self._mapped.add(page)
                self._machine.mem_map(page * _PAGE, _PAGE)

    def _first_use(self, _machine: Any, _kind: int, address: int, size: int, *_rest: object) -> bool:  # noqa: ANN401
        """Memory comes as it is used; False is a fault."""
        if address + size > _MEMORY_END[self._image.xlen]:
            return False
        self._map(address, size)
        return True

    def _read(self, register: int | None) -> int:
        constant = "PC" if register is None else f"X{register}"
        value: int = self._machine.reg_read(getattr(self._registers, f"UC_RISCV_REG_{constant}"))
        return value

    def _interrupt(self, machine: Any, number: int, _data: object) -> None:  # noqa: ANN401 - a library without types
        """Serve a syscall; anything else ends the run. The program counter is behind the ECALL already."""
        call, fd = self._read(SYSCALL), self._read(A0)
        if number in _ECALLS and call == HALT_CALL:
            low = fd & 0xFFFF_FFFF
            self._exit_code = low - (1 << 32) if low >> 31 else low
            machine.emu_stop()
        elif number in _ECALLS and call == WRITE_CALL:
            if fd == COMMIT_FD:
                try:
                    self._map(self._read(A1), self._read(A2))
                    self._stream += machine.mem_read(self._read(A1), self._read(A2))
                except self._library.UcError as error:
                    self._fault = f"WRITE of {self._read(A2)} bytes at {self._read(A1):#x}: {error}"
                    machine.emu_stop()
        else:
            self._unknown = number in _ECALLS
            self._fault = f"exception {number} (syscall {call:#x}) at pc {self._read(None):#x}"
            machine.emu_stop()
