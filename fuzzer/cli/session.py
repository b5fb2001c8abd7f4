"""What every command starts from: the checkout, the project, its settings, and where to print."""

import os
import sys
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from pathlib import Path

import click
import msgspec
from rich.text import Text

from fuzzer.campaign.allowances import allowances_of
from fuzzer.campaign.selection import KnownCore, known_cores
from fuzzer.cli.console import PlainConsole
from fuzzer.config import Settings, load_settings
from fuzzer.errors import StoreError
from fuzzer.home import Home, Project, find_home, find_project, launcher
from fuzzer.store.artifact_store import LocalStore
from fuzzer.store.mirrored_store import MirroredStore
from fuzzer.store.open_store import open_store
from fuzzer.triage.allowed import AllowedDivergences

_PUSH_SECONDS = 10.0


class Session:
    """The surroundings of one command."""

    def __init__(self, *, as_json: bool = False, start: Path | None = None) -> None:
        self.started = time.monotonic()
        self.as_json = as_json
        self.home: Home = find_home()
        self.project: Project = find_project(start or Path.cwd(), self.home)
        self.settings: Settings = load_settings(self.project.config)
        self.out = PlainConsole()
        err = PlainConsole(stderr=True)
        # On one terminal both are one console, so that a live line stays below what is printed.
        self.err = self.out if self.out.is_terminal and err.is_terminal else err

    @cached_property
    def cores(self) -> Mapping[str, KnownCore]:
        """The cores that can be named."""
        return known_cores(self.home, self.project, self.settings)

    @cached_property
    def allowed(self) -> AllowedDivergences:
        """The differences that are accepted: those of the checkout, and those of a project beside it."""
        return allowances_of(self.home, self.project)

    @property
    def default_cores(self) -> list[str]:
        """The cores of a command that names none: a project's own, or all that come with the harness."""
        own = list(self.settings.cores)
        return own if own and self.project.root != self.home.root else list(self.cores)

    @cached_property
    def artifacts(self) -> str:
        """The artifacts folder as people should read and type it: relative to where they are."""
        return os.path.relpath(self.project.artifacts)

    @cached_property
    def store(self) -> LocalStore:
        """The project's artifacts; their object store is sent what is written as the command ends."""
        store = self.open_store()
        context = click.get_current_context(silent=True)
        if isinstance(store, MirroredStore) and context is not None:
            context.call_on_close(lambda: self._push(store))
        return store

    def open_store(self) -> LocalStore:
        """The same, for commands that send, or do not, by themselves."""
        place = self.settings.artifacts
        return open_store(self.project.artifacts, url=place.url, endpoint=place.endpoint)

    def store_of(self, root: Path) -> LocalStore:
        """The artifacts in any folder: the project's, or a copy that is nobody's mirror."""
        return self.store if root.resolve() == self.project.artifacts.resolve() else open_store(root)

    def pushing(self) -> AbstractContextManager[None]:
        """Sends what waits now and then, for commands that take hours."""
        store = self.store
        return store.pushing(_PUSH_SECONDS) if isinstance(store, MirroredStore) else nullcontext()

    def _push(self, store: MirroredStore) -> None:
        """Send what waits; a network that is gone costs a warning and nothing else."""
        if isinstance(sys.exception(), KeyboardInterrupt):
            return  # answered at once; the next command sends it
        try:
            store.push()
            if left := store.waiting():
                self.note(f"{left:,} files wait for the object store: another process is sending")
        except StoreError as error:
            waiting = f"{store.waiting():,} files wait here, none is lost"
            self.warn(f"{error.message}; {waiting}; `{self.launcher} artifacts push` sends them")

    @property
    def launcher(self) -> str:
        """What to type for `fuzz`."""
        return launcher(self.home)

    @property
    def seconds(self) -> float:
        """Since the command started."""
        return time.monotonic() - self.started

    def show(self, text: Text | str) -> None:
        """Print a result for people; nothing when machines read."""
        if not self.as_json:
            self.out.print(text)

    def note(self, text: Text | str) -> None:
        """Print progress or a warning."""
        self.err.print(text)

    def warn(self, message: str) -> None:
        """Print a warning."""
        self.err.print(Text.assemble(("warning: ", "yellow"), message))

    def emit(self, kind: str, record: Mapping[str, object]) -> None:
        """Print one event for machines: a line of JSON."""
        if self.as_json:
            sys.stdout.write(msgspec.json.encode({"event": kind, **record}).decode() + "\n")
            sys.stdout.flush()
