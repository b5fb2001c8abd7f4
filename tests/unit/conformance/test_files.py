"""The files of frozen cases: there and back, damaged ones, and those of the checkout."""

from contextlib import suppress
from pathlib import Path

import pytest
from conformance_cases import added, halting

from fuzzer.conformance.case import Base, Case, Expected, FrozenCase, Value
from fuzzer.conformance.cases.groups import WIDTHS, groups
from fuzzer.conformance.files import CaseFile, decode_file, encode_file, read_files, write_file
from fuzzer.errors import InputError
from fuzzer.home import find_home
from fuzzer.isa.encoding import NOP, Instruction, encode
from fuzzer.isa.opcodes import opcodes

FOLDER = find_home().root / "inputs" / "conformance"
MOST_BYTES = 3 << 20

STORE = FrozenCase(
    Case(
        op="sb",
        code=(encode(Instruction("sb", rs1=8, rs2=9, imm=-1)), NOP, NOP, NOP),
        inputs=((8, Value(-31, Base.DATA)), (9, Value(0xFF))),
        outputs=((1, Base.CODE), (0, Base.ABSOLUTE)),
        window=bytes(32),
        across_page=True,
    ),
    Expected(registers=(2**64 - 4, 0), window=b"\xff" + bytes(31)),
)
UNSEEN = FrozenCase(Case(op="sw", code=(NOP,), window=bytes(16), window_counts=False), Expected())
FILE = CaseFile(
    xlen=64, group="some", references={"rvref": "1"}, cases=(added(5), halting(0), halting(9), STORE, UNSEEN)
)


def test_a_file_comes_back_from_its_bytes() -> None:
    assert decode_file(encode_file(FILE), "here") == FILE


def test_a_case_is_a_line_that_people_can_read() -> None:
    lines = encode_file(FILE).decode().splitlines()
    assert lines[1] == '{"op":"add","code":"00c58533","in":{"a1":"5","a2":"1"},"out":{"a0":"6"}}'
    assert '"code":"fe940fa3 00000013*3"' in lines[4]
    assert '"s0":"data-1f"' in lines[4]
    assert '"ra":"code-4"' in lines[4]


def test_every_damaged_byte_is_seen() -> None:
    content = encode_file(FILE)
    for at in range(0, len(content), 7):
        damaged = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
        with suppress(InputError):
            # Only what says who agreed, and on what, is not covered by the digest.
            assert decode_file(damaged, "here").cases == FILE.cases
    body = content.index(b"\n")
    for at in range(body, len(content), 7):
        damaged = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
        with pytest.raises(InputError, match="`here`") as caught:
            decode_file(damaged, "here")
        assert caught.value.hint


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "damaged: its first line"),
        (b"\xff\xfe\n", "damaged: its first line"),
        (encode_file(FILE)[:-20], "digest"),
        (encode_file(FILE).replace(b'"version":1', b'"version":2'), "version 2"),
        (encode_file(FILE).replace(b"zkvm-conformance", b"something"), "`something`"),
        (encode_file(FILE).replace(b'"cases":5', b'"cases":6'), "5 cases"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        decode_file(content, "here")


@pytest.mark.parametrize(
    ("frozen", "message"),
    [
        (FrozenCase(Case(op="nop", code=(NOP,)), Expected()), "no opcode `nop`"),
        (FrozenCase(Case(op="add", code=(0,)), Expected()), "`00000000` is no instruction"),
        (FrozenCase(Case(op="add", code=()), Expected()), "is no instruction"),
        (FrozenCase(Case(op="add", code=(NOP,), window=b"1", across_page=True), Expected()), "window"),
    ],
)
def test_a_line_that_is_no_case_is_named(frozen: FrozenCase, message: str) -> None:
    file = CaseFile(xlen=64, group="some", references={}, cases=(added(1), frozen))
    with pytest.raises(InputError, match=rf"line 3: .*{message}"):
        decode_file(encode_file(file), "here")


def test_files_are_found_by_their_names(tmp_path: Path) -> None:
    path = write_file(tmp_path, FILE)
    assert path.name == "rv64-some.jsonl"
    assert [found.name for found in tmp_path.iterdir()] == [path.name]
    assert read_files(tmp_path, [64], "here") == [FILE]
    with pytest.raises(InputError, match="no conformance file for RV32"):
        read_files(tmp_path, [32, 64], "here")
    path.rename(tmp_path / "rv64-other.jsonl")
    with pytest.raises(InputError, match=r"belongs into `rv64-some\.jsonl`"):
        read_files(tmp_path, [64], "here")


def test_a_folder_in_place_of_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "rv64-some.jsonl").mkdir()
    with pytest.raises(InputError, match="cannot be read"):
        read_files(tmp_path, [64], "here")


@pytest.mark.parametrize("xlen", WIDTHS)
def test_the_frozen_cases_are_those_that_are_made(xlen: int) -> None:
    frozen = {file.group: [one.case for one in file.cases] for file in read_files(FOLDER, [xlen], "here")}
    made = groups(xlen)
    assert frozen.keys() == made.keys()
    for group, cases in made.items():
        assert set(frozen[group]) == set(cases), f"{group}: `scripts/calibrate --freeze` makes them anew"


@pytest.mark.parametrize("xlen", WIDTHS)
def test_the_frozen_values_have_witnesses_and_every_opcode(xlen: int) -> None:
    files = read_files(FOLDER, [xlen], "here")
    assert {one.case.op for file in files for one in file.cases} == {one.name for one in opcodes(xlen)}
    assert {tuple(sorted(file.references)) for file in files} == {("rvref", "spike", "unicorn")}


def test_the_frozen_files_stay_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < MOST_BYTES
