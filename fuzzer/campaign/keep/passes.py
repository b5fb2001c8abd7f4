"""Keeps how each case ended, in shards."""

from fuzzer.campaign.events import BatchFinished, Checkpoint, Event
from fuzzer.store.passes import PassShards


class Passes:
    """A handler that writes the shards of a campaign."""

    def __init__(self, shards: PassShards) -> None:
        self._shards = shards

    def take(self, event: Event) -> None:
        """See `Handler.take`."""
        match event:
            case BatchFinished(block=block) if block is not None:
                self._shards.add(block)
            case Checkpoint():
                self._shards.flush()
            case _:
                pass

    def close(self) -> None:
        """See `Handler.close`."""
        self._shards.flush()
