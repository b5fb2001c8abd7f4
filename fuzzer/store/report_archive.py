"""All reports of a project in one file, to be kept for ever."""

import gzip
import io
import tarfile
from collections.abc import Iterator

from fuzzer.store.artifact_store import ArtifactStore
from fuzzer.store.campaign import CAMPAIGNS
from fuzzer.store.reports import REPORTS
from fuzzer.store.upgrade import COMPARISON_NAME, EVALUATION_NAME, RUN_NAME, RUNS, SIDES

_KINDS = (".md", ".html", ".json")


def report_paths(store: ArtifactStore) -> Iterator[str]:
    """The files that people read: reports, pages, and the documents that they were made of."""
    yield from _files(store, REPORTS)
    for campaign in _folders(store, CAMPAIGNS):
        yield from _files(store, campaign)
    for side in SIDES:
        for run in _folders(store, f"{RUNS}/{side}"):
            named = (RUN_NAME, EVALUATION_NAME, COMPARISON_NAME)
            yield from (path for path in _files(store, run) if path.endswith(named))


def pack_reports(store: ArtifactStore) -> tuple[bytes, int]:
    """A `.tar.gz` of them, and how many they are; equal reports give equal bytes."""
    packed = io.BytesIO()
    count = 0
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w") as tar,
    ):
        for path in report_paths(store):
            data = store.get(path)
            entry = tarfile.TarInfo(path)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
            count += 1
    return packed.getvalue(), count


def _folders(store: ArtifactStore, folder: str) -> list[str]:
    if not store.exists(folder):
        return []
    return [f"{folder}/{name.rstrip('/')}" for name in store.list(folder) if name.endswith("/")]


def _files(store: ArtifactStore, folder: str) -> list[str]:
    if not store.exists(folder):
        return []
    return [f"{folder}/{name}" for name in store.list(folder) if name.endswith(_KINDS)]
