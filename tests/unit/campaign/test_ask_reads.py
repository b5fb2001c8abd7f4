"""Native runs are asked what they read, and only they."""

from pathlib import Path

from fake_program import ECHO, fake_program

from fuzzer.campaign.program import Program
from fuzzer.campaign.reads import ask_reads
from fuzzer.generate.structure import RAW, Bincode, IntType, Json, TextType
from fuzzer.model import Limits

LIMITS = Limits()
READER = """
    reads = [
        {"kind": "typed", "name": "u32", "format": "U32", "registry": {}},
        {"kind": "raw"},
        {"kind": "typed", "name": "String", "format": "STR", "registry": {}},
    ]
    hello()
    for run in runs():
        told = outcome(run)
        if run.get("reads"):
            told["reads"] = [msgspec.msgpack.encode(read) for read in reads[: len(run["buffers"]) + 1]]
        send(5, told)
"""
NEVER = """
    raise SystemExit("nobody asks me")
"""
U32, TEXT = Bincode(root=IntType(bits=32)), Bincode(root=TextType())


def reader(folder: Path) -> Program:
    return fake_program(folder, READER, sp1=NEVER)


def test_form_of_typed_reads(tmp_path: Path) -> None:
    known = ask_reads(reader(tmp_path), [(b"1234", b"[1]"), (b"5678", b"[2]")], LIMITS)
    assert [type(form) for form in known.form.buffers] == [Bincode, Json, Bincode]
    assert known.unknown == ()


def test_without_inputs_each_run_tells_one_read_more(tmp_path: Path) -> None:
    assert ask_reads(reader(tmp_path), [], LIMITS).form.buffers == (U32, RAW, TEXT)


def test_a_runner_that_does_not_tell_is_as_before(tmp_path: Path) -> None:
    silent = fake_program(tmp_path, ECHO, sp1=NEVER)
    assert [type(form) for form in ask_reads(silent, [(b"{}",)], LIMITS).form.buffers] == [Json]
    assert ask_reads(silent, [], LIMITS).form.buffers == ()


def test_a_runner_that_dies_of_an_input_tells_of_the_others(tmp_path: Path) -> None:
    dying = READER.replace(
        "told = outcome(run)", "os._exit(3) if b'die' in run['buffers'] else None; told = outcome(run)"
    )
    known = ask_reads(fake_program(tmp_path, dying), [(b"die",), (b"1234",)], LIMITS)
    assert known.form.buffers == (U32, RAW)
