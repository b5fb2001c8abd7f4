"""Run ids: `20251021_040225_fib`, and `20251021_040225_fib_2` for the second one in that second.

A core's own name may end in a number, so `fib_2` can be the second run of `fib` or the first one of a core
`fib_2`: whichever comes first has it, and the other counts on.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from fuzzer.store.artifact_store import ArtifactFile, ArtifactStore

RUN_ID = re.compile(r"(?P<second>[0-9]{8}_[0-9]{6})_(?P<name>[\w.-]+)")
"""What a whole run id looks like."""

_STATE_PATH = ".run_ids.json"
_NUMBERED = re.compile(r"(?P<core>.+)_(?P<number>[0-9]+)")


class _State(msgspec.Struct):
    """What was given in the latest second in which any id was given."""

    second: str
    used: dict[str, int]
    """The highest number by core; the id without a number is number 1."""


class RunIds:
    """Gives ids that no run of the store has.

    A small file remembers the latest second, so that no look at the artifacts is needed. It may be lost.
    """

    def __init__(self, store: ArtifactStore, *, summary_path: str) -> None:
        self._store = store
        self._summary_path = summary_path

    def reserve(self, cores: Sequence[str], now: datetime) -> list[str]:
        """One id for each of these cores, in order. The caller keeps the store's lock until they are used."""
        second = now.astimezone(UTC).strftime("%Y%m%d_%H%M%S")
        state = self._state()
        if second < state.second:  # the clock went back; the state keeps the later second
            used = _used(self._known_ids(), second)
            return [_next_id(second, core, used) for core in cores]
        if second > state.second:
            state = _State(second, {})
        ids = [_next_id(second, core, state.used) for core in cores]
        self._store.put([ArtifactFile(_STATE_PATH, msgspec.json.encode(state))], durable=False)
        return ids

    def _state(self) -> _State:
        if self._store.exists(_STATE_PATH):
            try:
                return msgspec.json.decode(self._store.get(_STATE_PATH), type=_State)
            except msgspec.DecodeError:
                pass  # torn by a power cut; the artifacts hold the same
        ids = self._known_ids()
        latest = max((match["second"] for match in ids), default="")
        return _State(latest, _used(ids, latest))

    def _known_ids(self) -> list[re.Match[str]]:
        """The ids of all run logs, finding folders and rows of the summary."""
        names = [name.removesuffix("/").removesuffix(".json") for name in self._store.list()]
        if self._store.exists(self._summary_path):
            rows = self._store.get(self._summary_path).decode(errors="replace").splitlines()
            names += [row.partition(",")[0] for row in rows]
        return [match for match in map(RUN_ID.fullmatch, names) if match]


def _used(ids: Iterable[re.Match[str]], second: str) -> dict[str, int]:
    """The highest number by core in one second; a name that may be read in two ways counts for both."""
    used: dict[str, int] = {}
    for match in ids:
        if match["second"] == second:
            name = match["name"]
            used[name] = max(used.get(name, 0), 1)
            if numbered := _NUMBERED.fullmatch(name):
                core = numbered["core"]
                used[core] = max(used.get(core, 0), int(numbered["number"]))
    return used


def _next_id(second: str, core: str, used: dict[str, int]) -> str:
    """The first free id of a core in one second, which is used from now on."""
    while True:
        number = used.get(core, 0) + 1
        name = core if number == 1 else f"{core}_{number}"
        taken = _is_taken(name, core, used)
        used[core] = number
        if not taken:
            return f"{second}_{name}"


def _is_taken(name: str, core: str, used: dict[str, int]) -> bool:
    """Whether another core's run has this name: as its first one, or as one with a number."""
    if name != core and name in used:
        return True
    numbered = _NUMBERED.fullmatch(name)
    return (
        numbered is not None
        and numbered["core"] != core
        and int(numbered["number"]) <= used.get(numbered["core"], 0)
    )


def free_id(store: ArtifactStore, folder: str, *, created: datetime, name: str) -> str:
    """An id that nothing in a folder of the artifacts has; whoever asks holds the store's lock."""
    base = f"{created.astimezone(UTC):%Y%m%d_%H%M%S}_{name}"
    number, found = 1, base
    while store.exists(f"{folder}/{found}"):
        number += 1
        found = f"{base}_{number}"
    return found
