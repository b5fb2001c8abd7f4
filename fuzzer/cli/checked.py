"""Remembers what a run has checked, for the files that continuous integration reads."""

from collections.abc import Sequence
from datetime import datetime

from fuzzer.campaign.events import CaseFinished
from fuzzer.campaign.program import Program
from fuzzer.cli.batch import Shows
from fuzzer.report.checks import Check, Checks, check_of
from fuzzer.store.utc import utc_text


class Checked:
    """Stands in front of what shows results, and keeps a check of each."""

    def __init__(self, shows: Shows) -> None:
        self._shows = shows
        self._checks: list[Check] = []

    def result(self, event: CaseFinished, run_id: str) -> None:
        """See `Shows.result`."""
        self._checks.append(check_of(event.result, run_id))
        self._shows.result(event, run_id)

    def not_recorded(self, count: int) -> None:
        """See `Shows.not_recorded`."""
        self._shows.not_recorded(count)

    def checks(self, *, began: datetime, seconds: float, end: str, programs: Sequence[Program]) -> Checks:
        """All of them."""
        infos = {name: info for program in programs for name, info in program.targets.items()}
        planted = ", ".join(f"{name}:{info.planted}" for name, info in infos.items() if info.planted)
        versions = {f"target.{name}": info.version for name, info in infos.items()}
        return Checks(
            title="fuzz run",
            created_utc=utc_text(began),
            seconds=seconds,
            end=end,
            properties={"planted": planted, **versions},
            checks=tuple(self._checks),
        )
