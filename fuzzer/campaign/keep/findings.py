"""Records what differs in a campaign, and the few other cases that get a row: each once."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from fuzzer.campaign.events import CaseFinished, Checkpoint, Event, Noted, Resumed, SeenBefore, Waiting
from fuzzer.errors import StoreError
from fuzzer.gate.failures import is_finding
from fuzzer.store.artifact_store import ArtifactStore
from fuzzer.store.campaign import FoundRecord
from fuzzer.store.recorder import Recorder
from fuzzer.store.run_id import RUN_ID
from fuzzer.store.run_log import RecordedCase, RunLog, decode_log
from fuzzer.triage.signature import signature, worst_symptom

Show = Callable[[CaseFinished, str], None]
"""Shows a result once it is recorded under a run id."""


def recorded_by(store: ArtifactStore, campaign_id: str, *, created_utc: str) -> list[RunLog]:
    """The run logs of a campaign that was begun at this time, in the order of their ids."""
    since = created_utc.replace("-", "").replace(":", "").replace("T", "_").removesuffix("Z")
    logs = []
    for name in store.list():
        run_id = name.removesuffix(".json")
        if run_id == name or run_id < since or not RUN_ID.fullmatch(run_id):
            continue
        try:
            log = decode_log(store.get(name), name=name)
        except StoreError:
            continue  # said where the summary is mended
        if log.campaign == campaign_id:
            logs.append(log)
    return logs


class Findings:
    """A handler that records results and remembers the findings."""

    def __init__(
        self,
        recorder: Recorder,
        campaign_id: str,
        *,
        logs: Sequence[RunLog],
        seconds: Callable[[], float],
        show: Show,
    ) -> None:
        """`logs` are those of earlier parts of the campaign."""
        self._recorder = recorder
        self._campaign = campaign_id
        self._seconds = seconds
        self._show = show
        self._noted: list[Noted] = []
        self._early = Counter[str]()
        """Cases like one that is still looked into, by its signature before it was reduced."""
        self._recorded = {(log.core.name, log.input.path): log.run_id for log in logs}
        self._found = {log.signature: _found_of(log) for log in logs if is_finding(log)}

    @property
    def records(self) -> tuple[FoundRecord, ...]:
        """One for each signature."""
        return tuple(self._found.values())

    def take(self, event: Event) -> None:
        """See `Handler.take`."""
        match event:
            case CaseFinished():
                self._flush()
                self._finished(event)
            case Noted():
                self._noted.append(event)
            case SeenBefore(signature=title) if title in self._found:
                self._found[title].programs += 1
            case SeenBefore(signature=title):
                self._early[title] += 1
            case Resumed():
                self._resume(event.repeated, {found.signature: found.at for found in event.found})
            case Checkpoint() | Waiting():
                self._flush()
            case _:
                pass

    def close(self) -> None:
        """See `Handler.close`."""
        self._flush()

    def _resume(self, repeated: Mapping[str, int], at: Mapping[str, float]) -> None:
        for title, found in self._found.items():
            found.programs = 1 + repeated.get(title, 0)
            found.at = at.get(title, 0.0)

    def _finished(self, event: CaseFinished) -> None:
        case = event.result.case
        key = (case.core, case.input_name)
        run_id = self._recorded.get(key)
        if run_id is None:
            (run_id,) = self._recorder.record([self._case(event)])
            self._recorded[key] = run_id
        if any(entry.is_finding for entry in event.result.comparisons):
            self._remember(event, run_id)
        self._show(event, run_id)

    def _remember(self, event: CaseFinished, run_id: str) -> None:
        result, details = event.result, event.details
        title = signature(result, place=details.place if details else "")
        symptoms = [entry.verdict.symptom for entry in result.comparisons if entry.is_finding]
        record = FoundRecord(
            signature=title,
            run_id=run_id,
            case=result.case.input_name,
            instructions=details.record.instructions if details else 0,
            core=result.case.core,
            generator=result.case.provenance.generator,
            symptom=worst_symptom(symptoms),
            at=round(self._seconds(), 1),
        )
        self._found.setdefault(title, record).programs += self._early.pop(event.seen_as or title, 0)

    def _case(self, event: CaseFinished | Noted) -> RecordedCase:
        program = event.program
        original = event.original if isinstance(event, CaseFinished) else None
        is_reduced = original is not None and original.buffers != event.result.case.buffers
        return RecordedCase(
            result=event.result,
            core=program.core,
            targets=program.targets,
            limits=event.limits,
            sources=program.sources,
            details=event.details if isinstance(event, CaseFinished) else None,
            original=original.buffers if original and is_reduced else None,
            campaign=self._campaign,
        )

    def _flush(self) -> None:
        """Record what was noted."""
        noted, self._noted = self._noted, []
        fresh = [
            event
            for event in noted
            if (event.result.case.core, event.result.case.input_name) not in self._recorded
        ]
        if fresh:
            run_ids = self._recorder.record([self._case(event) for event in fresh])
            for event, run_id in zip(fresh, run_ids, strict=True):
                self._recorded[event.result.case.core, event.result.case.input_name] = run_id


def _found_of(log: RunLog) -> FoundRecord:
    return FoundRecord(
        signature=log.signature,
        run_id=log.run_id,
        case=log.input.path,
        instructions=log.program.instructions if log.program else 0,
        core=log.core.name,
        generator=log.provenance.generator,
        symptom=worst_symptom([entry.symptom for entry in log.comparisons]),
    )
