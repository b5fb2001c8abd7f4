"""The records of a campaign's journal, and what they add up to. Pure.

A turn is written down before it runs, and done when everything that came of it is written down: a turn that
is not done is run again, and gives the same cases. So no case counts twice. A finding is written down before
anything else is made of it, and `Kept` when its folder is there.
"""

import hashlib
from collections.abc import Mapping, Sequence

import msgspec

from fuzzer.campaign.search.corpus import Corpus, Entry
from fuzzer.campaign.search.turns import CaseMaker, Turn, decode_inputs, parse_case_id
from fuzzer.errors import InputError, StoreError, UsageError
from fuzzer.model import SCHEMA_VERSION, Case, Limits, Provenance, TargetInfo


class CoreRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A core that takes part: which build of it, and what is known of its inputs."""

    name: str
    inputs: str
    """Form and dictionary of its inputs, by `encode_inputs`."""
    guest_elf_sha256: str
    native_sha256: str
    seeds: tuple[tuple[str, tuple[bytes, ...]], ...]
    """Name and buffers of each."""


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


class Scheduled(msgspec.Struct, frozen=True, kw_only=True, tag="turn"):
    """A turn is about to be run."""

    turn: Turn


class Counts(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What became of cases. Each is in exactly one of `agree`, `differ` and `inconclusive`."""

    cases: int = 0
    agree: int = 0
    """Also where nothing could be compared since all timed out."""
    differ: int = 0
    """They diverge from the reference, whatever that turned out to be."""
    inconclusive: int = 0
    compared: int = 0
    """Comparisons that held something against each other."""
    timeouts: int = 0
    """Cases that all targets took too long for; they are among those that agree."""
    errors: int = 0
    """Outcomes that say nothing but that a runner failed."""
    sampled: int = 0
    """Cases that were run once more to see what they cover."""
    allowances: dict[str, int] = msgspec.field(default_factory=dict)
    """Comparisons that each entry of `allowed_divergences.toml` has allowed, by its id."""

    def add(self, other: "Counts") -> None:
        """Count those of another one, too."""
        for name in ("cases", "agree", "differ", "inconclusive", "compared", "timeouts", "errors", "sampled"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for entry, count in other.allowances.items():
            self.allowances[entry] = self.allowances.get(entry, 0) + count


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


class Found(msgspec.Struct, frozen=True, kw_only=True, tag="found"):
    """A finding: confirmed and reduced."""

    core: str
    case: str
    """The case that showed it, `worker:index`."""
    signature: str
    original: tuple[bytes, ...]
    buffers: tuple[bytes, ...]
    """The reduced input, or the original one where reduction found nothing smaller."""
    input_name: str
    provenance: Provenance
    limits: Limits


class Kept(msgspec.Struct, frozen=True, kw_only=True, tag="kept"):
    """The finding of this case has its folder."""

    case: str


class Decided(msgspec.Struct, frozen=True, kw_only=True, tag="decided"):
    """A difference was looked at and is no finding: flaky, allowed, or gone; or nobody had time to look."""

    core: str
    case: str
    signature: str
    what: str
    """`flaky`, `allowed`, `inconclusive`, `not examined`."""


Record = Begun | Scheduled | Done | Admitted | Found | Kept | Decided

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Record)


def encode_record(record: Record) -> bytes:
    """A record as the journal's file takes it."""
    return _encoder.encode(record)


class Remembered:
    """What the records of a journal add up to."""

    def __init__(self, begun: Begun) -> None:
        self.begun = begun
        self.corpora = {core.name: Corpus(core.seeds) for core in begun.cores}
        self.turns: list[Turn] = []
        self.open: dict[int, Turn] = {}
        """Turns that are not done, by their first index."""
        self.counts = Counts()
        self.repeated: dict[str, int] = {}
        self.found: dict[str, Found] = {}
        """By case."""
        self.kept: set[str] = set()
        self.decided: list[Decided] = []
        self.seconds = 0.0
        self.next_index = 0
        self.bins: dict[str, int] = {}

    def add(self, record: Record) -> None:
        """Take the next record."""
        match record:
            case Scheduled(turn=turn):
                self.turns.append(turn)
                self.open[turn.first] = turn
                self.next_index = max(self.next_index, turn.first + turn.count)
            case Done():
                if self.open.pop(record.first, None) is None:
                    return
                self.counts.add(record.counts)
                self.seconds = max(self.seconds, record.at)
                for signature, count in record.repeated.items():
                    self.repeated[signature] = self.repeated.get(signature, 0) + count
            case Admitted(core=core, entry=entry):
                self.corpora[core].add(entry)
            case Found():
                self.found[record.case] = record
            case Kept(case=case):
                self.kept.add(case)
            case Decided():
                self.decided.append(record)
            case Begun():
                raise StoreError("the journal begins twice", hint="two campaigns were written to one folder")

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


def refuse_others(before: Begun, now: Begun) -> None:
    """Make sure that a campaign goes on with what it began with.

    Raises:
        UsageError: something is different; the details say what.
    """
    differences = [
        f"{what}: {one} then, {other} now"
        for what, one, other in zip(_NAMES, _identity(before), _identity(now), strict=True)
        if one != other
    ]
    if differences:
        raise UsageError(
            "the campaign was begun with something else than what is here now: " + "; ".join(differences),
            hint="start a new campaign; a result of two versions would be one of neither",
        )


_NAMES = ("seed", "worker", "generators", "limits", "targets", "coverage by", "cores")


def _identity(begun: Begun) -> tuple[str, ...]:
    targets = (
        f"{info.name} {info.version}{f' ({info.runner_sha256[:12]})' if info.runner_sha256 else ''}"
        f"{f' with the fault {info.planted}' if info.planted else ''}"
        for info in begun.targets
    )
    limits = begun.limits
    return (
        str(begun.seed),
        str(begun.worker),
        ", ".join(begun.generators),
        f"{limits.wall_ms} ms, {limits.memory_mb} MB, {limits.output_mb} MB of output",
        ", ".join(targets),
        begun.probe or "nothing",
        ", ".join(_core(core) for core in begun.cores),
    )


def _core(core: CoreRecord) -> str:
    inputs = hashlib.sha256(repr((core.inputs, core.seeds)).encode()).hexdigest()
    return f"{core.name} ({core.guest_elf_sha256[:12]}, {core.native_sha256[:12]}, inputs {inputs[:12]})"


def regenerate(remembered: Remembered, case_id: str) -> Case:
    """A case of the campaign once more, from what the journal says.

    Raises:
        InputError: the campaign has no such case.
    """
    worker, index = parse_case_id(case_id)
    turn = next((turn for turn in remembered.turns if turn.worker == worker and index in turn), None)
    if turn is None:
        raise InputError(
            f"the campaign has no case {worker}:{index}",
            hint=f"its cases are {remembered.begun.worker}:0 to "
            f"{remembered.begun.worker}:{remembered.next_index - 1}",
        )
    inputs = next(core.inputs for core in remembered.begun.cores if core.name == turn.core)
    maker = CaseMaker(decode_inputs(inputs), seed=remembered.begun.seed)
    return maker.case(turn, index, remembered.corpora[turn.core])
