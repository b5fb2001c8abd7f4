"""What a campaign does next: which core, from which input on, and which runs it looks at closely. Pure.

Energy goes where new behaviour is to be expected per second: to inputs that reach branches which few runs
have tried and none has seen go the other way. What takes long loses it, and an input that runs into the time
limit takes longest.
"""

import math
from collections.abc import Collection

import msgspec

from fuzzer.generate.rng import Rng

GENERATED = -1
"""The arm of inputs that are made without a parent; the others have the numbers of corpus entries."""
SEEDS = -2
"""The arm of what the corpus began with: it runs once, and shows what a case of the core takes."""
_EDITED = -3

_HOPE = 0.02
_TRIALS = 100
"""An arm of which nothing is known is expected to show `_HOPE` new things in so many cases."""
_FORGET = 0.7
"""What is left of an arm's merits with each of its turns: what found much once may be used up."""
_KEENNESS = 6
"""Exponent of a score: there are many that promise little, and together they would get all the time."""
_LEAST_GENERATED = 0.02
"""Share of the turns that make inputs without a parent, whatever they find; so does the first one."""
_LEAST_CASE_S = 1e-4
_MOST_IN_A_TURN = 32
_TURN_S = 0.25
"""About how long a turn takes."""
_FEW = 4
"""Cases of an arm, and of all arms, that may be under way before any has ended; later as many as have ended.

Many programs take very long on some inputs. A case that runs into the time limit tells so after seconds, and
what was begun until then may do the same.
"""
_EDITED_SHARE, _EDITED_S = 1 / 8, 1.0
"""Share of the time, and seconds on top, that edits of one input may take."""


def edited(number: int) -> int:
    """The arm of inputs that are edited for what this entry compares: no merit of its own."""
    return _EDITED - number


class _Arm(msgspec.Struct):
    cases: float = 0.0
    seconds: float = 0.0
    found: float = 0.0
    promise: float = 0.0
    under_way: int = 0


class Energy:
    """How much each input of one core deserves to be gone on from."""

    def __init__(self, *, mutated: bool = True, generated: bool = True) -> None:
        self._mutated = mutated
        self._arms: dict[int, _Arm] = {GENERATED: _Arm()} if generated else {}
        self._others: dict[int, _Arm] = {}
        """Those that are not chosen."""
        self._all = _Arm()
        self._busy: set[int] = set()
        """Arms that have cases under way: few of very many."""

    def add(self, number: int, promise: float = 0.0, *, parent: int | None = None) -> None:
        """An entry of the corpus, and how many new ways a run like it may be expected to go.

        It has half of its parent's merits to begin with: what comes of a fruitful input may be as fruitful.
        """
        if self._mutated:
            other = self._arms.get(GENERATED if parent is None else parent, _Arm())
            rate = other.found / (other.cases + _TRIALS)
            self._arms[number] = _Arm(promise=promise, found=_TRIALS * rate / 2)

    def promise(self, number: int, promise: float) -> None:
        """The same of an entry that is there."""
        if number in self._arms:
            self._arms[number].promise = promise

    def cases(self, number: int) -> float:
        """Cases of an arm that have ended."""
        return self._arm(number).cases

    def score(self, number: int) -> float:
        """New behaviour that is expected of an arm in a second."""
        arm = self._arms[number]
        expected = arm.promise + (arm.found + _HOPE) / (arm.cases + _TRIALS)
        return float(expected / self.case_s(number))

    def case_s(self, number: int) -> float:
        """Seconds that a case of an arm takes, all targets together, as far as it is known."""
        arm, every = self._arm(number), self._all
        usual = (every.seconds + 1e-3) / (every.cases + 1)
        return max(_LEAST_CASE_S, (arm.seconds + 4 * usual) / (arm.cases + 4))

    @property
    def under_way_s(self) -> float:
        """Seconds that what is under way takes, all targets together."""
        return sum(self._arm(number).under_way * self.case_s(number) for number in self._busy)

    def most(self, number: int) -> int:
        """How many further cases of an arm may begin now."""
        return max(0, min(_room(self._arm(number)), _room(self._all)))

    def turn(self, number: int) -> int:
        """How many cases of an arm its next turn has."""
        return max(1, min(_MOST_IN_A_TURN, int(_TURN_S / self.case_s(number)), self.most(number)))

    def may_edit(self, number: int) -> bool:
        """Whether a case that is an edit of this entry may begin now."""
        spent_s = self._arm(edited(number)).seconds
        return self.most(edited(number)) > 0 and spent_s <= _EDITED_SHARE * self._all.seconds + _EDITED_S

    def choose(self, rng: Rng) -> int | None:
        """An arm of which a case may begin, by chance, better ones more often; None where all must wait."""
        has_room = _room(self._all) > 0
        numbers = [number for number, arm in self._arms.items() if has_room and _room(arm) > 0]
        if GENERATED in numbers and (self._is_untried(GENERATED) or rng.random() < _LEAST_GENERATED):
            return GENERATED
        scores = [self.score(number) ** float(_KEENNESS) for number in numbers]
        left = rng.random() * sum(scores)
        for number, score in zip(numbers, scores, strict=True):
            left -= score
            if left <= 0:
                return number
        return numbers[-1] if numbers else None

    def _is_untried(self, number: int) -> bool:
        arm = self._arm(number)
        return not arm.cases and not arm.under_way

    def began(self, number: int, cases: int) -> None:
        """So many cases of an arm are under way."""
        self._arm(number).under_way += cases
        self._all.under_way += cases
        self._busy.add(number)

    def ended(self, number: int, seconds: float) -> None:
        """A case of an arm has ended, which took so long, all targets together."""
        for arm in (self._arm(number), self._all):
            arm.cases += 1
            arm.seconds += seconds
            arm.under_way -= 1
        if not self._arm(number).under_way:
            self._busy.discard(number)

    def spent(self, number: int) -> None:
        """A turn of this arm is over."""
        if number in self._arms:
            self._arms[number].found *= _FORGET

    def found(self, number: int, novelty: float) -> None:
        """A case of this arm showed new behaviour."""
        if number in self._arms:
            self._arms[number].found += novelty

    def _arm(self, number: int) -> _Arm:
        return self._arms.get(number) or self._others.setdefault(number, _Arm())


