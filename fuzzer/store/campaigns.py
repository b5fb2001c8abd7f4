"""The campaigns of a project, as their readers find them: those at work, and those that have ended."""

from pathlib import Path

import filelock
import msgspec

from fuzzer.errors import UsageError, closest
from fuzzer.store.artifact_store import ArtifactStore, LocalStore
from fuzzer.store.campaign import (
    CAMPAIGN_NAME,
    CAMPAIGNS,
    JOURNAL_NAME,
    LATEST,
    PROGRESS_NAME,
    RUNNING,
    CampaignRecord,
    decode_campaign,
)
from fuzzer.store.progress import Progress, decode_progress

STOPPED = "Stopped"

_FIRST = "`fuzz campaign --for 1m` runs one"


class Campaign(msgspec.Struct, frozen=True, kw_only=True):
    """One campaign."""

    record: CampaignRecord
    path: str
    """Its folder, relative to the artifacts."""
    state: str
    """`Running`, `Stopped` where its process has gone without a word, else how it ended."""

    @property
    def can_go_on(self) -> bool:
        """Whether `--resume` makes sense."""
        return self.state not in (RUNNING, "Complete")


def campaign_ids(store: ArtifactStore) -> list[str]:
    """The campaigns that have written of themselves, the newest first."""
    folders = (name.removesuffix("/") for name in store.list(CAMPAIGNS) if name.endswith("/"))
    return sorted((name for name in folders if store.exists(_file(name, CAMPAIGN_NAME))), reverse=True)


def find_campaign(store: LocalStore, given: str) -> str:
    """The id that is meant: an id, the beginning of one, the path of its folder, or `latest`.

    Raises:
        UsageError: there is none, or more than one.
    """
    known = campaign_ids(store)
    name = Path(given).name
    if not known:
        raise UsageError("there is no campaign yet", hint=_FIRST)
    if name == LATEST:
        return known[0]
    if name in known:
        return name
    begun = [campaign_id for campaign_id in known if name and campaign_id.startswith(name)]
    if len(begun) == 1:
        return begun[0]
    hint = f"it could be {' or '.join(begun[:3])}" if begun else closest(name, [*known, LATEST])
    raise UsageError(f"{'more than one' if begun else 'no'} campaign is called `{given}`", hint=hint)


def read_campaign(store: LocalStore, campaign_id: str) -> Campaign:
    """A campaign as it is now.

    Raises:
        StoreError: its record is damaged, or of a newer version.
    """
    name = _file(campaign_id, CAMPAIGN_NAME)
    record = decode_campaign(store.get(name), name=name)
    state = record.end
    if state == RUNNING and not is_at_work(store, campaign_id):
        state = STOPPED
    return Campaign(record=record, path=f"{CAMPAIGNS}/{campaign_id}", state=state)


def read_samples(store: LocalStore, campaign_id: str, *, start: int = 0) -> tuple[list[Progress], int]:
    """The samples from a byte of their file on, and the byte to go on from when there are more."""
    name = _file(campaign_id, PROGRESS_NAME)
    data = store.get(name, start=start) if store.exists(name) else b""
    whole = data[: data.rfind(b"\n") + 1]
    return decode_progress(whole), start + len(whole)


def is_at_work(store: LocalStore, campaign_id: str) -> bool:
    """Whether a process has the campaign's journal open.

    Taking the lock for a moment is the only way to know; a process that dies, however, leaves it free.
    """
    lock = store.root / CAMPAIGNS / campaign_id / f".{JOURNAL_NAME}.lock"
    if not lock.is_file():
        return False
    try:
        with filelock.FileLock(lock, timeout=0):
            return False
    except filelock.Timeout:
        return True
    except OSError:  # a folder that may only be read: whoever works on it is somebody else
        return True


def _file(campaign_id: str, name: str) -> str:
    return f"{CAMPAIGNS}/{campaign_id}/{name}"
