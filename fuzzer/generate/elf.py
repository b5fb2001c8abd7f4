"""Where in an ELF file the parts of a program lie (System V ABI, chapter "Object Files"). Pure."""

import struct

import msgspec

_MAGIC = b"\x7fELF"
_CLASS_64 = 2
_LOAD = 1
_SYMBOLS, _FUNCTION = 2, 2
_EXECUTE, _WRITE = 1, 2


class Segment(msgspec.Struct, frozen=True):
    """A part of a program that is loaded."""

    address: int
    offset: int
    """In the file."""
    size: int
    """Bytes in the file; in memory zeros may follow."""
    memory_size: int
    writable: bool
    executable: bool

    def place(self, address: int) -> int | None:
        """The file offset of what lies at an address; None when it is not in the file's part."""
        inside = address - self.address
        return self.offset + inside if 0 <= inside < self.size else None


def segments_of(elf: bytes) -> list[Segment]:
    """The loaded segments; none where the file is no ELF file or is cut off."""
    segments: list[Segment] = []
    if not elf.startswith(_MAGIC):
        return segments
    try:
        wide = elf[4] == _CLASS_64
        # e_phoff, e_phentsize, e_phnum.
        (table,) = struct.unpack_from("<Q" if wide else "<I", elf, 0x20 if wide else 0x1C)
        entry, count = struct.unpack_from("<HH", elf, 0x36 if wide else 0x2A)
        for number in range(count):
            at = table + number * entry
            if wide:
                kind, flags, offset, address, _, size, memory = struct.unpack_from("<IIQQQQQ", elf, at)
            else:
                kind, offset, address, _, size, memory, flags = struct.unpack_from("<IIIIIII", elf, at)
            if kind == _LOAD:
                segments.append(
                    Segment(address, offset, size, memory, bool(flags & _WRITE), bool(flags & _EXECUTE))
                )
    except (struct.error, IndexError):
        return []
    return segments


class Function(msgspec.Struct, frozen=True):
    """A function by its symbol, mangled as it is."""

    name: bytes
    address: int
    size: int


def functions_of(elf: bytes) -> list[Function]:
    """The functions of the symbol table of a 64-bit ELF file; none where it is stripped or cut off."""
    if not elf.startswith(_MAGIC) or elf[4:5] != bytes([_CLASS_64]):
        return []
    try:
        # e_shoff, e_shentsize, e_shnum; of a section sh_type, sh_offset, sh_size and sh_link.
        (table,) = struct.unpack_from("<Q", elf, 0x28)
        entry, count = struct.unpack_from("<HH", elf, 0x3A)
        sections = [struct.unpack_from("<4xI16xQQI", elf, table + number * entry) for number in range(count)]
        return [
            function
            for kind, offset, size, link in sections
            if kind == _SYMBOLS
            for function in _functions(elf, offset, size, sections[link][1])
        ]
    except (struct.error, IndexError, ValueError):
        return []


def _functions(elf: bytes, offset: int, size: int, names: int) -> list[Function]:
    found = []
    for name, info, address, length in struct.iter_unpack("<IBxxxQQ", elf[offset : offset + size]):
        if info & 0xF == _FUNCTION and length:
            start = names + name
            found.append(Function(elf[start : elf.index(b"\0", start)], address, length))
    return found
