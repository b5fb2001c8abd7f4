"""The transcripts in `protocol/`, which the tests of `runners/protocol` read too."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from fuzzer.execute.protocol import Failure, FrameReader, Message, encode
from fuzzer.model import Status

FOLDER = Path(__file__).parent / "protocol"
TO_RUNNER = "to runner"
TO_HARNESS = "to harness"


class Entry(NamedTuple):
    """One frame of a transcript and what it says; bytes in `message` are hex digits."""

    direction: str
    kind: int
    frame: bytes
    message: object


def _entries() -> Iterator[tuple[str, Entry]]:
    for path in sorted(FOLDER.glob("*.json")):
        for number, entry in enumerate(json.loads(path.read_text(encoding="utf-8")), 1):
            yield (
                f"{path.stem}-{number}",
                Entry(entry["direction"], entry["kind"], bytes.fromhex(entry["frame"]), entry["message"]),
            )


ENTRIES = dict(_entries())
"""By file and number."""


def _decoded(frame: bytes) -> Message:
    (message,) = FrameReader().feed(frame)
    return message


def _shown(message: Message) -> object:
    """A message as the transcripts write it down."""
    if isinstance(message, Failure):
        return message.message
    plain = msgspec.to_builtins(message, builtin_types=(bytes,))
    return json.loads(json.dumps(plain, default=bytes.hex))


@pytest.mark.parametrize("name", ENTRIES)
def test_frame_says_what_the_transcript_says(name: str) -> None:
    entry = ENTRIES[name]
    assert entry.frame[4] == entry.kind
    assert _shown(_decoded(entry.frame)) == entry.message


@pytest.mark.parametrize("name", [name for name, entry in ENTRIES.items() if entry.direction == TO_RUNNER])
def test_request_is_written_byte_for_byte(name: str) -> None:
    entry = ENTRIES[name]
    assert encode(_decoded(entry.frame)) == entry.frame


def test_every_kind_in_its_direction_and_every_status_is_there() -> None:
    kinds = {(entry.direction, entry.kind) for entry in ENTRIES.values()}
    assert kinds == {
        *((TO_RUNNER, kind) for kind in (2, 4, 7)),
        *((TO_HARNESS, kind) for kind in (1, 3, 5, 6, 8)),
    }
    outcomes = [entry.message for entry in ENTRIES.values() if entry.kind == 5]
    statuses = {outcome["status"] for outcome in outcomes if isinstance(outcome, dict)}
    assert statuses == set(Status) - {Status.ERROR}, "a runner never says `error`: it sends a failure"
