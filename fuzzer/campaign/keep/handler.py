"""What handles the events of a campaign."""

from typing import Protocol

from fuzzer.campaign.events import Event


class Handler(Protocol):
    """Takes each event as a whole before the next one is asked for."""

    def take(self, event: Event) -> None:
        """See to an event. At a `Checkpoint` everything told so far must be on the disk when this returns.

        Raises:
            StoreError: it cannot be written.
        """

    def close(self) -> None:
        """See to what is left, however the campaign ended."""
