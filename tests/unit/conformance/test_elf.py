"""ELF files of programs, there and back."""

import pytest

from fuzzer.conformance.elf import ElfError, Image, Segment, read_elf, write_elf


def image(xlen: int) -> Image:
    text = Segment(0x7800_0000, b"\x73\0\0\0" * 5, 5, 20)
    data = Segment(0x7810_0010, b"data", 6, 4096)
    return Image(xlen, 0x7800_0004, (text, data))


@pytest.mark.parametrize("xlen", [32, 64])
@pytest.mark.parametrize("symbols", [{}, {"tohost": 0x1000, "fromhost": 0x1008}])
def test_an_image_comes_back_from_its_file(xlen: int, symbols: dict[str, int]) -> None:
    file = write_elf(image(xlen), symbols)
    assert read_elf(file) == image(xlen)
    assert file[4] == xlen // 32
    assert all(name.encode() in file for name in symbols)


@pytest.mark.parametrize("xlen", [32, 64])
def test_a_shorter_file_is_refused(xlen: int) -> None:
    file = write_elf(image(xlen))
    for size in (0, 3, 5, 40, 70, 150, len(file) - 1):
        with pytest.raises(ElfError):
            read_elf(file[:size])


def test_another_machine_is_refused() -> None:
    file = bytearray(write_elf(image(64)))
    file[0x12] = 62
    with pytest.raises(ElfError, match="machine 62"):
        read_elf(bytes(file))
