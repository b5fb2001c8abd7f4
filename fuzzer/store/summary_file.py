"""The file `summary.csv`: adding rows, and mending it after a crash so that nothing is lost."""

import re
from collections.abc import Sequence

from fuzzer.errors import StoreError
from fuzzer.store.artifact_store import ArtifactFile, ArtifactStore
from fuzzer.store.run_id import RUN_ID
from fuzzer.store.run_log import decode_log, rows_of
from fuzzer.store.summary import (
    COLUMNS,
    SUMMARY_PATH,
    SummaryRow,
    decode_header,
    encode_fields,
    encode_rows,
    row_of,
    run_and_target,
)
from fuzzer.store.summary_scan import Scan, scan

_HEADER_BYTES = 8192
"""No header is longer, whatever later contracts add to it."""

_FRAGMENT = re.compile(r"summary\.fragment-([0-9]+)\.csv")


class SummaryFile:
    """The summary of a store; any number of processes may add to it.

    What adding or checking had to mend is told as a list of warnings, empty nearly always.
    """

    def __init__(self, store: ArtifactStore) -> None:
        self._store = store

    @property
    def is_ready(self) -> bool:
        """Whether rows can be added as it is; a look at its two ends only."""
        return self._width_if_ready() is not None

    def append(self, rows: Sequence[SummaryRow]) -> list[str]:
        """Add rows at the end, all or none, durably; makes or mends the file first where it has to be."""
        with self._store.lock():
            width = self._width_if_ready()
            warnings = []
            if width is None:
                warnings = self._mend(self._scan())
                width = self._width_if_ready()
            self._store.append(SUMMARY_PATH, encode_rows(rows, width=width or len(COLUMNS)))
        return warnings

    def read(self) -> list[SummaryRow]:
        """All whole rows."""
        return [row_of(fields) for fields in self._scan().rows]

    def check_and_repair(self) -> list[str]:
        """Mend what a crash left, and say what was mended.

        Damaged bytes move to `summary.fragment-<n>.csv`; runs whose log is there get back the rows they lack.
        """
        with self._store.lock():
            found = self._scan()
            warnings = self._mend(found)
            lost, damaged_logs = self._lost_rows(found)
            if lost:
                self._store.append(SUMMARY_PATH, encode_rows(lost, width=len(_full_columns(found))))
                warnings.append(f"{SUMMARY_PATH} lacked {len(lost)} rows: rebuilt from their run logs")
        return warnings + damaged_logs

    def _scan(self) -> Scan:
        return scan(self._store.get(SUMMARY_PATH) if self._store.exists(SUMMARY_PATH) else b"")

    def _width_if_ready(self) -> int | None:
        """How many columns the file has, or None when nothing can be added before it is looked at."""
        if not self._store.exists(SUMMARY_PATH) or self._store.get(SUMMARY_PATH, start=-1) != b"\n":
            return None
        head = self._store.get(SUMMARY_PATH, length=_HEADER_BYTES).splitlines(keepends=True)
        columns = decode_header(head[0])
        return len(columns) if columns and len(columns) >= len(COLUMNS) else None

    def _mend(self, found: Scan) -> list[str]:
        """Leave whole rows only, under a whole header; an earlier contract's get the columns they lack."""
        files, warnings = [], []
        if found.damaged:
            fragment = self._next_fragment()
            files.append(ArtifactFile(fragment, found.damaged))
            warnings.append(f"{SUMMARY_PATH} was damaged: {len(found.damaged)} bytes moved to {fragment}")
        if not found.is_sound:
            columns = _full_columns(found)
            text = encode_fields([columns, *found.rows], width=len(columns))
            files.append(ArtifactFile(SUMMARY_PATH, text))
        self._store.put(files)
        return warnings

    def _next_fragment(self) -> str:
        numbers = (int(match[1]) for match in map(_FRAGMENT.fullmatch, self._store.list()) if match)
        return f"summary.fragment-{max(numbers, default=0) + 1}.csv"

    def _lost_rows(self, found: Scan) -> tuple[list[SummaryRow], list[str]]:
        """The rows that run logs have and the summary lacks, and a warning for each log that is damaged."""
        known = {run_and_target(fields) for fields in found.rows}
        whole = {run_id for run_id, _ in known} - found.suspects
        lost: list[SummaryRow] = []
        warnings: list[str] = []
        for name in self._store.list():
            run_id = name.removesuffix(".json")
            if run_id == name or run_id in whole or not RUN_ID.fullmatch(run_id):
                continue
            try:
                rows = rows_of(decode_log(self._store.get(name), name=name))
            except StoreError as error:
                warnings.append(f"{error.message}: its rows cannot be rebuilt")
                continue
            # A contract without `zkvm_target` had one row for each run.
            lost += [r for r in rows if known.isdisjoint({(r.run_id, r.zkvm_target), (r.run_id, "")})]
        return lost, warnings


def _full_columns(found: Scan) -> tuple[str, ...]:
    """The columns of this contract, and those that a later one has added."""
    return max(found.columns or COLUMNS, COLUMNS, key=len)
