"""One core in a search: its corpus, what its cases have shown, and the turns that it has under way."""

from collections import deque
from collections.abc import Iterator, Sequence

from fuzzer.campaign.care import Care
from fuzzer.campaign.confirm import result_of
from fuzzer.campaign.events import BatchFinished, Event, NewBehaviour, Waiting
from fuzzer.campaign.search.aims import Aims
from fuzzer.campaign.search.corpus import Corpus, Entry, Fresh, Seen, cycles_of
from fuzzer.campaign.search.job import Job, Sample
from fuzzer.campaign.search.journal import Admitted, Done, Learned, Scheduled
from fuzzer.campaign.search.judge import Judge
from fuzzer.campaign.search.ledger import Ledger
from fuzzer.campaign.search.native_coverage import NativeCoverage
from fuzzer.campaign.search.own_code import Bins, OwnCode
from fuzzer.campaign.search.probe import Probe
from fuzzer.campaign.search.schedule import GENERATED, Energy, Sampler, edited
from fuzzer.campaign.search.suspects import Subject, Suspects
from fuzzer.campaign.search.turns import CaseMaker, Turn, rng_of
from fuzzer.execute.executor import Executed, Executor
from fuzzer.model import Case, Generator, Status
from fuzzer.store.corpus import LARGEST_ENTRY

_MOST_SEEDS = 256
"""Entries that the corpus began with and that run in one turn."""
_SETTLED_S = 0.25
"""How often turns are written down as done; what a kill makes to be run again is not much more."""
_WEIGHED_S = 0.25
_WEIGHING_SHARE = 0.05
"""How often the promise of all entries is worked out again, and how much of the time that may take."""
_LOOKED_AT = 16
"""Cases that are run once more in one go."""
_AIMED_S = 0.02
"""Seconds of the longest run of which it is asked what it compares: that takes some 20 times as long."""


