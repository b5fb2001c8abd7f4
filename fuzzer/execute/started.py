"""The programs that this process has started: how often, and how they ended. For the record of a run."""

from collections import Counter, defaultdict

import msgspec


class Started(msgspec.Struct, frozen=True):
    """One kind of process; file descriptors and paths of this machine are left out."""

    program: str
    """Name of the executable."""
    target: str
    """Empty for one that is no target's runner."""
    fault: str
    """The fault planted in it, or an empty string."""


class _Started:
    """Counts by kind of process."""

    def __init__(self) -> None:
        self._times = Counter[Started]()
        self._ends = defaultdict[Started, Counter[str]](Counter)

    def begun(self, kind: Started) -> None:
        """One more was started."""
        self._times[kind] += 1

    def ended(self, kind: Started, code: int | None) -> None:
        """One has ended, with this exit code: negative for a signal."""
        if code is not None:
            self._ends[kind][f"signal {-code}" if code < 0 else f"exit code {code}"] += 1

    def all(self) -> list[tuple[Started, int, dict[str, int]]]:
        """Each kind with how often it was started, and its endings with how often each was seen."""
        return [(kind, times, dict(sorted(self._ends[kind].items()))) for kind, times in self._times.items()]


STARTED = _Started()
"""Of this process, as it goes on from its start."""
