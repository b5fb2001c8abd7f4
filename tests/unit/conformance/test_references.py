"""What the references are given and what is made of their answers; they themselves are not needed here."""

import struct

import pytest

from fuzzer.conformance.device_tree import one_hart
from fuzzer.conformance.elf import Image, Segment
from fuzzer.conformance.reference import version_of
from fuzzer.conformance.shim import FAULTED, HALTED, OVERFLOWED, Report, read_report, symbols, with_shim
from fuzzer.conformance.spike import outcome_of
from fuzzer.errors import ExitCode, ToolchainError
from fuzzer.model import Status

GUEST = Image(64, 0x78_0000_0000, (Segment(0x78_0000_0000, b"\x73\0\0\0", 5),))


def report(status: int, *, code: int = 0, cause: int = 0, value: int = 0, stream: bytes = b"") -> Report:
    return Report(status, code, cause, 0x7800_0000, value, stream)


@pytest.mark.parametrize("xlen", [32, 64])
def test_the_shim_stands_below_the_guest(xlen: int) -> None:
    whole = with_shim(Image(xlen, 0x7800_0000, (Segment(0x7800_0000, b"\x73\0\0\0", 5),)), 64)
    addresses = [segment.address for segment in whole.segments]
    assert addresses == sorted(addresses)
    assert whole.entry == whole.segments[0].address
    where = symbols(64)
    assert where["begin_signature"] == whole.segments[2].address
    assert where["end_signature"] == whole.segments[2].end


def test_the_report_comes_back_from_the_dump() -> None:
    shim = with_shim(GUEST, 64)
    fields, size = shim.segments[2].data, shim.segments[2].end - shim.segments[2].address
    memory = bytearray(fields + bytes(size - len(fields)))
    end = struct.unpack_from("<Q", memory, 40)[0]
    struct.pack_into("<QQQQQQ", memory, 0, HALTED, 0xFFFF_FFFF, 0, 0, 0, end + 3)
    memory[-64:-61] = b"abc"
    lines = [bytes(memory[at : at + 16])[::-1].hex() for at in range(0, len(memory), 16)]
    assert read_report("\n".join(lines)) == Report(HALTED, -1, 0, 0, 0, b"abc")


def test_a_short_dump_is_no_report() -> None:
    with pytest.raises(ValueError, match="a dump of 16 bytes"):
        read_report("00" * 16)


@pytest.mark.parametrize(
    ("ended", "status"),
    [
        (report(HALTED, stream=b"x"), Status.OK),
        (report(HALTED, code=3), Status.PANIC),
        (report(FAULTED, cause=2), Status.CRASH),
        (report(FAULTED, cause=5, value=0x9000), Status.CRASH),
        (report(FAULTED, cause=5, value=0x40), Status.UNSUPPORTED),
        (report(FAULTED, cause=11), Status.UNSUPPORTED),
        (report(OVERFLOWED), Status.LIMIT),
        (report(0), Status.TIMEOUT),
    ],
)
def test_a_report_becomes_an_outcome(ended: Report, status: Status) -> None:
    outcome = outcome_of(ended)
    assert outcome.status is status
    assert outcome.exit_code == (ended.code if ended.status == HALTED else None)
    assert bool(outcome.message) == (ended.status != HALTED)


def test_the_device_tree_is_well_formed() -> None:
    blob = one_hart("rv64im")
    magic, total, structure, names, reserved, version = struct.unpack_from(">6I", blob)
    assert (magic, total, version) == (0xD00DFEED, len(blob), 17)
    assert reserved % 8 == structure % 4 == 0
    assert struct.unpack_from(">I", blob, structure)[0] == 1
    assert struct.unpack_from(">I", blob, names - 4)[0] == 9
    assert b"rv64im\0" in blob
    assert b"riscv,isa\0" in blob[names:]


def test_a_missing_extra_is_an_error_with_the_line_that_adds_it() -> None:
    with pytest.raises(ToolchainError, match="`no-such-executor` cannot be used") as caught:
        version_of("no-such-executor")
    assert "pip install -e '.[reference]'" in caught.value.hint
    assert caught.value.exit_code is ExitCode.TOOLCHAIN
