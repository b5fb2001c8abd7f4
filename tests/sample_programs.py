"""A finding in an instruction program, as tests of several packages need it."""

import msgspec
from sample_results import NOON, recorded, result

from fuzzer.campaign.confirm import result_of
from fuzzer.model import CoreInfo, Outcome, Provenance, Status
from fuzzer.store.artifact_store import ArtifactFile
from fuzzer.store.program_record import Location, ProgramRecord
from fuzzer.store.run_log import Details, RecordedCase, RunLog, build_log

RIGHT = Outcome(status=Status.OK, exit_code=0, stream=bytes([3] * 16))
WRONG = Outcome(status=Status.OK, exit_code=0, stream=bytes([3] * 8 + [4] * 8))
RUN_ID = "20261121_120000_riscv"
LOCATION = Location(
    instruction="mulh a3, a2, a1",
    mnemonic="mulh",
    pc="0x78000020",
    word="02b616b3",
    step=1_234,
    before={"a1": "0x5", "a2": "0x9", "a3": "0x1"},
    after={"rvref": {"a3": "0x0"}, "sp1": {"a3": "0x2d"}},
    around=("0x78000018 00650613 addi a2, a0, 6", "0x78000020 02b616b3 mulh a3, a2, a1"),
)
PROGRAM = ProgramRecord(
    xlen=64,
    instructions=1,
    original_instructions=1_432,
    published_bytes=8,
    checkpoint=2,
    location=LOCATION,
    listing="# riscv, 64 bits\n0x78000020 02b616b3 mulh a3, a2, a1\n",
)
FILES = (
    ArtifactFile("guest/src/main.rs", b"//! guest"),
    ArtifactFile("program.elf", b"\x7fELF"),
    ArtifactFile("program.json", b"{}"),
)


def program_case(*others: Outcome, program: ProgramRecord = PROGRAM) -> RecordedCase:
    """The outcomes of `sp1` and `sp1-portable` beside that of `rvref`."""
    plain = recorded(result(*others, reference=RIGHT, core="riscv", buffers=()))
    case = msgspec.structs.replace(
        plain.result.case,
        input_name="riscv-64/7/42",
        provenance=Provenance(generator="riscv", rng_seed="7:42"),
    )
    found = result_of(case, {"rvref": RIGHT, **dict(zip(("sp1", "sp1-portable"), others, strict=False))})
    comparisons = tuple(
        entry if entry.equal else msgspec.structs.replace(entry, confirmed=3, attempts=3)
        for entry in found.comparisons
    )
    return msgspec.structs.replace(
        plain,
        result=msgspec.structs.replace(found, comparisons=comparisons),
        core=CoreInfo(
            name="riscv",
            path="",
            sources_sha256="",
            guest_elf_sha256="e" * 64,
            sp1_zkvm_version="",
            rustc_version="rustc 1.95.0",
            guest_rustc_version="",
        ),
        details=Details(record=program, files=FILES),
    )


def program_log(of: RecordedCase) -> RunLog:
    """The run log of such a case."""
    return build_log(of, run_id=RUN_ID, created=NOON)
