"""Which artifacts may go: passes that are old, or that the disk budget has no room for.

A pass is a run log at the top of the artifacts whose run is equal, or a shard of a campaign's passes. Nothing
else is ever looked at: no folder of a finding, no report, no row of `summary.csv`. Their age is in their
names, so that a copied folder keeps it.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from fuzzer.errors import StoreError
from fuzzer.store.artifact_store import ArtifactStore
from fuzzer.store.campaign import CAMPAIGN_NAME, CAMPAIGNS
from fuzzer.store.run_id import RUN_ID

_PASSES = "passes"
_SHARD = re.compile(r"[a-z]+-[0-9]+\.npz")
_BATCH = 200
"""Files that are removed under one lock: a moment, so that writers need not wait."""


class Prunable(msgspec.Struct, frozen=True, kw_only=True):
    """A file that may go."""

    path: str
    created: datetime
    """When its run or its campaign began."""
    bytes: int
    why: str
    """`age` or `budget`."""


class _Candidate(msgspec.Struct, frozen=True, order=True):
    created: datetime
    path: str


class _Diff(msgspec.Struct):
    equal: bool


class _LogHead(msgspec.Struct):
    run_id: str
    diff: _Diff


class _CampaignHead(msgspec.Struct):
    end: str


_decode_log = msgspec.json.Decoder(_LogHead).decode
_decode_campaign = msgspec.json.Decoder(_CampaignHead).decode


def prunable(
    store: ArtifactStore, *, before: datetime, total_bytes: int, budget: int | None
) -> Iterator[Prunable]:
    """The passes that may go, the oldest first.

    Args:
        store: The artifacts.
        before: Passes from before then go in any case.
        total_bytes: What all artifacts take.
        budget: What they may take; None for as much as they like.
    """
    remaining = total_bytes
    for candidate in sorted(_candidates(store)):
        old = candidate.created < before
        over = budget is not None and remaining > budget
        if not old and not over:
            return
        size = _size_if_pass(store, candidate.path)
        if size is not None:
            remaining -= size
            yield Prunable(
                path=candidate.path,
                created=candidate.created,
                bytes=size,
                why="age" if old else "budget",
            )


def remove(store: ArtifactStore, chosen: Sequence[Prunable]) -> Iterator[Prunable]:
    """Remove these files one by one and give each that is gone; each is looked at once more before.

    Killed at any moment it leaves some of them and nothing broken: nothing refers to a pass's file.
    """
    for first in range(0, len(chosen), _BATCH):
        gone = []
        with store.lock():
            for entry in chosen[first : first + _BATCH]:
                if _size_if_pass(store, entry.path) is not None:
                    store.delete(entry.path)
                    gone.append(entry)
        yield from gone


def _candidates(store: ArtifactStore) -> Iterator[_Candidate]:
    """What has the name of a pass."""
    names = set(store.list())
    for name in names:
        match = RUN_ID.fullmatch(name.removesuffix(".json"))
        if match and name.endswith(".json") and f"{match[0]}/" not in names:
            created = _moment(match["second"])
            if created:
                yield _Candidate(created, name)
    for campaign in store.list(CAMPAIGNS):
        match = RUN_ID.fullmatch(campaign.removesuffix("/"))
        created = _moment(match["second"]) if match else None
        folder = f"{CAMPAIGNS}/{campaign}{_PASSES}"
        if created and campaign.endswith("/") and store.exists(folder):
            shards = (name for name in store.list(folder) if _SHARD.fullmatch(name))
            yield from (_Candidate(created, f"{folder}/{name}") for name in shards)


def _size_if_pass(store: ArtifactStore, path: str) -> int | None:
    """The bytes of a file that holds passes only; None for any other, or when that is not sure."""
    try:
        if path.startswith(f"{CAMPAIGNS}/"):
            return len(store.get(path)) if _has_ended(store, path) else None
        run_id = path.removesuffix(".json")
        data = store.get(path)
        head = _decode_log(data)
    except (StoreError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    sound = head.run_id == run_id and head.diff.equal and not store.exists(run_id)
    return len(data) if sound else None


def _has_ended(store: ArtifactStore, shard: str) -> bool:
    """Whether nobody writes to the campaign any more."""
    campaign = shard.split("/")[1]
    return _decode_campaign(store.get(f"{CAMPAIGNS}/{campaign}/{CAMPAIGN_NAME}")).end != "Running"


def _moment(second: str) -> datetime | None:
    """The time in a run id; None when it is no time."""
    try:
        return datetime.strptime(second, "%Y%m%d_%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
