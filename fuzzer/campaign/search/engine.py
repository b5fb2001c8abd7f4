"""One worker of a campaign: a search for cases on which targets differ, led by what cases show.

Its steps: schedule, generate, execute, compare, admit, emit.
Its parts, which are the cores and the instruction programs, have their turns in slices of a second or two.
What differs in a core is looked into between two slices, when no case is under way. Everything that must
survive is in the journal before it is yielded, or behind a checkpoint at which handlers have kept it.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from types import TracebackType
from typing import Protocol, Self

import msgspec

from fuzzer.build.cores import CountedBuild
from fuzzer.campaign.budget import Budget
from fuzzer.campaign.care import Care
from fuzzer.campaign.events import Checkpoint, Event, Stalled
from fuzzer.campaign.program import Program
from fuzzer.campaign.search.core import CoreSearch
from fuzzer.campaign.search.corpus import Earlier
from fuzzer.campaign.search.identity import refuse_others
from fuzzer.campaign.search.journal import (
    Begun,
    CoreRecord,
    Kept,
    Remembered,
    Settled,
    encode_record,
)
from fuzzer.campaign.search.ledger import Ledger
from fuzzer.campaign.search.own_code import load_own_code
from fuzzer.campaign.search.probe import Probe
from fuzzer.campaign.search.programs import Programs, ProgramsPart
from fuzzer.campaign.search.schedule import Turns
from fuzzer.campaign.search.suspects import Subject, Suspects
from fuzzer.campaign.search.turns import CaseMaker, CoreInputs, encode_inputs
from fuzzer.execute.cluster import Cluster, ClusterExecutor
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
    """What runs first and is gone on from: input files."""
    earlier: Sequence[Earlier] = ()
    """What runs next: inputs that earlier campaigns have kept."""
    probe: RunnerCommand | None = None
    """The runner of a target that says what a case covers."""
    counted: CountedBuild | None = None
    """A build for the host that says it too: cases run on it in the place of the other one."""

    @property
    def name(self) -> str:
        """The core's name."""
        return self.program.core.name

    @property
    def inputs(self) -> CoreInputs:
        """What its cases are made with."""
        return CoreInputs(core=self.name, form=self.form, dictionary=self.dictionary)

    @property
    def commands(self) -> tuple[RunnerCommand, ...]:
        """Of the runners that its cases run on. What is looked into closely runs on those of the program."""
        if self.counted is None:
            return self.program.commands
        return tuple(
            msgspec.structs.replace(one, binary=self.counted.path) if one.target == NATIVE else one
            for one in self.program.commands
        )

    def record(self) -> CoreRecord:
        """What the journal says of it."""
        native = self.program.targets.get(NATIVE)
        return CoreRecord(
            name=self.name,
            inputs=encode_inputs(self.inputs),
            guest_elf_sha256=self.program.core.guest_elf_sha256,
            native_sha256=native.runner_sha256 if native else "",
            counted_sha256=self.counted.sha256 if self.counted else "",
            seeds=tuple((case.input_name, case.buffers) for case in self.seeds),
            earlier=tuple(self.earlier),
        )


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a campaign is asked to do."""

    seed: int
    worker: int = 0
    generators: tuple[str, ...]
    """Of `mutated` and `generated`, those that are used."""
    care: Care
    budget: Budget
    programs: Programs | None = None
    """Instruction programs that take part."""
    probe: TargetInfo | None = None
    """Who says what cases cover."""


def begun(cores: Sequence[SearchedCore], plan: Plan) -> Begun:
    """The first record of a campaign's journal."""
    # The digest of a core's own build stands with the core.
    targets = (
        msgspec.structs.replace(info, runner_sha256="") if info.name == NATIVE else info
        for core in cores[:1]
        for info in core.program.targets.values()
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
        programs=plan.programs.record(plan.worker) if plan.programs else None,
    )


