"""Records results: run logs, finding folders, and the rows of the summary.

Files come first and rows last, so that whatever is killed in between, no row lacks its files. A mark stands
while a batch is written; whoever finds it left behind mends the summary from the run logs.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from fuzzer.model import Record
from fuzzer.store.artifact_store import ArtifactFile, ArtifactStore
from fuzzer.store.finding import RUN_LOG_NAME, finding_files
from fuzzer.store.run_id import RUN_ID, RunIds
from fuzzer.store.run_log import RecordedCase, RunLog, build_log, encode_document, rows_of
from fuzzer.store.snapshot import SNAPSHOT_NAME, pack
from fuzzer.store.summary import SUMMARY_PATH
from fuzzer.store.summary_file import SummaryFile

_MARK = ".recording"


class Recorder:
    """Writes results to a store; any number of processes may record to the same one."""

    def __init__(
        self,
        store: ArtifactStore,
        *,
        record: Record,
        clock: Callable[[], datetime],
        warn: Callable[[str], None],
    ) -> None:
        self._store = store
        self._record = record
        self._clock = clock
        self._warn = warn
        self._ids = RunIds(store, summary_path=SUMMARY_PATH)
        self._summary = SummaryFile(store)

    def repair(self) -> None:
        """Mend what a writer that was killed left behind; quick when there was none."""
        with self._store.lock():
            if self._store.exists(_MARK) or not self._summary.is_ready:
                self._complete()
                self._tell(self._summary.check_and_repair())
                self._store.sweep()
                self._store.delete(_MARK)

    def _complete(self) -> None:
        """See to folders of findings without a run log beside them: whole ones get it, parts of one go."""
        names = set(self._store.list())
        for name in names:
            run_id = name.removesuffix("/")
            if run_id == name or not RUN_ID.fullmatch(run_id) or f"{run_id}.json" in names:
                continue
            if self._store.exists(f"{run_id}/{RUN_LOG_NAME}"):
                log = self._store.get(f"{run_id}/{RUN_LOG_NAME}")
                self._store.put([ArtifactFile(f"{run_id}.json", log)])
            else:
                self._tell([f"{run_id}/ was left unfinished by a writer that was killed: removed"])
                _delete_folder(self._store, run_id)

    def record(self, results: Sequence[RecordedCase]) -> list[str]:
        """Record a batch, and give the run id of each result."""
        with self._store.lock():
            self.repair()
            # Not put: killed in between, that would leave a temporary file and no mark to tell of it.
            self._store.append(_MARK, b"")
            now = self._clock()
            run_ids = self._ids.reserve([recorded.core.name for recorded in results], now)
            logs = [
                build_log(recorded, run_id=run_id, created=now)
                for recorded, run_id in zip(results, run_ids, strict=True)
            ]
            self._store.put(
                [
                    file
                    for recorded, log in zip(results, logs, strict=True)
                    for file in self._files(recorded, log)
                ]
            )
            self._tell(self._summary.append([row for log in logs for row in rows_of(log)]))
            self._store.delete(_MARK)
        return run_ids

    def _files(self, recorded: RecordedCase, log: RunLog) -> list[ArtifactFile]:
        """The files of one result; a run log at the top says that its folder is whole."""
        run_log = ArtifactFile(f"{log.run_id}.json", encode_document(log))
        if log.diff.equal:
            return [run_log] if self._record is Record.ALL else []
        files = [*finding_files(recorded, log), run_log]
        if recorded.sources is not None:
            files.insert(0, ArtifactFile(f"{log.run_id}/{SNAPSHOT_NAME}", pack(recorded.sources), exact=True))
        return files

    def _tell(self, warnings: Sequence[str]) -> None:
        for warning in warnings:
            self._warn(warning)


def _delete_folder(store: ArtifactStore, folder: str) -> None:
    for name in store.list(folder):
        if name.endswith("/"):
            _delete_folder(store, f"{folder}/{name.removesuffix('/')}")
        else:
            store.delete(f"{folder}/{name}")
