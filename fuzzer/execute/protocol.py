"""The harness's side of the runner protocol: frames and messages (`docs/protocol.md`). Pure.

A frame is four bytes of length (little endian, counting what follows), one byte of kind, and a body in
MessagePack. The Rust side is `runners/protocol`; both sides read the transcripts in `tests/golden/`.
"""

import struct
from collections.abc import Callable, Iterator, Sequence

import msgspec

from fuzzer.model import Case, Limits, Outcome, Status

PROTOCOL = 1
MAX_FRAME = 1 << 30
_HEAD = struct.Struct("<IB")
_MIB = 1 << 20


class ProtocolError(Exception):
    """The other side sent what the protocol does not know: `body` is it, from where it is wrong.

    `unfit` says that it parses and has not the form of its kind.
    """

    def __init__(self, message: str, *, body: bytes = b"", unfit: bool = False) -> None:
        super().__init__(message)
        self.body = body
        self.unfit = unfit


class Hello(msgspec.Struct, frozen=True, kw_only=True):
    """Kind 1, the first frame of every runner: who it is."""

    protocol: int
    name: str
    vm_version: str
    capabilities: tuple[str, ...]
    planted: str


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """Kind 2: load this ELF file."""

    program: bytes


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """Kind 3: the program is loaded and translated."""

    elapsed_ns: int


