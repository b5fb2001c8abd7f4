"""An instruction program as a guest crate."""

import re
import struct
import tomllib

import pytest
from fake_machine import READ, READ_WRITE, Part, elf_file

from fuzzer.store.guest_crate import guest_crate

WORDS = (0x00000513, 0x02B606B3, 0x00000073)
TEXT = Part(0x7800_0000, struct.pack("<3I", *WORDS))
DATA = Part(0x7900_0000, bytes(range(1, 18)) + bytes(5), READ_WRITE, more=10)
CONSTANTS = Part(0x7A00_0000, b"\xff", READ)


def crate(*parts: Part, title: str = "a title", assembly: dict[int, str] | None = None) -> dict[str, str]:
    files = guest_crate(elf_file(parts), title=title, assembly=assembly or {})
    return {file.path: file.data.decode() for file in files}


def lines_of(files: dict[str, str]) -> list[str]:
    """The lines of the assembly language, as the assembler gets them."""
    inside = files["guest/src/main.rs"].partition("global_asm!(\n")[2].partition("\n);")[0]
    literals = [re.fullmatch(r'    "(.*)",', line) for line in inside.splitlines()]
    assert all(literals)
    texts = [literal[1] for literal in literals if literal]
    return [re.sub(r"\\(.)", r"\1", text).replace("{{", "{").replace("}}", "}") for text in texts]


def assembled(lines: list[str]) -> dict[str, bytes]:
    """What each section holds."""
    sections: dict[str, bytes] = {}
    name = ""
    for line in lines:
        code = line.partition("#")[0].split(None, 1)
        if code[0] == ".section":
            name = code[1].split(",")[0]
            assert name not in sections, "each section is written once"
            sections[name] = b""
        elif code[0] == ".word":
            sections[name] += int(code[1], 16).to_bytes(4, "little")
        elif code[0] == ".byte":
            sections[name] += bytes(int(byte, 16) for byte in code[1].split(","))
        elif code[0] == ".zero":
            sections[name] += bytes(int(code[1]))
    return sections


def placed(files: dict[str, str]) -> dict[int, bytes]:
    """What lies where, by the linker script."""
    sections = assembled(lines_of(files))
    places = re.findall(r"^    (\.\w+) (0x[0-9a-f]+) : ", files["guest/program.ld"], re.MULTILINE)
    assert sorted(name for name, _ in places) == sorted(sections)
    return {int(address, 16): sections[name] for name, address in places}


def in_memory(*parts: Part) -> dict[int, bytes]:
    return {part.address: part.data + bytes(part.more) for part in parts}


def test_crate_has_what_cargo_needs() -> None:
    files = crate(TEXT)
    assert sorted(files) == [
        "guest/Cargo.toml",
        "guest/build.rs",
        "guest/program.ld",
        "guest/src/main.rs",
    ]
    manifest = tomllib.loads(files["guest/Cargo.toml"])
    assert manifest["package"]["name"] == "program"
    assert "dependencies" not in manifest
    assert "workspace" in manifest, "it does not belong to one above it"


@pytest.mark.parametrize(
    "parts",
    [
        (TEXT,),
        (TEXT, DATA),
        (TEXT, DATA, CONSTANTS),
        (TEXT, Part(0x7900_0000, b"", READ_WRITE, more=64)),
        (TEXT, Part(0x7900_0000, bytes(40), READ)),
        pytest.param(
            (DATA, Part(0x7980_0000, TEXT.data)),
            id="data in front",
        ),
        pytest.param(
            (CONSTANTS, DATA, Part(0x7B00_0000, TEXT.data)),
            id="two in front",
        ),
    ],
)
def test_same_bytes_lie_at_the_same_addresses(parts: tuple[Part, ...]) -> None:
    assert placed(crate(*parts)) == in_memory(*parts)


def test_instructions_are_words_with_their_assembly_language_beside_them() -> None:
    assembly = {0x7800_0004: "mul a3, a2, a1", 0x1234: "elsewhere"}
    lines = lines_of(crate(TEXT, assembly=assembly))
    assert lines[:3] == ['.section .program0, "ax"', ".globl _start", "_start:"]
    assert lines[3:] == [".word 0x00000513", ".word 0x02b606b3  # mul a3, a2, a1", ".word 0x00000073"]


@pytest.mark.parametrize("text", ['say "x"', "a\\b", "{a0}", "}{", 'mix "{\\}"'])
def test_nothing_in_a_comment_ends_a_literal_or_is_a_placeholder(text: str) -> None:
    files = crate(TEXT, assembly={0x7800_0000: text})
    assert lines_of(files)[3] == f".word 0x00000513  # {text}"
    (line,) = [line for line in files["guest/src/main.rs"].splitlines() if "0x00000513" in line]
    inside = line.strip().removesuffix(",")[1:-1]
    assert re.fullmatch(r'(?:[^"\\{}]|\\.|\{\{|\}\})*', inside), "all braces doubled, all quotes escaped"


@pytest.mark.parametrize("title", ["riscv: rvref | sp1: output at mul", "{braces} and {0}", "100% %s"])
def test_title_is_the_first_line(title: str) -> None:
    assert crate(TEXT, title=title)["guest/src/main.rs"].splitlines()[0] == f"//! {title}"


def test_flags_of_sections_are_those_of_segments() -> None:
    sections = [line for line in lines_of(crate(TEXT, DATA, CONSTANTS)) if line.startswith(".section")]
    assert sections == [
        '.section .program0, "ax"',
        '.section .program1, "aw"',
        '.section .program2, "a"',
    ]


def test_linker_script_goes_up_through_memory_and_begins_at_the_text() -> None:
    high, low = Part(0x9000, b"high", READ), Part(0x100, b"low", READ_WRITE)
    script = crate(Part(0x8000, TEXT.data), high, low)["guest/program.ld"]
    assert re.findall(r" (0x\w+) : ", script) == ["0x100", "0x8000", "0x9000"]
    assert script.startswith("ENTRY(_start)\n")
    assert script.count("{") == script.count("}")
    assert "KEEP(*(.program1))" in script


def test_program_of_32_bits_is_the_same_crate() -> None:
    wide, narrow = (
        guest_crate(elf_file([TEXT, DATA], xlen=xlen), title="t", assembly={}) for xlen in (64, 32)
    )
    assert wide == narrow


@pytest.mark.parametrize("elf", [b"", b"not an ELF file", bytes(200)])
def test_what_is_no_program_has_no_crate(elf: bytes) -> None:
    assert guest_crate(elf, title="t", assembly={}) == []
