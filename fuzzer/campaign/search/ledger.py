"""What a campaign has used up, and the journal that it writes."""

from collections.abc import Callable

from fuzzer.campaign.budget import Budget
from fuzzer.campaign.search.journal import Record, Remembered, encode_record
from fuzzer.store.journal import JournalFile


class Ledger:
    """Gives out indices, within the budget, and writes records."""

    def __init__(
        self, journal: JournalFile, budget: Budget, remembered: Remembered, *, clock: Callable[[], float]
    ) -> None:
        self.clock = clock
        self._journal = journal
        self._budget = budget
        self._started = clock()
        self._before_s = remembered.seconds
        self._next_index = remembered.next_index
        self._given = 0

    @property
    def seconds(self) -> float:
        """How long the campaign has worked, with its earlier parts; a clock that jumps back adds nothing."""
        return self._before_s + max(0.0, self.clock() - self._started)

    @property
    def is_used_up(self) -> bool:
        """Whether the budget of this part is spent."""
        cases, seconds = self._budget.cases, self._budget.seconds
        enough = cases is not None and self._given >= cases
        return enough or (seconds is not None and self.clock() - self._started >= seconds)

    @property
    def left_s(self) -> float:
        """Seconds until the budget is used up; very many without one."""
        seconds = self._budget.seconds
        return 1e9 if seconds is None else seconds - (self.clock() - self._started)

    def take(self, count: int) -> tuple[int, int]:
        """The first of some indices that nobody else gets, and how many they are: `count` or what is left."""
        if self._budget.cases is not None:
            count = max(0, min(count, self._budget.cases - self._given))
        first = self._next_index
        self._next_index += count
        self._given += count
        return first, count

    def write(self, record: Record, *, durable: bool = False) -> None:
        """Append a record to the journal."""
        self._journal.append(encode_record(record), durable=durable)
