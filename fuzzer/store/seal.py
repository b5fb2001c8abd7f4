"""The evidence of a bundle: the hash of each of its files, as whoever wrote the file left it."""

import hashlib
from collections.abc import Collection, Iterator
from pathlib import PurePosixPath

import msgspec

from fuzzer.errors import StoreError
from fuzzer.store.artifact_store import ArtifactFile, ArtifactStore
from fuzzer.store.bundle import (
    EVIDENCE_NAME,
    GATE_NAME,
    INDEX_NAME,
    BundleIndex,
    EvidenceFile,
    EvidenceManifest,
)
from fuzzer.store.campaign import RUNNING
from fuzzer.store.document import decode_document
from fuzzer.store.run_log import encode_document


def seal(store: ArtifactStore, path: str) -> None:
    """Write the evidence of a bundle that has ended: the hash of each file that is there now."""
    _keep(store, path, {name: _entry(store, path, name) for name in _files(store, path)})


def seal_again(store: ArtifactStore, path: str, wrote: Collection[str]) -> None:
    """Bring the evidence of a bundle up to date with files that were written, or removed, after its end.

    All other files keep the hashes that they had: what somebody else changed must stay visible. Nothing is
    done for a bundle that has no evidence yet.

    Raises:
        StoreError: the index or the evidence is damaged, newer, or names a file outside.
    """
    with store.lock():  # of two at once, none must take back what the other one wrote
        if store.exists(f"{path}/{EVIDENCE_NAME}"):
            _seal_again(store, path, set(wrote))


def _seal_again(store: ArtifactStore, path: str, changed: set[str]) -> None:
    entries = _read_evidence(store, path)
    if GATE_NAME in changed:
        index = read_index(store, path)
        if "gate" not in index.files:
            named = msgspec.structs.replace(index, files={**index.files, "gate": GATE_NAME})
            store.put([ArtifactFile(f"{path}/{INDEX_NAME}", encode_document(named))], durable=False)
            changed.add(INDEX_NAME)
    for name in changed:
        entries.pop(name, None)
        if store.exists(f"{path}/{name}"):
            entries[name] = _entry(store, path, name)
    _keep(store, path, entries)


def broken_seal(store: ArtifactStore, path: str) -> dict[str, str]:
    """What is not as the evidence of a bundle says, by the files' names; empty while the bundle is written.

    Raises:
        StoreError: the index or the evidence is damaged, newer, or names a file outside.
    """
    if not store.exists(f"{path}/{EVIDENCE_NAME}"):
        ended = store.exists(f"{path}/{INDEX_NAME}") and read_index(store, path).status != RUNNING
        return {EVIDENCE_NAME: "is not there, and the bundle has ended"} if ended else {}
    entries = _read_evidence(store, path)
    found = {}
    for name in sorted({*_files(store, path), *entries}):
        if name not in entries:
            found[name] = f"is not listed in {EVIDENCE_NAME}"
        elif not store.exists(f"{path}/{name}"):
            found[name] = f"is not there, and {EVIDENCE_NAME} lists it"
        elif entries[name] != _entry(store, path, name):
            found[name] = f"has another SHA-256 than {EVIDENCE_NAME} says"
    return found


def read_index(store: ArtifactStore, path: str) -> BundleIndex:
    """The index of a bundle.

    Raises:
        StoreError: it is damaged, or of a newer version.
    """
    name = f"{path}/{INDEX_NAME}"
    return decode_document(store.get(name), BundleIndex, name=name, what="the index of a bundle")


def _read_evidence(store: ArtifactStore, path: str) -> dict[str, EvidenceFile]:
    name = f"{path}/{EVIDENCE_NAME}"
    manifest = decode_document(store.get(name), EvidenceManifest, name=name, what="the evidence of a bundle")
    for place, file in enumerate(manifest.files):
        pure = PurePosixPath(file.path)
        if pure.is_absolute() or ".." in pure.parts or not pure.parts:
            raise StoreError(
                f"{name}: $.files[{place}].path is not a path inside its folder: {file.path!r}",
                hint="the evidence was not written by `fuzz`: copy the bundle again",
            )
    return {file.path: file for file in manifest.files}


def _keep(store: ArtifactStore, path: str, entries: dict[str, EvidenceFile]) -> None:
    files = tuple(entries[name] for name in sorted(entries))
    manifest = EvidenceManifest(run_id=path.rpartition("/")[2], files=files)
    store.put([ArtifactFile(f"{path}/{EVIDENCE_NAME}", encode_document(manifest))])


def _entry(store: ArtifactStore, path: str, name: str) -> EvidenceFile:
    data = store.get(f"{path}/{name}")
    return EvidenceFile(path=name, bytes=len(data), sha256=hashlib.sha256(data).hexdigest())


def _files(store: ArtifactStore, folder: str, inside: str = "") -> Iterator[str]:
    """The files of a bundle without its evidence."""
    for name in store.list(f"{folder}/{inside}".rstrip("/")):
        if name.endswith("/"):
            yield from _files(store, folder, f"{inside}{name}")
        elif f"{inside}{name}" != EVIDENCE_NAME:
            yield f"{inside}{name}"
