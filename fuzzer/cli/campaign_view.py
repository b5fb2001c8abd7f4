"""What a campaign shows while it goes on: one live line on a terminal, a line now and then elsewhere."""

import time
from collections import Counter
from types import TracebackType
from typing import Self

from rich.live import Live
from rich.text import Text

from fuzzer.campaign.events import CaseFinished, Confirming, Event, SeenBefore, Totals
from fuzzer.cli.session import Session
from fuzzer.model import RVREF
from fuzzer.report import results
from fuzzer.report.results import End
from fuzzer.store.campaign import FoundRecord
from fuzzer.store.run_log import comparison_record
from fuzzer.triage.signature import signature

_EVERY_S = 15.0


class CampaignView:
    """Shows a campaign's events and remembers its findings."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._started = time.monotonic()
        self._next_line = self._started + _EVERY_S
        self._totals = Totals()
        self._note = ""
        self._found: dict[str, FoundRecord] = {}
        self._again: Counter[str] = Counter()
        self._live = Live(
            get_renderable=self._line,
            console=session.err,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> Self:
        """Show the live line, if there is a terminal to show it on."""
        if self._session.err.is_terminal and not self._session.as_json:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the live line."""
        self._live.stop()

    @property
    def seconds(self) -> float:
        """Since the campaign began."""
        return time.monotonic() - self._started

    @property
    def findings(self) -> tuple[FoundRecord, ...]:
        """One for each signature, with how many programs showed it."""
        for name, found in self._found.items():
            found.programs = 1 + self._again[name]
        return tuple(self._found.values())

    def take(self, event: Event, totals: Totals) -> None:
        """Show an event, if there is anything to show of it."""
        self._totals = totals
        if isinstance(event, Confirming):
            self._note = f"{event.result.case.input_name}: {event.what}"
        elif isinstance(event, CaseFinished):
            self._note = ""
        elif isinstance(event, SeenBefore):
            self._again[event.signature] += 1
        if time.monotonic() >= self._next_line and not self._live.is_started:
            self._next_line = time.monotonic() + _EVERY_S
            self._session.note(self._line())
            self._session.emit("progress", {"seconds": self.seconds, "cases": totals.cases})

    def result(self, event: CaseFinished, run_id: str) -> None:
        """Show a finding that has been recorded."""
        result, details = event.result, event.details
        name = signature(result, place=details.place if details else "")
        size = details.record.instructions if details else 0
        if any(entry.is_finding for entry in result.comparisons):
            record = FoundRecord(
                signature=name, run_id=run_id, case=result.case.input_name, instructions=size
            )
            self._found.setdefault(name, record)
        folder = f"{self._session.artifacts}/{run_id}"
        replay = results.replay_command(folder, self._session.launcher, in_checkout=self._in_checkout)
        self._session.show(results.program_finding(result, name, folder, replay, instructions=size))
        self._session.emit(
            "finding",
            {
                "run_id": run_id,
                "case": result.case.input_name,
                "verdict": results.verdict_word(result).lower(),
                "signature": name,
                "instructions": size,
                "comparisons": [comparison_record(entry) for entry in result.comparisons],
            },
        )

    def not_recorded(self, count: int) -> None:
        """Say that results are lost to the artifacts."""
        these = "one finding" if count == 1 else f"{count:,} findings"
        self._session.warn(f"{these} could not be recorded")

    def closing(self, totals: Totals, end: End, folder: str) -> None:
        """The last words: counts, and where the report is."""
        if totals.rejected:
            self._session.warn(
                f"{totals.rejected:,} programs did not run to their end on {RVREF}: a fault of the generator"
            )
        if totals.not_examined:
            self._session.warn(
                f"{totals.not_examined:,} programs that differ were not examined for want of time"
            )
        if not totals.compared and end is End.COMPLETE:
            self._session.warn("nothing was compared")
        place = f"{self._session.artifacts}/{folder}"
        self._session.show(results.campaign_closing(totals, end, place=place, seconds=self.seconds))

    @property
    def _in_checkout(self) -> bool:
        return self._session.project.artifacts.is_relative_to(self._session.home.root)

    def _line(self) -> Text:
        totals, seconds = self._totals, self.seconds
        parts = [
            f"{seconds:,.0f} s",
            f"{totals.cases:,} programs",
            f"{totals.cases / max(seconds, 1e-9):,.0f} a second",
            f"{totals.findings:,} finding{'' if totals.findings == 1 else 's'}",
        ]
        parts += [f"{totals.repeated:,} repeated"] * bool(totals.repeated)
        parts += [f"{totals.inconclusive:,} inconclusive"] * bool(totals.inconclusive)
        parts += [self._note] * bool(self._note)
        return Text(f" {'  '.join(parts)}", style="dim", no_wrap=True, overflow="ellipsis")
