"""Instruction programs as documents."""

import json
from typing import Any

import msgspec
import pytest
from fake_machine import described

from fuzzer.errors import StoreError
from fuzzer.generate.program import Block, InstructionProgram, Publish, decode_program

DOCUMENT = {
    "version": 1,
    "xlen": 32,
    "generator": "riscv",
    "seed": 9,
    "index": 4,
    "text_base": "0x78000000",
    "segments": [{"address": "0x2000", "size": 16, "file_size": 2, "writable": True, "bytes": "0a0b"}],
    "registers": {"5": "0xff"},
    "frame": {"registers": [30, 31], "address": "0x9000"},
    "blocks": [
        {"id": 3, "ops": [{"op": "ins", "name": "add", "rd": 1}, {"op": "checkpoint"}]},
        {"id": 7, "ops": [{"op": "word", "word": 3}]},
    ],
    "publish": {"registers": [1, 5, 6], "windows": [{"address": "0x2000", "size": 16}, {"size": 3}]},
    "exit_code": -3,
}


def decoded(document: object) -> InstructionProgram:
    return decode_program(json.dumps(document).encode(), name="program.json")


def test_document_reads_back_as_it_was() -> None:
    program = decoded(DOCUMENT)
    assert json.loads(program.encode()) == DOCUMENT
    assert decode_program(program.encode(), name="again") == program


def test_ops_and_published_bytes_are_counted() -> None:
    program = decoded(DOCUMENT)
    assert program.size == 3
    assert program.record_bytes == 3 * 4 + 16 + 3
    wide = msgspec.structs.replace(program, xlen=64)
    assert wide.record_bytes == 3 * 8 + 16 + 3


def test_what_may_be_left_out_is_nothing() -> None:
    program = decoded({"version": 1, "xlen": 64, "text_base": "0x0"})
    assert (program.blocks, program.registers, program.publish) == ((), {}, Publish())
    assert (program.size, program.record_bytes) == (0, 0)
    assert decoded(described(0, multiplies=())).blocks[0] != Block(0)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        json.dumps({**DOCUMENT, "blocks": 3}).encode(),
        json.dumps({**DOCUMENT, "xlen": "64"}).encode(),
        json.dumps({key: value for key, value in DOCUMENT.items() if key != "text_base"}).encode(),
    ],
    ids=["empty", "cut", "a list", "blocks", "width", "no text"],
)
def test_what_is_no_program_is_an_error_that_names_it(data: bytes) -> None:
    with pytest.raises(StoreError, match=r"mine\.json is not a program") as raised:
        decode_program(data, name="mine.json")
    assert raised.value.hint


@pytest.mark.parametrize("key", ["registers", "segments", "frame", "publish"])
def test_other_types_than_the_right_ones_are_refused(key: str) -> None:
    broken: dict[str, Any] = {**DOCUMENT, key: "0x1"}
    with pytest.raises(StoreError):
        decoded(broken)


def test_text_that_is_not_utf8_is_refused() -> None:
    data = json.dumps({**DOCUMENT, "generator": "a"}).encode().replace(b'"a"', b'"\xff"')
    with pytest.raises(StoreError):
        decode_program(data, name="program.json")
