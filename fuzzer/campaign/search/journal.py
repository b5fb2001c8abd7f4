"""The records of a campaign's journal, and what they add up to. Pure.

A turn is written down before it runs, and done when everything that came of it is written down: a turn that
is not done is run again, and gives the same cases. So no case counts twice. A finding is written down before
anything else is made of it, and `Kept` when its folder is there.

Instruction programs run in the order of their indices, so it is enough to know how far they came, and which
of those that differ are settled.
"""

from collections.abc import Mapping, Sequence

import msgspec

from fuzzer.campaign.events import Counts, FoundBefore, Resumed, Totals
from fuzzer.campaign.search.corpus import Corpus, Earlier, Entry
from fuzzer.campaign.search.turns import Turn
from fuzzer.errors import StoreError
from fuzzer.generate.comparisons import Comparison
from fuzzer.model import SCHEMA_VERSION, Limits, Provenance, TargetInfo


class CoreRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A core that takes part: which build of it, and what is known of its inputs."""

    name: str
    inputs: str
    """Form and dictionary of its inputs, by `encode_inputs`."""
    guest_elf_sha256: str
    native_sha256: str
    counted_sha256: str = ""
    """Of the build for the host that says what its runs cover; empty where none takes part."""
    seeds: tuple[tuple[str, tuple[bytes, ...]], ...]
    """Name and buffers of each."""
    earlier: tuple[Earlier, ...] = ()
    """Inputs that earlier campaigns have kept, as they were when this one began."""


class ProgramsRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The instruction programs that take part."""

    generator: str
    xlen: int
    first: int
    """Index of the first program of this worker."""
    generator_sha256: str
    limits: Limits
    targets: tuple[TargetInfo, ...]


class Begun(msgspec.Struct, frozen=True, kw_only=True, tag="begun"):
    """The first record: what the campaign is."""

    schema_version: int = SCHEMA_VERSION
    seed: int
    worker: int
    generators: tuple[str, ...]
    limits: Limits
    targets: tuple[TargetInfo, ...]
    """The reference first; that of a core's own build without a digest, as each core has another."""
    probe: str = ""
    """Version and digest of the target that says what a run covers; empty without one."""
    cores: tuple[CoreRecord, ...]
    programs: ProgramsRecord | None = None


class Scheduled(msgspec.Struct, frozen=True, kw_only=True, tag="turn"):
    """A turn is about to be run."""

    turn: Turn


class Done(msgspec.Struct, frozen=True, kw_only=True, tag="done"):
    """Everything that came of a turn is written down."""

    first: int
    """Of the turn."""
    counts: Counts
    seconds: float
    """What its runs took, all targets together."""
    repeated: Mapping[str, int] = {}
    """Cases that showed a known finding again, by its signature."""
    at: float = 0.0
    """Seconds that the campaign had worked for."""


class Admitted(msgspec.Struct, frozen=True, kw_only=True, tag="entry"):
    """The corpus of a core has a further entry."""

    core: str
    entry: Entry
    features: int
    at: float = 0.0


class Learned(msgspec.Struct, frozen=True, kw_only=True, tag="compared"):
    """What the run of an entry compared, as far as edits of it are made."""

    core: str
    number: int
    """Of the entry."""
    pairs: tuple[Comparison, ...]


class Found(msgspec.Struct, frozen=True, kw_only=True, tag="found"):
    """A finding: confirmed and reduced."""

    core: str
    case: str
    """The case that showed it, `worker:index`."""
    signature: str
    seen_as: str = ""
    """The signature before it was reduced; cases that have it show this finding again."""
    original: tuple[bytes, ...]
    buffers: tuple[bytes, ...]
    """The reduced input, or the original one where reduction found nothing smaller."""
    input_name: str
    provenance: Provenance
    limits: Limits
    at: float = 0.0


class Kept(msgspec.Struct, frozen=True, kw_only=True, tag="kept"):
    """The finding of this case has its folder."""

    case: str


