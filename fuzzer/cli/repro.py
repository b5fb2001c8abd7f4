"""`fuzz repro`: run a finding again and say whether it still shows."""

import os
import shutil
from pathlib import Path

import click

from fuzzer.build.runners import RUNNER_KINDS
from fuzzer.build.sources import CoreRequest
from fuzzer.campaign.program import programs
from fuzzer.campaign.replay import Replay, replay
from fuzzer.campaign.selection import KnownCore
from fuzzer.cli.building import build_for
from fuzzer.cli.options import json_option
from fuzzer.cli.session import Session
from fuzzer.errors import ExitCode, InputError, StoreError
from fuzzer.model import NATIVE
from fuzzer.report import results
from fuzzer.store.finding import INPUT_NAME, RUN_LOG_NAME, case_of
from fuzzer.store.run_log import RunLog, decode_log
from fuzzer.store.snapshot import SNAPSHOT_NAME, unpack


@click.command()
@click.argument("folder", type=click.Path(readable=False, path_type=Path))
@click.option("--unplant", is_flag=True, help="Leave out the faults that were planted on purpose.")
@json_option
def repro(folder: Path, *, unplant: bool, as_json: bool) -> int:
    """Run a finding's FOLDER again.

    Exit code 0: the recorded difference shows again. 7: it does not.
    """
    log = decode_log(_read(folder / RUN_LOG_NAME), name=f"{folder.name}/{RUN_LOG_NAME}")
    case = case_of(log, _read(folder / INPUT_NAME))
    session = Session(as_json=as_json, start=folder)
    targets = _targets(log)
    plants = {} if unplant else {run.target.name: run.target.planted for run in log.targets}
    built, _ = build_for(session, [_core(session, folder, log)], targets)
    program = programs(built, project=session.project.root, plants=plants)[0]
    if program.core.guest_elf_sha256 != log.core.guest_elf_sha256:
        session.note(
            "the guest program is not byte for byte the one that was recorded: other sources or tools"
        )
    outcome = replay(program, case, log)
    _show(session, outcome, [NATIVE, *targets])
    session.emit("repro", {"reproduced": outcome.reproduced, "changed": outcome.changed})
    return int(ExitCode.AGREE if outcome.reproduced else ExitCode.NOT_REPRODUCED)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}",
            hint="name the folder of a finding, artifacts/<run_id>",
        ) from None


def _core(session: Session, folder: Path, log: RunLog) -> KnownCore:
    """The core as the finding's folder keeps it. Its key is the original's: nothing is built twice."""
    archive = folder / SNAPSHOT_NAME
    if not archive.is_file():
        raise InputError(
            f"{folder.name} holds no {SNAPSHOT_NAME}",
            hint="copy the whole folder, not only some of its files",
        )
    place = session.home.cache / "repro" / log.core.sources_sha256[:16]
    if not place.is_dir():
        _unpack_to(place, _read(archive))
    core = log.core
    request = CoreRequest(name=core.name, path=place / core.crate, bin=core.bin, features=core.features)
    return KnownCore(request=request, inputs=folder, shared_inputs=False)


def _targets(log: RunLog) -> list[str]:
    targets = [entry.target for entry in log.comparisons]
    if unknown := [name for name in targets if name not in RUNNER_KINDS]:
        raise InputError(
            f"this `fuzz` has no target `{unknown[0]}`", hint="use the one that recorded it, or a newer one"
        )
    return targets


def _unpack_to(place: Path, archive: bytes) -> None:
    """Unpack beside its place and rename: another process may do the same at the same time."""
    draft = place.with_name(f"{place.name}.{os.getpid()}")
    try:
        unpack(archive, draft)
        draft.rename(place)
    except OSError as error:
        if not place.is_dir():  # else the other process was faster, with the same files
            raise StoreError(
                f"`{place.parent}` cannot be written: {error.strerror}", hint="sources are unpacked there"
            ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _show(session: Session, outcome: Replay, targets: list[str]) -> None:
    columns = results.layout([outcome.result.case.core], [outcome.result.case.input_name], targets)
    session.show(results.header(columns))
    session.show(results.row(columns, outcome.result))
    for reason in results.reasons(outcome.result):
        session.show(f"   {reason}")
    for target in outcome.changed:
        session.show(f"{target}: not what was recorded")
    session.show("reproduced" if outcome.reproduced else "not reproduced")
