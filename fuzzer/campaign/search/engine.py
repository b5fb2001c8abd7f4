"""A search for inputs on which targets differ, led by what cases show.

Its steps: schedule, generate, execute, compare, admit, emit.
Each core has its turns in slices of a second or two. What differs is looked into between two slices, when no
case is under way. Everything that must survive is in the journal before it is yielded.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from types import TracebackType
from typing import Self

import msgspec

from fuzzer.campaign.budget import Budget
from fuzzer.campaign.program import Program
from fuzzer.campaign.search.core import CoreSearch
from fuzzer.campaign.search.events import Resumed, SearchEvent, Stalled
from fuzzer.campaign.search.journal import Begun, CoreRecord, Remembered, encode_record, refuse_others
from fuzzer.campaign.search.ledger import Ledger
from fuzzer.campaign.search.probe import Probe
from fuzzer.campaign.search.reduce_inputs import Care
from fuzzer.campaign.search.schedule import Turns
from fuzzer.campaign.search.suspects import Subject, Suspects
from fuzzer.campaign.search.turns import CaseMaker, CoreInputs, encode_inputs
from fuzzer.execute.executor import Executor
from fuzzer.execute.runner import RunnerCommand
from fuzzer.generate.dictionary import Dictionary
from fuzzer.generate.structure import InputFormat
from fuzzer.model import NATIVE, Case, TargetInfo
from fuzzer.store.journal import JournalFile

_SLICE_S = 2.0
_OPEN = 4
"""Cores whose runners are kept; those of a further core are started for each of its slices."""
_STALL_S = 60.0


class SearchedCore(msgspec.Struct, frozen=True, kw_only=True):
    """A core that takes part."""

    program: Program
    form: InputFormat
    dictionary: Dictionary
    seeds: Sequence[Case]
    probe: RunnerCommand | None = None
    """The runner of a target that says what a case covers."""

    @property
    def name(self) -> str:
        """The core's name."""
        return self.program.core.name

    @property
    def inputs(self) -> CoreInputs:
        """What its cases are made with."""
        return CoreInputs(core=self.name, form=self.form, dictionary=self.dictionary)

    def record(self) -> CoreRecord:
        """What the journal says of it."""
        native = self.program.targets.get(NATIVE)
        return CoreRecord(
            name=self.name,
            inputs=encode_inputs(self.inputs),
            guest_elf_sha256=self.program.core.guest_elf_sha256,
            native_sha256=native.runner_sha256 if native else "",
            seeds=tuple((case.input_name, case.buffers) for case in self.seeds),
        )


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a campaign is asked to do."""

    seed: int
    worker: int = 0
    generators: tuple[str, ...]
    """Of `mutated` and `generated`, those that are used."""
    care: Care
    budget: Budget
    probe: TargetInfo | None = None
    """Who says what cases cover."""


def begun(cores: Sequence[SearchedCore], plan: Plan) -> Begun:
    """The first record of a campaign's journal."""
    # The digest of a core's own build stands with the core.
    targets = (
        msgspec.structs.replace(info, runner_sha256="") if info.name == NATIVE else info
        for info in cores[0].program.targets.values()
    )
    probe = plan.probe
    return Begun(
        seed=plan.seed,
        worker=plan.worker,
        generators=plan.generators,
        limits=plan.care.limits,
        targets=tuple(targets),
        probe=f"{probe.name} {probe.version} ({probe.runner_sha256[:12]})" if probe else "",
        cores=tuple(core.record() for core in cores),
    )


def search(
    cores: Sequence[SearchedCore],
    plan: Plan,
    journal: JournalFile,
    remembered: Remembered | None,
    *,
    clock: Callable[[], float],
) -> Generator[SearchEvent]:
    """Search until the budget is used up, and yield what happens; closing the generator ends all processes.

    `remembered` is what the journal holds of an earlier part of the campaign; the budget is that of this one.

    Raises:
        RunnerError: a runner does not start.
        UsageError: the campaign was begun with other targets, versions or inputs.
        StoreError: the journal cannot be written.
    """
    first = begun(cores, plan)
    if remembered is None:
        journal.append(encode_record(first), durable=True)
        remembered = Remembered(first)
    else:
        refuse_others(remembered.begun, first)
        yield Resumed(remembered)
    with _Engine(cores, plan, Ledger(journal, plan.budget, remembered, clock=clock), remembered) as engine:
        yield from engine.run()


class _Runners(msgspec.Struct, frozen=True):
    """The started runners of a core."""

    executor: Executor
    probe: Probe | None

    def close(self) -> None:
        """End them."""
        self.executor.close()
        if self.probe:
            self.probe.close()


class _Engine:
    """A campaign under way."""

    def __init__(
        self, cores: Sequence[SearchedCore], plan: Plan, ledger: Ledger, remembered: Remembered
    ) -> None:
        self._care = plan.care
        self._ledger = ledger
        self._suspects = Suspects(plan.care, ledger, remembered)
        self._specs = cores
        self._cores = [
            CoreSearch(
                Subject(core.program, core.form),
                CaseMaker(core.inputs, seed=plan.seed),
                remembered.corpora[core.name],
                [turn for turn in remembered.open.values() if turn.core == core.name],
                care=plan.care,
                ledger=ledger,
                suspects=self._suspects,
                generators=plan.generators,
                seeds_due=not any(turn.core == core.name and turn.seeds for turn in remembered.turns),
                worker=plan.worker,
            )
            for core in cores
        ]
        self._runners: dict[int, _Runners] = {}
        """Of some cores, the one that was used last at the end."""
        self._stalls = [_STALL_S] * len(cores)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for runners in self._runners.values():
            runners.close()

    def run(self) -> Iterator[SearchEvent]:
        yield from self._suspects.make_up({core.name: core.subject for core in self._cores})
        turns = Turns(len(self._cores))
        while not self._ledger.is_used_up:
            number = turns.next()
            began = self._ledger.clock()
            yield from self._slice(number)
            turns.took(number, self._ledger.clock() - began)
            yield from self._stall(number)

    def _slice(self, number: int) -> Iterator[SearchEvent]:
        core, runners = self._cores[number], self._runners_of(number)
        before = runners.executor.restarts
        seconds = min(_SLICE_S, max(0.0, self._ledger.left_s))
        yield from core.slice(runners.executor, runners.probe, seconds)
        yield from self._suspects.examine(core.subject)
        yield from core.settle(runners.executor.restarts - before)

    def _runners_of(self, number: int) -> _Runners:
        """The runners of a core; those that were not used for longest are ended for them."""
        runners = self._runners.pop(number, None)
        if runners is None:
            while len(self._runners) >= _OPEN:
                self._runners.pop(next(iter(self._runners))).close()
            spec, limits = self._specs[number], self._care.limits
            runners = _Runners(
                Executor(spec.program.commands, limits=limits, jobs=self._care.jobs),
                Probe(spec.probe, limits=limits) if spec.probe else None,
            )
        self._runners[number] = runners
        return runners

    def _stall(self, number: int) -> Iterator[SearchEvent]:
        """Say that nothing new shows, and again each time that it has lasted twice as long."""
        idle_s = self._cores[number].idle_s
        if idle_s < _STALL_S:
            self._stalls[number] = _STALL_S
        elif idle_s >= self._stalls[number]:
            self._stalls[number] = 2 * idle_s
            yield Stalled(self._specs[number].name, idle_s)
