"""ELF files of programs, written and read: static executables for RISC-V and no more than they need. Pure.

After the *System V ABI*, chapters 4 and 5, and the *RISC-V ELF psABI* (machine number 243; flags 0 say: no
compressed instructions, no floats). A symbol table is written only where there are symbols: Spike looks for
some.
"""

import struct
from collections.abc import Mapping, Sequence

import msgspec

READ, WRITE, EXECUTE = 4, 2, 1
"""Flags of a segment."""
_EM_RISCV = 243
_PT_LOAD = 1
_SHN_ABS = 0xFFF1
_WIDE = 64
_TRUNCATED = "the ELF file is truncated, or its numbers make no sense"


class Segment(msgspec.Struct, frozen=True):
    """A part of the memory image."""

    address: int
    data: bytes
    flags: int
    size: int = 0
    """Bytes in memory; 0 for those of `data`. What `data` lacks is zero."""

    @property
    def end(self) -> int:
        """The address behind it."""
        return self.address + max(self.size, len(self.data))


class Image(msgspec.Struct, frozen=True):
    """What an ELF file puts into memory."""

    xlen: int
    """32 or 64: the class of the file."""
    entry: int
    segments: tuple[Segment, ...]


class ElfError(Exception):
    """The bytes are not an ELF file of a program."""


class _Layout(msgspec.Struct, frozen=True):
    """How a class of ELF files writes its headers."""

    ident: int
    header: struct.Struct
    program: struct.Struct
    section: struct.Struct
    symbol: struct.Struct


_LAYOUTS = {
    32: _Layout(
        1,
        struct.Struct("<16sHHIIIIIHHHHHH"),
        struct.Struct("<IIIIIIII"),
        struct.Struct("<IIIIIIIIII"),
        struct.Struct("<IIIBBH"),
    ),
    _WIDE: _Layout(
        2,
        struct.Struct("<16sHHIQQQIHHHHHH"),
        struct.Struct("<IIQQQQQQ"),
        struct.Struct("<IIQQQQIIQQ"),
        struct.Struct("<IBBHQQ"),
    ),
}


def write_elf(image: Image, symbols: Mapping[str, int] | None = None) -> bytes:
    """The file of an image; its segments must be in the order of their addresses."""
    layout = _LAYOUTS[image.xlen]
    at = layout.header.size + layout.program.size * len(image.segments)
    headers, contents = [], []
    for segment in image.segments:
        # Offset and address must agree modulo the page size ("Program Loading").
        padding = (segment.address - at) % 4096
        contents += [bytes(padding), segment.data]
        at += padding
        headers.append(_program_header(layout, image.xlen, segment, at))
        at += len(segment.data)
    sections = _sections(layout, image.xlen, symbols, at) if symbols else b""
    tables_at = at + len(sections) - 3 * layout.section.size if symbols else 0
    ident = struct.pack("<4sBBBB8x", b"\x7fELF", layout.ident, 1, 1, 0)
    header = layout.header.pack(
        *(ident, 2, _EM_RISCV, 1, image.entry, layout.header.size, tables_at, 0),
        *(layout.header.size, layout.program.size, len(image.segments)),
        *((layout.section.size, 3, 2) if symbols else (0, 0, 0)),
    )
    return b"".join((header, *headers, *contents, sections))


def _program_header(layout: _Layout, xlen: int, segment: Segment, offset: int) -> bytes:
    place = (offset, segment.address, segment.address)
    sizes = (len(segment.data), segment.end - segment.address)
    if xlen == _WIDE:
        return layout.program.pack(_PT_LOAD, segment.flags, *place, *sizes, 4096)
    return layout.program.pack(_PT_LOAD, *place, *sizes, segment.flags, 4096)


def _sections(layout: _Layout, xlen: int, symbols: Mapping[str, int], at: int) -> bytes:
    """The symbol table and its names, with the section headers behind them: nothing, symbols, names."""
    names, entries = bytearray(b"\0.symtab\0.strtab\0"), [bytes(layout.symbol.size)]
    for name, address in symbols.items():
        # Binding global, type none; the value is an address and belongs to no section.
        if xlen == _WIDE:
            entries.append(layout.symbol.pack(len(names), 0x10, 0, _SHN_ABS, address, 0))
        else:
            entries.append(layout.symbol.pack(len(names), address, 0, 0x10, 0, _SHN_ABS))
        names += name.encode() + b"\0"
    table = b"".join(entries)
    headers = [
        bytes(layout.section.size),
        layout.section.pack(1, 2, 0, 0, at, len(table), 2, 1, 8, layout.symbol.size),
        layout.section.pack(9, 3, 0, 0, at + len(table), len(names), 0, 0, 1, 0),
    ]
    return table + bytes(names) + b"".join(headers)


def read_elf(file: bytes) -> Image:
    """The image of a file; sections and symbols are passed over.

    Raises:
        ElfError: the bytes are not an ELF file of a RISC-V program.
    """
    if file[:4] != b"\x7fELF" or file[4:5] not in {b"\x01", b"\x02"}:
        raise ElfError("these bytes are not an ELF file")
    xlen = 32 * file[4]
    layout = _LAYOUTS[xlen]
    try:
        header = layout.header.unpack_from(file)
        if header[2] != _EM_RISCV:
            raise ElfError(f"the ELF file is for machine {header[2]}, not for RISC-V ({_EM_RISCV})")
        offset, size, count = header[5], header[9], header[10]
        headers = [layout.program.unpack_from(file, offset + number * size) for number in range(count)]
    except struct.error as error:
        raise ElfError(_TRUNCATED) from error
    segments = [_segment(file, fields, xlen) for fields in headers if fields[0] == _PT_LOAD]
    return Image(xlen, header[4], tuple(segments))


def _segment(file: bytes, fields: Sequence[int], xlen: int) -> Segment:
    if xlen == _WIDE:
        _, flags, offset, address, _, in_file, in_memory, _ = fields
    else:
        _, offset, address, _, in_file, in_memory, flags, _ = fields
    data = file[offset : offset + in_file]
    if len(data) != in_file or in_file > in_memory:
        raise ElfError(_TRUNCATED)
    return Segment(address, data, flags, in_memory)
