"""What programs are looked into with."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from fake_generator import RIGHT, fake_targets, generates
from fake_machine import MUL, Document
from fake_machine import program as toy_program

from fuzzer.campaign.hunt.examine import case_of
from fuzzer.campaign.hunt.laboratory import Laboratory
from fuzzer.execute.generator import Source
from fuzzer.generate.program import InstructionProgram, decode_program
from fuzzer.model import Limits

pytestmark = pytest.mark.slow  # each test starts several processes

TWO_FAULTS = """
def fate(elf, spoils):
    names = {step.text.split()[0] for step in execute(elf).steps}
    wrong = "add" if "add" in names else "" if "addi" not in names else MUL if MUL in names else "xor"
    ran = execute(elf, spoils=wrong)
    return ended(ran.stream, ran.status)
serve()
"""
"""Products and exclusive ors are wrong behind an addi; sums always are."""
CASE = case_of(Source(generator="riscv", xlen=64, seed=7), 0)
BEFORE: Document = {"op": "ins", "name": "addi", "rd": 11, "rs1": 11, "imm": 1}


def program(name: str) -> InstructionProgram:
    at_fault: Document = {"op": "ins", "name": name, "rd": 13, "rs1": 11, "rs2": 12}
    document = toy_program([BEFORE, at_fault], registers={11: 5, 12: 9})
    return decode_program(msgspec.json.encode(document), name="program")


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Laboratory]:
    targets = fake_targets(tmp_path, generates(), one=TWO_FAULTS, two=RIGHT)
    laboratory = Laboratory(targets, Limits(wall_ms=1_000, output_mb=1))
    yield laboratory
    laboratory.close()


def test_operation_that_is_at_fault_itself_is_not_the_same_finding(lab: Laboratory) -> None:
    others = {name: (program(name),) for name in ("add", "xor")}
    same = lab.that_show_the_same(CASE, program(MUL), others, number=1, apart=["one"])
    assert same == ("xor",), "the sum is wrong without the addi, too, where the product is right"


def test_operation_that_parts_other_targets_is_not_the_same_finding(lab: Laboratory) -> None:
    others = {"xor": (program("xor"),)}
    assert lab.that_show_the_same(CASE, program(MUL), others, number=1, apart=["one", "two"]) == ()


def test_a_later_variant_of_an_operation_counts_as_well(lab: Laboratory) -> None:
    plain = msgspec.structs.replace(program("xor"), blocks=program("xor").blocks[:0])
    assert lab.that_show_the_same(
        CASE, program(MUL), {"xor": (plain, plain, program("xor"))}, number=1, apart=["one"]
    ) == ("xor",)