class Run(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Kind 4: run one case within limits."""

    id: int
    buffers: tuple[bytes, ...]
    wall_ms: int
    memory_bytes: int
    output_bytes: int
    coverage: bool = False
    """Whether to say what the run covered; only a runner with the capability `coverage` does."""
    comparisons: bool = False
    """Whether to say what the run compared instead; only a runner with the capability `comparisons` does."""
    reads: bool = False
    """Whether to say what the run read; only a runner with the capability `reads` does."""


class RunOutcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Kind 5: what the case of this id did; the fields of `model.Outcome`."""

    id: int
    status: Status
    exit_code: int | None
    signal: int | None
    stream: bytes
    commit_ends: tuple[int, ...] | None
    message: str
    stdout: bytes
    stderr: bytes
    cycles: int | None
    elapsed_ns: int
    peak_memory: int | None
    coverage: bytes = b""
    reads: tuple[bytes, ...] = ()

    def outcome(self) -> Outcome:
        """The same without the id."""
        return Outcome(
            status=self.status,
            exit_code=self.exit_code,
            signal=self.signal,
            stream=self.stream,
            commit_ends=self.commit_ends,
            message=self.message,
            stdout=self.stdout,
            stderr=self.stderr,
            cycles=self.cycles,
            elapsed_ns=self.elapsed_ns,
            peak_memory=self.peak_memory,
            coverage=self.coverage,
            reads=self.reads,
        )


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Kind 7: run these ELF files one after the other; the limits are those of each."""

    id: int
    programs: tuple[bytes, ...]
    wall_ms: int
    memory_bytes: int
    output_bytes: int


class BatchOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """Kind 8: what the programs of the batch of this id did, in their order."""

    id: int
    outcomes: bytes
    """A MessagePack list of `ProgramOutcome`; equal bytes are equal outcomes."""
    cycles: tuple[int | None, ...]
    coverage: bytes
    """What they covered of the target's coverage map; empty where it has none."""

    def programs(self) -> list[Outcome]:
        """The outcome of each program.

        Raises:
            ProtocolError: `outcomes` does not parse, or holds another number of them than `cycles`.
        """
        try:
            ended = _decode_outcomes(self.outcomes)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise ProtocolError(
                f"the outcomes of a batch do not parse: {error}", body=self.outcomes, unfit=_is_unfit(error)
            ) from error
        if len(ended) != len(self.cycles):
            raise ProtocolError(
                f"{len(ended)} outcomes and {len(self.cycles)} counts in one batch",
                body=self.outcomes,
                unfit=True,
            )
        return [outcome.outcome(cycles) for outcome, cycles in zip(ended, self.cycles, strict=True)]


class ProgramOutcome(msgspec.Struct, frozen=True, array_like=True):
    """How one program of a batch ended; the fields of `model.Outcome`. A list on the wire."""

    status: Status
    exit_code: int | None
    signal: int | None
    stream: bytes
    message: str

    def outcome(self, cycles: int | None) -> Outcome:
        """The same as an outcome."""
        return Outcome(
            status=self.status,
            exit_code=self.exit_code,
            signal=self.signal,
            stream=self.stream,
            message=self.message,
            cycles=cycles,
        )


class Failure(msgspec.Struct, frozen=True):
    """Kind 6: the oldest unanswered request cannot be served, and why. On the wire it is the text alone."""

    message: str


Answer = Hello | Loaded | RunOutcome | Failure | BatchOutcome
Message = Answer | Load | Run | Batch

_encode = msgspec.msgpack.Encoder().encode
_decode_failure = msgspec.msgpack.Decoder(str).decode
_decode_outcomes = msgspec.msgpack.Decoder(list[ProgramOutcome]).decode
_KINDS: dict[type[Message], int] = {
    Hello: 1,
    Load: 2,
    Loaded: 3,
    Run: 4,
    RunOutcome: 5,
    Failure: 6,
    Batch: 7,
    BatchOutcome: 8,
}
_DECODERS: dict[int, Callable[[bytes], Message]] = {
    1: msgspec.msgpack.Decoder(Hello).decode,
    2: msgspec.msgpack.Decoder(Load).decode,
    3: msgspec.msgpack.Decoder(Loaded).decode,
    4: msgspec.msgpack.Decoder(Run).decode,
    5: msgspec.msgpack.Decoder(RunOutcome).decode,
    6: lambda body: Failure(_decode_failure(body)),
    7: msgspec.msgpack.Decoder(Batch).decode,
    8: msgspec.msgpack.Decoder(BatchOutcome).decode,
}


def encode(message: Message) -> bytes:
    """The frame of a message."""
    body = _encode(message.message if isinstance(message, Failure) else message)
    return _HEAD.pack(len(body) + 1, _KINDS[type(message)]) + body


def run_frame(
    case: Case,
    limits: Limits,
    identity: int,
    *,
    coverage: bool = False,
    comparisons: bool = False,
    reads: bool = False,
) -> bytes:
    """The frame that asks for one case, and for what it covers, compares or reads; it serves every target."""
    return encode(
        Run(
            id=identity,
            buffers=case.buffers,
            wall_ms=limits.wall_ms,
            memory_bytes=limits.memory_mb * _MIB,
            output_bytes=limits.output_mb * _MIB,
            coverage=coverage,
            comparisons=comparisons,
            reads=reads,
        )
    )


def batch_frame(programs: Sequence[bytes], limits: Limits, identity: int) -> bytes:
    """The frame that asks for a batch of programs; the same bytes serve every target."""
    return encode(
        Batch(
            id=identity,
            programs=tuple(programs),
            wall_ms=limits.wall_ms,
            memory_bytes=limits.memory_mb * _MIB,
            output_bytes=limits.output_mb * _MIB,
        )
    )


class FrameReader:
    """Takes bytes as they come and gives whole messages."""

    def __init__(self) -> None:
        self._pending = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        """Messages that are complete with `data`, also those in front of a broken frame.

        Raises:
            ProtocolError: a frame's length, kind or body is not of the protocol.
        """
        self._pending += data
        at = 0
        try:
            while len(self._pending) - at >= _HEAD.size:
                length, kind = _HEAD.unpack_from(self._pending, at)
                if not 1 <= length <= MAX_FRAME or kind not in _DECODERS:
                    raise ProtocolError(
                        f"a frame of {length} bytes and kind {kind}", body=bytes(self._pending[at:])
                    )
                start, end = at + _HEAD.size, at + 4 + length
                if len(self._pending) < end:
                    break
                at = end
                yield _decode(kind, bytes(self._pending[start:end]))
        finally:
            del self._pending[:at]


def _decode(kind: int, body: bytes) -> Message:
    try:
        return _DECODERS[kind](body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolError(
            f"a frame of kind {kind} that does not parse: {error}", body=body, unfit=_is_unfit(error)
        ) from error


def _is_unfit(error: Exception) -> bool:
    """Whether what was decoded is sound MessagePack, and only not of the form that was asked for."""
    return isinstance(error, msgspec.ValidationError)
