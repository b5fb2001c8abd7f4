"""How much a campaign does for what differs, and what it accepts."""

from datetime import date

import msgspec

from fuzzer.model import Limits
from fuzzer.triage.allowed import AllowedDivergences


class Care(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of a run, and the pains that are taken over a difference."""

    limits: Limits
    confirmations: int
    reduce_s: float
    """Seconds that a reduction may take."""
    jobs: int = 1
    """Runners of a target for the cases of a core."""
    allowed: AllowedDivergences = AllowedDivergences()
    today: date = date.min
    """The day on which entries of `allowed` expire or do not."""
