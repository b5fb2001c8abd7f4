"""Many requests to the runners of several targets at once: cases of one program, or batches of programs."""

import selectors
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import NamedTuple, Self, TypeVar

import msgspec

from fuzzer.execute.lane import GRACE_S, Lane
from fuzzer.execute.protocol import BatchOutcome, run_frame
from fuzzer.execute.runner import RunnerCommand
from fuzzer.model import Case, Limits, Outcome

_AHEAD = 512
"""Cases that may be under way; a slow one holds back at most this many results behind it."""
_BUSY = 4
"""A further runner of a target is started when each of its runners has this much to do."""
_POLL_S = 0.25


_Item = TypeVar("_Item")


class Executed(msgspec.Struct, frozen=True):
    """A case with each target's outcome."""

    case: Case
    outcomes: Mapping[str, Outcome]


class _Watched(NamedTuple):
    """The pipes of a lane that the selector knows, and which of the lane's runners they belong to."""

    runner: int
    answers: int
    requests: int | None


class Executor:
    """Runners of one program or of none, started as they are needed, at most `jobs` for each target.

    Results come in the order of the requests. With `coverage`, runners that can say what a case covers are
    asked to. Closing it, also by an exception, ends all runners.
    """

    def __init__(
        self,
        commands: Sequence[RunnerCommand],
        *,
        limits: Limits,
        jobs: int = 1,
        grace_s: float = GRACE_S,
        coverage: bool = False,
    ) -> None:
        self._commands = commands
        self._limits = limits
        self._jobs = jobs
        self._grace_s = grace_s
        self._coverage = coverage
        self._selector = selectors.DefaultSelector()
        self._lanes: dict[str, list[Lane]] = {command.target: [] for command in commands}
        self._watched: dict[Lane, _Watched] = {}
        self._targets_complete = len(commands)

    def __enter__(self) -> Self:
        """Nothing is started yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all runners."""
        self.close()

    @property
    def restarts(self) -> int:
        """How often a runner died and was started again."""
        return sum(lane.restarts for lanes in self._lanes.values() for lane in lanes)

    def run(self, cases: Iterable[Case], *, comparisons: bool = False) -> Iterator[Executed | None]:
        """Run cases and give their outcomes in order; None now and then, while the next one takes its time.

        With `comparisons`, runners that can are asked what the cases compare, instead of what they cover.

        Raises:
            RunnerError: a runner does not start or cannot load the program.
        """
        requests = (
            (
                case,
                run_frame(case, self._limits, number, coverage=self._coverage, comparisons=comparisons),
            )
            for number, case in enumerate(cases)
        )
        for answered in self.ask(requests):
            yield answered and Executed(answered[0], _outcomes(answered[1]))

    def ask(
        self, requests: Iterable[tuple[_Item, bytes]], *, ahead: int = _AHEAD
    ) -> Iterator[tuple[_Item, dict[str, Outcome | BatchOutcome]] | None]:
        """Send frames, whose ids count from 0, to every target; give each item with its answers, in order.

        At most `ahead` requests are under way. None comes now and then, while the next answer takes its time.

        Raises:
            RunnerError: a runner does not start or cannot load the program.
        """
        waiting: dict[int, tuple[_Item, dict[str, Outcome | BatchOutcome]]] = {}
        source = enumerate(requests)
        exhausted = False
        oldest = 0
        while True:
            while not exhausted and len(waiting) < ahead and self._has_room():
                request = next(source, None)
                if request is None:
                    exhausted = True
                    break
                identity, (item, frame) = request
                waiting[identity] = (item, {})
                self._submit(identity, frame)
            gave = False
            while oldest in waiting and len(waiting[oldest][1]) == self._targets_complete:
                item, answers = waiting.pop(oldest)
                oldest += 1
                gave = True
                # In the order of the commands, not of arrival: results of two runs are held side by side.
                yield item, {command.target: answers[command.target] for command in self._commands}
            if exhausted and not waiting:
                return
            if gave and not exhausted:
                continue  # there is room for more, and nothing may be under way to wait for
            arrived = False
            for target, identity, answer in self._wait():
                waiting[identity][1][target] = answer
                arrived = True
            if not arrived:
                yield None

    def _has_room(self) -> bool:
        return all(
            len(lanes) < self._jobs or any(lane.has_room for lane in lanes) for lanes in self._lanes.values()
        )

    def _submit(self, identity: int, frame: bytes) -> None:
        for command in self._commands:
            self._lane_for(command).submit(identity, frame)

    def _lane_for(self, command: RunnerCommand) -> Lane:
        lanes = self._lanes[command.target]
        least = min(lanes, key=lambda lane: lane.load, default=None)
        if least is None or (least.load >= _BUSY and len(lanes) < self._jobs):
            least = Lane(command, wall_ms=self._limits.wall_ms, grace_s=self._grace_s)
            lanes.append(least)
        return least

    def _wait(self) -> Iterator[tuple[str, int, Outcome | BatchOutcome]]:
        """Sleep until something arrives or can be written, and give the outcomes that arrived."""
        self._watch_all()
        before = time.monotonic()
        events = self._selector.select(_POLL_S)
        waited = time.monotonic() - before
        silent = dict.fromkeys(self._watched)
        for key, _ in events:
            lane: Lane = key.data
            if key.fd == lane.runner.requests:
                lane.runner.flush()
                continue
            silent.pop(lane, None)
            for identity, answer in lane.collect():
                yield lane.command.target, identity, answer
        for lane in silent:
            for identity, answer in lane.waited(waited):
                yield lane.command.target, identity, answer

    def _watch_all(self) -> None:
        """Watch each lane's answers, and its requests while some are unwritten; a restart has new pipes.

        First forget all old pipes: a new one may have the number of another lane's old one.
        """
        changed = {}
        for lanes in self._lanes.values():
            for lane in lanes:
                if lane.runner.pending:
                    lane.runner.flush()
                requests = lane.runner.requests if lane.runner.pending else None
                wanted = _Watched(lane.restarts, lane.runner.answers, requests)
                before = self._watched.get(lane)
                if wanted != before:
                    self._unwatch(before)
                    changed[lane] = wanted
        for lane, wanted in changed.items():
            self._selector.register(wanted.answers, selectors.EVENT_READ, lane)
            if wanted.requests is not None:
                self._selector.register(wanted.requests, selectors.EVENT_WRITE, lane)
        self._watched.update(changed)

    def _unwatch(self, watched: _Watched | None) -> None:
        if watched is not None:
            self._selector.unregister(watched.answers)
            if watched.requests is not None:
                self._selector.unregister(watched.requests)

    def close(self) -> None:
        """End all runners, all at the same time."""
        lanes = [lane for lanes in self._lanes.values() for lane in lanes]
        for lane in lanes:
            lane.runner.hang_up()
        for lane in lanes:
            lane.close()
        self._selector.close()


def _outcomes(answers: Mapping[str, Outcome | BatchOutcome]) -> dict[str, Outcome]:
    """The answers to a case: never those to a batch, as the runner would have answered out of order."""
    return {target: answer for target, answer in answers.items() if isinstance(answer, Outcome)}
