"""`fuzz corpus minimise` and `fuzz corpus import`: what takes inputs from a kept corpus and adds to it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from fuzzer.campaign.foreign_inputs import Offered, PassedOver, foreign_inputs
from fuzzer.campaign.minimise import Cover, Measured, smallest_cover
from fuzzer.campaign.program import Program, programs
from fuzzer.campaign.search.probe import Probe
from fuzzer.campaign.selection import KnownCore, seeds_of, select
from fuzzer.cli.building import build_for
from fuzzer.cli.options import core_options, json_option
from fuzzer.cli.session import Session
from fuzzer.errors import ExitCode, InputError, UsageError
from fuzzer.model import RVREF, Case
from fuzzer.report.words import counted, size_text
from fuzzer.store.corpus import MOST_BYTES, MOST_INPUTS, CorpusRead, KeptCorpus, file_of

_SHOWN = 10
"""Files that are passed over and named; further ones are counted."""


@click.command()
@core_options
@click.option("--yes", is_flag=True, help="Remove them; without it, only say what would go.")
@json_option
def minimise(cores: Sequence[str], core_paths: Sequence[Path], *, yes: bool, as_json: bool) -> int:
    """Remove kept inputs of a core that add nothing to what the others and its input files cover.

    All of them are run once on the reference executor rvref, which says what they cover.
    """
    session = Session(as_json=as_json)
    core = _one_core(session, cores, core_paths)
    kept = KeptCorpus(session.store, core.name)
    read = kept.read()
    for problem in read.problems:
        session.warn(f"{session.artifacts}/{problem}; passed over")
    if not read.index.inputs:
        raise InputError(
            f"nothing is kept of the core `{core.name}`",
            hint=f"`fuzz campaign --core {core.name} --for 1m` keeps what covers something new",
        )
    program, probe = _ready(session, core)
    session.note(f"Runs {counted(len(read.index.inputs), 'input')} on {RVREF} to see what they cover")
    with probe:
        cover = _measure(session, core, read, probe)
    gone = [one for one in read.index.inputs if one.file not in cover.staying]
    if yes:
        build = program.core.guest_elf_sha256
        kept.remove({one.file for one in gone}, covered=cover.bins, guest_elf_sha256=build)
    _show_cover(session, read, cover, yes=yes)
    for one in gone:
        session.emit("removed" if yes else "removable", {"file": one.file, "bytes": one.bytes})
    session.emit(
        "minimised",
        {
            "core": core.name,
            "done": yes,
            "inputs": len(read.index.inputs),
            "stay": len(cover.staying),
            "not_measured": cover.unknown,
            "bins": cover.bins,
            "features": cover.features,
        },
    )
    return ExitCode.AGREE


def _one_core(session: Session, cores: Sequence[str], core_paths: Sequence[Path]) -> KnownCore:
    chosen = select(cores, core_paths, session.cores, default=())
    if len(chosen) != 1:
        raise UsageError("this is about one core", hint="name it with --core, or with --core-path")
    return chosen[0]


def _ready(session: Session, core: KnownCore) -> tuple[Program, Probe]:
    """The core as it is built now, and what says what its inputs cover."""
    built, _ = build_for(session, [core], [RVREF])
    (program,) = programs(built, project=session.project.root, plants={})
    run = session.settings.run
    command = next(one for one in program.commands if one.target == RVREF)
    return program, Probe(command, limits=run.limits, jobs=run.parallel)


def _measure(session: Session, core: KnownCore, read: CorpusRead, probe: Probe) -> Cover:
    seeds = seeds_of(core, project=session.project, names=list(session.cores))
    cases = [
        *seeds,
        *(
            Case(core=core.name, input_name=kept.file, buffers=read.buffers[kept.file])
            for kept in read.index.inputs
        ),
    ]
    covered = [coverage for coverage, _ in probe.coverage(cases)]
    measured = [
        Measured(file=kept.file, size=kept.bytes, coverage=coverage)
        for kept, coverage in zip(read.index.inputs, covered[len(seeds) :], strict=True)
    ]
    return smallest_cover(measured, covered[: len(seeds)])


def _show_cover(session: Session, read: CorpusRead, cover: Cover, *, yes: bool) -> None:
    inputs = read.index.inputs
    gone = [one.bytes for one in inputs if one.file not in cover.staying]
    if cover.unknown:
        unknown = counted(cover.unknown, "input")
        session.warn(f"{RVREF} does not say what {unknown} of {len(inputs):,} cover; they stay")
    session.show(
        f"{read.index.core}: {counted(len(inputs), 'input')} and the input files cover {cover.bins:,} bins; "
        f"{len(cover.staying):,} of them are enough"
    )
    verb = "Removed" if yes else "Would remove"
    rest = "" if yes or not gone else "; --yes does it"
    session.show(f"{verb} {counted(len(gone), 'input')}, {size_text(sum(gone))}{rest}")


@click.command("import")
@click.argument("source", metavar="DIR|FILE", type=click.Path(path_type=Path))
@core_options
@json_option
def import_(source: Path, cores: Sequence[str], core_paths: Sequence[Path], *, as_json: bool) -> int:
    """Keep the inputs of a folder, a file or an archive as inputs of a core.

    A folder of raw files, as other fuzzers have them; one of input files; what `fuzz corpus export` wrote; or
    the folder of a campaign, whose journal has its corpus. What is no input is named and passed over.
    """
    session = Session(as_json=as_json)
    core = _one_core(session, cores, core_paths)
    kept = KeptCorpus(session.store, core.name)
    offered: list[Offered] = []
    refused: list[PassedOver] = []
    for found in foreign_inputs(source, core=core.name, now=datetime.now(UTC)):
        if isinstance(found, Offered):
            offered.append(found)
        else:
            refused.append(found)
    if not offered and not refused:
        raise InputError(f"no input in {source}", hint="name a folder with input files, or a file")
    new, counts = _new(session, core, kept.read(), offered)
    kept.add((one.kept, one.data) for one in new)
    for one in refused[:_SHOWN]:
        session.warn(f"{one.name}: {one.why}; passed over")
    if len(refused) > _SHOWN:
        session.warn(f"{len(refused) - _SHOWN:,} others are passed over; --json names all")
    for one in refused:
        session.emit("passed_over", {"name": one.name, "why": one.why})
    counts["passed over"] = len(refused)
    words = [f"{number:,} {what}" for what, number in counts.items() if number]
    session.show(
        f"{core.name}: {counted(len(new), 'input')} imported" + "".join(f", {word}" for word in words)
    )
    numbers = {what.replace(" ", "_"): number for what, number in counts.items()}
    session.emit("imported", {"core": core.name, "inputs": len(new), **numbers})
    if not offered:
        raise InputError(f"nothing in {source} can be kept", hint="the warnings say why")
    return ExitCode.AGREE


def _new(
    session: Session, core: KnownCore, read: CorpusRead, offered: Iterable[Offered]
) -> tuple[list[Offered], Counter[str]]:
    """What is not there yet, as much as there is room for, and how many others there are and why."""
    seeds = seeds_of(core, project=session.project, names=list(session.cores))
    there = {one.file for one in read.index.inputs}
    own = {file_of(case.buffers) for case in seeds}
    number, size = len(there), sum(one.bytes for one in read.index.inputs)
    new: list[Offered] = []
    counts = Counter[str]({"there before": 0, "without room": 0})
    for one in offered:
        if one.kept.file in there or one.data in own:
            counts["there before"] += 1
        elif number >= MOST_INPUTS or size + one.kept.bytes > MOST_BYTES:
            counts["without room"] += 1
        else:
            new.append(one)
            there.add(one.kept.file)
            number, size = number + 1, size + one.kept.bytes
    return new, counts
