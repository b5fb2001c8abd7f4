"""Tells a summary's whole rows from damaged bytes. Pure.

Damage is what a crash or a power cut leaves: a line without its end, zero bytes, bytes of another file.
Whole rows behind a damaged place count too.
"""

import msgspec

from fuzzer.store.summary import COLUMNS, decode_fields, decode_header, run_and_target


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """What a summary's bytes hold."""

    columns: tuple[str, ...] | None
    """What the header says; None without one."""
    rows: list[list[str]]
    """The fields of each whole row, as many as its contract had."""
    damaged: bytes
    """All other bytes."""
    suspects: frozenset[str]
    """Runs that may have lost some rows and kept others: those next to damage, and the last one."""

    @property
    def is_sound(self) -> bool:
        """Whether rows can be added to the end of the file as it is."""
        return self.columns is not None and len(self.columns) >= len(COLUMNS) and not self.damaged


def scan(data: bytes) -> Scan:
    """Look at each line of a summary."""
    lines = data.splitlines(keepends=True)
    columns = decode_header(lines[0]) if lines else None
    width = len(columns or COLUMNS)
    rows: list[list[str]] = []
    damaged: list[bytes] = []
    beside_damage: list[list[str]] = []
    after_damage = False
    for line in lines[1:] if columns else lines:
        fields = decode_fields(line, width=width)
        if fields is None:
            damaged.append(line)
            beside_damage += rows[-1:]
        else:
            rows.append(fields)
            beside_damage += [fields] if after_damage else []
        after_damage = fields is None
    suspects = frozenset(run_and_target(fields)[0] for fields in [*beside_damage, *rows[-1:]])
    return Scan(columns=columns, rows=rows, damaged=b"".join(damaged), suspects=suspects)
