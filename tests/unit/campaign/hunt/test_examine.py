"""From a program that differs to a finding that is located, confirmed and reduced."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from fake_generator import (
    RIGHT,
    WRONG,
    WRONG_ABOVE,
    WRONG_IN_BATCHES,
    fake_targets,
    generates,
    generates_these,
)
from fake_machine import MUL, Document, execute
from fake_machine import program as toy_program
from sample_results import FLIPPED, result

from fuzzer.campaign.care import Care
from fuzzer.campaign.events import CaseFinished, Confirming, Event, SeenBefore
from fuzzer.campaign.hunt.examine import Examiner, case_of
from fuzzer.errors import RunnerError
from fuzzer.execute.generator import Source
from fuzzer.generate.program import decode_program
from fuzzer.model import Limits
from fuzzer.store.run_log import Details
from fuzzer.triage.signature import signature

pytestmark = pytest.mark.slow  # each test starts several processes

SOURCE = Source(generator="riscv", xlen=64, seed=7)
ENDLESS = 1e9
ADDS_A_BYTE = """
normal = fate
def fate(elf, spoils):
    told = normal(elf, spoils)
    told[3] += b"!"
    return told
serve()
"""
KNOWS_COMMITS = """
plain = outcome
def outcome(run):
    return plain(run) | {"commit_ends": [1]}
"""
"""Where commits end is told of a case, not of a program in a batch."""


def product_of(register: int) -> Document:
    return {"op": "ins", "name": MUL, "rd": 13, "rs1": register, "rs2": 11}


MORE: Document = {"op": "ins", "name": "addi", "rd": 12, "rs1": 12, "imm": 1}
UNPUBLISHED = 20
MIDDLE = toy_program([product_of(12)], registers={11: 5, 12: 0x40})
"""Its product is wrong on `one` only."""
LARGE = toy_program([product_of(UNPUBLISHED)], registers={11: 5, UNPUBLISHED: 1_000})
"""Its product is wrong on both; as one factor is not published, it is reduced as a whole, for `one`."""
ONE, TWO = WRONG_ABOVE.format(100), WRONG_ABOVE.format(2_000)
ONE_ALONE = "riscv: rvref, two | one: output at mul"


def care(*, reduce_s: float = ENDLESS) -> Care:
    return Care(limits=Limits(wall_ms=2_000), confirmations=2, reduce_s=reduce_s)


Examine = Callable[..., list[Event]]


SEEN = result(FLIPPED)
"""How every program did among others."""


@contextmanager
def examiner(
    folder: Path, programs: Sequence[Document] = (), *, reduce_s: float = ENDLESS, **runners: str
) -> Iterator[Examine]:
    """Looks into programs one after the other: these, or others of which those of even indices multiply."""
    generator = generates_these(programs) if programs else generates(range(0, 100, 2))
    targets = fake_targets(folder, generator, **runners)
    with Examiner(targets, care(reduce_s=reduce_s), clock=lambda: 0.0) as started:
        yield lambda *indices: [event for index in indices for event in started.examine(SOURCE, index, SEEN)]


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> list[Event]:
    """What becomes of a program that multiplies and of another one, with time to reduce."""
    with examiner(tmp_path_factory.mktemp("examined"), one=WRONG) as examine:
        return examine(4, 8)


@pytest.fixture
def finding(events: list[Event]) -> CaseFinished:
    """The first of them."""
    return finished(events)


def finished(events: list[Event]) -> CaseFinished:
    (event,) = [event for event in events if isinstance(event, CaseFinished)]
    return event


def details_of(event: CaseFinished) -> Details:
    assert event.details is not None
    return event.details


def name_of(event: CaseFinished) -> str:
    return signature(event.result, place=details_of(event).place)


def file_of(event: CaseFinished, name: str) -> bytes:
    (data,) = [file.data for file in details_of(event).files if file.path == name]
    return data


def test_finding_is_one_instruction_with_what_it_needs_and_no_more(finding: CaseFinished) -> None:
    record = details_of(finding).record
    assert (record.instructions, record.original_instructions) == (1, 5)
    smallest = decode_program(file_of(finding, "program.json"), name="program.json")
    (op,) = (op for block in smallest.blocks for op in block.ops)
    assert (op["name"], op["rd"]) == (MUL, 13)
    assert smallest.registers == {}, "a product of zeros is off by one too"
    assert smallest.publish.registers == (13,)
    assert record.published_bytes == 8
    assert record.checkpoint == 1


def test_finding_says_at_which_instruction_and_what_it_made_of_the_registers(finding: CaseFinished) -> None:
    location = details_of(finding).record.location
    assert location is not None
    assert location.mnemonic == MUL
    assert location.around[-1].endswith(location.instruction)
    assert location.after == {"rvref": {"a3": "0x0"}, "one": {"a3": "0x1"}}
    assert signature(finding.result, place=details_of(finding).place) == "riscv: rvref | one: output at mul"


def test_difference_is_confirmed_before_and_after_it_is_reduced(events: list[Event]) -> None:
    assert [type(event) for event in events[:3]] == [Confirming, Confirming, CaseFinished]
    (entry,) = finished(events).result.comparisons
    assert (entry.is_finding, entry.confirmed, entry.attempts) == (True, 2, 2)


def test_second_program_with_the_same_difference_was_seen_before(events: list[Event]) -> None:
    assert events[3:] == [SeenBefore(case_of(SOURCE, 8), "riscv: rvref | one: output at mul")]


def test_folder_holds_the_program_as_it_is_and_as_it_was(finding: CaseFinished) -> None:
    elf, original = file_of(finding, "program.elf"), file_of(finding, "original.elf")
    for program in (elf, original):
        assert execute(program).stream != execute(program, spoils=MUL).stream
    assert len(execute(elf).steps) < len(execute(original).steps)
    assert finding.result.reference.stream == execute(elf).stream
    assert finding.result.comparisons[0].outcome.stream == execute(elf, spoils=MUL).stream
    assert MUL in file_of(finding, "program.txt").decode()
    assert len(json.loads(file_of(finding, "original.json"))["blocks"][0]["ops"]) == 5
    assert "mul x13" in file_of(finding, "guest/src/main.rs").decode()
    assert finding.result.case == case_of(SOURCE, 4)
    assert finding.result.case.provenance.rng_seed == "7:4"


def test_without_time_the_program_still_begins_where_the_difference_is(tmp_path: Path) -> None:
    with examiner(tmp_path, one=WRONG, two=RIGHT, three=WRONG, reduce_s=-1.0) as examine:
        event = finished(examine(4))
    assert details_of(event).record.instructions == 1
    assert details_of(event).record.published_bytes == 3 * 8, "its operands are for the reduction"
    name = signature(event.result, place=details_of(event).place)
    assert name == "riscv: rvref, two | one, three: output at mul"


def test_program_that_agrees_alone_is_no_finding(tmp_path: Path) -> None:
    with examiner(tmp_path, one=WRONG_IN_BATCHES) as examine:
        event = finished(examine(4))
    assert [entry.is_flaky for entry in event.result.comparisons] == [True]
    assert details_of(event).record.instructions == 5, "there is nothing to reduce by"


def test_finding_that_does_not_repeat_is_flaky_and_keeps_the_whole_program(tmp_path: Path) -> None:
    turns = tmp_path / "turns"
    # Processes in turn: the examiner's own, the first one alone, and two that confirm.
    flaky = f"""
