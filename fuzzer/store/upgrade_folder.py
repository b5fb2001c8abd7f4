"""The folders of an upgrade, `runs/baseline/<run_id>/` and `runs/new/<run_id>/`, taken together."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from fuzzer.store.artifact_store import ArtifactFile, ArtifactStore
from fuzzer.store.upgrade import (
    COMPARISON_NAME,
    CORPUS_PATH,
    EVALUATION_NAME,
    MANIFEST_PATH,
    RUN_NAME,
    RUNS,
    SIDES,
    AssetItem,
    AssetManifest,
    Corpus,
    CorpusCase,
    Evaluation,
    Side,
    UpgradeLimits,
    UpgradeRun,
    encode_upgrade,
)
from fuzzer.store.upgrade_case import CaseRun, case_files, iso


class UpgradeFolder:
    """Both folders of one upgrade; no other one has its id."""

    def __init__(self, store: ArtifactStore, *, created: datetime) -> None:
        self._store = store
        self._items: dict[Side, list[AssetItem]] = {side: [] for side in SIDES}
        self.generated_at = iso(created)
        base = f"{created.astimezone(UTC):%Y%m%d_%H%M%S}_upgrade"
        with store.lock():
            number, self.id = 1, base
            while any(store.exists(self.path(side)) for side in SIDES):
                number += 1
                self.id = f"{base}_{number}"
            # Taken from here on, whatever becomes of it.
            for side in SIDES:
                self._put(side, [ArtifactFile(MANIFEST_PATH, self._manifest(side))])

    def path(self, side: Side) -> str:
        """One side's folder in the artifacts."""
        return f"{RUNS}/{side}/{self.id}"

    def begin(self, runs: Mapping[Side, UpgradeRun], cases: Sequence[tuple[CorpusCase, bytes]]) -> None:
        """Write what will be run, and the documents of two runs that have not begun."""
        corpus = encode_upgrade(Corpus(cases=tuple(case for case, _ in cases)))
        files = [
            *(ArtifactFile(case.href, data, exact=True) for case, data in cases),
            self._store.as_kept(ArtifactFile(CORPUS_PATH, corpus)),
        ]
        for side in SIDES:
            self._put(side, files, durable=False)
            self._items[side] += [_item(file, side) for file in files]
            self.write_run(side, runs[side])

    def add(self, runs: Sequence[CaseRun], limits: UpgradeLimits) -> None:
        """Write cases that have run."""
        for run in runs:
            files, items = case_files(run, limits, as_kept=self._store.as_kept)
            self._put(run.side, files, durable=False)
            self._items[run.side] += items

    def write_run(self, side: Side, run: UpgradeRun) -> None:
        """Write how far a side is, its manifest first."""
        self._put(
            side,
            [
                ArtifactFile(MANIFEST_PATH, self._manifest(side)),
                ArtifactFile(RUN_NAME, encode_upgrade(run)),
            ],
        )

    def evaluate(self, evaluation: Evaluation, page: str) -> None:
        """Write what the two sides say together: the same files in both folders."""
        for side in SIDES:
            self._put(
                side,
                [
                    ArtifactFile(COMPARISON_NAME, page.encode()),
                    ArtifactFile(EVALUATION_NAME, encode_upgrade(evaluation)),
                ],
            )

    def _manifest(self, side: Side) -> bytes:
        return encode_upgrade(AssetManifest(generated_at=self.generated_at, items=tuple(self._items[side])))

    def _put(self, side: Side, files: Sequence[ArtifactFile], *, durable: bool = True) -> None:
        folder = self.path(side)
        placed = [msgspec.structs.replace(file, path=f"{folder}/{file.path}") for file in files]
        self._store.put(placed, durable=durable)


def _item(file: ArtifactFile, side: Side) -> AssetItem:
    return AssetItem(
        asset_id=file.path.removeprefix("assets/"),
        href=file.path,
        kind="other",
        case_id=None,
        side=side,
        size_bytes=len(file.data),
        sha256=hashlib.sha256(file.data).hexdigest(),
    )
