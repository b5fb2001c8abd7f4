"""Where in an ELF file the parts of a program lie."""

import struct

import pytest
from fake_machine import READ, READ_WRITE, TEXT_BASE, Part, elf_file
from hypothesis import given
from hypothesis import strategies as st

from fuzzer.generate.elf import Segment, segments_of

TEXT = Part(TEXT_BASE, b"\x13\0\0\0" * 3)
DATA = Part(0x2000, b"data", READ_WRITE, more=28)
CONSTANTS = Part(0x3000, b"const", READ)


@pytest.mark.parametrize(("xlen", "headers"), [(64, 64 + 3 * 56), (32, 52 + 3 * 32)])
def test_segments_of_both_widths(xlen: int, headers: int) -> None:
    assert segments_of(elf_file([TEXT, DATA, CONSTANTS], xlen=xlen)) == [
        Segment(TEXT_BASE, headers, 12, 12, writable=False, executable=True),
        Segment(0x2000, headers + 12, 4, 32, writable=True, executable=False),
        Segment(0x3000, headers + 16, 5, 5, writable=False, executable=False),
    ]


def test_headers_that_load_nothing_are_left_out() -> None:
    elf = bytearray(elf_file([DATA, TEXT]))
    struct.pack_into("<I", elf, 64, 4)  # a note
    assert [segment.address for segment in segments_of(bytes(elf))] == [TEXT_BASE]


@pytest.mark.parametrize(
    ("address", "place"),
    [(0x0FFF, None), (0x1000, 100), (0x1003, 103), (0x1004, None), (0x1010, None)],
    ids=["in front", "first", "last", "zeros behind", "behind"],
)
def test_place_is_that_in_the_file(address: int, place: int | None) -> None:
    segment = Segment(0x1000, 100, 4, 8, writable=True, executable=False)
    assert segment.place(address) == place


@pytest.mark.parametrize(("xlen", "alignment"), [(64, 8), (32, 4)])
def test_file_that_is_cut_off_in_its_headers_has_none(xlen: int, alignment: int) -> None:
    elf = elf_file([TEXT, DATA], xlen=xlen)
    headers = len(elf) - len(TEXT.data) - len(DATA.data)
    for end in range(headers - alignment):
        assert segments_of(elf[:end]) == [], end


@given(st.binary(max_size=300))
def test_bytes_that_are_no_program_have_none_or_some_but_are_no_error(data: bytes) -> None:
    assert len(segments_of(data)) <= len(data) // 32


def test_file_of_another_kind_has_none() -> None:
    assert segments_of(b"\x7fELG" + elf_file([TEXT])[4:]) == []
