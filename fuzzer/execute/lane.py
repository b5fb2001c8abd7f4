"""One runner with its queue: what it is working on, and what happens when it dies.

Requests are answered in the order in which they were sent. When a runner dies with several unanswered, it is
not known which of them it was: they are sent again one at a time, and the one that kills a runner alone is
given the outcome.
"""

import time
from collections import deque

import msgspec

from fuzzer.errors import RunnerError
from fuzzer.execute.protocol import Failure, ProtocolError, RunOutcome
from fuzzer.execute.runner import RunnerCommand, RunnerProcess
from fuzzer.model import Outcome, Status

WINDOW = 64
"""Requests that are sent ahead, so that a runner never waits for the harness."""
_WINDOW_BYTES = 8 << 20
_GRACE_S = 15.0
"""A runner that says nothing for this long beyond a case's wall limit hangs itself."""


class Sent(msgspec.Struct, frozen=True):
    """A request that waits for its answer."""

    identity: int
    frame: bytes


class Lane:
    """A runner and the requests it has not answered yet."""

    def __init__(self, command: RunnerCommand, *, wall_ms: int) -> None:
        self.command = command
        self.restarts = 0
        self.runner = RunnerProcess(command)
        self._patience_s = wall_ms / 1000 + _GRACE_S
        self._unanswered: deque[Sent] = deque()
        self._held_back: deque[Sent] = deque()
        """Suspects of a death, to be sent one at a time."""
        self._bytes_ahead = 0
        self._last_answer = time.monotonic()

    @property
    def load(self) -> int:
        """Requests that are not answered."""
        return len(self._unanswered) + len(self._held_back)

    @property
    def has_room(self) -> bool:
        """Whether another request may be sent ahead."""
        return self.load < WINDOW and self._bytes_ahead < _WINDOW_BYTES

    def submit(self, identity: int, frame: bytes) -> None:
        """Send a request, or keep it until the suspects before it are cleared."""
        sent = Sent(identity, frame)
        if self._held_back:
            self._held_back.append(sent)
        else:
            self._send(sent)

    def _send(self, sent: Sent) -> None:
        if not self._unanswered:
            self._last_answer = time.monotonic()
        self._unanswered.append(sent)
        self._bytes_ahead += len(sent.frame)
        self.runner.send(sent.frame)

    def collect(self) -> list[tuple[int, Outcome]]:
        """Outcomes that have arrived since the last call, with the ids of their cases."""
        try:
            messages = self.runner.receive()
        except ProtocolError as error:
            return self._died(f"the runner of {self.command.target} does not keep the protocol: {error}")
        if messages is None:
            return self._died(f"the runner of {self.command.target} {self.runner.fate()}")
        outcomes = []
        for message in messages:
            if isinstance(message, RunOutcome):
                outcomes.append((self._answered(message.id), message.outcome()))
            elif isinstance(message, Failure):
                outcomes.append((self._failed(message), _error(message.message)))
        return outcomes

    def _answered(self, identity: int) -> int:
        sent = self._unanswered.popleft()
        if sent.identity != identity:
            raise RunnerError(f"the runner of {self.command.target} answered out of order")
        self._bytes_ahead -= len(sent.frame)
        self._last_answer = time.monotonic()
        if self._held_back and not self._unanswered:
            self._send(self._held_back.popleft())
        return identity

    def _failed(self, failure: Failure) -> int:
        """The program could not be loaded, or the oldest case not be started."""
        if not self._unanswered:
            raise RunnerError(f"{self.command.target} cannot load the program: {failure.message}")
        return self._answered(self._unanswered[0].identity)

    def check_patience(self) -> list[tuple[int, Outcome]]:
        """Give up a runner that hangs; its case's outcome, if there is one."""
        if self._unanswered and time.monotonic() - self._last_answer > self._patience_s:
            return self._died(
                f"the runner of {self.command.target} did not answer for {self._patience_s:.0f} s"
            )
        return []

    def _died(self, how: str) -> list[tuple[int, Outcome]]:
        words = self.runner.last_words()
        if self.runner.hello is None:
            raise RunnerError(
                f"{how} before it was ready", details=words, hint="`fuzz doctor` checks each target"
            )
        self.runner.close()
        self.runner = RunnerProcess(self.command)
        self.restarts += 1
        self._bytes_ahead = 0
        suspects, self._unanswered = self._unanswered, deque()
        if len(suspects) == 1:
            outcome = Outcome(status=Status.CRASH, message=f"{how}: {words}" if words else how)
            culprit = [(suspects[0].identity, outcome)]
        else:
            self._held_back.extendleft(reversed(suspects))
            culprit = []
        if self._held_back:
            self._send(self._held_back.popleft())
        return culprit

    def close(self) -> None:
        """End the runner."""
        self.runner.close()


def _error(message: str) -> Outcome:
    return Outcome(status=Status.ERROR, message=message)
