"""Tables of pandas for reports in Markdown, and the rows of a summary as one. Pure but for the store."""

from collections.abc import Iterator

import pandas as pd

from fuzzer.store.artifact_store import ArtifactStore
from fuzzer.store.summary import COLUMNS, SUMMARY_PATH, decode_fields, decode_header

_CORE = COLUMNS.index("core")
_VERDICTS = {"inconclusive:": "inconclusive", "flaky:": "flaky", "allowed (": "allowed"}
_PLANTED = "planted ("
_SECOND = len("20261121_120000")
_NUMBER_DIGITS = 9
_MILLISECONDS = ["elapsed_native_ms", "elapsed_sp1_ms"]


def rows_of_core(store: ArtifactStore, core: str, *, after: str = "") -> pd.DataFrame:
    """The rows of one core behind a run, as they came, and columns `order`, `verdict` and `planted`.

    Rows that are damaged are passed over.
    """
    if not store.exists(SUMMARY_PATH):
        return pd.DataFrame(columns=list(COLUMNS))
    frame = pd.DataFrame(_rows(store, core), columns=list(COLUMNS), dtype=str)
    frame["order"] = _order(frame["run_id"], core)
    frame = frame[frame["order"] > _order(pd.Series([after], dtype=str), core)[0]].sort_values("order")
    for name in _MILLISECONDS:
        frame[name] = pd.to_numeric(frame[name], errors="coerce").fillna(0)
    frame["planted"] = frame["reason"].str.startswith(_PLANTED)
    frame["verdict"] = [
        _verdict(equal, reason) for equal, reason in zip(frame["equal"], frame["reason"], strict=True)
    ]
    return frame


def _order(run_ids: "pd.Series[str]", core: str) -> "pd.Series[str]":
    """Text that sorts as the runs came: `_10` behind `_2`."""
    second = run_ids.str.slice(stop=_SECOND)
    return second + run_ids.str.slice(start=_SECOND + len(f"_{core}_")).str.zfill(_NUMBER_DIGITS)


def _rows(store: ArtifactStore, core: str) -> Iterator[list[str]]:
    """The whole rows of a core; a look for its name first spares taking a million others apart."""
    lines = store.get(SUMMARY_PATH).splitlines(keepends=True)
    width = len(decode_header(lines[0]) or COLUMNS) if lines else len(COLUMNS)
    wanted = f",{core},".encode()
    for line in lines:
        fields = decode_fields(line, width=width) if wanted in line else None
        if fields and fields[_CORE] == core:
            yield [*fields, *[""] * len(COLUMNS)][: len(COLUMNS)]


def _verdict(equal: str, reason: str) -> str:
    if equal == "true":
        return "agree"
    plain = reason.partition("): ")[2] if reason.startswith(_PLANTED) else reason
    return next((word for start, word in _VERDICTS.items() if plain.startswith(start)), "diverge")


def markdown(frame: pd.DataFrame) -> str:
    """A table in Markdown, its index left out; numbers are on the right and have thousands separators."""
    numeric = [pd.api.types.is_numeric_dtype(frame[name]) for name in frame]
    head = f"| {' | '.join(map(str, frame.columns))} |"
    rule = f"| {' | '.join('---:' if number else '---' for number in numeric)} |"
    rows = (f"| {' | '.join(map(_cell, row))} |" for row in frame.itertuples(index=False, name=None))
    return "\n".join([head, rule, *rows])


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value).replace("|", "\\|").replace("\n", " ")
