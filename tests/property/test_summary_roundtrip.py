"""Rows of the summary read back whatever text they hold."""

import re

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from fuzzer.store.summary import COLUMNS, SummaryRow, decode_fields, encode_rows, row_of

_NASTY = st.text(max_size=20) | st.text("\",;\n\r\0\x85\u2028 '=é", max_size=12)
_MILLISECONDS = st.integers(0, 2**63)
ROWS = st.builds(
    SummaryRow,
    **{name: _NASTY for name in COLUMNS if name not in {"run_id", "equal"} and not name.endswith("_ms")},
    **{name: _MILLISECONDS for name in COLUMNS if name.endswith("_ms")},
    run_id=st.from_regex(r"[0-9]{8}_[0-9]{6}_[a-z_0-9]{1,9}", fullmatch=True),
    equal=st.booleans(),
)


def on_one_line(row: SummaryRow) -> SummaryRow:
    texts = {
        name: re.sub(r"[\0-\x1f\x7f-\x9f\u2028\u2029]", " ", value)
        for name, value in msgspec.structs.asdict(row).items()
        if isinstance(value, str)
    }
    return msgspec.structs.replace(row, **texts)


@given(st.lists(ROWS, max_size=4), st.integers(18, 21))
def test_rows_read_back(rows: list[SummaryRow], width: int) -> None:
    lines = encode_rows(rows, width=width).splitlines(keepends=True)
    assert len(lines) == len(rows)
    for row, line in zip(rows, lines, strict=True):
        fields = decode_fields(line, width=width)
        assert fields is not None
        assert len(fields) == width
        assert row_of(fields) == on_one_line(row)
