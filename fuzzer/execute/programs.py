"""Whole programs on several targets: batches of them, far more of them a second than single cases.

Targets that did the same answer with the same bytes, so of a batch on which all agree only the reference's
answer is decoded.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Self, TypeVar

import msgspec

from fuzzer.errors import RunnerError
from fuzzer.execute.executor import Executor
from fuzzer.execute.lane import GRACE_S
from fuzzer.execute.protocol import BatchOutcome, ProgramOutcome, ProtocolError, batch_frame
from fuzzer.execute.runner import RunnerCommand
from fuzzer.model import Limits, Outcome, Status

BATCH = 256
"""Programs in one request."""
_AHEAD, _MORE_AHEAD = 4, 8
"""Batches under way, and how many more with each further runner of a target: enough that none waits."""

_Item = TypeVar("_Item")


class RanBatch(msgspec.Struct, frozen=True):
    """What the targets answered to one batch, the reference's answer first."""

    answers: Mapping[str, BatchOutcome]

    def outcomes(self, target: str) -> list[Outcome]:
        """What a target did with each program.

        Raises:
            RunnerError: its answer breaks the protocol.
        """
        try:
            return self.answers[target].programs()
        except ProtocolError as error:
            raise RunnerError(f"the runner of {target} does not keep the protocol: {error}") from error

    def unlike(self, reference: str) -> list[str]:
        """The targets whose answer is not the reference's, byte for byte."""
        expected = self.answers[reference].outcomes
        return [target for target, answer in self.answers.items() if answer.outcomes != expected]


class ProgramRunners:
    """Runners that take whole programs, `jobs` of each target, started as they are needed and kept."""

    def __init__(self, commands: Sequence[RunnerCommand], *, limits: Limits, jobs: int = 1) -> None:
        self._commands = commands
        self._limits = limits
        self._ahead = _AHEAD + _MORE_AHEAD * (jobs - 1)
        # A batch may take as long as each of its programs may.
        grace_s = GRACE_S + BATCH * limits.wall_ms / 1000
        self._executor = Executor(commands, limits=limits, jobs=jobs, grace_s=grace_s)

    def __enter__(self) -> Self:
        """Nothing is started yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all runners."""
        self.close()

    def close(self) -> None:
        """End all runners."""
        self._executor.close()

    @property
    def restarts(self) -> int:
        """How often a runner died and was started again."""
        return self._executor.restarts

    def run(self, programs: Sequence[bytes]) -> dict[str, list[Outcome]]:
        """The outcomes of each program on each target.

        Raises:
            RunnerError: a runner does not start, or does not take whole programs.
        """
        outcomes: dict[str, list[Outcome]] = {command.target: [] for command in self._commands}
        pieces = (programs[first : first + BATCH] for first in range(0, len(programs), BATCH))
        for ran in self.stream((piece, piece) for piece in pieces):
            if ran is not None:
                for target in outcomes:
                    outcomes[target] += ran[1].outcomes(target)
        return outcomes

    def stream(
        self, batches: Iterable[tuple[_Item, Sequence[bytes]]]
    ) -> Iterator[tuple[_Item, RanBatch] | None]:
        """Run batches, several at a time, and give what came of each, in order; None while it takes time.

        Raises:
            RunnerError: a runner does not start, or does not take whole programs.
        """
        requests = (
            ((item, programs), batch_frame(programs, self._limits, number))
            for number, (item, programs) in enumerate(batches)
        )
        for answered in self._executor.ask(requests, ahead=self._ahead):
            if answered is None:
                yield None
                continue
            (item, programs), answers = answered
            yield (
                item,
                RanBatch(
                    {target: self._whole(target, programs, answer) for target, answer in answers.items()}
                ),
            )

    def _whole(self, target: str, programs: Sequence[bytes], answer: Outcome | BatchOutcome) -> BatchOutcome:
        """An answer for each program, also where the runner itself died of the batch."""
        if isinstance(answer, BatchOutcome):
            if len(answer.cycles) != len(programs):
                raise RunnerError(
                    f"the runner of {target} answered for {len(answer.cycles)} programs of {len(programs)}"
                )
            return answer
        if answer.status is Status.ERROR:
            raise RunnerError(
                f"the runner of {target} does not run whole programs: {answer.message}",
                hint="choose a target with an instruction-level mode: rvref, sp1, sp1-portable",
            )
        if len(programs) == 1:
            return _joined([answer])
        # It is not known which of them ended the runner: each gets a request of its own.
        command = next(command for command in self._commands if command.target == target)
        with ProgramRunners([command], limits=self._limits) as alone:
            return _joined([alone.run([program])[target][0] for program in programs])


def _joined(outcomes: Sequence[Outcome]) -> BatchOutcome:
    """Outcomes of single programs as one answer."""
    ended = [
        ProgramOutcome(outcome.status, outcome.exit_code, outcome.signal, outcome.stream, outcome.message)
        for outcome in outcomes
    ]
    return BatchOutcome(
        id=0,
        outcomes=msgspec.msgpack.encode(ended),
        cycles=tuple(outcome.cycles for outcome in outcomes),
        coverage=b"",
    )
