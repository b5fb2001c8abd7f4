"""`fuzz build`: build cores and runners without running anything."""

from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from fuzzer.campaign.selection import checked_targets, select
from fuzzer.cli.building import build_for
from fuzzer.cli.options import core_options, json_option, target_option
from fuzzer.cli.session import Session


@click.command()
@core_options
@target_option
@json_option
def build(cores: Sequence[str], core_paths: Sequence[Path], targets: Sequence[str], *, as_json: bool) -> int:
    """Build cores and runners without running.

    Without --core, all cores are built, for every target.
    """
    session = Session(as_json=as_json)
    others = checked_targets(session.home, targets, session.settings.run.targets)
    chosen = select(cores, core_paths, session.cores, default=session.default_cores)
    built, _ = build_for(session, chosen, others)
    for core in built.cores:
        info = core.info(session.project.root)
        session.show(
            f" core    {info.name:<20} sp1-zkvm {info.sp1_zkvm_version}  {info.guest_elf_sha256[:12]}"
        )
        session.emit("core", msgspec.structs.asdict(info))
    for runner in built.runners:
        session.show(f" runner  {runner.target:<20} {runner.version}  {runner.sha256[:12]}")
        session.emit("runner", {"target": runner.target, "version": runner.version, "sha256": runner.sha256})
    return 0