def _room(arm: _Arm) -> int:
    return max(_FEW, int(arm.cases)) - arm.under_way


class Sampler:
    """Which runs of one core are run once more on the target that says what they cover.

    Every case that ended in a new way; within a share of the time those that executed a new number of
    instructions, and one of `OTHERS` others. The share falls from `_MOST` to `_LEAST` while nothing new is
    found.
    """

    OTHERS = 64
    _MOST = 0.3
    _LEAST = 0.05
    _HALF_S = 30.0
    _SAVED_S = 1.0
    _DEBT_S = 5.0

    def __init__(self) -> None:
        self._credit_s = self._SAVED_S
        self._skipped = 0

    def share(self, idle_s: float) -> float:
        """The share of the time, when the last new behaviour is so long ago."""
        return max(self._LEAST, self._MOST * math.exp2(-idle_s / self._HALF_S))

    def earned(self, seconds: float, idle_s: float) -> None:
        """Other runs took so long."""
        self._credit_s = min(self._SAVED_S, self._credit_s + seconds * self.share(idle_s))

    def paid(self, seconds: float) -> None:
        """The runs that were looked at took so long."""
        self._credit_s -= seconds

    def wants(self, *, new_shape: bool, new_path: bool, aimed: bool = False) -> bool:
        """Whether a case is to be run once more; one that was aimed at something even on credit."""
        if new_shape or (aimed and self._credit_s > -self._DEBT_S):
            return True
        self._skipped += 1
        if self._credit_s <= 0 or not (new_path or self._skipped >= self.OTHERS):
            return False
        self._skipped = 0 if not new_path else self._skipped
        return True


class Turns:
    """Which part is next: the one that has had the least time, so that none goes without."""

    def __init__(self, parts: int) -> None:
        self._seconds = [0.0] * parts

    def next(self, among: Collection[int] | None = None) -> int:
        """The number of a part, of those that have more to do."""
        numbers = range(len(self._seconds)) if among is None else sorted(among)
        return min(numbers, key=self._seconds.__getitem__)

    def took(self, part: int, seconds: float) -> None:
        """A part has had so much time; a clock that jumped does not count."""
        self._seconds[part] += min(max(seconds, 1e-3), 3600.0)
