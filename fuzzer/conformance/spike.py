"""Programs on Spike, the simulator that the RISC-V authors keep (package `spike`; optional).

A program is put above a small one of ours (`shim`), which serves its syscalls. The instruction set is exactly
RV32IM or RV64IM, so that a compressed instruction or a misaligned access is a fault.
"""

import os
import re
import subprocess
from importlib import metadata
from itertools import count
from pathlib import Path

from fuzzer.conformance.device_tree import one_hart
from fuzzer.conformance.elf import ElfError, Image, read_elf, write_elf
from fuzzer.conformance.reference import missing, version_of
from fuzzer.conformance.shim import ECALL, FAULTED, HALTED, Report, read_report, symbols, with_shim
from fuzzer.model import Outcome, Status

PACKAGE = "spike"
_EXECUTABLE = "riscv/data/bin/spike"
"""Where the package keeps it."""
_DEVICES_END = 0x2000
"""Below are its debug module and what it starts from."""
_MEMORY = {32: f"{_DEVICES_END:#x}:0xffffe000", 64: f"{_DEVICES_END:#x}:0xffffffe000"}
"""All memory that SP1 gives a guest; Spike takes pages as they are used."""
_ACCESS_FAULTS = (5, 7)
"""Of loads and stores (ISA manual, volume II: `mcause`)."""
_CAPACITY = 1 << 15
"""Bytes that a program may commit at first; Spike writes room for all of them into a file for each run."""
_MOST_CAPACITY = 1 << 22
"""Bytes that it may commit at most."""
_STEPS = 100_000_000
_WALL_S = 60.0
_MOST_SHOWN = 300


class Spike:
    """Runs one process for each program; several threads may call it at once.

    Args:
        folder: an empty folder for files on their way; one in memory is best.

    Raises:
        ToolchainError: the package is not installed, or its program does not start.
    """

    name = PACKAGE

    def __init__(self, folder: Path) -> None:
        self.version = version_of(PACKAGE)
        self._folder = folder
        self._executable = _find()
        self._numbers = count()
        for xlen in (32, 64):
            self._tree(xlen).write_bytes(one_hart(_isa(xlen)))

    def _tree(self, xlen: int) -> Path:
        return self._folder / f"{_isa(xlen)}.dtb"

    def run(self, program: bytes) -> Outcome:
        """What an ELF file does: a fault is a crash, more than 100 million instructions are a timeout."""
        try:
            guest = read_elf(program)
        except ElfError as error:
            return Outcome(status=Status.ERROR, message=str(error))
        outcome = self._run(guest, _CAPACITY)
        return self._run(guest, _MOST_CAPACITY) if outcome.status is Status.LIMIT else outcome

    def _run(self, guest: Image, capacity: int) -> Outcome:
        number = next(self._numbers)
        elf, dump = self._folder / f"{number}.elf", self._folder / f"{number}.report"
        elf.write_bytes(write_elf(with_shim(guest, capacity), symbols(capacity)))
        try:
            return self._simulated(guest.xlen, elf, dump)
        finally:
            elf.unlink(missing_ok=True)
            dump.unlink(missing_ok=True)

    def _simulated(self, xlen: int, elf: Path, dump: Path) -> Outcome:
        command = [
            *(str(self._executable), f"--isa={_isa(xlen)}", "--priv=m", f"-m{_MEMORY[xlen]}"),
            *(f"--dtb={self._tree(xlen)}", f"--instructions={_STEPS}", f"+signature={dump}", str(elf)),
        ]
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_WALL_S,
                check=False,
                cwd=self._folder,
                env={"PATH": os.defpath, "LANG": "C.UTF-8"},
            )
        except subprocess.TimeoutExpired:
            return Outcome(status=Status.TIMEOUT, message=f"Spike ran for more than {_WALL_S:.0f} s")
        except OSError as error:
            raise missing(PACKAGE, f"it does not start: {error.strerror}") from error
        if not dump.is_file():
            words = (done.stderr or done.stdout).decode(errors="replace").strip()[:_MOST_SHOWN]
            return Outcome(status=Status.ERROR, message=f"Spike exited with code {done.returncode}: {words}")
        return outcome_of(read_report(dump.read_text()))


def outcome_of(report: Report) -> Outcome:
    """A report of the shim as an outcome.

    Unsupported is what says nothing about the program: a syscall that the shim does not know, or memory where
    Spike's own devices lie.
    """
    if report.status == HALTED:
        status = Status.PANIC if report.code else Status.OK
        return Outcome(status=status, exit_code=report.code, stream=report.stream)
    if report.status == FAULTED:
        message = f"mcause {report.cause} at pc {report.pc:#x}, mtval {report.value:#x}"
        ours = report.cause == ECALL or (report.cause in _ACCESS_FAULTS and report.value < _DEVICES_END)
        status = Status.UNSUPPORTED if ours else Status.CRASH
        return Outcome(status=status, stream=report.stream, message=message)
    if report.status == 0:
        return Outcome(status=Status.TIMEOUT, message=f"more than {_STEPS:,} instructions")
    return Outcome(
        status=Status.LIMIT, stream=report.stream, message="it committed more than there is room for"
    )


def _isa(xlen: int) -> str:
    return f"rv{xlen}im"


def _find() -> Path:
    """The executable in the installed package."""
    for file in metadata.files(PACKAGE) or ():
        if re.search(rf"(?:^|/){re.escape(_EXECUTABLE)}$", str(file)):
            return Path(str(file.locate()))
    raise missing(PACKAGE, f"the package holds no `{_EXECUTABLE}`")
