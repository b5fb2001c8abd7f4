"""What is worth remembering of a campaign's samples: the latest, and when it last showed something new."""

from collections import deque
from collections.abc import Iterable
from itertools import pairwise

from fuzzer.campaign.advice import WINDOW_S
from fuzzer.store.progress import Progress, TargetProgress

_RATE_S = 30.0


class History:
    """Samples in the order in which they were taken; of old ones only what they showed is kept."""

    def __init__(self, samples: Iterable[Progress] = ()) -> None:
        self._recent: deque[Progress] = deque()
        self.last_new_s = 0.0
        """Seconds into the campaign at which it was first seen to have shown something new."""
        for sample in samples:
            self.add(sample)

    def add(self, sample: Progress) -> None:
        """Take the next sample."""
        if self._recent and _news(sample) > _news(self._recent[-1]):
            self.last_new_s = sample.seconds
        self._recent.append(sample)
        while self._recent[0].seconds < sample.seconds - WINDOW_S:
            self._recent.popleft()

    @property
    def recent(self) -> tuple[Progress, ...]:
        """The samples of the last minutes; the last one is now."""
        return tuple(self._recent)

    @property
    def rate(self) -> float:
        """Cases a second in the last half minute; over all of the campaign where that says nothing."""
        now = self._recent[-1]
        return rate_between(self._past, now) or now.cases / max(now.seconds, 1e-9)

    @property
    def _past(self) -> Progress:
        now = self._recent[-1]
        return next(sample for sample in self._recent if sample.seconds >= now.seconds - _RATE_S)


def rate_between(before: Progress, now: Progress) -> float:
    """Cases a second between two samples; 0 where no time has passed."""
    spent = now.seconds - before.seconds
    return (now.cases - before.cases) / spent if spent > 0 else 0.0


def rates(samples: Iterable[Progress]) -> list[tuple[float, float]]:
    """Cases a second between each sample and the next one, at the second of the later one."""
    pairs = pairwise(samples)
    return [(now.seconds, rate_between(before, now)) for before, now in pairs if now.seconds > before.seconds]


def seconds_a_run(target: TargetProgress) -> float:
    """How long a run of a target takes on average."""
    return target.seconds / target.runs if target.runs else 0.0


def _news(sample: Progress) -> int:
    return sample.findings + sum(part.covered + part.corpus for part in sample.parts)
