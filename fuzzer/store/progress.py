"""How far a campaign was at a moment: the lines of `progress.jsonl`, a sample every few seconds.

The file only grows; what `fuzz status` shows and reports draw is read from it.
"""

from contextlib import suppress

import msgspec


class PartProgress(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a campaign: a core, or the instruction programs."""

    name: str
    """The core, or the generator of the programs."""
    cases: int
    seconds: float
    """What its runs took, all targets together."""
    corpus: int = 0
    """Inputs that are gone on from."""
    covered: int = 0
    """Bins of the coverage map that were hit at least once."""
    bins: int = 0
    """Bins of that map; 0 where it is open how many there can be."""
    idle_s: float = 0.0
    """Seconds of its own time since it last showed something new."""


class TargetProgress(msgspec.Struct, frozen=True, kw_only=True):
    """One target."""

    name: str
    runs: int
    seconds: float
    """Wall time of its runs, without loading programs."""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """A sample; counts are since the campaign began, earlier parts of a resumed one included."""

    seconds: float
    """How long the campaign has worked."""
    utc: str
    cases: int
    compared: int
    agree: int
    inconclusive: int
    timeouts: int
    findings: int
    """Signatures."""
    repeated: int
    """Further cases that showed one of them."""
    flaky: int
    restarts: int
    memory_mb: float
    """Resident size of the campaign's own process."""
    disk_mb: float
    """What its folder takes."""
    parts: tuple[PartProgress, ...] = ()
    targets: tuple[TargetProgress, ...] = ()
    inconclusive_why: str = ""
    """The most frequent reason of inconclusive cases; empty where there are none, or it is not known."""
    disk_free_mb: float | None = None
    """What is free where its folder is."""
    advice: str = ""
    """One plain line of advice; empty when there is nothing to say."""


def encode_progress(sample: Progress) -> bytes:
    """One line, its end included."""
    return msgspec.json.encode(sample) + b"\n"


def decode_progress(data: bytes) -> list[Progress]:
    """The samples of a file, or of its end; lines that a killed writer left unfinished are passed over."""
    samples = []
    for line in data.splitlines(keepends=True):
        with suppress(msgspec.DecodeError, UnicodeDecodeError):
            samples += [msgspec.json.decode(line, type=Progress)] if line.endswith(b"\n") else []
    return samples
