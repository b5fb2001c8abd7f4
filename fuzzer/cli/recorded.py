"""A finding's folder for commands: what it needs is built with its progress shown."""

from collections.abc import Sequence
from pathlib import Path

from fuzzer.build.plan import Built
from fuzzer.campaign import recorded
from fuzzer.campaign.selection import KnownCore
from fuzzer.cli.building import build_for
from fuzzer.cli.session import Session
from fuzzer.home import Home


class RecordedFinding(recorded.RecordedFinding):
    """What a finding's folder holds, for one command."""

    def __init__(self, session: Session, folder: Path) -> None:
        super().__init__(SessionWorkshop(session), folder)


class SessionWorkshop:
    """Builds for a command."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def home(self) -> Home:
        """See `Workshop`."""
        return self._session.home

    @property
    def project_root(self) -> Path:
        """See `Workshop`."""
        return self._session.project.root

    def built(self, cores: Sequence[KnownCore], targets: Sequence[str]) -> Built:
        """See `Workshop`."""
        return build_for(self._session, cores, targets)[0]

    def note(self, text: str) -> None:
        """See `Workshop`."""
        self._session.note(text)
