"""A finding's folder."""

import json

import pytest
from sample_results import FLIPPED, NOON, OOM, PANIC, recorded, result

from fuzzer.model import CaseResult
from fuzzer.store.artifact_store import ArtifactFile
from fuzzer.store.finding import case_of, finding_files
from fuzzer.store.run_log import build_log, decode_log

RUN_ID = "20261121_120000_fib"


def folder(of: CaseResult, *, planted: str = "") -> dict[str, ArtifactFile]:
    run = recorded(of, planted=planted)
    files = finding_files(run, build_log(run, run_id=RUN_ID, created=NOON))
    return {file.path.removeprefix(f"{RUN_ID}/"): file for file in files}


def test_folder_holds_what_the_contract_names_and_all_committed_bytes() -> None:
    files = folder(result(FLIPPED))
    assert list(files) == [
        "input.json",
        "outcomes/native.json",
        "outcomes/native.commits",
        "outcomes/sp1.json",
        "outcomes/sp1.commits",
        "README.md",
        "repro.sh",
        "run_log.json",
    ]
    assert files["input.json"].data == b'{"n":24}'
    assert files["outcomes/sp1.commits"].data == FLIPPED.stream
    assert json.loads(files["outcomes/sp1.json"].data)["target"]["version"] == "6.10.0"
    assert [path for path, file in files.items() if file.executable] == ["repro.sh"]


@pytest.mark.parametrize("buffers", [(b'{"stdin": []}',), (b"\0\xff",), (b"a", b"", b"\n"), ()])
def test_case_reads_back_from_the_folder(buffers: tuple[bytes, ...]) -> None:
    of = result(FLIPPED, buffers=buffers)
    files = folder(of)
    log = decode_log(files["run_log.json"].data, name="run_log.json")
    assert case_of(log, files["input.json"].data) == of.case


def test_readme_reads_like_a_bug_report() -> None:
    page = folder(result(FLIPPED, PANIC, OOM))["README.md"].data.decode()
    assert len(page.splitlines()) <= 45
    for said in (
        "# fib: native \\| sp1 \\| sp1-portable: output at commit 1 \\| lost-panic at commit 1\n",
        "- sp1: commit #1, byte 0: native 2a000000 sp1 2b000000 (repeated in 3 of 3 confirming runs)",
        "- rvref: inconclusive: rvref oom: 2,048 MB reached\n",
        "Attribution: the executors differ among themselves",
        "`inputs/fib_24.json` (hand_written), 8 bytes in 1 buffer",
        '    {"n":24}',
        "| sp1 | 6.10.0 | Ok | 0 |  | 4 | `2b000000` |  | 31.90 |",
        "- sp1-portable says: index out of bounds",
        "sp1-zkvm 6.10.0",
        "bash repro.sh",
    ):
        assert said in page
    assert "planted" not in page


def test_readme_says_what_was_planted() -> None:
    page = folder(result(FLIPPED), planted="flip-bit")["README.md"].data.decode()
    assert "**Not a real finding: faults planted on purpose: sp1:flip-bit.**" in page
    assert "bash repro.sh --unplant" in page
