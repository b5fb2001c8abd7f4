"""Keeps the bundle of a run or a campaign up to date while it goes on."""

import hashlib
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import msgspec

from fuzzer import __version__
from fuzzer.campaign.events import CaseFinished, Event, Noted, Restarted, Resumed, Stalled, Totals
from fuzzer.cli.batch import Shows
from fuzzer.cli.outcome import exit_code_of
from fuzzer.cli.session import Session
from fuzzer.errors import FuzzerError
from fuzzer.execute.started import STARTED, Started
from fuzzer.gate.measure import scorecard
from fuzzer.model import CaseResult, CoreInfo, TargetInfo, VerdictKind
from fuzzer.report.results import End
from fuzzer.store.bundle import BundleEvent, BundleResult, ConfigSnapshot, FoundRun, ToolCall, Versions
from fuzzer.store.bundle_folder import BundleFolder
from fuzzer.store.tree import read_tree
from fuzzer.triage.signature import signature

_MOST_WAITING = 200
"""Events that are gathered before they are written."""


class Ending(msgspec.Struct, kw_only=True):
    """How a run ended, as far as it is known."""

    end: End = End.FAILED


class Bundling:
    """The bundle of one run or campaign: a handler of events, and of results once they are recorded."""

    def __init__(self, folder: BundleFolder, *, seconds: Callable[[], float]) -> None:
        """`seconds` since it began."""
        self._folder = folder
        self._seconds = seconds
        self._waiting: list[BundleEvent] = []
        self._seen: dict[tuple[str, tuple[tuple[str, str], ...]], None] = {}
        self._found: dict[str, str] = {}
        self._targets: tuple[TargetInfo, ...] = ()

    @property
    def path(self) -> str:
        """Its folder in the artifacts."""
        return self._folder.path

    def begin(
        self,
        session: Session,
        *,
        command: Sequence[str],
        request: Mapping[str, object],
        cores: Sequence[CoreInfo],
        targets: Sequence[TargetInfo],
        created_utc: str,
    ) -> None:
        """Write down what is known before anything has run."""
        self._targets = tuple(targets)
        tree = read_tree(session.project.root)
        config = ConfigSnapshot(
            command=tuple(command),
            settings=msgspec.to_builtins(session.settings),
            request=request,
            cores=tuple(cores),
            targets=self._targets,
            allowed=tuple(entry.id for entry in session.allowed.entries),
        )
        versions = Versions(
            fuzz=__version__,
            python=platform.python_version(),
            git_sha=tree.sha,
            git_dirty=tree.dirty,
            targets=self._targets,
        )
        self._folder.begin(config, versions, created_utc=created_utc)

    def take(self, event: Event) -> None:
        """See `fuzzer.campaign.keep.handler.Handler.take`; what gathers is no more than a few lines."""
        match event:
            case Noted(result=result):
                self._add("inconclusive", result)
            case Restarted(times=times):
                self._write(BundleEvent(type="restarted", at=self._at(), detail=f"{times:,} runners"))
            case Stalled(core=core, seconds=seconds):
                detail = f"{core} has shown nothing new for {seconds:,.0f} s"
                self._write(BundleEvent(type="stalled", at=self._at(), detail=detail))
            case Resumed():
                detail = f"after {event.totals.cases:,} cases"
                self._write(BundleEvent(type="resumed", at=self._at(), detail=detail))
            case _:
                pass

    def close(self) -> None:
        """See `fuzzer.campaign.keep.handler.Handler.close`."""
        self._flush()

    def result(self, event: CaseFinished, run_id: str) -> None:
        """Take a result that is recorded under this id."""
        result = event.result
        kind = _kind(result)
        self._add(kind, result, run_id if kind != "case" else "")
        if kind == "finding":
            title = signature(result, place=event.details.place if event.details else "")
            self._found.setdefault(title, run_id)
            self._flush()

    @contextmanager
    def ending(self, totals: Totals, *, of_cases: bool) -> Iterator[Ending]:
        """Whatever ends what is inside, the rest of the bundle is written then.

        `of_cases`: whether every case was a result here.
        """
        ending = Ending()
        try:
            yield ending
        except BaseException as error:
            code = error.exit_code if isinstance(error, FuzzerError) else None
            with suppress(FuzzerError):  # what went wrong first is what is told
                self._end(ending.end, totals=totals, exit_code=code, error=_said(error), of_cases=of_cases)
            raise
        code = exit_code_of(totals, interrupted=ending.end is End.INTERRUPTED)
        self._end(ending.end, totals=totals, exit_code=int(code), of_cases=of_cases)

    def _end(
        self, end: End, *, totals: Totals, exit_code: int | None, error: str = "", of_cases: bool
    ) -> None:
        counted = msgspec.to_builtins(totals)
        self._write(BundleEvent(type="ended", at=self._at(), detail=end.value))
        self._flush()
        self._folder.end(
            status=end.value,
            error_summary=error,
            exit_code=exit_code,
            ended=datetime.now(UTC),
            seconds=self._seconds(),
            result=BundleResult(
                totals=counted,
                findings=tuple(
                    FoundRun(signature=title, run_id=run_id) for title, run_id in self._found.items()
                ),
                verdicts_sha256=self._verdicts() if of_cases else "",
            ),
            metrics=scorecard(counted, self._seconds()),
            calls=[_call(*entry, targets=self._targets) for entry in STARTED.all()],
        )

    def _add(self, kind: str, result: CaseResult, run_id: str = "") -> None:
        case = f"{result.case.core}/{result.case.input_name}"
        verdicts = {entry.target: _word(entry.verdict.kind, entry.allowed_by) for entry in result.comparisons}
        key = (case, tuple(verdicts.items()))
        if key in self._seen:
            return
        self._seen[key] = None
        self._write(BundleEvent(type=kind, at=self._at(), case=case, verdicts=verdicts, run_id=run_id))

    def _verdicts(self) -> str:
        lines = sorted(f"{case}: {', '.join(map(' '.join, verdicts))}\n" for case, verdicts in self._seen)
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def _at(self) -> float:
        return round(self._seconds(), 3)

    def _write(self, event: BundleEvent) -> None:
        self._waiting.append(event)
        if len(self._waiting) >= _MOST_WAITING:
            self._flush()

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        self._folder.add(waiting)