class CoreSearch:
    """A core's share of a campaign."""

    def __init__(
        self,
        subject: Subject,
        maker: CaseMaker,
        corpus: Corpus,
        open_turns: Sequence[Turn],
        *,
        care: Care,
        ledger: Ledger,
        suspects: Suspects,
        generators: Sequence[str],
        seeds_begun: int,
        worker: int,
        cases: int | None,
        own: OwnCode | None = None,
    ) -> None:
        self.subject = subject
        self._maker = maker
        self._corpus = corpus
        self._care = care
        self._ledger = ledger
        self._suspects = suspects
        self._judge = Judge(subject, care, suspects)
        self._worker = worker
        self._cases_left = cases
        self._again = deque(open_turns)
        self._seeds_begun = seeds_begun
        self._seen = Seen(own)
        self._native = NativeCoverage()
        mutated, generated = Generator.MUTATED in generators, Generator.GENERATED in generators
        self._energy = Energy(mutated=mutated and bool(corpus.entries), generated=generated)
        for entry in corpus.entries:
            self._energy.add(entry.number)
        self._frontiers: dict[int, Bins] = {}
        """By entry: the branches that it led to and that have gone one way only."""
        self._weighed, self._weigh_s = 0.0, _WEIGHED_S
        self._settled = ledger.clock()
        self._is_warm = not seeds_begun and len(corpus.entries) == corpus.seeds
        self._aims = Aims(
            corpus,
            self._seen,
            lambda number: len(maker.edits(corpus, number)),
            may_edit=self._energy.may_edit,
            is_wanted=mutated,
        )
        self._unlearned: list[tuple[int, Case]] = []
        """Entries of which it is not known what they compare."""
        self._sampler = Sampler()
        self._jobs: deque[Job] = deque()
        self._ended: list[Job] = []
        self._samples: list[Sample] = []
        self._is_held_back = False
        """Whether more waits for what is under way to end."""
        self._worked_s = 0.0
        self._newest_s = 0.0

    @property
    def name(self) -> str:
        """The core's name."""
        return self._maker.inputs.core

    @property
    def idle_s(self) -> float:
        """Seconds of its own time since it last showed something new."""
        return self._worked_s - self._newest_s

    @property
    def is_over(self) -> bool:
        """Whether it has run all of its cases."""
        return self._cases_left == 0 and not self._again

    def slice(self, executor: Executor, probe: Probe | None, seconds: float) -> Iterator[Event]:
        """Run turns for about so long, and all their cases to the end."""
        began = self._ledger.clock()
        yield from self._warm_up(executor, probe)
        for executed in self._executed(executor, began + seconds):
            if executed is None:
                yield Waiting()
            else:
                yield from self._take(executed, sampled=probe is not None)
            late = not 0 <= self._ledger.clock() - self._settled < _SETTLED_S
            if len(self._samples) >= _LOOKED_AT or late or (executed is None and self._samples):
                yield from self._look(probe)
                if not self._suspects.waiting:
                    yield from self.settle()
        yield from self._look(probe)
        self._worked_s += max(0.0, self._ledger.clock() - began)

    def settle(self, restarts: int = 0) -> Iterator[Event]:
        """Tell that turns are done: all that came of them is written down, and nothing waits."""
        self._settled = self._ledger.clock()
        ended, self._ended = self._ended, []
        for job in ended:
            self._ledger.write_later(
                Done(
                    first=job.turn.first,
                    counts=job.counts,
                    seconds=round(job.seconds, 6),
                    repeated=self._suspects.titled(job.repeated),
                    at=round(self._ledger.seconds, 3),
                )
            )
            yield BatchFinished(
                part=self.name,
                counts=job.counts,
                seconds=job.seconds,
                target_s=job.target_s,
                restarts=restarts,
                idle_s=self.idle_s,
                entries=len(self._corpus.entries),
                bins=self._seen.bins,
                first=job.turn.first,
                block=job.rows.block(
                    self.name, self._worker, job.turn.first, list(self.subject.program.targets)
                ),
            )
            restarts = 0

    # --- schedule and generate --------------------------------------------------------------------

    def _executed(self, executor: Executor, end: float) -> Iterator[Executed | None]:
        """The cases of a slice; those that are held back begin when all others have ended."""
        self._is_held_back = True
        while self._is_held_back:
            self._is_held_back = False
            yield from executor.run(self._cases(end))

    def _cases(self, end: float) -> Iterator[Case]:
        while (turn := self._next_turn(end)) is not None:
            job = Job(turn)
            self._jobs.append(job)
            self._energy.began(job.arm, turn.count)
            yield from self._maker.cases(turn, self._corpus)

    def _next_turn(self, end: float) -> Turn | None:
        """The next turn, unless what is under way fills the slice or something waits to be looked into."""
        if self._again:
            return self._again.popleft()
        ready_at = self._ledger.clock() + self._energy.under_way_s / self._care.jobs
        used_up = self._ledger.is_time_up or self._cases_left == 0
        is_first = not self._seeds_begun and self._corpus.seeds
        if used_up or self._suspects.waiting or (ready_at >= end and not is_first):
            return None
        turn = self._seeds_turn() if self._seeds_begun < self._corpus.seeds else self._fresh_turn()
        if turn is not None:
            self._ledger.write(Scheduled(turn=turn))
        return turn

    def _seeds_turn(self) -> Turn:
        entry = self._seeds_begun
        first, count = self._take_indices(min(self._corpus.seeds - entry, _MOST_SEEDS))
        self._seeds_begun += count
        return Turn(core=self.name, worker=self._worker, first=first, count=count, seeds=True, entry=entry)

    def _fresh_turn(self) -> Turn | None:
        if aim := self._aims.next():
            number, edit, left = aim
            first, count = self._take_indices(min(self._energy.turn(edited(number)), left))
            self._aims.took(number, count)
            return Turn(
                core=self.name, worker=self._worker, first=first, count=count, parent=number, edits=edit
            )
        if not 0 <= self._ledger.clock() - self._weighed < self._weigh_s:
            self._weigh()
        arm = self._energy.choose(rng_of(f"schedule:{self.name}:{self._worker}:{self._ledger.next_index}"))
        self._is_held_back = arm is None and bool(self._jobs)
        if arm is None:
            return None
        first, count = self._take_indices(self._energy.turn(arm))
        return Turn(
            core=self.name,
            worker=self._worker,
            first=first,
            count=count,
            parent=None if arm == GENERATED else arm,
            donors=0 if arm == GENERATED else len(self._corpus.entries),
        )

    def _take_indices(self, count: int) -> tuple[int, int]:
        """The first of some indices that no other case has, and how many: `count` or what is left."""
        if self._cases_left is not None:
            count = min(count, self._cases_left)
            self._cases_left -= count
        return self._ledger.take(count), count

    # --- compare ----------------------------------------------------------------------------------

    def _take(self, executed: Executed, *, sampled: bool) -> Iterator[Event]:
        job = self._jobs[0]
        case_id = f"{self._worker}:{job.turn.first + job.counts.cases}"
        result = result_of(executed.case, executed.outcomes)
        seconds = sum(outcome.elapsed_ns for outcome in executed.outcomes.values()) / 1e9
        job.seconds += seconds
        self._energy.ended(job.arm, seconds)
        for target, outcome in executed.outcomes.items():
            job.target_s[target] += outcome.elapsed_ns / 1e9
        self._sampler.earned(seconds, self.idle_s)
        yield from self._judge.take(job, case_id, result)
        job.rows.add(
            [outcome.status for outcome in executed.outcomes.values()],
            job.verdict,
            [outcome.elapsed_ns for outcome in executed.outcomes.values()],
            cycles_of(result),
        )
        statuses = {outcome.status for outcome in executed.outcomes.values()}
        if Status.TIMEOUT not in statuses:
            native = result.reference.coverage
            fresh = self._native.add(native)
            new_shape = self._seen.is_new_shape(result)
            new_path = self._seen.is_new_path(result)
            aimed = job.turn.edits is not None
            wanted = self._sampler.wants(new_shape=new_shape, new_path=new_path, aimed=aimed)
            if new_shape or fresh.features or (sampled and (wanted or job.turn.seeds)):
                self._samples.append(Sample(job, executed.case, case_id, new_shape, native, fresh))
                job.looked_at += 1
        if job.counts.cases == job.turn.count:
            self._energy.spent(job.arm)
            if job.arm in self._frontiers:
                self._seen.not_looked_at(self._frontiers[job.arm], job.turn.count - job.looked_at)
            self._ended.append(self._jobs.popleft())

    # --- admit ------------------------------------------------------------------------------------

    def _warm_up(self, executor: Executor, probe: Probe | None) -> Iterator[Event]:
        """Learn again how the entries of an earlier part of the campaign end, and what they cover."""
        if self._is_warm:
            return
        self._is_warm = True
        cases = [entry.as_case(self.name) for entry in self._corpus.entries]
        numbers = iter(range(len(cases)))
        for executed in executor.run(cases):
            if executed is None:
                yield Waiting()
                continue
            result = result_of(executed.case, executed.outcomes)
            self._seen.is_new_shape(result)
            self._seen.is_new_path(result)
            self._native.add(result.reference.coverage)
            self._native.admit(next(numbers), result.reference.coverage)
        for first in range(0, len(cases) if probe else 0, _MOST_SEEDS):
            told = probe.coverage(cases[first : first + _MOST_SEEDS]) if probe else []
            for number, (coverage, _) in enumerate(told, first):
                self._seen.add(coverage)
                self._frontiers[number] = self._seen.frontier(coverage)
                self._seen.admit(number, coverage)

    def _look(self, probe: Probe | None) -> Iterator[Event]:
        """Run the cases that were chosen once more, and admit those that show something new."""
        samples, self._samples = self._samples, []
        covered = probe.coverage([sample.case for sample in samples]) if probe and samples else []
        for place, sample in enumerate(samples):
            fresh, coverage, seconds = Fresh(), b"", 0.0
            if covered:
                coverage, seconds = covered[place]
                sample.job.counts.sampled += 1
                self._sampler.paid(seconds)
                fresh = self._seen.add(coverage)
            fresh = fresh.joined_with(sample.native_fresh)
            turn = sample.job.turn
            # A seed is gone on from whatever it shows, and so is a case that got where few do.
            further = turn.edits is not None and self._seen.goes_further(coverage, turn.parent)
            if fresh.features or sample.new_shape or turn.seeds or further:
                yield from self._admit(sample, fresh, coverage, may_aim=seconds <= _AIMED_S)
        self._learn(probe)

    def _learn(self, probe: Probe | None) -> None:
        """Ask what new entries compare, and aim at it, once it is known what all of the first ones cover."""
        if self._seeds_begun < self._corpus.seeds and not self.is_over:
            return
        # A seed that runs again after a kill was learnt from before: turns are made of what was told then.
        entries = [one for one in self._unlearned if one[0] not in self._corpus.compared]
        self._unlearned = []
        if not probe or not entries or not self._aims.is_wanted:
            return
        told = probe.comparisons([case for _, case in entries], self._seen.is_one_sided)
        for (number, _), (pairs, seconds) in zip(entries, told, strict=True):
            self._sampler.paid(seconds)
            chosen = self._aims.choose(pairs)
            self._ledger.write(Learned(core=self.name, number=number, pairs=chosen))
            self._aims.learn(number, chosen)

    def _weigh(self) -> None:
        """Work out again how promising each entry is."""
        began = self._ledger.clock()
        for number, frontier in self._frontiers.items():
            self._frontiers[number], promise = self._seen.promise(frontier)
            promise *= self._seen.depth(number) ** 2
            promise += self._native.promise(number, self._energy.cases(number))
            self._energy.promise(number, promise)
        self._weighed = self._ledger.clock()
        self._weigh_s = max(_WEIGHED_S, (self._weighed - began) / _WEIGHING_SHARE)

    def _admit(self, sample: Sample, fresh: Fresh, coverage: bytes, *, may_aim: bool) -> Iterator[Event]:
        self._newest_s = self._worked_s
        turn, case = sample.job.turn, sample.case
        if turn.seeds:
            number = turn.entry + int(sample.case_id.rpartition(":")[2]) - turn.first
            self._frontiers[number] = self._seen.frontier(coverage)
            self._seen.admit(number, coverage)
            self._native.admit(number, sample.native)
            if may_aim and (self._corpus.entries[number].origin is None or fresh.own):
                self._unlearned.append((number, case))
        if turn.seeds or sum(map(len, case.buffers)) > LARGEST_ENTRY:
            return
        self._energy.found(sample.job.arm, fresh.worth)
        entry = Entry(
            number=len(self._corpus.entries),
            buffers=case.buffers,
            seed=case.provenance.base_seed,
            parent=turn.parent,
            case=sample.case_id,
        )
        at = round(self._ledger.seconds, 3)
        self._ledger.write(Admitted(core=self.name, entry=entry, features=fresh.features, at=at))
        self._corpus.add(entry)
        self._seen.admit(entry.number, coverage)
        self._native.admit(entry.number, sample.native)
        if may_aim and (fresh.own or turn.edits is not None):
            self._unlearned.append((entry.number, case))
        frontier, promise = self._seen.promise(self._seen.frontier(coverage))
        self._frontiers[entry.number] = frontier
        promise += self._native.promise(entry.number, 0)
        self._energy.add(entry.number, promise, parent=entry.parent)
        yield NewBehaviour(
            core=self.name,
            case=case,
            entries=len(self._corpus.entries),
            features=fresh.features,
            new_bins=fresh.bins,
            bins=self._seen.bins,
        )
