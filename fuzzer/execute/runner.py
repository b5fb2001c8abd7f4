"""One runner process: started, spoken to without blocking, watched, ended."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from fuzzer.errors import RunnerError
from fuzzer.execute.protocol import PROTOCOL, FrameReader, Hello, Load, Message, ProtocolError, encode
from fuzzer.execute.started import STARTED, Started

_READ_SIZE = 1 << 18
_SHOWN_STDERR = 2_000
_CLOSING_S = 0.5
"""How long a runner may take to end by itself, and its case with it, before it is killed."""


class RunnerCommand(msgspec.Struct, frozen=True, kw_only=True):
    """How to start a runner for one program on one target."""

    target: str
    binary: Path
    program: Path | None = None
    """The ELF file to load; None where the program is built into the binary."""
    fault: str = ""
    """The fault to plant, or an empty string."""


class RunnerProcess:
    """A started runner.

    Reading and writing never block; `pending` holds what could not be written yet. The runner's own standard
    error goes to a temporary file, so that its last words can be shown when it dies.
    """

    def __init__(self, command: RunnerCommand) -> None:
        self.command = command
        self.hello: Hello | None = None
        self.breach: ProtocolError | None = None
        """How the runner broke the protocol; nothing that it sends after that counts."""
        self.pending = bytearray() if command.program is None else bytearray(_load_frame(command.program))
        self._reader = FrameReader()
        self._closed = False
        self._kind = Started(command.binary.name, command.target, command.fault)
        with ExitStack() as undo:
            self._stderr = undo.enter_context(tempfile.TemporaryFile())
            with _pipes() as (theirs, ours):
                self._process = self._start(theirs)
            STARTED.begun(self._kind)
            undo.pop_all()
        self.requests, self.answers = ours
        self.flush()

    def _start(self, pass_fds: tuple[int, int]) -> subprocess.Popen[bytes]:
        arguments = ["--requests", str(pass_fds[0]), "--answers", str(pass_fds[1])]
        if self.command.fault:
            arguments += ["--plant", self.command.fault]
        try:
            return subprocess.Popen(
                [str(self.command.binary), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._stderr,
                pass_fds=pass_fds,
                env=_environment(),
                start_new_session=True,
            )
        except OSError as error:
            raise RunnerError(
                f"the runner of {self.command.target} cannot be started: {error.strerror}",
                hint="`fuzz clean` removes what was built; the next run builds it again",
            ) from error

    def send(self, frame: bytes) -> None:
        """Queue a frame and write what the pipe takes."""
        self.pending += frame
        self.flush()

    def flush(self) -> None:
        """Write what the pipe takes of the pending bytes; a runner that has gone shows at the next read."""
        try:
            while self.pending:
                del self.pending[: os.write(self.requests, self.pending)]
        except BlockingIOError:
            pass
        except BrokenPipeError:
            self.pending.clear()

    def receive(self) -> list[Message] | None:
        """Messages that have arrived; None when the runner has ended."""
        try:
            data = os.read(self.answers, _READ_SIZE)
        except BlockingIOError:
            return []
        if not data:
            return None
        messages = []
        try:
            for message in self._reader.feed(data):
                if self.hello is None:
                    self.hello = self._greeted(message)
                else:
                    messages.append(message)
        except ProtocolError as error:
            self.breach = error
        return messages

    def _greeted(self, first: Message) -> Hello:
        if not isinstance(first, Hello):
            raise ProtocolError("the first frame is no hello", unfit=True)
        if first.protocol != PROTOCOL:
            raise ProtocolError(
                f"protocol {first.protocol}, where this harness speaks {PROTOCOL}", unfit=True
            )
        return first

    def last_words(self) -> str:
        """The end of what the runner itself printed on standard error."""
        size = self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(0, size - _SHOWN_STDERR))
        return self._stderr.read(_SHOWN_STDERR).decode(errors="replace").strip()

    def fate(self) -> str:
        """How an ended runner ended, in a few words."""
        try:
            code = self._process.wait(_CLOSING_S)
        except subprocess.TimeoutExpired:
            return "closed its answers but goes on running"
        return f"ended by signal {-code}" if code < 0 else f"exited with code {code}"

    def hang_up(self) -> None:
        """Close the pipes: a runner that works as it should ends its case and itself."""
        if not self._closed:
            self._closed = True
            os.close(self.requests)
            os.close(self.answers)

    def close(self) -> None:
        """End the runner, and with it the case that it is running; may be called again."""
        self.hang_up()
        try:
            self._process.wait(_CLOSING_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if not self._stderr.closed:
            STARTED.ended(self._kind, self._process.returncode)
            self._stderr.close()


@contextmanager
def _pipes() -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """The runner's ends (requests, answers) and ours; the runner's are closed here afterwards."""
    request_read, request_write = os.pipe()
    answer_read, answer_write = os.pipe()
    os.set_blocking(request_write, False)
    os.set_blocking(answer_read, False)
    try:
        yield (request_read, answer_write), (request_write, answer_read)
    except BaseException:
        os.close(request_write)
        os.close(answer_read)
        raise
    finally:
        os.close(request_read)
        os.close(answer_write)


def _load_frame(program: Path) -> bytes:
    try:
        return encode(Load(program=program.read_bytes()))
    except OSError as error:
        raise RunnerError(f"the built program {program.name} cannot be read: {error.strerror}") from error


def _environment() -> dict[str, str]:
    """What a runner and its guest see: nothing of the user's that could make two runs differ."""
    return {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "RUST_BACKTRACE": "0"}