class Bundled:
    """Stands in front of what shows results, and tells a bundle of each."""

    def __init__(self, shows: Shows, bundling: Bundling) -> None:
        self._shows = shows
        self._bundling = bundling

    def result(self, event: CaseFinished, run_id: str) -> None:
        """See `Shows.result`."""
        self._bundling.result(event, run_id)
        self._shows.result(event, run_id)

    def not_recorded(self, count: int) -> None:
        """See `Shows.not_recorded`."""
        self._shows.not_recorded(count)


def _said(error: BaseException) -> str:
    return error.message if isinstance(error, FuzzerError) else f"{type(error).__name__}: {error}"


def _kind(result: CaseResult) -> str:
    if any(entry.is_finding for entry in result.comparisons):
        return "finding"
    kinds = {entry.verdict.kind for entry in result.comparisons}
    if any(entry.allowed_by for entry in result.comparisons):
        return "allowed"
    if VerdictKind.DIVERGE in kinds:
        return "flaky"
    return "inconclusive" if VerdictKind.INCONCLUSIVE in kinds else "case"


def _word(kind: VerdictKind, allowed_by: str) -> str:
    return "allowed" if allowed_by else kind.value


def _call(kind: Started, times: int, ended: Mapping[str, int], *, targets: Sequence[TargetInfo]) -> ToolCall:
    info = next((info for info in targets if info.name == kind.target), None)
    return ToolCall(
        name=kind.program,
        target=kind.target,
        arguments=("--plant", kind.fault) if kind.fault else (),
        version=info.version if info else "",
        sha256=info.runner_sha256 if info else "",
        started=times,
        ended=ended,
    )
