"""Batches of whole programs on real runners: broken files, bad ends, killed runners, good programs beside."""

import signal
import struct
from collections.abc import Mapping, Sequence

import psutil
import pytest

from fuzzer.build.plan import build
from fuzzer.build.steps import Silent
from fuzzer.conformance.elf import EXECUTE, READ, WRITE, Image, Segment, write_elf
from fuzzer.conformance.programs import COMMIT_FD, HALT_CALL, TEXT, WRITE_CALL
from fuzzer.execute.programs import BATCH, ProgramRunners
from fuzzer.execute.runner import RunnerCommand
from fuzzer.home import Home
from fuzzer.isa.encoding import Instruction, encode
from fuzzer.isa.opcodes import NUMBER_OF
from fuzzer.model import RVREF, Limits, Outcome, Status

pytestmark = pytest.mark.real

SP1 = ("sp1", "sp1-portable")
TARGETS = (RVREF, *SP1)
LIMITS = Limits(wall_ms=1_000, memory_mb=512, output_mb=1)

DATA = 0x7810_0000
DATA_SIZE = 4096
A1, COUNTER, POINTER = (NUMBER_OF[name] for name in ("a1", "s2", "s3"))
HEADER, ENTRY = 64, 56
"""Sizes of the headers in an ELF file of 64 bits."""
MACHINE, TABLE, ENTRY_SIZE, COUNT = 18, 32, 54, 56
"""Places in the file's header."""
IN_FILE = HEADER + ENTRY + 8
"""Where the header of the second segment says at which offset it lies; sizes follow further behind."""
FILE_SIZE, MEMORY_SIZE = HEADER + ENTRY + 32, HEADER + ENTRY + 40


def call(number: int, **arguments: int) -> list[Instruction]:
    """A system call with these registers set."""
    registers = {"t0": number, **arguments}
    return [
        *(Instruction("addi", rd=NUMBER_OF[name], imm=value) for name, value in registers.items()),
        Instruction("ecall"),
    ]


TO_DATA = Instruction("lui", rd=A1, imm=DATA >> 12)
COMMIT_8 = [TO_DATA, *call(WRITE_CALL, a0=COMMIT_FD, a2=8)]
COMMIT_2000 = call(WRITE_CALL, a0=COMMIT_FD, a2=2_000)
HALT = call(HALT_CALL, a0=0)


def text(*instructions: Instruction) -> Segment:
    code = b"".join(encode(instruction).to_bytes(4, "little") for instruction in instructions)
    return Segment(TEXT, code, READ | EXECUTE)


def data(number: int) -> Segment:
    return Segment(DATA, number.to_bytes(8, "little"), READ | WRITE, DATA_SIZE)


def program(*instructions: Instruction) -> bytes:
    return image(text(*instructions), data(7))


def image(*segments: Segment, entry: int = TEXT) -> bytes:
    return write_elf(Image(64, entry, segments))


def good(number: int) -> bytes:
    """A program that commits a number."""
    return image(GOOD_TEXT, data(number))


def good_stream(number: int) -> bytes:
    return number.to_bytes(8, "little")


def patched(place: int, value: bytes) -> bytes:
    """A good program with some bytes of its headers replaced."""
    elf = good(7)
    return elf[:place] + value + elf[place + len(value) :]


def u64(value: int) -> bytes:
    return struct.pack("<Q", value)


GOOD_TEXT = text(*COMMIT_8, *HALT)
NOT_EXECUTABLE = Segment(TEXT, GOOD_TEXT.data, READ)
INSIDE_THE_TEXT = Segment(TEXT + 8, bytes(8), READ | WRITE)

