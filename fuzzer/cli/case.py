"""`fuzz case`: one case, decoded: where it comes from, what it reads, and how to run it again."""

import difflib
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import click
import msgspec

from fuzzer.campaign.cases import KnownCase, find_case, input_case
from fuzzer.campaign.selection import KnownCore, core_at, seeds_of
from fuzzer.cli.building import build_for
from fuzzer.cli.options import json_option
from fuzzer.cli.output_file import write_output
from fuzzer.cli.session import Session
from fuzzer.errors import FuzzerError, InputError, UsageError
from fuzzer.execute.generator import GeneratorProcess, Source
from fuzzer.generate import stdin
from fuzzer.generate.forms import load_format
from fuzzer.generate.hand_written import STDIN_SUFFIX, input_name
from fuzzer.generate.infer import infer_format
from fuzzer.generate.program import Layout
from fuzzer.generate.readable import readable
from fuzzer.generate.structure import InputFormat
from fuzzer.model import NATIVE, RVREF
from fuzzer.report.case import case_lines
from fuzzer.store.artifact_store import LocalStore
from fuzzer.store.campaign import CampaignRecord
from fuzzer.store.campaigns import read_campaign
from fuzzer.store.finding import PROGRAM_NAME

_FORMS = (
    "a case is a case of a campaign (0:12), an instruction program (riscv-64/7/12), a run or its folder "
    "(20261126_165911_fib), or an input file"
)
_LABEL = 11


