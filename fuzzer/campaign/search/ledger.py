"""What a campaign has used up, and the journal that it writes."""

from collections.abc import Callable

from fuzzer.campaign.budget import Budget
from fuzzer.campaign.search.journal import ProgramsDone, Record, Remembered, encode_record
from fuzzer.store.journal import JournalFile

_CHECKPOINT_S = 2.0
"""How often what has run is written down as done; a kill makes about as much to be run again."""


class Ledger:
    """Gives out indices, knows how much time is left, and writes records."""

    def __init__(
        self, journal: JournalFile, budget: Budget, remembered: Remembered, *, clock: Callable[[], float]
    ) -> None:
        self.clock = clock
        self._journal = journal
        self._budget = budget
        self._started = clock()
        self._before_s = remembered.seconds
        self._next_index = remembered.next_index
        self._later: list[Record] = []
        self._checkpoint = self._started

    @property
    def seconds(self) -> float:
        """How long the campaign has worked, with its earlier parts; a clock that jumps back adds nothing."""
        return self._before_s + max(0.0, self.clock() - self._started)

    @property
    def is_time_up(self) -> bool:
        """Whether the time of this part of the campaign is spent."""
        return self.left_s <= 0

    @property
    def left_s(self) -> float:
        """Seconds until the budget is used up; very many without one."""
        seconds = self._budget.seconds
        return 1e9 if seconds is None else seconds - (self.clock() - self._started)

    @property
    def next_index(self) -> int:
        """The first index that nobody has yet."""
        return self._next_index

    def take(self, count: int) -> int:
        """The first of so many indices that nobody else gets."""
        first = self._next_index
        self._next_index += count
        return first

    def write(self, record: Record, *, durable: bool = False) -> None:
        """Append a record to the journal."""
        self._journal.append(encode_record(record), durable=durable)

    def write_later(self, record: Record) -> None:
        """Append a record at the next checkpoint: what it says is done must be kept first."""
        last = self._later[-1] if self._later else None
        if isinstance(record, ProgramsDone) and isinstance(last, ProgramsDone):
            self._later[-1] = last.joined_with(record)
        else:
            self._later.append(record)

    @property
    def is_checkpoint_due(self) -> bool:
        """Whether it is time for one."""
        return bool(self._later) and not 0 <= self.clock() - self._checkpoint < _CHECKPOINT_S

    @property
    def has_more_to_write(self) -> bool:
        """Whether something waits for a checkpoint."""
        return bool(self._later)

    def checkpoint(self) -> None:
        """Append what has waited."""
        later, self._later = self._later, []
        for record in later:
            self.write(record)
        self._checkpoint = self.clock()