class Decided(msgspec.Struct, frozen=True, kw_only=True, tag="decided"):
    """A difference was looked at and is no finding: flaky, allowed, or gone; or nobody had time to look."""

    core: str
    case: str
    signature: str
    what: str
    """`flaky`, `allowed`, `inconclusive`, `not examined`, `seen before`."""
    of: str = ""
    """The signature of the finding that was seen before."""


class ProgramsDone(msgspec.Struct, frozen=True, kw_only=True, tag="programs"):
    """Instruction programs have run."""

    first: int
    count: int
    counts: Counts
    differing: tuple[int, ...] = ()
    """Indices of those that differ; each is settled once."""
    restarts: int = 0
    at: float = 0.0

    def joined_with(self, later: "ProgramsDone") -> "ProgramsDone":
        """Both as one; the later ones come right behind these."""
        counts = Counts()
        counts.add(self.counts)
        counts.add(later.counts)
        return ProgramsDone(
            first=self.first,
            count=self.count + later.count,
            counts=counts,
            differing=self.differing + later.differing,
            restarts=self.restarts + later.restarts,
            at=later.at,
        )


class Settled(msgspec.Struct, frozen=True, kw_only=True, tag="settled"):
    """What became of an instruction program that differs."""

    index: int
    case: str
    """Its name."""
    what: str
    """`finding` when its folder is there, `repeated`, or a word of `Decided`."""
    signature: str = ""
    also: tuple[str, ...] = ()
    """Of a finding: signatures that would be the same difference again."""
    at: float = 0.0


Record = Begun | Scheduled | Done | Admitted | Learned | Found | Kept | Decided | ProgramsDone | Settled

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Record)


def encode_record(record: Record) -> bytes:
    """A record as the journal's file takes it."""
    return _encoder.encode(record)


