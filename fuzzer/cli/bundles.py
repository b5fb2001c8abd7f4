"""Reading bundles for the commands that are about them."""

from collections.abc import Iterator

from fuzzer.cli.session import Session
from fuzzer.errors import StoreError
from fuzzer.report.bundle import Bundle
from fuzzer.store.artifact_store import ArtifactStore
from fuzzer.store.bundle import BUNDLES
from fuzzer.store.bundle_folder import find_bundle, read_config, read_events, read_scorecard
from fuzzer.store.passes import INPUTS, PROGRAMS, read_rows
from fuzzer.store.seal import broken_seal, read_index


def load(store: ArtifactStore, given: str) -> Bundle:
    """The bundle that is meant.

    Raises:
        UsageError: there is none, or more than one.
        StoreError: one of its documents is damaged.
    """
    path = find_bundle(store, given)
    events = read_events(store, path)
    verdicts = {
        event.case: ", ".join(f"{target} {word}" for target, word in event.verdicts.items())
        for event in events
        if event.verdicts
    }
    if not path.startswith(f"{BUNDLES}/"):
        verdicts |= dict(_of_shards(store, path))
    return Bundle(
        path=path,
        index=read_index(store, path),
        config=read_config(store, path),
        scorecard=read_scorecard(store, path),
        events=tuple(events),
        verdicts=verdicts,
    )


def name_changed(session: Session, path: str) -> bool:
    """Warn of each file of a bundle that is not as its evidence says; whether there is any."""
    wrong = broken_seal(session.store, path)
    for name, problem in wrong.items():
        session.warn(f"{session.artifacts}/{path}/{name} {problem}")
        session.emit("problem", {"file": f"{path}/{name}", "message": problem})
    return bool(wrong)


def refuse_changed(session: Session, path: str) -> None:
    """Go on only with a bundle that is as its evidence says.

    Raises:
        StoreError: a file of it is not.
    """
    for name, problem in broken_seal(session.store, path).items():
        where = f"{session.artifacts}/{path}/{name}"
        raise StoreError(f"{where} {problem}", hint="`fuzz validate` of the folder names all of it")


def _of_shards(store: ArtifactStore, path: str) -> Iterator[tuple[str, str]]:
    for kind in (INPUTS, PROGRAMS):
        for _, rows in read_rows(store, path, kind):
            for row in rows:
                yield f"{row.part}/{row.worker}/{row.index}", row.verdict
