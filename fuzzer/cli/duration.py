"""Times as people write them."""

import re

import click

_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


class Duration(click.ParamType[float]):
    """`90s`, `10m`, `8h`, `1h30m`; seconds as a number."""

    name = "duration"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds that a text means."""
        if isinstance(value, float):
            return value
        match = _DURATION.fullmatch(value)
        hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
        total = hours * 3600 + minutes * 60 + seconds
        if not total:
            self.fail(f"{value!r} is no time to work in; write it as 90s, 10m or 8h", param, ctx)
        return float(total)
