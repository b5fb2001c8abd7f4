"""Shows results as they come: a table for people, lines of JSON for machines."""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

import msgspec

from fuzzer.campaign.events import CaseFinished, Confirming, Totals
from fuzzer.campaign.selection import KnownCore
from fuzzer.cli.progress import RunProgress
from fuzzer.cli.session import Session
from fuzzer.model import Case
from fuzzer.report import results
from fuzzer.report.results import End
from fuzzer.store.run_log import comparison_record, outcome_record
from fuzzer.triage.signature import signature

_SHOWN_CASES = 500
"""With more cases than this, only those are shown that do not plainly agree."""
_SHOWN_FINDINGS = 20


class ResultTable:
    """The results of one run on standard output."""

    def __init__(
        self,
        session: Session,
        cores: Sequence[KnownCore],
        cases: Sequence[Sequence[Case]],
        targets: Sequence[str],
        *,
        repeat: int,
        setup_seconds: float,
    ) -> None:
        self._session = session
        self._setup_seconds = setup_seconds
        self._findings: dict[str, list[tuple[CaseFinished, str]]] = {}
        """By signature: what has one cause is shown once."""
        names = [case.input_name for own in cases for case in own]
        count = len(names) * repeat
        self._shows_all = count <= _SHOWN_CASES
        self._columns = results.layout([core.name for core in cores], names, targets)
        self._progress = RunProgress(session.err, cases=count)
        session.show(results.header(self._columns))

    def __enter__(self) -> Self:
        """Show how far the run is."""
        if not self._session.as_json:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the live line away, whatever happened."""
        self._progress.close()

    def confirming(self, event: Confirming) -> None:
        """Say that a case is looked at again."""
        case = event.result.case
        self._progress.note(
            f"{case.core} {results.short_input(case.input_name)}: running again, {event.what}"
        )

    def result(self, event: CaseFinished, run_id: str) -> None:
        """Show a result that has been recorded."""
        result = event.result
        word = results.verdict_word(result)
        if self._shows_all or word != "agree":
            self._session.show(results.row(self._columns, result))
            for reason in results.reasons(result):
                self._session.show(f"   {reason}")
        if any(entry.is_finding for entry in result.comparisons):
            kind = signature(result)
            self._findings.setdefault(kind, []).append((event, run_id))
        self._progress.advance()
        self._emit(event, run_id)

    def _emit(self, event: CaseFinished, run_id: str) -> None:
        if not self._session.as_json:
            return
        result = event.result
        outcomes = [(result.reference_name, result.reference)]
        outcomes += [(entry.target, entry.outcome) for entry in result.comparisons]
        self._session.emit(
            "case",
            {
                "run_id": run_id,
                "core": result.case.core,
                "input": result.case.input_name,
                "verdict": results.verdict_word(result).lower(),
                "comparisons": [comparison_record(entry) for entry in result.comparisons],
                "outcomes": [
                    {"target": target, "outcome": outcome_record(outcome)} for target, outcome in outcomes
                ],
            },
        )

    def not_recorded(self, count: int) -> None:
        """Say that results are lost to the artifacts."""
        these = "one result" if count == 1 else f"{count:,} results"
        self._session.warn(f"{these} could not be recorded")

    def close(self, totals: Totals, end: End) -> None:
        """Show the findings again, together, and the closing line."""
        self._progress.close()
        self._show_findings()
        if not totals.compared and end is End.COMPLETE:
            self._session.warn(
                "nothing was compared: no target ended in a way that can be held against native"
            )
        self._session.show(
            results.closing(
                totals,
                end,
                artifacts=self._session.artifacts,
                seconds=self._session.seconds,
                setup_seconds=self._setup_seconds,
            )
        )
        self._session.emit(
            "end",
            {
                "interrupted": end is End.INTERRUPTED,
                "complete": end is End.COMPLETE,
                **msgspec.structs.asdict(totals),
            },
        )

    def _show_findings(self) -> None:
        for found in list(self._findings.values())[:_SHOWN_FINDINGS]:
            event, run_id = found[0]
            folder = f"{self._session.artifacts}/{run_id}"
            replay = results.replay_command(folder, self._session.launcher, in_checkout=self._in_checkout)
            self._session.show(results.finding(event.result, folder, replay, more=len(found) - 1))
        if len(self._findings) > _SHOWN_FINDINGS:
            more = len(self._findings) - _SHOWN_FINDINGS
            self._session.show(f"and {more} more kinds; see {self._session.artifacts}/summary.csv")

    @property
    def _in_checkout(self) -> bool:
        return self._session.project.artifacts.is_relative_to(self._session.home.root)
