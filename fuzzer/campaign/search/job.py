"""What a search of a core has under way."""

from collections import defaultdict

import msgspec

from fuzzer.campaign.events import Counts
from fuzzer.campaign.search.corpus import Fresh
from fuzzer.campaign.search.schedule import GENERATED, SEEDS, edited
from fuzzer.campaign.search.turns import Turn
from fuzzer.model import Case
from fuzzer.store.passes import AGREE, BlockBuilder


class Job(msgspec.Struct):
    """A turn under way."""

    turn: Turn
    counts: Counts = msgspec.field(default_factory=Counts)
    seconds: float = 0.0
    target_s: defaultdict[str, float] = msgspec.field(default_factory=lambda: defaultdict(float))
    looked_at: int = 0
    repeated: dict[str, int] = msgspec.field(default_factory=dict)
    rows: BlockBuilder = msgspec.field(default_factory=BlockBuilder)
    verdict: int = AGREE
    """Of its last case."""

    @property
    def arm(self) -> int:
        """Who gets the credit for it (`fuzzer.campaign.search.schedule`)."""
        if self.turn.seeds:
            return SEEDS
        if self.turn.parent is None:
            return GENERATED
        return self.turn.parent if self.turn.edits is None else edited(self.turn.parent)


class Sample(msgspec.Struct, frozen=True):
    """A case of which the probe is asked what it covers."""

    job: Job
    case: Case
    case_id: str
    new_shape: bool
    native: bytes
    """What its build for the host covered, where it says so."""
    native_fresh: Fresh
    """And what of it for the first time."""
