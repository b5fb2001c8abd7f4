"""What the reference says that it executed."""

import sys
from pathlib import Path
from textwrap import dedent

import pytest

from fuzzer.errors import RunnerError
from fuzzer.execute.trace import TraceStep, trace


def tracer(folder: Path, body: str) -> Path:
    """An executable with this body."""
    binary = folder / "rvref"
    binary.write_text(f"#!{sys.executable} -I\nimport sys\n{dedent(body)}", encoding="utf-8")
    binary.chmod(0o755)
    return binary


def test_lines_become_steps_and_the_last_one_is_how_it_ended(tmp_path: Path) -> None:
    printed = """
        print("0x78000000 00000513 addi a0, zero, 0                 a0=0x0")
        print("0x78000004 00a12023 sw a0, 0(sp)")
        print("0x78000008 00000073 ecall                            t0=0x2")
        print("halt: exit code 0")
    """
    assert trace(tracer(tmp_path, printed), b"") == [
        TraceStep(0x78000000, 0x00000513, "addi a0, zero, 0", result=0),
        TraceStep(0x78000004, 0x00A12023, "sw a0, 0(sp)"),
        TraceStep(0x78000008, 0x00000073, "ecall", result=2),
    ]


def test_program_comes_on_standard_input_and_the_limit_as_a_word(tmp_path: Path) -> None:
    told = """
        size = len(open(sys.argv[2], "rb").read())
        print(f"0x{size:x} {int(sys.argv[4]):x} {sys.argv[1]} {sys.argv[3]}")
        print("end")
    """
    (step,) = trace(tracer(tmp_path, told), bytes(300_000), limit=77)
    assert step == TraceStep(300_000, 77, "trace --limit")


def test_program_that_executes_nothing_has_no_steps(tmp_path: Path) -> None:
    assert list(trace(tracer(tmp_path, 'print("crash: no text")'), b"")) == []


def test_program_that_does_not_load_has_no_steps(tmp_path: Path) -> None:
    assert list(trace(tracer(tmp_path, 'sys.exit("not an ELF file")'), b"junk")) == []


def test_instruction_that_could_not_be_executed_is_the_last_step(tmp_path: Path) -> None:
    told = """
        print("0x78000000 00000513 addi a0, zero, 0                a0=0x0")
        print("misaligned load 0x78100001 at pc 0x78000004")
    """
    before, last = trace(tracer(tmp_path, told), b"")
    assert (before.assembly, before.fault) == ("addi a0, zero, 0", "")
    assert last == TraceStep(0x7800_0004, 0, "misaligned load", "misaligned load")


def test_jump_that_leads_nowhere_is_a_step_with_its_fault(tmp_path: Path) -> None:
    told = """
        print("0x78000000 00007763 bgeu zero, zero, 0x7800000e")
        print("misaligned jump 0x7800000e at pc 0x78000000")
    """
    (step,) = trace(tracer(tmp_path, told), b"")
    assert (step.assembly, step.fault) == ("bgeu zero, zero, 0x7800000e", "misaligned jump")


def test_runner_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RunnerError, match="rvref cannot trace a program"):
        trace(tmp_path / "missing", b"")


@pytest.mark.parametrize("line", ["a line without numbers", "0x10", "zz 00 nop"])
def test_what_is_no_trace_is_an_error(tmp_path: Path, line: str) -> None:
    with pytest.raises(RunnerError):
        trace(tracer(tmp_path, f'print({line!r})\nprint("end")'), b"")