@click.command(name="case")
@click.argument("name", metavar="ID")
@click.option("--campaign", metavar="ID", help="The campaign of the case; without it, the newest one.")
@click.option("--core", "core_name", metavar="NAME", help="The core that an input file is for.")
@click.option(
    "--write",
    "file",
    type=click.Path(readable=False, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write what it reads as `fuzz run --input` takes it, or the ELF file of a program.",
)
@click.option("--full", is_flag=True, help="Show long inputs whole.")
@json_option
def case_(
    name: str, *, campaign: str | None, core_name: str | None, file: Path | None, full: bool, as_json: bool
) -> None:
    """Show the case ID: where it comes from, what it reads, and how to run it again.

    ID is a case of a campaign, worker and index (0:12); an instruction program (riscv-64/7/12); a run or the
    folder of a finding; or an input file.
    """
    session = Session(as_json=as_json)
    store = session.store
    known = find_case(store, name, campaign=campaign) or _input(session, name, core_name)
    layout = _layout(session, known)
    forms = known.form or _form(session, known)
    buffers = [readable(forms.of(at), buffer) for at, buffer in enumerate(known.case.buffers)]
    again = _commands(session, store, known, name)
    session.show(_title(known))
    for label, text in case_lines(known, buffers, layout.listing if layout else known.listing, whole=full):
        session.show(f"  {label:<{_LABEL}} {text}".rstrip())
    for place, command in enumerate(again):
        session.show(f"  {'' if place else 'again':<{_LABEL}} {command}")
    session.emit("case", _record(known, layout, [buffer.text for buffer in buffers], again))
    if file is not None:
        write_output(file, _content(store, known, layout, file), what="case")
        session.show(f"  {'written':<{_LABEL}} {os.path.relpath(file)}")
        session.emit("written", {"path": os.path.relpath(file)})


def _title(known: KnownCase) -> str:
    names = (known.case.input_name, f"in {known.run_id}" if known.run_id else "")
    return " ".join(filter(None, names))


def _record(
    known: KnownCase, layout: Layout | None, texts: Sequence[str], again: Sequence[str]
) -> dict[str, object]:
    """The same for machines; the bytes are hex."""
    case = known.case
    return {
        "case": case.input_name,
        "core": case.core,
        "campaign": known.campaign,
        "case_id": known.case_id,
        "run_id": known.run_id,
        "signature": known.signature,
        **msgspec.to_builtins(case.provenance),
        "parent": known.parent,
        "ended": msgspec.to_builtins(known.ended),
        "buffers": [
            {"hex": buffer.hex(), "text": text} for buffer, text in zip(case.buffers, texts, strict=True)
        ],
        "listing": layout.listing if layout else known.listing,
        "again": list(again),
    }


# --- what is shown ------------------------------------------------------------------------------------


def _input(session: Session, name: str, core_name: str | None) -> KnownCase:
    """The case of an input file, by its path or by its name as `fuzz run` shows it.

    Raises:
        UsageError: there is no such file, or nobody says for which core it is.
    """
    path = Path(name)
    if path.is_file():
        shown = input_name(path.resolve(), session.project.root)
        return input_case(path, core=core_name or _core_of(session, shown), name=shown)
    names = _run_ids(session)
    for (core, found), file in _inputs(session).items():
        own = (found, Path(found).name.partition(".")[0])
        if name in own and core_name in (None, core):
            return input_case(file, core=core, name=found)
        names += own
    near = difflib.get_close_matches(name, names, n=1)
    raise UsageError(f"there is no case `{name}`", hint=f"did you mean `{near[0]}`?" if near else _FORMS)


def _inputs(session: Session) -> dict[tuple[str, str], Path]:
    """All input files, by core and name."""
    found = {}
    for core in session.cores.values():
        with suppress(FuzzerError):  # a file that cannot be read is said where its core is run
            for case in seeds_of(core, project=session.project, names=list(session.cores)):
                found[core.name, case.input_name] = session.project.root / case.input_name
    return found


def _core_of(session: Session, shown: str) -> str:
    cores = [core for core, found in _inputs(session) if found == shown]
    if not cores:
        raise UsageError(f"`{shown}` is an input of no core that is known", hint="add --core NAME")
    return cores[0]


def _run_ids(session: Session) -> list[str]:
    names = session.store.list()
    return [name.removesuffix(".json") for name in names if name.endswith(".json")]


def _form(session: Session, known: KnownCase) -> InputFormat:
    """What is known of a core's inputs without a campaign that says it."""
    core, buffers = session.cores.get(known.case.core), [known.case.buffers]
    if core is None:
        return infer_format(buffers)
    try:
        return load_format(core.format_folder, core.name, buffers)
    except FuzzerError:
        return infer_format(buffers)


def _layout(session: Session, known: KnownCase) -> Layout | None:
    """An instruction program, made again."""
    if known.source is None:
        return None
    built, _ = build_for(session, [], [RVREF], generator=True)
    if built.generator is None:
        raise InputError("the generator of programs was not built")
    with GeneratorProcess(built.generator) as generator:
        program = generator.describe(known.source, known.index)
        return generator.layout([program], listing=True)[0]


# --- how it is run again ------------------------------------------------------------------------------


def _commands(session: Session, store: LocalStore, known: KnownCase, name: str) -> list[str]:
    """What to type to run it again."""
    if known.has_folder:
        return [f"bash {session.artifacts}/{known.run_id}/repro.sh"]
    record = read_campaign(store, known.campaign).record if known.campaign else None
    if known.source:
        return [_campaign(session, known.source, known.index, record)]
    targets = [info.name for info in record.targets if info.name not in (NATIVE, RVREF)] if record else []
    options = _core_words(session, known, record) + [word for name in targets for word in ("--target", name)]
    if known.case.provenance.rng_seed:
        file = f"case{STDIN_SUFFIX}" if len(known.case.buffers) != 1 else "case.bin"
        of = ["--campaign", known.campaign] if known.campaign else []
        write = " ".join([session.launcher, "case", name, *of, "--write", file])
    else:
        file, write = os.path.relpath(session.project.root / known.case.input_name), ""
    run = " ".join([session.launcher, "run", *options, "--input", file])
    return [command for command in (write, run) if command]


def _campaign(session: Session, source: Source, index: int, record: CampaignRecord | None) -> str:
    """The campaign whose last program it is."""
    words = ["--generator", source.generator, "--seed", str(source.seed), "--cases", str(index + 1)]
    words += ["--xlen", str(source.xlen)] * (source.xlen != 64)  # noqa: PLR2004 - the default
    names = [info.name for info in record.targets] if record else []
    words += [word for name in names if name not in (NATIVE, RVREF) for word in ("--target", name)]
    return " ".join([session.launcher, "campaign", *words])


def _core_words(session: Session, known: KnownCase, record: CampaignRecord | None) -> list[str]:
    """`--core NAME`, or the folder of a crate that is no core of the project."""
    name = known.case.core
    paths = record.request.get("core_paths", ()) if record else ()
    for path in paths if isinstance(paths, list | tuple) else ():
        folder = session.project.root / str(path)
        if folder.is_dir() and _name_at(folder) == name:
            return ["--core-path", os.path.relpath(folder)]
    return ["--core", name]


def _name_at(folder: Path) -> str:
    core: KnownCore = core_at(folder)
    return core.name


def _content(store: LocalStore, known: KnownCase, layout: Layout | None, file: Path) -> bytes:
    """What `--write` writes.

    Raises:
        UsageError: the file's name does not go with several buffers.
        StoreError: the folder of the program is not whole.
    """
    if layout:
        return layout.elf
    if known.listing:
        return store.get(f"{known.run_id}/{PROGRAM_NAME}")
    buffers = known.case.buffers
    if file.name.endswith(STDIN_SUFFIX):
        return stdin.encode(buffers)
    if len(buffers) == 1:
        return buffers[0]
    raise UsageError(
        f"the case has {len(buffers)} buffers, and `{file.name}` can hold one",
        hint=f"give it a name that ends in {STDIN_SUFFIX}",
    )
