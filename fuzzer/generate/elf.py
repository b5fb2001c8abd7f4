"""Where in an ELF file the parts of a program lie (System V ABI, chapter "Object Files"). Pure."""

import struct

import msgspec

_MAGIC = b"\x7fELF"
_CLASS_64 = 2
_LOAD = 1
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
