"""What a campaign shows while it goes on: one live line on a terminal, a line now and then elsewhere."""

import time
from types import TracebackType
from typing import Self

from rich.live import Live
from rich.text import Text

from fuzzer.campaign.events import CaseFinished, Event, Resumed, Stalled
from fuzzer.campaign.keep.tally import Tally
from fuzzer.cli.session import Session
from fuzzer.model import RVREF
from fuzzer.report import results
from fuzzer.report.results import End
from fuzzer.store.run_log import comparison_record
from fuzzer.triage.signature import signature

_EVERY_S = 15.0


class CampaignView:
    """Shows a campaign's events; a handler. What has been counted it reads from the tally."""

    def __init__(self, session: Session, tally: Tally) -> None:
        self._session = session
        self._tally = tally
        self._started = time.monotonic()
        self._next_line = self._started + _EVERY_S
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

    def take(self, event: Event) -> None:
        """See `Handler.take`."""
        match event:
            case Resumed():
                self._session.note(f" goes on: {event.totals.cases:,} cases in {event.seconds:,.0f} s before")
            case Stalled():
                self._session.note(
                    f" {event.core} has shown nothing new for {event.seconds:,.0f} s of its time"
                )
            case _:
                pass
        if time.monotonic() >= self._next_line and not self._live.is_started:
            self._next_line = time.monotonic() + _EVERY_S
            self._session.note(self._line())
            totals = self._tally.totals
            self._session.emit(
                "progress", {"seconds": self.seconds, "cases": totals.cases, "findings": totals.findings}
            )

    def close(self) -> None:
        """See `Handler.close`."""

    def result(self, event: CaseFinished, run_id: str) -> None:
        """Show a difference that has been recorded."""
        result, details = event.result, event.details
        name = signature(result, place=details.place if details else "")
        size = details.record.instructions if details else 0
        word = results.verdict_word(result)
        if word in ("DIVERGE", "flaky"):
            folder = f"{self._session.artifacts}/{run_id}"
            replay = results.replay_command(folder, self._session.launcher, in_checkout=self._in_checkout)
            self._session.show(results.campaign_finding(result, name, folder, replay, instructions=size))
        self._session.emit(
            "finding",
            {
                "run_id": run_id,
                "case": result.case.input_name,
                "verdict": word.lower(),
                "signature": name,
                "instructions": size,
                "comparisons": [comparison_record(entry) for entry in result.comparisons],
            },
        )

    def closing(self, end: End, folder: str, seconds: float) -> None:
        """The last words: counts, and where the report is."""
        totals = self._tally.totals
        if totals.rejected:
            self._session.warn(
                f"{totals.rejected:,} programs did not run to their end on {RVREF}: a fault of the generator"
            )
        if totals.not_examined:
            self._session.warn(
                f"{totals.not_examined:,} cases that differ were not examined for want of time"
            )
        if not totals.compared and end is End.COMPLETE:
            self._session.warn("nothing was compared")
        place = f"{self._session.artifacts}/{folder}"
        self._session.show(results.campaign_closing(totals, end, place=place, seconds=seconds))
        self._session.emit(
            "campaign", {"folder": folder, "end": end.value, "seconds": seconds, "totals": totals}
        )

    @property
    def _in_checkout(self) -> bool:
        return self._session.project.artifacts.is_relative_to(self._session.home.root)

    def _line(self) -> Text:
        totals, seconds = self._tally.totals, self._tally.before_s + self.seconds
        parts = [
            f"{seconds:,.0f} s",
            f"{totals.cases:,} cases",
            f"{totals.cases / max(seconds, 1e-9):,.0f} a second",
            f"{totals.findings:,} finding{'' if totals.findings == 1 else 's'}",
        ]
        parts += [f"{totals.repeated:,} repeated"] * bool(totals.repeated)
        parts += [f"{totals.inconclusive:,} inconclusive"] * bool(totals.inconclusive)
        parts += [self._tally.note] * bool(self._tally.note)
        return Text(f" {'  '.join(parts)}", style="dim", no_wrap=True, overflow="ellipsis")
