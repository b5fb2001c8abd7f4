"""`fuzz rerun`: the same cases on the same targets once more, and whether the verdicts are the same."""

import os
from collections.abc import Sequence

import click

from fuzzer.cli.bundles import load, refuse_changed
from fuzzer.cli.diff import show_changes
from fuzzer.cli.options import json_option
from fuzzer.cli.rerun_cases import rerun_cases
from fuzzer.cli.session import Session
from fuzzer.errors import ExitCode, UsageError
from fuzzer.report.bundle import Bundle, changes
from fuzzer.report.words import counted
from fuzzer.store.artifact_store import ArtifactStore
from fuzzer.store.bundle_folder import bundle_paths
from fuzzer.store.campaign import LATEST


@click.command()
@click.argument("run", default=LATEST, metavar="[RUN|latest]")
@json_option
def rerun(run: str, *, as_json: bool) -> int:
    """Run a bundle's cases again; it gets a bundle of its own, which is compared.

    Of a campaign of cores the very cases that it ran are run, as its journal and its passes say: what a
    search does next depends on the time that cases take. Exit code 0: the same cases have the same
    verdicts. 7: they do not. 3: a file of the bundle is not as its evidence.json says.
    """
    session = Session(as_json=as_json)
    store = session.store
    before = load(store, run)
    refuse_changed(session, before.path)  # what was changed says nothing of what is run now
    if before.index.command[:1] == ("campaign",) and before.config.cores:
        return rerun_cases(session, store, before)
    words = _words(before)
    session.note(f"Again: fuzz {' '.join(words)}")
    after = _run_again(store, words, session)
    found = [change for change in changes(before, after) if change.section in ("verdicts", "versions")]
    moved = [change for change in found if change.section == "verdicts"]
    show_changes(session, found)
    session.emit(
        "rerun",
        {
            "before": before.index.run_id,
            "after": after.index.run_id,
            "cases": len(before.verdicts),
            "changed": len(moved),
        },
    )
    if moved:
        session.show(f"{counted(len(moved), 'case')} of {len(before.verdicts):,} with another verdict")
        return int(ExitCode.NOT_REPRODUCED)
    session.show(f"Identical: {counted(len(before.verdicts), 'case')}, the same ids and verdicts")
    return int(ExitCode.AGREE)


def _words(bundle: Bundle) -> list[str]:
    """The call that runs the same cases.

    Raises:
        UsageError: nothing would.
    """
    words, result = list(bundle.index.command), bundle.index.result
    if result is None or bundle.index.status != "Complete":
        raise UsageError(
            f"{bundle.index.run_id} did not end by itself: nobody knows which cases it would have run",
            hint="`fuzz campaign --resume` goes on with a campaign",
        )
    if words[0] != "campaign":
        return words
    return [*words, "--cases", str(result.totals["cases"])]


def _run_again(store: ArtifactStore, words: Sequence[str], session: Session) -> Bundle:
    """Call a command in the project's folder; the bundle that it leaves."""
    from fuzzer.cli.main import cli  # noqa: PLC0415 - it imports this module

    known = set(bundle_paths(store))
    os.chdir(session.project.root)
    cli.main([*words, *(["--json"] if session.as_json else [])], prog_name="fuzz", standalone_mode=False)
    (path,) = [path for path in bundle_paths(store) if path not in known]
    return load(store, path)
