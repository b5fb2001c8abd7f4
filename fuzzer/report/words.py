"""Numbers as people read them: counts, durations, shares, sizes. Pure."""

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_MB_PER_GB = 1_000
_SMALL = 10
"""Rates below this keep a digit behind the point."""


def count(number: float) -> str:
    """A whole number with thousands separators."""
    return f"{number:,.0f}"


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun: `1 finding`, `12 findings`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def short(number: int) -> str:
    """A count in few characters: 999, 1.2k, 34M."""
    for unit, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if number >= size:
            scaled = number / size
            return f"{scaled:.1f}{unit}" if scaled < _SMALL else f"{number // size:,}{unit}"
    return str(number)


def duration(seconds: float) -> str:
    """A time in its two largest units: `8.3 s`, `4 m 05 s`, `3 h 12 m`, `2 d 06 h`."""
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    if whole < _HOUR:
        return f"{whole // _MINUTE} m {whole % _MINUTE:02} s"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02} m"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR:02} h"


def clock(seconds: float) -> str:
    """A time as a clock that runs shows it: `03:12:44`."""
    whole = int(seconds)
    return f"{whole // _HOUR:02}:{whole % _HOUR // _MINUTE:02}:{whole % _MINUTE:02}"


def rate(per_second: float) -> str:
    """How often in a second: `0.4/s`, `1,610/s`."""
    return f"{per_second:,.1f}/s" if per_second < _SMALL else f"{per_second:,.0f}/s"


def milliseconds(seconds: float) -> str:
    """A short time: `0.36 ms`, `12 ms`."""
    value = seconds * 1_000
    return f"{value:.2f} ms" if value < _SMALL else f"{value:,.0f} ms"


def megabytes(size: float) -> str:
    """A size that is given in megabytes: `402 MB`, `1.1 GB`."""
    return f"{size / _MB_PER_GB:,.1f} GB" if size >= _MB_PER_GB else f"{size:,.0f} MB"


def percent(part: float, whole: float) -> str:
    """A share; what is not nothing must not read 0 %, and what is not all must not read 100 %."""
    if not whole:
        return "-"
    value = 100 * part / whole
    if part and value < 0.01:  # noqa: PLR2004 - the smallest share that two digits can show
        return "< 0.01 %"
    if value < 1:
        return f"{value:.2f} %"
    return f"{int(value * 10) / 10:.1f} %"


SIZE_UNITS = {"kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
"""Bytes of each unit, as people write and read them."""


def size_text(size: int) -> str:
    """A number of bytes: `812 B`, `24.1 kB`."""
    unit = next((unit for unit in ("TB", "GB", "MB", "kB") if size >= SIZE_UNITS[unit]), "")
    return f"{size / SIZE_UNITS[unit]:,.1f} {unit}" if unit else f"{size:,} B"
