"""Runs cases once more on the target that says what they cover."""

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from fuzzer.execute.executor import Executor
from fuzzer.execute.runner import RunnerCommand
from fuzzer.generate.comparisons import Comparison, decode
from fuzzer.model import Case, Limits, Outcome


class Probe:
    """Runners of one core that answer with coverage, at most `jobs`, started when they are needed."""

    def __init__(self, command: RunnerCommand, *, limits: Limits, jobs: int = 1) -> None:
        self._executor = Executor([command], limits=limits, jobs=jobs, coverage=True)
        self._target = command.target

    def __enter__(self) -> Self:
        """Nothing is started yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the runners."""
        self.close()

    def close(self) -> None:
        """End the runners."""
        self._executor.close()

    def coverage(self, cases: Sequence[Case]) -> list[tuple[bytes, float]]:
        """What each case covers, empty where that is not known, and the seconds that it took.

        Raises:
            RunnerError: a runner does not start.
        """
        outcomes = self._outcomes(cases, comparisons=False)
        return [(outcome.coverage, outcome.elapsed_ns / 1e9) for outcome in outcomes]

    def comparisons(
        self, cases: Sequence[Case], is_wanted: Callable[[int], bool]
    ) -> list[tuple[list[Comparison], float]]:
        """What each case compares in the bins that are wanted, and the seconds that it took.

        Raises:
            RunnerError: a runner does not start.
        """
        outcomes = self._outcomes(cases, comparisons=True)
        return [(decode(outcome.coverage, is_wanted), outcome.elapsed_ns / 1e9) for outcome in outcomes]

    def _outcomes(self, cases: Sequence[Case], *, comparisons: bool) -> list[Outcome]:
        answered = self._executor.run(cases, comparisons=comparisons)
        return [executed.outcomes[self._target] for executed in answered if executed is not None]
