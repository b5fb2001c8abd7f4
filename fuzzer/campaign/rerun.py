"""Runs the cases of a campaign once more, and holds how they end against what its passes say.

The journal says how each case was made, so the very same ones are run, in the order in which they were made;
what a search would do next, which depends on the time that cases take, does not matter here.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from fuzzer.campaign.confirm import result_of, seen_as
from fuzzer.campaign.hunt.examine import case_of
from fuzzer.campaign.program import Program, ProgramTargets
from fuzzer.campaign.search.corpus import cycles_of
from fuzzer.campaign.search.journal import Remembered
from fuzzer.campaign.search.turns import CaseMaker, decode_inputs
from fuzzer.execute.executor import Executor
from fuzzer.execute.generator import GeneratorProcess, Source
from fuzzer.execute.programs import BATCH, ProgramRunners
from fuzzer.model import Case, CaseResult, Limits, Status
from fuzzer.store.artifact_store import ArtifactStore
from fuzzer.store.passes import VERDICTS, Row, read_rows

Rows = Mapping[tuple[int, int], Row]
"""How cases ended, by worker and index."""


class RanAgain(msgspec.Struct, frozen=True, kw_only=True):
    """One case, and how it ended both times."""

    case: str
    """Worker and index, or the name of an instruction program."""
    before: str
    after: str
    is_timed: bool
    """Whether a time limit ended a run of it, so that it may end in another way each time."""


def rows_of(store: ArtifactStore, folder: str, kind: str) -> Rows:
    """What the passes of a campaign say, `INPUTS` or `PROGRAMS`; of a case that ran twice, the later one.

    Raises:
        StoreError: a shard is damaged, or of a newer version.
    """
    return {(row.worker, row.index): row for _, rows in read_rows(store, folder, kind) for row in rows}


def inputs_again(
    remembered: Remembered, program: Program, rows: Rows, *, limits: Limits, jobs: int
) -> Iterator[RanAgain | None]:
    """Each input of one core that has a row; None now and then, while it takes time.

    Raises:
        RunnerError: a runner does not start or cannot load the program.
    """
    name = program.core.name
    described = next(core.inputs for core in remembered.begun.cores if core.name == name)
    maker = CaseMaker(decode_inputs(described), seed=remembered.begun.seed)
    numbers: list[tuple[int, int]] = []

    def cases() -> Iterator[Case]:
        for turn in remembered.turns:
            if turn.core == name:
                made = maker.cases(turn, remembered.corpora[name])
                for index, case in zip(range(turn.first, turn.first + turn.count), made, strict=True):
                    if (turn.worker, index) in rows:
                        numbers.append((turn.worker, index))
                        yield case

    with Executor(program.commands, limits=limits, jobs=jobs) as executor:
        place = 0
        for executed in executor.run(cases()):
            if executed is None:
                yield None
                continue
            worker, index = numbers[place]
            place += 1
            result = result_of(executed.case, executed.outcomes)
            yield _ran(f"{worker}:{index}", rows[worker, index], result, limits)


def programs_again(remembered: Remembered, targets: ProgramTargets, rows: Rows) -> Iterator[RanAgain | None]:
    """Each instruction program that has a row; None now and then, while it takes time.

    Raises:
        RunnerError: a runner or the generator does not start.
    """
    record = remembered.begun.programs
    if record is None:
        return
    source = Source(generator=record.generator, xlen=record.xlen, seed=remembered.begun.seed)
    by_index = {index: row for (_, index), row in rows.items()}
    with (
        GeneratorProcess(targets.generator) as generator,
        ProgramRunners(targets.commands, limits=record.limits) as runners,
    ):
        made = (
            batch
            for first, count in _runs(sorted(by_index))
            for batch in generator.batches(source, first=first, count=count, size=BATCH)
        )
        for ran in runners.stream((range(first, first + len(elfs)), elfs) for first, elfs in made):
            if ran is None:
                yield None
                continue
            indices, answers = ran
            outcomes = {command.target: answers.outcomes(command.target) for command in targets.commands}
            for place, index in enumerate(indices):
                case = case_of(source, index)
                result = result_of(case, {target: of[place] for target, of in outcomes.items()})
                # How many instructions a program takes is known of whole batches only.
                row = msgspec.structs.replace(by_index[index], cycles=None)
                yield _ran(case.input_name, row, result, record.limits)


def _runs(indices: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Sorted numbers as runs without a gap: the first one of each, and how many."""
    start = 0
    for place in range(1, len(indices) + 1):
        if place == len(indices) or indices[place] != indices[place - 1] + 1:
            yield indices[start], place - start
            start = place


def _ran(name: str, row: Row, result: CaseResult, limits: Limits) -> RanAgain:
    outcomes = [result.reference, *(entry.outcome for entry in result.comparisons)]
    statuses = tuple(outcome.status for outcome in outcomes)
    cycles = None if row.cycles is None else cycles_of(result)
    return RanAgain(
        case=name,
        before=_words(row.verdict, row.statuses, row.cycles),
        after=_words(VERDICTS[seen_as(result, limits)], statuses, cycles),
        is_timed=Status.TIMEOUT in {*row.statuses, *statuses},
    )


def _words(verdict: str, statuses: Sequence[Status], cycles: int | None) -> str:
    ends = ", ".join(statuses)
    return f"{verdict} ({ends})" if cycles is None else f"{verdict} ({ends}; {cycles:,} instructions)"
