"""The generator of instruction programs: a process of its own that speaks in the frames of the protocol.

Its requests are numbered 20 and up; everything it makes follows from the request alone.
"""

import os
import struct
import subprocess
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import msgspec

from fuzzer.errors import RunnerError
from fuzzer.execute.protocol import PROTOCOL, Hello
from fuzzer.execute.started import STARTED, Started
from fuzzer.generate.program import InstructionProgram, Layout, decode_program

_HEAD = struct.Struct("<IB")
_AHEAD = 4
"""Requests under way, so that the generator works while programs run."""
_SHOWN_STDERR = 2_000
_HELLO, _FAILURE = 1, 6
_GENERATE, _DESCRIBE, _LAYOUT = 20, 22, 24

_Answer = TypeVar("_Answer")


class Generated(msgspec.Struct, frozen=True):
    """Answer 21."""

    programs: tuple[bytes, ...]


class _Described(msgspec.Struct, frozen=True):
    program: bytes


class _LaidOut(msgspec.Struct, frozen=True):
    layouts: tuple[Layout, ...]


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where programs come from: with an index, one program on every machine."""

    generator: str
    xlen: int
    seed: int


class GeneratorProcess:
    """A started generator."""

    def __init__(self, binary: Path) -> None:
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        request_read, self._requests = os.pipe()
        self._answers, answer_write = os.pipe()
        try:
            self._process = subprocess.Popen(
                [str(binary), "--requests", str(request_read), "--answers", str(answer_write)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._stderr,
                pass_fds=(request_read, answer_write),
                start_new_session=True,
            )
        except OSError as error:
            self._close_pipes()
            self._stderr.close()
            raise RunnerError(
                f"the program generator cannot be started: {error.strerror}",
                hint="`fuzz clean` removes what was built; the next run builds it again",
            ) from error
        finally:
            os.close(request_read)
            os.close(answer_write)
        self._kind = Started(binary.name, "", "")
        STARTED.begun(self._kind)
        try:
            self._greet()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        """It is started already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self.close()

    def _greet(self) -> None:
        hello = self._receive(_HELLO, Hello)
        if hello.protocol != PROTOCOL:
            raise RunnerError(f"the program generator speaks protocol {hello.protocol}, not {PROTOCOL}")

    def close(self) -> None:
        """End the process; may be called again."""
        if self._requests >= 0:
            self._close_pipes()
            self._process.kill()
            STARTED.ended(self._kind, self._process.wait())
            self._stderr.close()

    def _close_pipes(self) -> None:
        os.close(self._requests)
        os.close(self._answers)
        self._requests = -1

    def batches(
        self, source: Source, *, first: int, count: int | None, size: int
    ) -> Iterator[tuple[int, tuple[bytes, ...]]]:
        """ELF files from index `first` on, `count` or without end; each batch with its first index."""
        under_way: deque[int] = deque()
        following = first
        last = None if count is None else first + count
        while True:
            while len(under_way) < _AHEAD and (last is None or following < last):
                wanted = size if last is None else min(size, last - following)
                body = {**msgspec.structs.asdict(source), "first": following, "count": wanted}
                self._send(_GENERATE, body)
                under_way.append(following)
                following += wanted
            if not under_way:
                return
            programs = self._receive(_GENERATE + 1, Generated).programs
            yield under_way.popleft(), programs

    def describe(self, source: Source, index: int) -> InstructionProgram:
        """What a program is made of. Not while `batches` is under way."""
        self._send(_DESCRIBE, {**msgspec.structs.asdict(source), "index": index})
        described = self._receive(_DESCRIBE + 1, _Described)
        return decode_program(described.program, name=f"{source.generator} {source.seed}:{index}")

    def layout(self, programs: Sequence[InstructionProgram], *, listing: bool = False) -> tuple[Layout, ...]:
        """Programs as ELF files. Not while `batches` is under way."""
        documents = [program.encode() for program in programs]
        self._send(_LAYOUT, {"programs": documents, "listing": listing})
        return self._receive(_LAYOUT + 1, _LaidOut).layouts

    def _send(self, kind: int, body: dict[str, Any]) -> None:
        data = msgspec.msgpack.encode({"id": 0, **body})
        frame = memoryview(_HEAD.pack(len(data) + 1, kind) + data)
        try:
            while frame:
                frame = frame[os.write(self._requests, frame) :]
        except BrokenPipeError:
            raise self._died() from None

    def _receive(self, kind: int, form: type[_Answer]) -> _Answer:
        length, answered = _HEAD.unpack(self._read(_HEAD.size))
        body = self._read(max(length, 1) - 1)
        try:
            if answered == _FAILURE:
                raise RunnerError(f"the program generator: {msgspec.msgpack.decode(body, type=str)}")
            if answered != kind:
                raise RunnerError(
                    f"the program generator answered with a frame of kind {answered}, not {kind}"
                )
            return msgspec.msgpack.decode(body, type=form)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise RunnerError(f"the program generator does not keep the protocol: {error}") from error

    def _read(self, size: int) -> bytes:
        parts = []
        while size:
            part = os.read(self._answers, size)
            if not part:
                raise self._died()
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _died(self) -> RunnerError:
        self._process.kill()
        self._process.wait()
        size = self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(0, size - _SHOWN_STDERR))
        words = self._stderr.read().decode(errors="replace").strip()
        return RunnerError("the program generator ended", details=words)
