"""The rows of one campaign: those of `summary.csv`, and with all its passes those of its shards."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping

from fuzzer.campaign.search.journal import Remembered
from fuzzer.campaign.search.programs import PER_WORKER
from fuzzer.campaign.search.turns import Turn
from fuzzer.model import Generator, TargetInfo
from fuzzer.store.artifact_store import ArtifactStore
from fuzzer.store.campaign import CAMPAIGNS, CampaignRecord
from fuzzer.store.passes import INPUTS, PROGRAMS, Row, read_rows
from fuzzer.store.summary import SummaryRow, status_word
from fuzzer.store.summary_file import SummaryFile

_RowName = Callable[[Row], tuple[str, str, str, str]]
"""The name of a case, its generator, base seed and rng seed."""


def recorded_rows(store: ArtifactStore, run_ids: Collection[str]) -> list[SummaryRow]:
    """The rows of some runs, in the order of the summary."""
    return [row for row in SummaryFile(store).read() if row.run_id in run_ids]


def pass_rows(
    store: ArtifactStore,
    record: CampaignRecord,
    remembered: Remembered | None,
    *,
    without: Collection[tuple[str, str]],
) -> Iterator[SummaryRow]:
    """The rows of all cases in the shards, a shard at a time; each case once, as it ran last.

    A pass has no run of its own: its run id is the campaign's, and `fuzz case` says what was done to it. What
    the shards say of a case that differs holds for all of its targets together.
    `without` are cases, core and input, that have their rows already.

    Raises:
        StoreError: a shard is damaged, or of a newer version.
    """
    folder = f"{CAMPAIGNS}/{record.campaign_id}"
    versions = {info.name: info for info in record.targets}
    named: Mapping[str, _RowName] = {
        INPUTS: _input_names(remembered),
        PROGRAMS: lambda row: _program_name(record, row),
    }
    for kind, name_of in named.items():
        again = _run_again(store, folder, kind)
        for targets, rows in read_rows(store, folder, kind):
            for row in rows:
                key = (row.worker, row.index)
                if again[key] > 0:
                    again[key] -= 1
                    continue
                words = name_of(row)
                core = row.part if kind == INPUTS else Generator.RISCV.value
                if (core, words[0]) not in without:
                    yield from _rows(record, row, targets, core, words, versions)


def _run_again(store: ArtifactStore, folder: str, kind: str) -> Counter[tuple[int, int]]:
    """Cases that are in the shards more than once, with how many of their rows do not count."""
    seen: dict[tuple[int, int], bytearray] = {}
    again = Counter[tuple[int, int]]()
    for _, rows in read_rows(store, folder, kind):
        for row in rows:
            high, place = divmod(row.index, PER_WORKER)
            known = seen.setdefault((row.worker, high), bytearray())
            if place >= len(known):
                known.extend(bytes(place + 1 - len(known) + len(known) // 2))
            if known[place]:
                again[row.worker, row.index] += 1
            known[place] = 1
    return again


def _input_names(remembered: Remembered | None) -> _RowName:
    """How the inputs of a campaign are called, from the turns that its journal tells of."""
    if remembered is None:
        return lambda row: (f"{row.worker}:{row.index}", "", "", "")
    turns = sorted(remembered.turns, key=lambda turn: turn.first)
    firsts = [turn.first for turn in turns]

    def name(row: Row) -> tuple[str, str, str, str]:
        turn = turns[bisect_right(firsts, row.index) - 1] if turns else None
        if turn is None or row.index not in turn:
            return f"{row.worker}:{row.index}", "", "", ""
        return _input_name(remembered, turn, row)

    return name


def _input_name(remembered: Remembered, turn: Turn, row: Row) -> tuple[str, str, str, str]:
    entries = remembered.corpora[turn.core].entries
    if turn.seeds:
        return entries[row.index - turn.first].seed, Generator.HAND_WRITTEN, "", ""
    rng_seed = f"{remembered.begun.seed}:{row.worker}:{row.index}"
    if turn.parent is None:
        return f"{Generator.GENERATED}/{rng_seed}", Generator.GENERATED, "", rng_seed
    return f"{Generator.MUTATED}/{rng_seed}", Generator.MUTATED, entries[turn.parent].seed, rng_seed


def _program_name(record: CampaignRecord, row: Row) -> tuple[str, str, str, str]:
    name = f"{row.part}-{record.xlen}/{record.seed}/{row.index}"
    return name, row.part, "", f"{record.seed}:{row.index}"


def _rows(
    record: CampaignRecord,
    row: Row,
    targets: tuple[str, ...],
    core: str,
    words: tuple[str, str, str, str],
    versions: Mapping[str, TargetInfo],
) -> Iterator[SummaryRow]:
    name, generator, base_seed, rng_seed = words
    reference_ms = row.micros[0] // 1_000
    for place, target in enumerate(targets[1:], 1):
        target_ms = row.micros[place] // 1_000
        same = row.verdict == "agree"
        yield SummaryRow(
            run_id=record.campaign_id,
            core=core,
            input=name,
            native_status=status_word(row.statuses[0]),
            sp1_status=status_word(row.statuses[place]),
            equal=same,
            reason="" if same else row.verdict,
            elapsed_native_ms=reference_ms,
            elapsed_sp1_ms=target_ms,
            timing_delta_ms=target_ms - reference_ms,
            repro_path="",
            generator=generator,
            base_seed=base_seed,
            mutation_ops="",
            rng_seed=rng_seed,
            zkvm_target=target,
            sp1_version=versions[target].version if target in versions else "",
            rustc_version=versions["native"].version if "native" in versions else "",
        )
