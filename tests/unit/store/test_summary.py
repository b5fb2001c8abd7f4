"""The rows of `summary.csv` as text."""

from collections.abc import Callable

import pytest
from sample_results import FLIPPED, NOON, OK, TIMEOUT, recorded, result

from fuzzer.model import CaseResult, Status
from fuzzer.store.run_log import build_log, rows_of
from fuzzer.store.summary import (
    COLUMNS,
    decode_fields,
    decode_header,
    encode_fields,
    encode_rows,
    row_of,
    status_word,
)

HEADER = (
    b"run_id,core,input,native_status,sp1_status,equal,reason,elapsed_native_ms,elapsed_sp1_ms,"
    b"timing_delta_ms,repro_path,generator,base_seed,mutation_ops,rng_seed,zkvm_target,sp1_version,"
    b"rustc_version\n"
)
WIDTH = 18


def lines(of: CaseResult) -> list[bytes]:
    log = build_log(recorded(of), run_id="20251021_040225_fib", created=NOON)
    return encode_rows(rows_of(log)).splitlines(keepends=True)


def test_header_is_the_contracts() -> None:
    assert encode_fields([COLUMNS]) == HEADER
    assert decode_header(HEADER) == COLUMNS


def test_row_of_a_run_that_agrees() -> None:
    assert lines(result(OK)) == [
        (
            b"20251021_040225_fib,fib,inputs/fib_24.json,Ok,Ok,true,,1,1,0,"
            b",hand_written,,,,sp1,6.10.0,rustc 1.95.0\n"
        )
    ]


def test_row_of_timeouts() -> None:
    assert b",Timeout,Timeout,true,,30000,30000,0," in lines(result(TIMEOUT, reference=TIMEOUT))[0]


def test_rows_of_a_divergence_one_for_each_target() -> None:
    sp1, portable = lines(result(FLIPPED, OK))
    reason = b'"commit #1, byte 0: native 2a000000 sp1 2b000000"'
    folder = b"artifacts/20251021_040225_fib/"
    assert b",Ok,Ok,false," + reason + b",1,31,30," + folder + b"," in sp1
    assert b",Ok,Ok,true,,1,1,0," + folder + b"," in portable
    assert b",sp1-portable," in portable


def test_status_words() -> None:
    words = [status_word(status) for status in Status]
    assert words == ["Ok", "Panic", "Crash", "Timeout", "Limit", "Limit", "Unsupported", "Error"]


@pytest.mark.parametrize(
    ("line", "columns"),
    [
        (HEADER, 18),
        (HEADER.replace(b"\n", b"\r\n"), 18),
        (HEADER.replace(b"\n", b",prover,signature\n"), 20),
        (HEADER[: HEADER.index(b",repro_path")] + b"\n", 10),
        (HEADER[:-1], None),
        (HEADER[: HEADER.index(b",timing")] + b"\n", None),
        (HEADER.replace(b"core,input", b"input,core"), None),
    ],
)
def test_header_of_this_contract_and_its_neighbours(line: bytes, columns: int | None) -> None:
    found = decode_header(line)
    assert (len(found) if found else None) == columns


@pytest.mark.parametrize(
    "spoil",
    [
        lambda line: line[:-1],
        lambda line: line[:60] + b"\n",
        lambda line: line.replace(b"fib_24", b"fib\x00_24"),
        lambda line: line.replace(b"fib_24", b"fib\xff"),
        lambda line: line.replace(b"true", b"tr"),
        lambda line: line.replace(b",1,1,0,", b",1,x,0,"),
        lambda line: b"x" + line,
        lambda line: line[:40] + line,
        lambda line: line.replace(b",fib,", b',"fib,'),
    ],
)
def test_damaged_line_is_no_row(spoil: Callable[[bytes], bytes]) -> None:
    line = lines(result(OK))[0]
    assert decode_fields(line, width=WIDTH) is not None
    assert decode_fields(spoil(line), width=WIDTH) is None


def test_row_of_an_earlier_contract_is_filled_up() -> None:
    row = row_of(["20251021_040225_fib", "fib", "i.json", "Ok", "Panic", "false", "why", "0", "31", "31"])
    assert (row.equal, row.reason, row.elapsed_sp1_ms, row.zkvm_target) == (False, "why", 31, "")


def test_row_for_a_later_contract_is_padded() -> None:
    log = build_log(recorded(result(OK)), run_id="20251021_040225_fib", created=NOON)
    assert encode_rows(rows_of(log), width=20).endswith(b",rustc 1.95.0,,\n")
