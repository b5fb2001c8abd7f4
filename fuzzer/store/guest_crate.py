"""An instruction program as a guest crate in assembly language, for a report to a zkVM's maintainers. Pure.

The crate depends on nothing: `cargo prove build` makes of it an ELF file with the same bytes at the same
addresses.
"""

import struct
from collections.abc import Sequence

from fuzzer.generate.elf import Segment, segments_of
from fuzzer.store.artifact_store import ArtifactFile

FOLDER = "guest"
_BYTES_A_LINE = 16
_EXECUTE, _WRITE, _READ = 1, 2, 4
"""Flags of a program header (System V ABI)."""

_MANIFEST = """\
[package]
name = "program"
version = "0.1.0"
edition = "2021"
publish = false

[profile.release]
debug = false

[workspace]
"""

_BUILD_SCRIPT = """\
//! Puts every segment where the program expects it.

fn main() {
    let folder = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    println!("cargo:rustc-link-arg=-T{folder}/program.ld");
    println!("cargo:rerun-if-changed=program.ld");
}
"""

_MAIN = """\
//! {title}
//!
//! Built by `cargo prove build`. It publishes registers through WRITE and ends with HALT; `program.txt`
//! beside this crate explains it line by line.
#![no_std]
#![no_main]

core::arch::global_asm!(
{lines}
);

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {{
    loop {{}}
}}
"""


def guest_crate(elf: bytes, *, title: str, assembly: dict[int, str]) -> list[ArtifactFile]:
    """The crate's files; none for a file that is no ELF file.

    Args:
        elf: The program.
        title: What it shows, in one line.
        assembly: Assembly language by address, for comments.
    """
    segments = segments_of(elf)
    if not segments:
        return []
    lines = [
        line for number, segment in enumerate(segments) for line in _section(elf, number, segment, assembly)
    ]
    main = _MAIN.format(title=title, lines="\n".join(f"    {_quoted(line)}," for line in lines))
    files = {
        "Cargo.toml": _MANIFEST,
        "build.rs": _BUILD_SCRIPT,
        "program.ld": _linker_script(segments),
        "src/main.rs": main,
    }
    return [ArtifactFile(f"{FOLDER}/{path}", text.encode(), exact=True) for path, text in files.items()]


def _section(elf: bytes, number: int, segment: Segment, assembly: dict[int, str]) -> list[str]:
    """A segment's lines: instructions one by one, data in rows, and the zeros that the file leaves out."""
    data = elf[segment.offset : segment.offset + segment.size]
    if segment.executable:
        lines = [f'.section .program{number}, "ax"', ".globl _start", "_start:"]
        words = struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4])
        for address, word in zip(range(segment.address, segment.address + len(data), 4), words, strict=False):
            comment = f"  # {assembly[address]}" if address in assembly else ""
            lines.append(f".word {word:#010x}{comment}")
        return lines
    lines = [f'.section .program{number}, "{"aw" if segment.writable else "a"}"']
    content = data.rstrip(b"\0")
    for at in range(0, len(content), _BYTES_A_LINE):
        row = content[at : at + _BYTES_A_LINE]
        lines.append(f".byte {', '.join(f'{byte:#04x}' for byte in row)}")
    if segment.memory_size > len(content):
        lines.append(f".zero {segment.memory_size - len(content)}")
    return lines


def _linker_script(segments: Sequence[Segment]) -> str:
    sections, headers = [], []
    for number, segment in sorted(enumerate(segments), key=lambda pair: pair[1].address):
        # A header for each: the linker would join those of the same rights and fill what lies between.
        flags = _READ | _WRITE * segment.writable | _EXECUTE * segment.executable
        headers.append(f"    segment{number} PT_LOAD FLAGS({flags});")
        place = f".program{number} {segment.address:#x}"
        sections.append(f"    {place} : {{ KEEP(*(.program{number})) }} :segment{number}")
    body, table = "\n".join(sections), "\n".join(headers)
    left_out = ".text* .rodata* .data* .bss* .eh_frame* .note*"
    head = f"ENTRY(_start)\nPHDRS {{\n{table}\n}}\n"
    return f"{head}SECTIONS {{\n{body}\n    /DISCARD/ : {{ *({left_out}) }}\n}}\n"


def _quoted(line: str) -> str:
    """A line as a string literal of `global_asm!`, in which braces are placeholders."""
    escaped = line.replace("\\", "\\\\").replace('"', '\\"').replace("{", "{{").replace("}", "}}")
    return f'"{escaped}"'
