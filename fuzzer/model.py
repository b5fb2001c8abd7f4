"""The words of the harness as frozen values: case, outcome, verdict, finding.

Everything here is plain data without I/O. Durations are nanoseconds and memory sizes are bytes, unless a
name says otherwise. Target misbehaviour is a `Status`, never an exception.
"""

from enum import StrEnum

import msgspec

VERSION = "0.1.0"
"""Version of the harness."""

SCHEMA_VERSION = 1
"""Version of every document the harness writes; readers accept this one and older ones."""

NATIVE = "native"
"""Name of the target that every other target is compared with, where the program is a core."""

RVREF = "rvref"
"""Name of the target that every other target is compared with, where the program is a generated one."""


class Status(StrEnum):
    """How one run on one target ended."""

    OK = "ok"
    """The program ended by itself with exit code 0."""
    PANIC = "panic"
    """The program ended by itself and says it failed: a panic, or an exit code other than 0."""
    CRASH = "crash"
    """The program, or the executor under it, was ended by a signal or a fault of its own."""
    TIMEOUT = "timeout"
    """The wall limit ended it."""
    LIMIT = "limit"
    """The output limit ended it."""
    OOM = "oom"
    """The memory limit ended it."""
    UNSUPPORTED = "unsupported"
    """The program asked for something that this target does not offer; the message names it."""
    ERROR = "error"
    """The runner failed; nothing is known about the program."""


RVREF_FAULTY = "rvref-faulty"
"""Name of the target that is the reference with a fault planted in it."""


class Generator(StrEnum):
    """What makes cases; the words of the column `generator` of `summary.csv`."""

    HAND_WRITTEN = "hand_written"
    MUTATED = "mutated"
    GENERATED = "generated"
    RISCV = "riscv"
    """Instruction programs that end by themselves and touch only memory that is theirs."""
    RISCV_NEGATIVE = "riscv-negative"
    """Instruction programs that do something forbidden: only how they end is compared."""
    RISCV_NAIVE = "riscv-naive"
    """Random instructions, as a baseline to measure `riscv` against."""


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """Where a case comes from (columns of `summary.csv` of the same names)."""

    generator: str = "hand_written"
    base_seed: str = ""
    mutation_ops: tuple[str, ...] = ()
    rng_seed: str = ""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to run: a program's name and the buffers it reads, in order."""

    core: str
    input_name: str
    """Path of the input file relative to the project, or a name that the generator gave."""
    buffers: tuple[bytes, ...]
    """One entry for each `read` or `read_vec` of the guest, as `SP1Stdin` has them."""
    provenance: Provenance = Provenance()


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one run may use before its runner ends it."""

    wall_ms: int = 30_000
    memory_mb: int = 2_048
    output_mb: int = 64


class Record(StrEnum):
    """Which results get a run log; each of them gets its rows in the summary."""

    ALL = "all"
    FINDINGS = "findings"
    """Those that are not equal."""


class FailureKind(StrEnum):
    """How a runner failed its harness; nothing of it is the program's doing for sure."""

    SILENT = "silent"
    """It did not answer long after the wall limit."""
    DIED = "died"
    """It, or its pipe, ended."""
    UNREADABLE = "unreadable"
    """It sent what does not parse."""
    UNFIT = "unfit"
    """It sent what parses and is not of the form that it should have."""


class RunnerFailure(msgspec.Struct, frozen=True, kw_only=True):
    """That a runner failed, and what it left."""

    kind: FailureKind
    body: bytes = b""
    """What it sent, or the last that it printed on standard error."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one target did with one case."""

    status: Status
    exit_code: int | None = None
    signal: int | None = None
    """The signal that ended the process (`crash` only)."""
    stream: bytes = b""
    """All committed bytes, in order. What a `timeout`, `crash` or `oom` had committed may be missing."""
    commit_ends: tuple[int, ...] | None = None
    """Offset in `stream` at which each commit ends; None where the target knows only the stream."""
    message: str = ""
    """The panic message, the fault, or the limit that was reached."""
    stdout: bytes = b""
    stderr: bytes = b""
    """What the guest printed, cut at a bound."""
    cycles: int | None = None
    elapsed_ns: int = 0
    """Wall time of the run itself, without loading the program."""
    peak_memory: int | None = None
    coverage: bytes = b""
    """What the run covered, in the target's own form; empty where that was not asked for or is not known."""
    reads: tuple[bytes, ...] = ()
    """What each read was to be, as `fuzzer.generate.reads` takes it; empty where that was not asked for."""
    failure: RunnerFailure | None = None
    """Set where the runner itself failed: the outcome is then the harness's word, not the runner's."""