BROKEN: Mapping[str, bytes] = {
    "no ELF file": b"#!/bin/sh\necho hello\n",
    "empty": b"",
    "magic bytes alone": b"\x7fELF",
    "half a header": good(7)[: HEADER // 2],
    "cut in the table of segments": good(7)[: HEADER + ENTRY],
    "cut in the last segment": good(7)[:-1],
    "for x86-64": patched(MACHINE, struct.pack("<H", 62)),
    "no segments": image(),
    "no segments, as the header says": patched(COUNT, bytes(2)),
    "65,535 segments": patched(COUNT, b"\xff\xff"),
    "segment headers of no size": patched(ENTRY_SIZE, bytes(2)),
    "table of segments nowhere": patched(TABLE, u64(1 << 60)),
    "segment's offset nowhere": patched(IN_FILE, u64(1 << 60)),
    "nothing executable": image(NOT_EXECUTABLE, data(7)),
    "entry nowhere": image(GOOD_TEXT, data(7), entry=0x10),
    "entry in the data": image(GOOD_TEXT, data(7), entry=DATA),
    "entry behind the text": image(GOOD_TEXT, data(7), entry=TEXT + DATA_SIZE),
    "entry between instructions": image(GOOD_TEXT, data(7), entry=TEXT + 2),
    "segments overlap": image(GOOD_TEXT, INSIDE_THE_TEXT),
    "the same segment twice": image(GOOD_TEXT, GOOD_TEXT),
    "misaligned text": image(Segment(TEXT + 2, GOOD_TEXT.data, READ | EXECUTE), entry=TEXT + 2),
    "misaligned data": image(GOOD_TEXT, Segment(DATA + 2, bytes(8), READ | WRITE)),
    "2^60 bytes in the file": patched(FILE_SIZE, u64(1 << 60)),
    "2^64 - 1 bytes of memory": patched(MEMORY_SIZE, u64((1 << 64) - 1)),
}
"""Files that no target can load."""
ABSURD: Mapping[str, bytes] = {
    "2^60 bytes of memory": patched(MEMORY_SIZE, u64(1 << 60)),
    "2^40 bytes of bss": patched(MEMORY_SIZE, u64(1 << 40)),
}
"""Files that SP1 begins to load."""

ENDS: Mapping[str, bytes] = {
    "loops for ever": program(*COMMIT_8, Instruction("jal", imm=0)),
    "commits without end": program(TO_DATA, *COMMIT_2000, Instruction("jal", imm=-4)),
    "commits more than the limit": program(
        Instruction("addi", rd=COUNTER, imm=600),
        TO_DATA,
        *COMMIT_2000,
        Instruction("addi", rd=COUNTER, rs1=COUNTER, imm=-1),
        Instruction("bne", rs1=COUNTER, imm=-8),
        *HALT,
    ),
    "exits with code 7": program(*COMMIT_8, *call(HALT_CALL, a0=7)),
    "stores to the highest address": program(
        *COMMIT_8, Instruction("addi", rd=POINTER, imm=-8), Instruction("sd", rs1=POINTER), *HALT
    ),
    "stores to 2^53": program(
        *COMMIT_8,
        Instruction("addi", rd=POINTER, imm=1),
        Instruction("slli", rd=POINTER, rs1=POINTER, imm=53),
        Instruction("sd", rs1=POINTER),
        *HALT,
    ),
    "asks for a system call that is none": program(*COMMIT_8, *call(1999), *HALT),
}

CRASH = frozenset({Status.CRASH})
UNFINISHED = frozenset({Status.TIMEOUT, Status.OOM})
"""SP1 meets whichever limit is nearer."""
EXPECTED: Mapping[str, Mapping[str, frozenset[Status]]] = {
    **{name: dict.fromkeys(TARGETS, CRASH) for name in BROKEN},
    **{name: {RVREF: CRASH, **dict.fromkeys(SP1, UNFINISHED)} for name in ABSURD},
    # rvref counts: a program of a batch that executes 2^22 instructions is taken for one that loops.
    "loops for ever": {RVREF: CRASH | UNFINISHED, **dict.fromkeys(SP1, frozenset({Status.TIMEOUT}))},
    # SP1 gives up what was committed at the end only.
    "commits without end": {RVREF: frozenset({Status.LIMIT}), **dict.fromkeys(SP1, UNFINISHED)},
    "commits more than the limit": dict.fromkeys(TARGETS, frozenset({Status.LIMIT})),
    "exits with code 7": dict.fromkeys(TARGETS, frozenset({Status.PANIC})),
    "stores to the highest address": dict.fromkeys(TARGETS, CRASH),
    "stores to 2^53": dict.fromkeys(TARGETS, CRASH),
    "asks for a system call that is none": dict.fromkeys(TARGETS, CRASH),
}
BAD = {**BROKEN, **ABSURD, **ENDS}


@pytest.fixture(scope="module")
def commands(home: Home) -> dict[str, RunnerCommand]:
    """Runners without a program, by target."""
    built = build(home, cores=[], targets=TARGETS, progress=Silent())
    return {
        runner.target: RunnerCommand(target=runner.target, binary=runner.path) for runner in built.runners
    }


@pytest.fixture(scope="module")
def ran(commands: Mapping[str, RunnerCommand]) -> Mapping[str, Sequence[Outcome]]:
    """What every target did with each bad program, and with the good one behind it."""
    bad_and_good = [elf for number, bad in enumerate(BAD.values()) for elf in (bad, good(number))]
    before = [good(number) for number in range(BATCH - len(bad_and_good) // 2)]
    programs = [*before, *bad_and_good]  # in two batches
    with ProgramRunners(list(commands.values()), limits=LIMITS) as runners:
        outcomes = runners.run(programs)
        assert runners.restarts == 0
    assert {target: len(of) for target, of in outcomes.items()} == dict.fromkeys(TARGETS, len(programs))
    return {target: of[len(before) :] for target, of in outcomes.items()}


@pytest.mark.parametrize("target", TARGETS)
def test_each_bad_program_has_its_own_end(ran: Mapping[str, Sequence[Outcome]], target: str) -> None:
    bad = dict(zip(BAD, ran[target][::2], strict=True))
    wrong = {name: of for name, of in bad.items() if of.status not in EXPECTED[name][target]}
    assert wrong == {}
    assert [name for name, of in bad.items() if not of.message] == []


@pytest.mark.parametrize("target", TARGETS)
def test_neighbours_of_bad_programs_are_right(ran: Mapping[str, Sequence[Outcome]], target: str) -> None:
    ended = [(of.status, of.exit_code, of.stream, of.message) for of in ran[target][1::2]]
    assert ended == [(Status.OK, 0, good_stream(number), "") for number in range(len(BAD))]


def test_what_is_wrong_with_a_file_is_said(ran: Mapping[str, Sequence[Outcome]]) -> None:
    said = {name: of.message for name, of in zip(BAD, ran[RVREF][::2], strict=True)}
    assert said["no ELF file"] == said["empty"] == "this is not an ELF file"
    assert said["for x86-64"] == "the ELF file is for machine 62, not for RISC-V (243)"
    assert "overlaps another one" in said["segments overlap"]
    assert "misaligned" in said["misaligned data"]
    by_sp1 = dict(zip(BAD, ran["sp1"][::2], strict=True))
    assert all(by_sp1[name].message.startswith("SP1 cannot read the program: ") for name in list(BROKEN)[:8])


@pytest.mark.parametrize("target", TARGETS)
def test_ends_say_how(ran: Mapping[str, Sequence[Outcome]], target: str) -> None:
    ended = dict(zip(BAD, ran[target][::2], strict=True))
    exited = ended["exits with code 7"]
    assert (exited.exit_code, exited.stream) == (7, good_stream(7))
    over = ended["commits more than the limit"]
    assert (over.message, over.stream) == ("committed more than 1048576 bytes", b"")
    if target in SP1:
        assert ended["loops for ever"].message == "still running after 1000 ms"
    wild = ended["stores to 2^53"]
    assert wild.signal == (signal.SIGSEGV if target == "sp1" else None)


@pytest.mark.parametrize("target", TARGETS)
def test_a_bad_program_alone_ends_as_it_does_among_others(
    commands: Mapping[str, RunnerCommand], ran: Mapping[str, Sequence[Outcome]], target: str
) -> None:
    names = ["empty", "segments overlap", "exits with code 7", "stores to 2^53"]
    with ProgramRunners([commands[target]], limits=LIMITS) as runners:
        alone = [runners.run([BAD[name]])[target][0] for name in names]
        assert runners.restarts == 0
    among_others = dict(zip(BAD, ran[target][::2], strict=True))
    # A portable executor's fault keeps what was committed before it; a dead JIT's is lost either way.
    assert [(of.status, of.signal, of.stream) for of in alone] == [
        (among_others[name].status, among_others[name].signal, among_others[name].stream) for name in names
    ]


BATCHES = 18
"""In a stream, of good programs; the runner is killed on the way."""
KILLED_AFTER = range(1, BATCHES - 5, 5)
"""Answers; further apart than batches are sent ahead: from one to the next the runner has work again."""
SLOW_TEXT = text(
    Instruction("lui", rd=COUNTER, imm=2),
    Instruction("addi", rd=COUNTER, rs1=COUNTER, imm=-1),
    Instruction("bne", rs1=COUNTER, imm=-4),
    *COMMIT_8,
    *HALT,
)
"""Some milliseconds for a whole batch, so that the runner is caught at work."""


@pytest.mark.parametrize("target", TARGETS)
def test_runner_that_is_killed_in_mid_stream_loses_nothing(
    commands: Mapping[str, RunnerCommand], target: str
) -> None:
    programs = [image(SLOW_TEXT, data(number)) for number in range(BATCHES * BATCH)]
    batches = [programs[first : first + BATCH] for first in range(0, len(programs), BATCH)]
    outcomes: list[Outcome] = []
    with ProgramRunners([commands[target]], limits=LIMITS) as runners:
        answered = (ran for ran in runners.stream(enumerate(batches)) if ran is not None)
        for number, (item, batch) in enumerate(answered):
            assert item == number
            outcomes += batch.outcomes(target)
            if number in KILLED_AFTER:
                runner_below(commands[target]).kill()
        restarts = runners.restarts
    ended = [(outcome.status, outcome.stream) for outcome in outcomes]
    assert ended == [(Status.OK, good_stream(number)) for number in range(len(programs))]
    assert restarts == len(KILLED_AFTER)


@pytest.mark.parametrize("target", SP1)
def test_child_that_is_killed_loses_nothing(commands: Mapping[str, RunnerCommand], target: str) -> None:
    goods = [good(number) for number in range(BATCH - 1)]
    batch = [*goods[:20], ENDS["loops for ever"], *goods[20:]]
    killed: list[psutil.Process] = []
    outcomes: list[Outcome] = []
    with ProgramRunners([commands[target]], limits=LIMITS) as runners:
        for ran in runners.stream([("batch", batch)]):
            if ran is not None:
                outcomes = ran[1].outcomes(target)
            elif not killed:  # it takes its time: the child is in the loop
                killed = runner_below(commands[target]).children()
                for child in killed:
                    child.kill()
        assert runners.restarts == 0
    assert len(killed) == 1
    loop = outcomes.pop(20)
    assert loop.status in {Status.TIMEOUT, Status.CRASH}
    ended = [(outcome.status, outcome.stream) for outcome in outcomes]
    assert ended == [(Status.OK, good_stream(number)) for number in range(len(goods))]


def runner_below(command: RunnerCommand) -> psutil.Process:
    """This process's child that runs a command."""
    (runner,) = [
        child
        for child in psutil.Process().children()
        if child.status() != psutil.STATUS_ZOMBIE and child.cmdline()[:1] == [str(command.binary)]
    ]
    return runner
