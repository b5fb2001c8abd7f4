"""Values as TOML, for the files of a project that both people and `fuzz` edit. Pure."""

import json
from collections.abc import Mapping, Sequence
from datetime import date


def table_text(heading: str, values: Mapping[str, object]) -> str:
    """An entry of a list of tables; a value that is None or empty is left out."""
    lines = [f"{key} = {_value(value)}" for key, value in values.items() if value not in (None, "", ())]
    return "\n".join([f"[[{heading}]]", *lines]) + "\n"


def _value(value: object) -> str:
    if isinstance(value, str):
        # A JSON string is a TOML string, but for this one character that only TOML wants escaped.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Sequence):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value))