class VerdictKind(StrEnum):
    """What comparing two outcomes says."""

    AGREE = "agree"
    DIVERGE = "diverge"
    INCONCLUSIVE = "inconclusive"


class Symptom(StrEnum):
    """What a divergence is about, most severe first (severity order of the closed-loop document)."""

    OUTPUT = "output"
    """Both ended well and committed different bytes, or ended with different exit codes."""
    LOST_PANIC = "lost-panic"
    """One panicked and the other did not, or they panicked after different commits."""
    CRASH = "crash"
    """One crashed and the other ended by itself."""
    HANG = "hang"
    """One ended and the other did not within three times the limit, alone on the machine."""
    ROBUSTNESS = "robustness"
    """Both crashed, in ways of different kinds."""


class FirstDifference(msgspec.Struct, frozen=True, kw_only=True):
    """Where two commit streams part."""

    commit: int
    """Number of the commit, from 1."""
    byte: int
    """Offset inside that commit, from 0."""
    offset: int
    """Offset in the whole stream, from 0."""
    reference: bytes
    other: bytes
    """A few bytes from that offset on, on each side; empty where a stream has ended."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The result of comparing a target's outcome with the reference's."""

    kind: VerdictKind
    reason: str = ""
    """Empty when they agree and something was compared; otherwise one line for people."""
    symptom: Symptom | None = None
    first_difference: FirstDifference | None = None
    compared: bool = True
    """False when there was nothing to hold against each other (both timed out, a limit was reached)."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """One target's outcome beside its verdict against the reference."""

    target: str
    outcome: Outcome
    verdict: Verdict
    confirmed: int = 0
    """How many of the confirming runs in fresh processes showed the same divergence."""
    attempts: int = 0
    """How many confirming runs were made."""
    allowed_by: str = ""
    """Id of the entry in `inputs/allowed_divergences.toml` that accepts this difference."""

    @property
    def equal(self) -> bool:
        """The `equal` column of `summary.csv`: nothing less than agreement is true."""
        return self.verdict.kind is VerdictKind.AGREE

    @property
    def is_finding(self) -> bool:
        """A divergence that every confirming run repeated and that no entry allows."""
        return (
            self.verdict.kind is VerdictKind.DIVERGE
            and self.attempts > 0
            and self.confirmed == self.attempts
            and not self.allowed_by
        )

    @property
    def is_flaky(self) -> bool:
        """A divergence that some confirming run did not repeat."""
        return self.verdict.kind is VerdictKind.DIVERGE and self.confirmed < self.attempts


class CaseResult(msgspec.Struct, frozen=True, kw_only=True):
    """One case on every target: the reference's outcome and a comparison for each other target."""

    case: Case
    reference: Outcome
    comparisons: tuple[Comparison, ...]
    reference_name: str = NATIVE
    """The target that the others are held against: `native` for a core, `rvref` for a generated program."""


class Fault(msgspec.Struct, frozen=True):
    """A way for `rvref-faulty` to be wrong."""

    name: str
    group: str
    description: str


class TargetInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a target says of itself, for artifacts and tables."""

    name: str
    version: str
    """Version of the zkVM (`6.10.0`), or of rustc for `native`."""
    runner_sha256: str = ""
    planted: str = ""
    """The fault that was planted on purpose (`--plant`); empty in every real run."""


class CoreInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Which build of which core ran, for artifacts."""

    name: str
    path: str
    """Folder of the crate, relative to the project."""
    sources_sha256: str
    guest_elf_sha256: str
    sp1_zkvm_version: str
    rustc_version: str
    """The host's rustc, as `rustc 1.95.0`."""
    guest_rustc_version: str
    crate: str = ""
    """Folder of the crate in a copy of its sources, such as a finding's `core.tar.gz`."""
    bin: str = ""
    features: tuple[str, ...] = ()
