"""One plain line of advice for whoever watches a campaign, from its latest samples. Pure.

The first rule that has something to say is the one that is heard: what ends a campaign comes before what
wastes its time.
"""

from collections.abc import Callable, Sequence

from fuzzer.model import NATIVE, RVREF
from fuzzer.store.progress import PartProgress, Progress, TargetProgress

WINDOW_S = 600.0
"""How far back the samples matter."""

_LEAST_S = 20.0
"""Before a campaign has worked for so long, its shares say little."""
_DISK_MB = 2_000.0
_DISK_S = 2 * 3_600.0
"""Less room than this, or used up in less time, is worth a word."""
_RESTARTS = 5
_INCONCLUSIVE = 0.05
_SLOW_SHARE, _SLOW_RATIO = 0.7, 3.0
_REFERENCES = (NATIVE, RVREF)
_STALL_S = 600.0
_EARNS = 4.0
"""How many times as much a part must earn for others to be called poor."""
_LEAST_NEW = 8


def advise(samples: Sequence[Progress]) -> str:
    """What to do, or to know; empty when there is nothing to say. The last sample is now."""
    if not samples:
        return ""
    now = samples[-1]
    before = next((sample for sample in samples if sample.seconds >= now.seconds - WINDOW_S), now)
    rules: tuple[Callable[[Progress, Progress], str], ...] = (
        _disk,
        _restarts,
        _inconclusive,
        _slow_target,
        _stall,
        _earning,
    )
    enough = now.seconds >= _LEAST_S
    return next((said for rule in (rules if enough else rules[:1]) if (said := rule(before, now))), "")


def _disk(before: Progress, now: Progress) -> str:
    free = now.disk_free_mb
    if free is None:
        return ""
    spent, used = now.seconds - before.seconds, now.disk_mb - before.disk_mb
    left_s = free / (used / spent) if spent > 0 and used > 0 else float("inf")
    if left_s < _DISK_S:
        minutes = left_s / 60
        return (
            f"{free:,.0f} MB of disk are left, at this rate for {minutes:,.0f} min: make room for artifacts"
        )
    if free < _DISK_MB:
        return f"{free:,.0f} MB of disk are left: make room for artifacts"
    return ""


def _restarts(before: Progress, now: Progress) -> str:
    times = now.restarts - before.restarts
    if times < _RESTARTS:
        return ""
    minutes = max((now.seconds - before.seconds) / 60, 1.0)
    return f"runners died {times:,} times in {minutes:,.0f} min: `fuzz doctor` looks at each target"


def _inconclusive(before: Progress, now: Progress) -> str:
    cases, part = now.cases - before.cases, now.inconclusive - before.inconclusive
    if cases <= 0 or part / cases < _INCONCLUSIVE:
        return ""
    why = f", mostly: {now.inconclusive_why}" if now.inconclusive_why else ""
    return f"{100 * part / cases:.0f} % of the cases are inconclusive{why}"


def _slow_target(before: Progress, now: Progress) -> str:
    """A target that most of the time goes to, and whose runs take far longer than those of the others.

    References are not among them: they are built to be faster, and nothing can be left out in their place.
    """
    earlier = {target.name: target for target in before.targets}
    spent = {
        target.name: (target.seconds - past.seconds, target.runs - past.runs)
        for target in now.targets
        for past in [earlier.get(target.name, TargetProgress(name=target.name, runs=0, seconds=0.0))]
    }
    total = sum(seconds for seconds, _ in spent.values())
    each = {
        name: seconds / runs
        for name, (seconds, runs) in spent.items()
        if name not in _REFERENCES and runs > 0 and seconds > 0
    }
    if len(each) < 2:  # noqa: PLR2004 - one alone is not slower than others
        return ""
    name = max(each, key=lambda other: spent[other][0])
    share = spent[name][0] / total
    ratio = each[name] / max(time for other, time in each.items() if other != name)
    if share < _SLOW_SHARE or ratio < _SLOW_RATIO:
        return ""
    return f"{name} takes {100 * share:.0f} % of the time, {ratio:,.0f}x as long for a run as the others"


def _stall(_before: Progress, now: Progress) -> str:
    idle = min((part.idle_s for part in now.parts), default=0.0)
    if idle < _STALL_S:
        return ""
    minutes = idle / 60
    return f"nothing new for {minutes:,.0f} min of each part's own time: try another seed or inputs"


def _earning(before: Progress, now: Progress) -> str:
    """A part that shows much more new behaviour for its time than another one."""
    earlier = {part.name: part for part in before.parts}
    rates = {
        part.name: (new, new / spent)
        for part in now.parts
        if (past := earlier.get(part.name)) and (spent := part.seconds - past.seconds) > 1
        for new in [_news(part) - _news(past)]
    }
    if len(rates) < 2:  # noqa: PLR2004 - there is nothing to hold one against
        return ""
    best = max(rates, key=lambda name: rates[name][1])
    worst = min(rates, key=lambda name: rates[name][1])
    new, rate = rates[best]
    if new < _LEAST_NEW or rate < _EARNS * rates[worst][1]:
        return ""
    if not rates[worst][0]:
        return f"`{best}` shows new behaviour still; `{worst}` has shown none for a while"
    return f"`{best}` earns {rate / rates[worst][1]:,.0f}x as much new behaviour per second as `{worst}` now"


def _news(part: PartProgress) -> int:
    return part.corpus + part.covered
