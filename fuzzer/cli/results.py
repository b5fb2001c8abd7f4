"""Shows results as they come: a table for people, lines of JSON for machines."""

from collections.abc import Sequence

import msgspec

from fuzzer.campaign.events import CaseFinished, Confirming, Totals
from fuzzer.campaign.selection import KnownCore
from fuzzer.cli.session import Session
from fuzzer.model import Case
from fuzzer.report import results
from fuzzer.store.run_log import comparison_record, outcome_record

_SHOWN_CASES = 500
"""With more cases than this, only those are shown that do not plainly agree."""


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
    ) -> None:
        self._session = session
        self._findings: list[tuple[CaseFinished, str]] = []
        names = [case.input_name for own in cases for case in own]
        self._shows_all = len(names) * repeat <= _SHOWN_CASES
        self._columns = results.layout([core.name for core in cores], names, targets)
        session.show(results.header(self._columns))

    def confirming(self, event: Confirming) -> None:
        """Say that a case is looked at again."""
        case = event.result.case
        self._session.note(
            f" {case.core} {results.short_input(case.input_name)}: running again, {event.what}"
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
            self._findings.append((event, run_id))
        self._emit(event, run_id)

    def _emit(self, event: CaseFinished, run_id: str) -> None:
        if not self._session.as_json:
            return
        result = event.result
        native = {"target": "native", "outcome": outcome_record(result.reference)}
        self._session.emit(
            "case",
            {
                "run_id": run_id,
                "core": result.case.core,
                "input": result.case.input_name,
                "verdict": results.verdict_word(result).lower(),
                "comparisons": [comparison_record(entry) for entry in result.comparisons],
                "outcomes": [
                    native,
                    *(
                        {"target": entry.target, "outcome": outcome_record(entry.outcome)}
                        for entry in result.comparisons
                    ),
                ],
            },
        )

    def close(self, totals: Totals, *, interrupted: bool, setup_seconds: float) -> None:
        """Show the findings again, together, and the closing line."""
        for event, run_id in self._findings[:20]:
            self._session.show(results.finding(event.result, run_id))
        if len(self._findings) > 20:  # noqa: PLR2004 - as above
            self._session.show(f"and {len(self._findings) - 20} more findings; see artifacts/summary.csv")
        if not totals.compared and not interrupted:
            self._session.warn(
                "nothing was compared: no target ended in a way that can be held against native"
            )
        self._session.show(
            results.closing(
                totals,
                interrupted=interrupted,
                seconds=self._session.seconds,
                setup_seconds=setup_seconds,
            )
        )
        self._session.emit("end", {"interrupted": interrupted, **msgspec.structs.asdict(totals)})