with open({str(turns)!r}, "a+") as file:
    file.seek(0)
    turn = len(file.read())
    file.write(".")
serve(spoils=MUL if turn < 3 else "")
"""
    with examiner(tmp_path, one=flaky) as examine:
        event = finished(examine(4))
    (entry,) = event.result.comparisons
    assert entry.is_flaky
    assert (entry.confirmed, entry.attempts) == (1, 2)
    assert details_of(event).record.instructions == 5


def test_difference_outside_of_the_instructions_has_no_place(tmp_path: Path) -> None:
    with examiner(tmp_path, one=ADDS_A_BYTE) as examine:
        event = finished(examine(3))
    assert details_of(event).record.location is None
    assert details_of(event).record.instructions == 0, "no instruction is needed for it"
    assert signature(event.result).endswith("output at commit 1")


def test_difference_without_a_place_is_seen_again_too(tmp_path: Path) -> None:
    with examiner(tmp_path, one=KNOWS_COMMITS + ADDS_A_BYTE, reduce_s=-1.0) as examine:
        *_, first, again = examine(3, 5)
    assert isinstance(first, CaseFinished)
    assert isinstance(again, SeenBefore)


def test_instruction_that_is_wrong_in_the_second_round_of_a_loop_is_the_place(tmp_path: Path) -> None:
    rounds: Document = {"op": "ins", "name": "addi", "rd": 10, "rs1": 0, "imm": 3}
    again: Document = {"op": "loop_end", "counter": 10, "to": 1}
    looping = toy_program([rounds], [product_of(12), MORE, again], [MORE], registers={11: 5, 12: 0x40})
    with examiner(tmp_path, [looping], one=WRONG_ABOVE.format(0x40 * 5), reduce_s=-1.0) as examine:
        event = finished(examine(0))
    record = details_of(event).record
    assert record.location is not None
    assert record.location.mnemonic == MUL
    assert record.location.before == {"a0": "0x2", "a1": "0x5", "a2": "0x41", "a3": hex(0x40 * 5)}
    assert record.instructions == 1, "it begins in the second round"


def test_program_that_is_reduced_to_a_difference_seen_before_is_no_finding(tmp_path: Path) -> None:
    with examiner(tmp_path, [MIDDLE, LARGE], one=ONE, two=TWO) as examine:
        first, (*looked_into, again) = examine(0), examine(1)
    assert name_of(finished(first)) == ONE_ALONE
    assert [type(event) for event in looked_into] == [Confirming, Confirming], "as a whole it is another one"
    assert again == SeenBefore(case_of(SOURCE, 1), ONE_ALONE)


def test_what_a_finding_was_reduced_to_is_known_from_then_on(tmp_path: Path) -> None:
    with examiner(tmp_path, [MIDDLE, LARGE], one=ONE, two=TWO) as examine:
        first, again = examine(1), examine(0)
    assert name_of(finished(first)) == ONE_ALONE
    assert again == [SeenBefore(case_of(SOURCE, 0), ONE_ALONE)]


def test_examiner_that_cannot_start_its_generator_leaves_nothing(tmp_path: Path) -> None:
    targets = fake_targets(tmp_path, "sys.exit(3)", one=WRONG)
    with pytest.raises(RunnerError, match="the program generator ended"):
        Examiner(targets, care(), clock=lambda: 0.0)
    assert psutil.Process().children() == []
