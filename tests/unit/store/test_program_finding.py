"""The folder of a finding in an instruction program."""

import json

import msgspec
import pytest
from memory_store import MemoryStore
from sample_programs import LOCATION, PROGRAM, RIGHT, RUN_ID, WRONG, program_case, program_log
from sample_results import FLIPPED, NOON, recorded, result

from fuzzer.model import Record
from fuzzer.store.finding import case_of, finding_files
from fuzzer.store.recorder import Recorder
from fuzzer.store.run_log import RecordedCase, decode_log, encode_document, rows_of


def folder(of: RecordedCase) -> dict[str, bytes]:
    files = finding_files(of, program_log(of))
    assert len({file.path for file in files}) == len(files)
    return {file.path.removeprefix(f"{RUN_ID}/"): file.data for file in files}


def page(of: RecordedCase) -> str:
    return folder(of)["README.md"].decode()


def test_reference_is_named_where_native_is_in_other_logs() -> None:
    log = program_log(program_case(WRONG, RIGHT))
    assert [run.target.name for run in log.targets] == ["rvref", "sp1", "sp1-portable"]
    assert log.signature == "riscv: rvref, sp1-portable | sp1: output at mulh"
    assert log.program == PROGRAM
    assert decode_log(encode_document(log), name="log") == log


def test_rows_of_the_summary_hold_the_reference_against_each_target() -> None:
    slow = msgspec.structs.replace(WRONG, elapsed_ns=9_000_000)
    rows = rows_of(program_log(program_case(slow, RIGHT)))
    assert [(row.zkvm_target, row.equal) for row in rows] == [("sp1", False), ("sp1-portable", True)]
    assert (rows[0].core, rows[0].input) == ("riscv", "riscv-64/7/42")
    assert (rows[0].generator, rows[0].rng_seed) == ("riscv", "7:42")
    assert (rows[0].elapsed_native_ms, rows[0].elapsed_sp1_ms, rows[0].timing_delta_ms) == (0, 9, 9)


def test_signature_without_a_known_instruction_names_the_commit() -> None:
    nowhere = msgspec.structs.replace(PROGRAM, location=None)
    assert program_log(program_case(WRONG, program=nowhere)).signature.endswith("output at commit 1")


def test_log_of_a_core_says_nothing_of_programs() -> None:
    document = json.loads(encode_document(program_log(recorded(result(FLIPPED)))))
    assert document["program"] is None
    del document["program"]  # as an older version wrote it
    assert decode_log(json.dumps(document).encode(), name="old").program is None


def test_folder_holds_the_program_beside_what_every_finding_has() -> None:
    files = folder(program_case(WRONG))
    assert files["program.elf"] == b"\x7fELF"
    assert files["guest/src/main.rs"] == b"//! guest"
    assert files["outcomes/rvref.commits"] == RIGHT.stream
    assert files["outcomes/sp1.commits"] == WRONG.stream
    assert {"input.json", "program.json", "README.md", "repro.sh"} < set(files)
    assert list(files)[-1] == "run_log.json", "where it is, the others are"


def test_case_reads_back_from_the_folder() -> None:
    of = program_case(WRONG)
    files = folder(of)
    log = decode_log(files["run_log.json"], name="run_log.json")
    assert case_of(log, files["input.json"]) == of.result.case


def test_recorder_keeps_the_folder() -> None:
    store = MemoryStore()
    recorder = Recorder(store, record=Record.FINDINGS, clock=lambda: NOON, warn=lambda _: None)
    (run_id,) = recorder.record([program_case(WRONG)])
    assert store.list(run_id) == [
        "README.md",
        "guest/",
        "input.json",
        "outcomes/",
        "program.elf",
        "program.json",
        "repro.sh",
        "run_log.json",
    ]


def test_page_reads_like_a_bug_report() -> None:
    text = page(program_case(WRONG, RIGHT))
    assert len(text.splitlines()) <= 60
    for said in (
        "# riscv: rvref, sp1-portable \\| sp1: output at mulh\n",
        "- sp1: commit #1, byte 8: rvref 0303030303030303 sp1 0404040404040404 (repeated in 3 of 3",
        "- sp1-portable agrees with rvref\n",
        "Attribution: sp1 stands alone: suspect its executor.",
        "The executors part at `mulh a3, a2, a1` (02b616b3, pc 0x78000020), after 1,234 instructions.",
        "| register | before | after, rvref | after, sp1 |",
        "| a3 | 0x1 | 0x0 | 0x2d |",
        "Other registers before it: a1=0x5, a2=0x9.",
        "    0x78000020 02b616b3 mulh a3, a2, a1\n",
        "1 instruction of RV64IM, reduced from 1,432;",
        "publishes 8 bytes",
        "The first checkpoint that differs is number 2.",
        "`program.elf`",
        "- program `riscv-64/7/42`, ELF sha256",
        "- sp1 6.10.0\n",
        "bash repro.sh",
    ):
        assert said in text
    assert "native" not in text
    assert "## Input" not in text


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"location": None}, "No prefix of the program shows the difference"),
        ({"instructions": 3}, "3 instructions of RV64IM"),
        ({"xlen": 32}, "of RV32IM"),
        (
            {"location": msgspec.structs.replace(LOCATION, after={"rvref": {}, "sp1": {}})},
            "No published register differs after it",
        ),
        (
            {"location": msgspec.structs.replace(LOCATION, after={"rvref": {"a4": "0x1"}, "sp1": {}})},
            "| a4 | 0x0 | 0x1 |  |",
        ),
    ],
    ids=["nowhere", "several", "32 bits", "no register", "one side published nothing"],
)
def test_page_says_what_is_known(changes: dict[str, object], says: str) -> None:
    record = msgspec.structs.replace(PROGRAM, **changes)
    assert says in page(program_case(WRONG, program=record))


def test_page_names_no_checkpoint_where_there_is_none() -> None:
    unnumbered = msgspec.structs.replace(PROGRAM, checkpoint=None)
    assert "checkpoint that differs" not in page(program_case(WRONG, program=unnumbered))
