"""How long a campaign goes on."""

import msgspec


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """When a campaign ends; without either it goes on until it is interrupted."""

    cases: int | None = None
    seconds: float | None = None
