"""What a campaign shows while it goes on: a live block on a terminal, a line now and then elsewhere."""

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.live import Live
from rich.text import Text

from fuzzer.campaign.budget import Budget
from fuzzer.campaign.events import CaseFinished, Event, Resumed, Stalled
from fuzzer.campaign.history import History
from fuzzer.campaign.keep.tally import Tally
from fuzzer.cli.session import Session
from fuzzer.model import RVREF
from fuzzer.report import results
from fuzzer.report.live import Watched, block, line
from fuzzer.report.results import End
from fuzzer.store.campaign import RUNNING, CampaignRecord, FoundRecord
from fuzzer.store.progress import Progress
from fuzzer.store.run_log import comparison_record
from fuzzer.triage.signature import signature

_EVERY_S = 15.0
_BLOCK_S = 0.25


class CampaignView:
    """Shows a campaign's events; a handler. What has been counted it reads from the tally."""

    def __init__(self, session: Session, tally: Tally, record: CampaignRecord, budget: Budget) -> None:
        self._session = session
        self._tally = tally
        self._record = record
        self._budget = budget
        self._history = History()
        self._found: Sequence[FoundRecord] = ()
        self._started = time.monotonic()
        self._next_line = self._started + _EVERY_S
        self._next_block = self._started
        self._shown = Text()
        """What the terminal shows; it is drawn by another thread, so it is made anew and never changed."""
        self._live = Live(
            get_renderable=lambda: self._shown,
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
        now = time.monotonic()
        if self._live.is_started:
            if now >= self._next_block and self._history.recent:
                self._next_block = now + _BLOCK_S
                self._shown = block(self._watched(), width=self._session.err.width)
        elif now >= self._next_line:
            self._next_line = now + _EVERY_S
            self._session.note(f" {line(self._watched())}" if self._history.recent else " no sample yet")
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

    def sample(self, sample: Progress, found: Sequence[FoundRecord]) -> None:
        """Take the next sample, and the findings so far."""
        self._history.add(sample)
        self._found = found

    def _watched(self) -> Watched:
        """The campaign as it is now: what costs nothing to know is newer than the latest sample."""
        last = self._history.recent[-1]
        now = self._tally.sample(
            seconds=self.seconds,
            utc=last.utc,
            memory_mb=last.memory_mb,
            disk_mb=last.disk_mb,
            disk_free_mb=last.disk_free_mb,
        )
        history = History(self._history.recent)
        history.last_new_s = self._history.last_new_s
        history.add(now)
        return Watched(
            campaign_id=self._record.campaign_id,
            state=RUNNING,
            seed=self._record.seed,
            workers=self._record.workers,
            history=history,
            findings=self._found,
            budget_s=self._budget.seconds,
            budget_cases=self._budget.cases,
            note=self._tally.note,
        )
