"""The rows of `summary.csv`: the contract's 18 columns, and the text they make. Pure.

A row is one line: what would break a line becomes a space. Later contracts may add columns at the end, and
earlier ones had fewer, so reading goes by the header of the file at hand.
"""

import csv
import io
import re
from collections.abc import Sequence

import msgspec

from fuzzer.model import Status
from fuzzer.store.run_id import RUN_ID

SUMMARY_PATH = "summary.csv"


class SummaryRow(msgspec.Struct, frozen=True, kw_only=True):
    """One run on one target beside the native one; fields are named and ordered as the columns are."""

    run_id: str
    core: str
    input: str
    native_status: str
    sp1_status: str
    """How it ended on the zkVM that `zkvm_target` names, whichever that is."""
    equal: bool
    reason: str
    elapsed_native_ms: int
    elapsed_sp1_ms: int
    timing_delta_ms: int
    repro_path: str
    generator: str
    base_seed: str
    mutation_ops: str
    rng_seed: str
    zkvm_target: str
    sp1_version: str
    rustc_version: str


COLUMNS = SummaryRow.__struct_fields__

_OLDEST_WIDTH = COLUMNS.index("timing_delta_ms") + 1
"""The first contract ended here."""

_STATUS_WORDS = {
    Status.OK: "Ok",
    Status.PANIC: "Panic",
    Status.TIMEOUT: "Timeout",
    Status.CRASH: "Crash",
    Status.LIMIT: "Limit",
    Status.OOM: "Limit",
    Status.UNSUPPORTED: "Unsupported",
    Status.ERROR: "Error",
}
_BOOLEANS = ("false", "true")
_RUN_ID = COLUMNS.index("run_id")
_TARGET = COLUMNS.index("zkvm_target")
_EQUAL = COLUMNS.index("equal")
_NUMBERS = tuple(index for index, name in enumerate(COLUMNS) if name.endswith("_ms"))
_LINE_BREAKING = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def status_word(status: Status) -> str:
    """The contract's word for a status: it has three, and further ones stand where none of them is true."""
    return _STATUS_WORDS[status]


def encode_rows(rows: Sequence[SummaryRow], *, width: int = len(COLUMNS)) -> bytes:
    """One line for each row, for a summary of this many columns."""
    return encode_fields([_fields(row) for row in rows], width=width)


def encode_fields(lines: Sequence[Sequence[str]], *, width: int = len(COLUMNS)) -> bytes:
    """One line of CSV for each sequence of fields, padded with empty ones."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([*line, *[""] * (width - len(line))] for line in lines)
    return text.getvalue().encode()


def decode_header(line: bytes) -> tuple[str, ...] | None:
    """The columns that a line names, or None when it is not the header of this contract or a neighbour.

    An earlier contract has some of the first columns only, a later one has further columns at the end.
    """
    columns = _split(line)
    if columns is None or len(columns) < _OLDEST_WIDTH:
        return None
    shared = min(len(columns), len(COLUMNS))
    return tuple(columns) if tuple(columns[:shared]) == COLUMNS[:shared] else None


def decode_fields(line: bytes, *, width: int) -> list[str] | None:
    """The fields of a whole row in a summary of this many columns, or None when the line is damaged."""
    fields = _split(line)
    if fields is None or not min(width, len(COLUMNS)) <= len(fields) <= width:
        return None
    plausible = RUN_ID.fullmatch(fields[_RUN_ID]) and fields[_EQUAL] in _BOOLEANS
    return fields if plausible and all(_is_number(fields[index]) for index in _NUMBERS) else None


def row_of(fields: Sequence[str]) -> SummaryRow:
    """The row that these fields make; columns that its contract did not have yet are empty."""
    padded = [*fields, *[""] * (len(COLUMNS) - len(fields))]
    return msgspec.convert(dict(zip(COLUMNS, padded, strict=False)), SummaryRow, strict=False)


def run_and_target(fields: Sequence[str]) -> tuple[str, str]:
    """What a row is about; the target is empty under a contract that had no column for it."""
    return fields[_RUN_ID], fields[_TARGET] if len(fields) > _TARGET else ""


def _fields(row: SummaryRow) -> list[str]:
    fields = []
    for value in msgspec.structs.astuple(row):
        if isinstance(value, bool):
            fields.append(_BOOLEANS[value])
        else:
            fields.append(_LINE_BREAKING.sub(" ", str(value)))
    return fields


def _split(line: bytes) -> list[str] | None:
    """The fields of one line with its end, or None when it is cut or holds what no row holds."""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return None
    if not text.endswith("\n"):
        return None
    text = text[:-1].removesuffix("\r")  # as an editor may have left it
    if _LINE_BREAKING.search(text):
        return None
    if '"' not in text:
        return text.split(",")
    try:
        return next(csv.reader([text], strict=True))
    except csv.Error:
        return None


def _is_number(field: str) -> bool:
    return field.isascii() and field.isdecimal()