def search(
    cores: Sequence[SearchedCore],
    plan: Plan,
    journal: JournalFile,
    remembered: Remembered | None,
    *,
    clock: Callable[[], float],
    on: Cluster | None = None,
) -> Generator[Event]:
    """Search until the budget is used up, and yield what happens; closing the generator ends all processes.

    `remembered` is what the journal holds of an earlier part of the campaign; the budget is that of this one.
    A number of cases is shared out evenly among the parts. With `on`, cases run on the workers of a cluster;
    what is looked into closely runs here.

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
        _settle_recorded(journal, remembered)
        yield remembered.resumed
    if on:
        care = msgspec.structs.replace(plan.care, jobs=max(plan.care.jobs, on.workers))
        plan = msgspec.structs.replace(plan, care=care)
    ledger = Ledger(journal, plan.budget, remembered, clock=clock)
    with _Engine(cores, plan, ledger, remembered, on) as engine:
        for event in engine.run():
            yield event
            if ledger.is_checkpoint_due:
                yield Checkpoint()
                ledger.checkpoint()
        if ledger.has_more_to_write:
            yield Checkpoint()
            ledger.checkpoint()


def _settle_recorded(journal: JournalFile, remembered: Remembered) -> None:
    """Write down of findings whose folder is there that it is: the process was killed before it could."""
    for found in remembered.not_kept:
        if found.input_name in remembered.recorded:
            _append(journal, remembered, Kept(case=found.case))
    known = {settled.case for settled in remembered.settled.values()}
    for case, title in remembered.recorded.items():
        if case.startswith("riscv") and case not in known:
            index = int(case.rpartition("/")[2])
            _append(journal, remembered, Settled(index=index, case=case, what="finding", signature=title))


def _append(journal: JournalFile, remembered: Remembered, record: Kept | Settled) -> None:
    journal.append(encode_record(record), durable=True)
    remembered.add(record)


class _Part(Protocol):
    """What has its turns."""

    @property
    def is_over(self) -> bool:
        """Whether it has run all of its cases."""

    def slice(self, seconds: float) -> Iterator[Event]:
        """Go on for about so long."""

    def close(self) -> None:
        """End its processes; they are started again for a further slice."""


class _Runners(msgspec.Struct, frozen=True):
    """The started runners of a core."""

    executor: Executor
    probe: Probe | None

    def close(self) -> None:
        """End them."""
        self.executor.close()
        if self.probe:
            self.probe.close()


class _CorePart:
    """A core with its runners, which are started for its slices."""

    def __init__(
        self, core: CoreSearch, spec: SearchedCore, care: Care, suspects: Suspects, on: Cluster | None
    ) -> None:
        self._on = on
        self._core = core
        self._spec = spec
        self._care = care
        self._suspects = suspects
        self._runners: _Runners | None = None
        self._stall_s = _STALL_S

    @property
    def is_over(self) -> bool:
        """See `_Part.is_over`."""
        return self._core.is_over

    def slice(self, seconds: float) -> Iterator[Event]:
        """See `_Part.slice`; then look into what differed."""
        runners = self._runners = self._runners or self._started()
        before = runners.executor.restarts
        yield from self._core.slice(runners.executor, runners.probe, seconds)
        yield from self._suspects.examine(self._core.subject)
        yield from self._core.settle(runners.executor.restarts - before)
        yield from self._stall()

    def close(self) -> None:
        """See `_Part.close`."""
        if self._runners:
            self._runners.close()
            self._runners = None

    def _started(self) -> _Runners:
        spec, limits, jobs = self._spec, self._care.limits, self._care.jobs
        commands = spec.commands
        return _Runners(
            ClusterExecutor(self._on, commands, limits=limits)
            if self._on
            else Executor(commands, limits=limits, jobs=jobs),
            Probe(spec.probe, limits=limits, jobs=jobs) if spec.probe else None,
        )

    def _stall(self) -> Iterator[Event]:
        """Say that nothing new shows, and again each time that it has lasted twice as long."""
        idle_s = self._core.idle_s
        if idle_s < _STALL_S:
            self._stall_s = _STALL_S
        elif idle_s >= self._stall_s:
            self._stall_s = 2 * idle_s
            yield Stalled(self._core.name, idle_s)


class _Engine:
    """A campaign under way."""

    def __init__(
        self,
        cores: Sequence[SearchedCore],
        plan: Plan,
        ledger: Ledger,
        remembered: Remembered,
        on: Cluster | None,
    ) -> None:
        self._ledger = ledger
        self._suspects = Suspects(plan.care, ledger, remembered)
        self._subjects = {core.name: Subject(core.program, core.form) for core in cores}
        shares = _shares(plan.budget.cases, remembered, [core.name for core in cores])
        self._parts: list[_Part] = []
        for core, share in zip(cores, shares, strict=False):
            searched = self._searched(core, plan, remembered, share)
            self._parts.append(_CorePart(searched, core, plan.care, self._suspects, on))
        if plan.programs:
            part = ProgramsPart(plan.programs, plan.care, ledger, remembered, cases=shares[-1], on=on)
            self._parts.append(part)
        self._used: dict[int, None] = {}
        """Parts whose runners are started, the one that was used last at the end."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for part in self._parts:
            part.close()

    def run(self) -> Iterator[Event]:
        yield from self._suspects.make_up(self._subjects)
        turns = Turns(len(self._parts))
        left = set(range(len(self._parts)))
        while left and not self._ledger.is_time_up:
            number = turns.next(left)
            began = self._ledger.clock()
            yield from self._slice(number)
            turns.took(number, self._ledger.clock() - began)
            if self._parts[number].is_over:
                self._parts[number].close()
                left.discard(number)
        for number in left:
            if isinstance(self._parts[number], ProgramsPart):
                yield from self._parts[number].slice(0.0)  # what is under way, to its end

    def _slice(self, number: int) -> Iterator[Event]:
        """Let a part go on; of cores, those that were not used for longest lose their runners for it."""
        self._used.pop(number, None)
        self._used[number] = None
        open_cores = [used for used in self._used if isinstance(self._parts[used], _CorePart)]
        for used in open_cores[:-_OPEN]:
            self._parts[used].close()
            del self._used[used]
        yield from self._parts[number].slice(min(_SLICE_S, max(0.0, self._ledger.left_s)))

    def _searched(
        self, core: SearchedCore, plan: Plan, remembered: Remembered, cases: int | None
    ) -> CoreSearch:
        return CoreSearch(
            self._subjects[core.name],
            CaseMaker(core.inputs, seed=plan.seed),
            remembered.corpora[core.name],
            [turn for turn in remembered.open.values() if turn.core == core.name],
            care=plan.care,
            ledger=self._ledger,
            suspects=self._suspects,
            generators=plan.generators,
            seeds_begun=sum(turn.count for turn in remembered.turns if turn.core == core.name and turn.seeds),
            worker=plan.worker,
            cases=cases,
            own=load_own_code(core.probe.program, core.program.sources) if core.probe else None,
        )


def _shares(cases: int | None, remembered: Remembered, cores: Sequence[str]) -> list[int | None]:
    """How many further cases each part runs, so that all have run as many in the end as one can.

    Turns that are to be run again are among the cases that are further, but not in the shares of their cores.
    """
    begun = [sum(turn.count for turn in remembered.turns if turn.core == name) for name in cores]
    if (programs := remembered.begun.programs) is not None:
        begun.append(remembered.next_program - programs.first)
    if cases is None:
        return [None] * len(begun)
    total = cases + remembered.counts.cases
    share = [0] * len(begun)
    among = list(range(len(begun)))
    while among:
        left = total - sum(begun[part] for part in range(len(begun)) if part not in among)
        share = [0] * len(begun)
        for place, part in enumerate(among):
            share[part] = left // len(among) + (place < left % len(among)) - begun[part]
        if not (ahead := [part for part in among if share[part] < 0]):
            break
        among = [part for part in among if part not in ahead]
        share = [0] * len(begun)
    return list(share)
