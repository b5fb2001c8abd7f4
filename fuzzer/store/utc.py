"""How documents write a time. Pure."""

from datetime import UTC, datetime


def utc_text(moment: datetime) -> str:
    """A moment in UTC, to the second: `2026-11-26T20:41:06Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
