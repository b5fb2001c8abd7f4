"""Which cases get a row although nothing differs: the first that ended in each inconclusive way. Pure."""

from collections import Counter

from fuzzer.model import CaseResult

_MOST_NOTED = 4
"""Cases that ended in one inconclusive way, or by the limit, and get a row each; further ones are counted."""
_MOST_WAYS = 64


class Ways:
    """The ways in which cases of one core have ended: in masses their rows would only fill the disk."""

    def __init__(self) -> None:
        self._cases = Counter[str]()

    def wants(self, result: CaseResult) -> bool:
        """Whether a further case that ended like this gets a row."""
        way = "; ".join(f"{entry.outcome.status} {entry.verdict.reason}" for entry in result.comparisons)
        self._cases[way] += 1
        return self._cases[way] <= _MOST_NOTED and len(self._cases) <= _MOST_WAYS