class Remembered:
    """What the records of a journal add up to."""

    def __init__(self, begun: Begun) -> None:
        self.begun = begun
        self.corpora = {core.name: Corpus(core.seeds, core.earlier) for core in begun.cores}
        self.admitted: dict[str, list[Admitted]] = {core.name: [] for core in begun.cores}
        """By core, in order."""
        self.turns: list[Turn] = []
        self.open: dict[int, Turn] = {}
        """Turns that are not done, by their first index."""
        self.counts = Counts()
        self.parts: dict[str, Counts] = {}
        """The same of each part."""
        self.part_s: dict[str, float] = {}
        self.repeated: dict[str, int] = {}
        self.found: dict[str, Found] = {}
        """By case."""
        self.kept: set[str] = set()
        self.decided: list[Decided] = []
        self.seconds = 0.0
        self.next_index = 0
        self.next_program = begun.programs.first if begun.programs else 0
        self.settled: dict[int, Settled] = {}
        """Instruction programs that differ and were seen to, by index."""
        self.recorded: dict[str, str] = {}
        """Findings that have their folder, by the name of the case, with their signature: by a look there."""
        self.restarts = 0
        self._differing: list[int] = []

    def add(self, record: Record) -> None:
        """Take the next record."""
        match record:
            case Scheduled(turn=turn):
                self._add_turn(turn)
            case Done():
                self._add_done(record)
            case Admitted() | Learned():
                self._add_entry(record)
            case Found():
                self.found[record.case] = record
            case Kept(case=case):
                self.kept.add(case)
            case Decided():
                self.decided.append(record)
                if record.of:
                    self.repeated[record.of] = self.repeated.get(record.of, 0) + 1
            case ProgramsDone() | Settled():
                self._add_programs(record)
            case Begun():
                raise StoreError("the journal begins twice", hint="two campaigns were written to one folder")

    def _add_turn(self, turn: Turn) -> None:
        self.turns.append(turn)
        self.open[turn.first] = turn
        if turn.edits is not None and turn.parent is not None:
            self.corpora[turn.core].edited[turn.parent] = turn.edits + turn.count
        self.next_index = max(self.next_index, turn.first + turn.count)

    def _add_entry(self, record: Admitted | Learned) -> None:
        corpus = self.corpora[record.core]
        if isinstance(record, Admitted):
            corpus.add(record.entry)
            self.admitted[record.core].append(record)
        else:
            corpus.compared[record.number] = record.pairs

    def _add_done(self, record: Done) -> None:
        if record.first not in self.open:
            return
        turn = self.open.pop(record.first)
        self._count(turn.core, record.counts, record.at)
        self.part_s[turn.core] = self.part_s.get(turn.core, 0.0) + record.seconds
        for signature, count in record.repeated.items():
            self.repeated[signature] = self.repeated.get(signature, 0) + count

    def _add_programs(self, record: ProgramsDone | Settled) -> None:
        if isinstance(record, Settled):
            self.settled[record.index] = record
            if record.what == "repeated":
                self.repeated[record.signature] = self.repeated.get(record.signature, 0) + 1
            return
        if record.first != self.next_program or self.begun.programs is None:
            raise ValueError(f"programs from {record.first} on behind {self.next_program}")
        self.next_program += record.count
        self._count(self.begun.programs.generator, record.counts, record.at)
        self._differing += record.differing
        self.restarts += record.restarts

    def _count(self, part: str, counts: Counts, at: float) -> None:
        self.counts.add(counts)
        self.parts.setdefault(part, Counts()).add(counts)
        self.seconds = max(self.seconds, at)

    @property
    def unsettled(self) -> list[int]:
        """Instruction programs that differ and were not seen to."""
        return [index for index in self._differing if index not in self.settled]

    @property
    def resumed(self) -> Resumed:
        """What handlers are told of it. Findings that may have no folder are left out: they come again."""
        words = [decided.what for decided in self.decided]
        words += [settled.what for settled in self.settled.values()]
        kept = [
            FoundBefore(core=found.core, case=found.input_name, signature=found.signature, at=found.at)
            for case, found in self.found.items()
            if case in self.kept
        ]
        kept += [
            FoundBefore(core="riscv", case=settled.case, signature=settled.signature, at=settled.at)
            for settled in self.settled.values()
            if settled.what == "finding"
        ]
        totals = Totals(
            findings=len(kept),
            flaky=words.count("flaky"),
            allowed=words.count("allowed"),
            inconclusive=words.count("inconclusive"),
            not_examined=words.count("not examined"),
            repeated=sum(self.repeated.values()),
            restarts=self.restarts,
            admitted=sum(len(corpus.entries) - corpus.seeds for corpus in self.corpora.values()),
        )
        totals.count(self.counts)
        return Resumed(
            totals=totals,
            seconds=self.seconds,
            found=tuple(kept),
            repeated=dict(self.repeated),
            parts=dict(self.parts),
            part_s=dict(self.part_s),
            entries={name: len(corpus.entries) for name, corpus in self.corpora.items()},
        )

    @property
    def not_kept(self) -> list[Found]:
        """Findings that may have no folder yet."""
        return [found for case, found in self.found.items() if case not in self.kept]


def remember(records: Sequence[bytes]) -> Remembered | None:
    """What a journal says; None for one without any record.

    Raises:
        StoreError: it is of a newer version, or not a campaign's.
    """
    if not records:
        return None
    try:
        first, *others = map(_decoder.decode, records)
        if not isinstance(first, Begun):
            raise StoreError("the journal lacks its beginning", hint="it may be damaged")
        if first.schema_version > SCHEMA_VERSION:
            raise StoreError(
                f"the journal has schema version {first.schema_version}, "
                f"this `fuzz` reads up to {SCHEMA_VERSION}",
                hint="use the `fuzz` that wrote it, or a newer one",
            )
        remembered = Remembered(first)
        for record in others:
            remembered.add(record)
    except (msgspec.DecodeError, ValueError, KeyError) as error:
        raise StoreError(f"the journal is not a campaign's: {error}", hint="it may be damaged") from None
    return remembered
