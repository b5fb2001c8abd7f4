"""What a program publishes, written out by ops."""

import json
from itertools import pairwise

from fake_machine import program as toy_program
from msgspec.structs import replace

from fuzzer.generate.program import InstructionProgram, Publish, decode_program
from fuzzer.reduce.spoken import spoken

PAGE = 4096


def program() -> InstructionProgram:
    document = toy_program([{"op": "pad", "count": 3}], registers={11: 5})
    windows = ({"address": "0x7814aff8", "size": 16}, {"address": "0x78150000", "size": 2})
    plain = decode_program(json.dumps(document).encode(), name="program")
    frame = {"registers": [16, 30], "address": "0x78100ff0"}
    return replace(plain, publish=Publish(registers=(11, 12), windows=windows), frame=frame)


def test_every_piece_is_written_in_its_order() -> None:
    made = spoken(program(), registers={11: 5, 12: -1}, memory=[bytes(range(16)), b"ab"], frame=(9, 8))
    ops = [op for block in made.blocks for op in block.ops]
    assert [(op["op"], op["length"]) for op in ops] == [("write", 16), ("write", 16), ("write", 2)]
    record = (5).to_bytes(8, "little") + b"\xff" * 8
    data = [bytes.fromhex(segment["bytes"]) for segment in made.segments]
    assert data == [record, bytes(range(16)), b"ab"]
    assert [op["address"] for op in ops] == [segment["address"] for segment in made.segments]


def test_registers_show_what_the_writes_do_to_them() -> None:
    made = spoken(program(), registers={11: 5, 12: 0}, memory=[bytes(16), b"ab"], frame=(9, 8))
    assert made.frame["registers"] == [9, 8]
    others = [number for number in range(1, 32) if number not in (8, 9)]
    assert made.publish == Publish(registers=tuple(others))
    assert made.registers == {str(number): "0x5" if number == 11 else "0x1" for number in others}


def test_pieces_lie_in_pages_as_they_did_and_apart() -> None:
    made = spoken(program(), registers={11: 5, 12: 6}, memory=[bytes(16), b"ab"], frame=(9, 8))
    places = [(int(segment["address"], 16), segment["size"]) for segment in made.segments]
    assert [address % PAGE for address, _ in places] == [0xFF0, 0xFF8, 0]
    for (address, size), (following, _) in pairwise(places):
        assert address + size < following
