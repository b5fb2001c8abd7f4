"""One runner with its queue: what it is working on, and what happens when it dies.

Requests are answered in the order in which they were sent. When a runner dies with several unanswered, it is
not known which of them it was: they are sent again one at a time, and the one that kills a runner alone is
given the outcome.
"""

from collections import deque

import msgspec

from fuzzer.errors import RunnerDiedError, RunnerError, RunnerUnfitError
from fuzzer.execute.protocol import BatchOutcome, Failure, Loaded, Message, ProtocolError, RunOutcome
from fuzzer.execute.runner import RunnerCommand, RunnerProcess
from fuzzer.model import FailureKind, Outcome, RunnerFailure, Status

WINDOW = 64
"""Requests that are sent ahead, so that a runner never waits for the harness."""
_WINDOW_BYTES = 8 << 20
GRACE_S = 15.0
"""A runner that says nothing for this long beyond a case's wall limit hangs itself."""
_MOST_IDLE_DEATHS = 5
"""A runner that keeps dying with nothing to do is not started for ever."""

_DIED = RunnerFailure(kind=FailureKind.DIED)

Answered = tuple[int, Outcome | BatchOutcome]
"""The id of a case and what became of it."""


class Sent(msgspec.Struct, frozen=True):
    """A request that waits for its answer."""

    identity: int
    frame: bytes


class Lane:
    """A runner and the requests it has not answered yet."""

    def __init__(self, command: RunnerCommand, *, wall_ms: int, grace_s: float = GRACE_S) -> None:
        self.command = command
        self.restarts = 0
        self.runner = RunnerProcess(command)
        self._loaded = command.program is None
        self._patience_s = wall_ms / 1000 + grace_s
        self._silence_s = 0.0
        """How long the runner has been waited for since it last answered."""
        self._unanswered: deque[Sent] = deque()
        self._suspects: deque[Sent] = deque()
        """What was unanswered when a runner died, to be sent one at a time."""
        self._held_back: deque[Sent] = deque()
        """What came in since then, to be sent when the suspects are cleared."""
        self._bytes_ahead = 0
        self._idle_deaths = 0

    @property
    def load(self) -> int:
        """Requests that are not answered."""
        return len(self._unanswered) + len(self._suspects) + len(self._held_back)

    @property
    def has_room(self) -> bool:
        """Whether another request may be sent ahead."""
        return self.load < WINDOW and self._bytes_ahead < _WINDOW_BYTES

    def submit(self, identity: int, frame: bytes) -> None:
        """Send a request, or keep it until the suspects before it are cleared."""
        self._bytes_ahead += len(frame)
        sent = Sent(identity, frame)
        if self._suspects or self._held_back:
            self._held_back.append(sent)
        else:
            self._send(sent)

    def _send(self, sent: Sent) -> None:
        if not self._unanswered:
            self._silence_s = 0.0
            self.runner.send(sent.frame)
        else:
            # The runner has work: frames gather until the next look at it, instead of waking it for each.
            self.runner.pending += sent.frame
        self._unanswered.append(sent)

    def _send_kept(self) -> None:
        """Send the next suspect alone, and when there is none, everything that was held back."""
        if self._suspects:
            self._send(self._suspects.popleft())
        else:
            while self._held_back:
                self._send(self._held_back.popleft())

    def collect(self) -> list[Answered]:
        """Outcomes that have arrived since the last call, with the ids of their cases.

        Raises:
            RunnerError: the runner cannot load the program, or died before it was ready, or answers what it
                was not asked.
        """
        self.runner.flush()
        messages = self.runner.receive()
        if messages is None:
            return self._died(f"the runner of {self.command.target} {self.runner.fate()}", _DIED)
        answered = [answered for message in messages for answered in self._take(message)]
        if self.runner.breach:
            how = f"the runner of {self.command.target} does not keep the protocol: {self.runner.breach}"
            answered += self._died(how, _breach(self.runner.breach))
        return answered

    def _take(self, message: Message) -> list[Answered]:
        match message:
            case RunOutcome():
                return [self._answered(message.id, message.outcome())]
            case BatchOutcome():
                return [self._answered(message.id, message)]
            case Loaded():
                self._loaded = True
                return []
            case Failure() if not self._loaded:
                raise RunnerError(f"{self.command.target} cannot load the program: {message.message}")
            case Failure():
                return [self._answered(None, Outcome(status=Status.ERROR, message=message.message))]
            case _:
                raise RunnerUnfitError(
                    f"the runner of {self.command.target} sent what only the harness sends"
                )

    def _answered(self, identity: int | None, answer: Outcome | BatchOutcome) -> Answered:
        """The oldest request is answered; an answer without an id is one to whatever is the oldest."""
        sent = self._unanswered.popleft() if self._unanswered else None
        if sent is None or identity not in (None, sent.identity):
            raise RunnerUnfitError(f"the runner of {self.command.target} answered out of order")
        self._bytes_ahead -= len(sent.frame)
        self._silence_s = 0.0
        if not self._unanswered:
            self._send_kept()
        return sent.identity, answer

    def waited(self, seconds: float) -> list[Answered]:
        """Note that nothing came for so long; a runner that hangs is given up, with its case's outcome."""
        self._silence_s += seconds
        if self._unanswered and self._silence_s > self._patience_s:
            return self._died(
                f"the runner of {self.command.target} did not answer for {self._patience_s:.0f} s",
                RunnerFailure(kind=FailureKind.SILENT),
            )
        return []

    def _died(self, how: str, failure: RunnerFailure) -> list[Answered]:
        words = self.runner.last_words()
        if self.runner.hello is None or not self._loaded:
            raise RunnerDiedError(
                f"{how}, before it was ready", details=words, hint="`fuzz doctor` checks each target"
            )
        self._idle_deaths = 0 if self._unanswered else self._idle_deaths + 1
        if self._idle_deaths > _MOST_IDLE_DEATHS:
            raise RunnerDiedError(f"{how}, again and again, while it had nothing to do", details=words)
        self.runner.close()
        self.runner = RunnerProcess(self.command)
        self.restarts += 1
        self._loaded = self.command.program is None
        unanswered, self._unanswered = self._unanswered, deque()
        culprit: list[Answered] = []
        if len(unanswered) == 1:
            sent = unanswered.popleft()
            self._bytes_ahead -= len(sent.frame)
            if not failure.body:
                failure = msgspec.structs.replace(failure, body=words.encode())
            message = f"{how}: {words}" if words else how
            outcome = Outcome(status=Status.CRASH, message=message, failure=failure)
            culprit = [(sent.identity, outcome)]
        self._suspects.extend(unanswered)
        self._send_kept()
        return culprit

    def close(self) -> None:
        """End the runner."""
        self.runner.close()


def _breach(error: ProtocolError) -> RunnerFailure:
    kind = FailureKind.UNFIT if error.unfit else FailureKind.UNREADABLE
    return RunnerFailure(kind=kind, body=error.body)
