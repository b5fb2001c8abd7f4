"""Finds a case again by its name: of a campaign, of a recorded run, an instruction program, an input file."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from fuzzer.campaign.hunt.examine import case_of as program_case
from fuzzer.campaign.search.again import make_again
from fuzzer.campaign.search.corpus import Entry
from fuzzer.campaign.search.journal import Remembered, remember
from fuzzer.campaign.search.turns import decode_inputs
from fuzzer.errors import InputError, StoreError, UsageError
from fuzzer.execute.generator import Source
from fuzzer.generate.hand_written import load_case
from fuzzer.generate.structure import InputFormat
from fuzzer.model import Case, Generator, Status
from fuzzer.store.artifact_store import ArtifactStore, LocalStore
from fuzzer.store.campaign import CAMPAIGN_NAME, CAMPAIGNS, JOURNAL_NAME, decode_campaign
from fuzzer.store.campaigns import campaign_ids, find_campaign
from fuzzer.store.finding import INPUT_NAME, ORIGINAL_NAME, case_of
from fuzzer.store.journal import read_journal
from fuzzer.store.passes import INPUTS, PROGRAMS, find_row
from fuzzer.store.run_log import RunLog, decode_log

_PROGRAM = re.compile(r"(riscv(?:-[a-z]+)?)-(32|64)/([0-9]+)/([0-9]+)")


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How a case ended."""

    statuses: Mapping[str, Status]
    """By target, the reference first."""
    verdict: str
    cycles: int | None


class KnownCase(msgspec.Struct, frozen=True, kw_only=True):
    """A case, and what is known of it."""

    case: Case
    form: InputFormat | None = None
    """What its campaign knew of the core's inputs; None where there is none."""
    campaign: str = ""
    case_id: str = ""
    """Worker and index in the campaign, or the name of an instruction program."""
    run_id: str = ""
    """Of a recorded run."""
    has_folder: bool = False
    """Whether the run has a folder of its own."""
    signature: str = ""
    parent: str = ""
    """What it was mutated from, in words."""
    original: str = ""
    """The file, relative to the artifacts, that holds it as it was before it was reduced."""
    ended: Ended | None = None
    listing: str = ""
    """Of a recorded instruction program."""
    source: Source | None = None
    """What makes the program again, where it is one; with it `index`."""
    index: int = 0


def find_case(store: LocalStore, name: str, *, campaign: str | None = None) -> KnownCase | None:
    """The case of this name in the artifacts; None where the name is not of such a form.

    Names: the id of a run or the path of its folder; `worker:index`, in front of which may stand the seed of
    the campaign or all of the name that artifacts show, `mutated/7:0:12`; `riscv-64/7/12`.

    Raises:
        InputError: there is no such case.
        UsageError: there is no such campaign.
        StoreError: what is there is damaged.
    """
    run_id = Path(name).name.removesuffix(".json")
    if run_id and store.exists(f"{run_id}.json"):
        return _of_run(store, run_id)
    if match := _PROGRAM.fullmatch(name):
        source = Source(generator=match[1], xlen=int(match[2]), seed=int(match[3]))
        return _of_program(store, source, int(match[4]), campaign)
    if re.fullmatch(r"(?:(?:mutated|generated)/)?[0-9]+:[0-9]+(?::[0-9]+)?", name):
        return _of_campaign(store, name, campaign)
    return None


def input_case(path: Path, *, core: str, name: str) -> KnownCase:
    """The case that an input file makes.

    Raises:
        InputError: the file cannot be read.
    """
    return KnownCase(case=load_case(path, core=core, name=name))


def _of_campaign(store: LocalStore, name: str, campaign: str | None) -> KnownCase:
    campaign_id = _campaign_of(store, name, campaign)
    made = make_again(remembered_of(store, campaign_id), name)
    return KnownCase(
        case=made.case,
        form=made.form,
        campaign=campaign_id,
        case_id=made.case_id,
        parent=_parent(made.parent) if made.parent else "",
        ended=_ended(store, campaign_id, INPUTS, made.turn.worker, int(made.case_id.rpartition(":")[2])),
    )


def _campaign_of(store: LocalStore, name: str, campaign: str | None) -> str:
    """The campaign that is named, or the newest one, of those with the seed that the name says."""
    numbers = name.rpartition("/")[2].split(":")
    if campaign or len(numbers) == 2:  # noqa: PLR2004 - worker and index, without a seed
        return find_campaign(store, campaign or "latest")
    known = campaign_ids(store)
    for campaign_id in known:
        path = f"{CAMPAIGNS}/{campaign_id}/{CAMPAIGN_NAME}"
        if decode_campaign(store.get(path), name=path).seed == int(numbers[0]):
            return campaign_id
    raise UsageError(
        f"no campaign here has the seed {numbers[0]}, which `{name}` names",
        hint="`fuzz status` lists the campaigns; --campaign ID names one" if known else "there is none yet",
    )


