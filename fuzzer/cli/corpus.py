"""`fuzz corpus`: the inputs that campaigns keep for those after them."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click
from rich.text import Text

from fuzzer.campaign.foreign_inputs import ARCHIVE_SUFFIX, IMPORT
from fuzzer.cli.corpus_change import import_, minimise
from fuzzer.cli.options import json_option
from fuzzer.cli.output_file import write_output
from fuzzer.cli.session import Session
from fuzzer.errors import ExitCode, InputError, StoreError, UsageError, closest
from fuzzer.report.words import counted, size_text
from fuzzer.store.artifact_store import ArtifactStore
from fuzzer.store.corpus import CORPUS, CorpusRead, KeptCorpus
from fuzzer.store.corpus_export import packed

_FIRST = "`fuzz campaign --core NAME --for 1m` keeps what covers something new"


@click.group()
def corpus() -> None:
    """Look after the inputs of cores that campaigns keep and go on from."""


corpus.add_command(minimise)
corpus.add_command(import_)


@corpus.command()
@click.option("--core", "cores", multiple=True, metavar="NAME", help="Only this core. Can be repeated.")
@json_option
def stats(cores: Sequence[str], *, as_json: bool) -> int:
    """Show how many inputs are kept of each core, what they cover, how old they are and where they come from.

    All files are looked at: what is not as it should be is a warning.
    """
    session = Session(as_json=as_json)
    store = session.store
    known = _kept_cores(store)
    reads = [KeptCorpus(store, _checked(name, known)).read() for name in cores or known]
    if not reads:
        session.show(f"No corpus in {session.artifacts} yet; {_FIRST}")
    for line in _table(reads) if reads else ():
        session.show(line)
    for read in reads:
        session.emit("corpus", _record(read))
        for problem in read.problems:
            session.warn(f"{session.artifacts}/{problem}; passed over")
    return ExitCode.AGREE


@corpus.command()
@click.option("--core", required=True, metavar="NAME", help="The core whose inputs are exported.")
@click.option(
    "--to",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR|FILE",
    help=f"A folder that is not there yet, or a file with a name that ends in {ARCHIVE_SUFFIX}.",
)
@json_option
def export(core: str, to: Path, *, as_json: bool) -> int:
    """Write the kept inputs of a core to a folder or an archive.

    `fuzz corpus import` takes it, and other fuzzers take its files.
    """
    session = Session(as_json=as_json)
    store = session.store
    kept = KeptCorpus(store, _checked(core, _kept_cores(store)))
    read = kept.read()
    for problem in read.problems:
        session.warn(f"{session.artifacts}/{problem}; passed over")
    files = kept.exported(read)
    if to.name.endswith(ARCHIVE_SUFFIX):
        write_output(to, packed(core, files), what="archive")
    else:
        _write_folder(to, files)
    shown = os.path.relpath(to)
    session.show(f"{shown}: {counted(len(read.index.inputs), 'input')}, {size_text(_bytes(read))}")
    session.emit(
        "exported", {"core": core, "path": shown, "inputs": len(read.index.inputs), "bytes": _bytes(read)}
    )
    return ExitCode.AGREE


def _kept_cores(store: ArtifactStore) -> list[str]:
    """The cores of which something is kept."""
    return [name.removesuffix("/") for name in store.list(CORPUS) if name.endswith("/")]


def _checked(name: str, known: Sequence[str]) -> str:
    if name in known:
        return name
    if known:
        raise UsageError(f"nothing is kept of a core `{name}`", hint=closest(name, known))
    raise InputError(f"nothing is kept of a core `{name}`", hint=_FIRST)


def _write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a folder that is not there yet, or has nothing in it."""
    shown = os.path.relpath(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise UsageError(
                f"the folder `{shown}` has something in it", hint="name one that is not there yet"
            )
    except OSError as error:
        raise StoreError(
            f"the folder `{shown}` cannot be written: {error.strerror}", hint="name another one with --to"
        ) from error
    for name, data in files.items():
        write_output(folder / name, data, what="input")


def _table(reads: Sequence[CorpusRead]) -> Iterator[Text]:
    width = max(len("core"), *(len(read.index.core) for read in reads))
    numbers = f"{'inputs':>6}  {'size':>9}  {'covered':>12}"
    yield Text(f" {'core':<{width}}  {numbers}  {'oldest':<10}  {'newest':<10}  from", style="bold")
    for read in reads:
        days = _days(read)
        covered = f"{read.index.covered:,} bins" if read.index.covered else "not known"
        yield Text(
            f" {read.index.core:<{width}}  {len(read.index.inputs):>6,}  {size_text(_bytes(read)):>9}"
            f"  {covered:>12}  {days[0]:<10}  {days[-1]:<10}  {_origin(read)}"
        )


def _days(read: CorpusRead) -> list[str]:
    return sorted(kept.added_utc[:10] for kept in read.index.inputs if kept.added_utc) or ["-"]


def _origin(read: CorpusRead) -> str:
    """Where the inputs come from, in words."""
    sources = _sources(read)
    campaigns = [name for name in sources if name not in ("", IMPORT)]
    words = [
        f"{sum(sources[name] for name in campaigns):,} of {counted(len(campaigns), 'campaign')}"
        if campaigns
        else "",
        f"{sources[IMPORT]:,} imported" if sources[IMPORT] else "",
        f"{sources['']:,} unknown" if sources[""] else "",
    ]
    return ", ".join(filter(None, words)) or "-"


def _sources(read: CorpusRead) -> Counter[str]:
    return Counter(kept.source for kept in read.index.inputs)


def _bytes(read: CorpusRead) -> int:
    return sum(kept.bytes for kept in read.index.inputs)


def _record(read: CorpusRead) -> Mapping[str, object]:
    times = sorted(kept.added_utc for kept in read.index.inputs if kept.added_utc) or [""]
    return {
        "core": read.index.core,
        "path": f"{CORPUS}/{read.index.core}",
        "inputs": len(read.index.inputs),
        "bytes": _bytes(read),
        "covered": read.index.covered,
        "guest_elf_sha256": read.index.guest_elf_sha256,
        "oldest_utc": times[0],
        "newest_utc": times[-1],
        "sources": _sources(read),
        "problems": read.problems,
    }
