"""The findings of a project and what was decided about them, as the commands on findings share them."""

import os
from datetime import UTC, date, datetime
from pathlib import Path

from fuzzer.cli.session import Session
from fuzzer.report.words import counted
from fuzzer.store.finding_index import FindingIndex
from fuzzer.store.triage_state import TriageState
from fuzzer.triage.allowed import ALLOWED_FILE
from fuzzer.triage.findings import Finding, findings_of
from fuzzer.triage.marks import TRIAGE_FILE


class Findings:
    """What is found in the session's project."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.store = session.store
        inputs = session.project.inputs
        self.allowed_file = f"{inputs.name}/{ALLOWED_FILE}"
        self.state = TriageState(self.store, marks=inputs / TRIAGE_FILE, allowed=inputs / ALLOWED_FILE)
        self.today: date = datetime.now(UTC).date()

    def all(self, *, everything: bool = False) -> list[Finding]:
        """All findings; planted and flaky ones only with `everything`."""
        index = FindingIndex(self.store)
        runs = index.runs()
        if index.unreadable:
            self._session.warn(
                f"of {counted(index.unreadable, 'run')} that differ no run log can be read, or it tells of "
                "no difference; `fuzz validate` names them"
            )
        return findings_of(runs, self.state.read(), self._session.allowed, self.today, everything=everything)

    def folder(self, run_id: str) -> Path:
        """The folder of a run."""
        return self._session.project.artifacts / run_id

    def shown(self, run_id: str) -> str:
        """The same as people should read and type it."""
        return os.path.join(self._session.artifacts, run_id)  # noqa: PTH118 - relative, for people