def remembered_of(store: LocalStore, campaign_id: str) -> Remembered:
    """What a campaign's journal adds up to.

    Raises:
        InputError: it has none.
    """
    path = store.root / CAMPAIGNS / campaign_id / JOURNAL_NAME
    remembered = remember(read_journal(path)) if path.is_file() else None
    if remembered is None:
        raise InputError(
            f"the campaign {campaign_id} has no journal, which its cases are made again from",
            hint="it was killed before it began, or its journal was removed",
        )
    return remembered


def _form(store: LocalStore, log: RunLog) -> InputFormat | None:
    """What the campaign of a run knew of the core's inputs, where its journal is still there."""
    try:
        remembered = remembered_of(store, log.campaign) if log.campaign else None
    except (InputError, StoreError):
        return None
    cores = remembered.begun.cores if remembered else ()
    return next((decode_inputs(core.inputs).form for core in cores if core.name == log.core.name), None)


def _parent(entry: Entry) -> str:
    origin = f"case {entry.case}" if entry.case else ""
    words = [f"entry {entry.number} of the corpus", origin, f"from {entry.seed}" if entry.seed else ""]
    return ", ".join(filter(None, words))


def _ended(store: ArtifactStore, campaign_id: str, kind: str, worker: int, index: int) -> Ended | None:
    """How a case ended, where its campaign has run it and its passes were not pruned."""
    found = find_row(store, f"{CAMPAIGNS}/{campaign_id}", kind, worker=worker, index=index)
    if found is None:
        return None
    targets, row = found
    return Ended(
        statuses=dict(zip(targets, row.statuses, strict=True)), verdict=row.verdict, cycles=row.cycles
    )


def _of_program(store: LocalStore, source: Source, index: int, campaign: str | None) -> KnownCase:
    """A generated program: its name says all; a campaign that is named says how it ended."""
    case = program_case(source, index)
    campaign_id = find_campaign(store, campaign) if campaign else ""
    ended = _ended(store, campaign_id, PROGRAMS, 0, index) if campaign_id else None
    return KnownCase(
        case=case,
        campaign=campaign_id,
        case_id=case.input_name,
        ended=ended,
        source=source,
        index=index,
    )


def _of_run(store: LocalStore, run_id: str) -> KnownCase:
    log = decode_log(store.get(f"{run_id}.json"), name=f"{run_id}.json")
    found = _recorded(store, log)
    cycles = (run.outcome.cycles for run in log.targets)
    kinds = [entry.kind.value for entry in log.comparisons]
    ended = Ended(
        statuses={run.target.name: run.outcome.status for run in log.targets},
        verdict=next((kind for kind in ("diverge", "inconclusive") if kind in kinds), "agree"),
        cycles=next((count for count in cycles if count is not None), None),
    )
    return msgspec.structs.replace(found, run_id=run_id, signature=log.signature, ended=ended)


def _recorded(store: LocalStore, log: RunLog) -> KnownCase:
    """What the run's folder holds; without one, the campaign's case, or the file if it still is the same."""
    run_id, name = log.run_id, log.input.path
    own_id = name.rpartition("/")[2] if log.provenance.rng_seed and not log.program else ""
    if store.exists(f"{run_id}/{INPUT_NAME}"):
        original = f"{run_id}/{'original.elf' if log.program else ORIGINAL_NAME}"
        return KnownCase(
            case=case_of(log, store.get(f"{run_id}/{INPUT_NAME}")),
            form=_form(store, log),
            campaign=log.campaign,
            case_id=own_id,
            has_folder=True,
            original=original if store.exists(original) else "",
            listing=log.program.listing if log.program else "",
        )
    if log.campaign and own_id:
        return _of_campaign(store, own_id, log.campaign)
    if log.core.name == Generator.RISCV and (match := _PROGRAM.fullmatch(name)):
        source = Source(generator=match[1], xlen=int(match[2]), seed=int(match[3]))
        return _of_program(store, source, int(match[4]), log.campaign or None)
    path = store.root.parent / name
    known = input_case(path, core=log.core.name, name=name)
    if hashlib.sha256(b"".join(known.case.buffers)).hexdigest() != log.input.sha256:
        raise InputError(
            f"the input of {run_id}, {name}, has changed since it ran",
            hint="runs that are equal keep no copy of their input; `git log` may know the file as it was",
        )
    return known
