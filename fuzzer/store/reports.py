"""The folder `reports/`: `a1_pilot.md`, `a1_round_1.md`, `iteration_1.md`; all are kept for ever."""

import re
from collections.abc import Callable

import msgspec

from fuzzer.store.artifact_store import ArtifactFile, ArtifactStore

REPORTS = "reports"
_VALIDATION = re.compile(r"a([0-9]+)_(?:pilot|round_([0-9]+))\.md")
_ITERATION = re.compile(r"iteration_([0-9]+)\.md")
_CORE = re.compile(rb"^# a[0-9]+ (?:pilot|round [0-9]+): (\S+)$", re.MULTILINE)
_UP_TO = re.compile(rb"^Runs up to `([^`]*)`", re.MULTILINE)
_HEAD_BYTES = 2048


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """A validation report of a core."""

    number: int
    """Of the core, from 1 in the order of their first reports."""
    round: int
    """0 is the pilot."""
    core: str
    up_to: str = ""
    """The last run that it speaks of."""

    @property
    def title(self) -> str:
        """`a1 pilot`, `a1 round 1`."""
        return f"a{self.number} {f'round {self.round}' if self.round else 'pilot'}"

    @property
    def path(self) -> str:
        """In the artifacts."""
        return f"{REPORTS}/{self.title.replace(' ', '_')}.md"


def rounds(store: ArtifactStore) -> list[Round]:
    """The validation reports that there are, in order; a file that says no core is none of them."""
    names = store.list(REPORTS) if store.exists(REPORTS) else []
    found = []
    for match in filter(None, map(_VALIDATION.fullmatch, names)):
        head = store.get(f"{REPORTS}/{match[0]}", length=_HEAD_BYTES)
        core, up_to = _CORE.search(head), _UP_TO.search(head)
        if core:
            found.append(
                Round(
                    number=int(match[1]),
                    round=int(match[2] or 0),
                    core=core[1].decode(errors="replace"),
                    up_to=up_to[1].decode(errors="replace") if up_to else "",
                )
            )
    return sorted(found, key=lambda entry: (entry.number, entry.round))


def next_round(store: ArtifactStore, core: str) -> tuple[Round, Round | None]:
    """The report that a core gets next, and the one before it."""
    known = rounds(store)
    own = [entry for entry in known if entry.core == core]
    if own:
        return Round(number=own[-1].number, round=own[-1].round + 1, core=core), own[-1]
    number = max((entry.number for entry in known), default=0) + 1
    return Round(number=number, round=0, core=core), None


def write_round(store: ArtifactStore, core: str, render: Callable[[Round, Round | None], str]) -> Round:
    """Write the next report of a core; two at once get names of their own."""
    with store.lock():
        own, before = next_round(store, core)
        store.put([ArtifactFile(own.path, render(own, before).encode())])
    return own


def write_iteration(store: ArtifactStore, render: Callable[[int], str]) -> str:
    """Write the next iteration report, and give its path."""
    with store.lock():
        names = store.list(REPORTS) if store.exists(REPORTS) else []
        number = max((int(match[1]) for match in map(_ITERATION.fullmatch, names) if match), default=0) + 1
        path = f"{REPORTS}/iteration_{number}.md"
        store.put([ArtifactFile(path, render(number).encode())])
    return path
