"""Results as tests of several packages need them: what differs is spelled out, the rest is ordinary."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from fuzzer.compare.compare import compare
from fuzzer.model import (
    NATIVE,
    Case,
    CaseResult,
    Comparison,
    CoreInfo,
    Limits,
    Outcome,
    Provenance,
    Status,
    TargetInfo,
    VerdictKind,
)
from fuzzer.store.run_log import RecordedCase

NOON = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
OK = Outcome(status=Status.OK, exit_code=0, stream=b"\x2a\0\0\0", commit_ends=(4,), elapsed_ns=1_400_000)
FLIPPED = Outcome(status=Status.OK, exit_code=0, stream=b"\x2b\0\0\0", elapsed_ns=31_900_000)
PANIC = Outcome(status=Status.PANIC, exit_code=1, message="index out of bounds")
TIMEOUT = Outcome(status=Status.TIMEOUT, elapsed_ns=30_000_000_000)
OOM = Outcome(status=Status.OOM, message="2,048 MB reached")


def comparison(target: str, other: Outcome, *, reference: Outcome = OK, repeated: int = 3) -> Comparison:
    """A comparison as a campaign makes it: divergences were confirmed, `repeated` times of 3."""
    verdict = compare(reference, other, other_name=target)
    diverges = verdict.kind is VerdictKind.DIVERGE
    return Comparison(
        target=target,
        outcome=other,
        verdict=verdict,
        confirmed=repeated if diverges else 0,
        attempts=3 if diverges else 0,
    )


def result(
    *others: Outcome, reference: Outcome = OK, core: str = "fib", buffers: Sequence[bytes] = (b'{"n":24}',)
) -> CaseResult:
    """The outcomes of `sp1`, `sp1-portable` and `rvref`, as many as are given, beside the reference's."""
    targets = ("sp1", "sp1-portable", "rvref")
    return CaseResult(
        case=Case(
            core=core,
            input_name=f"inputs/{core}_24.json",
            buffers=tuple(buffers),
            provenance=Provenance(),
        ),
        reference=reference,
        comparisons=tuple(
            comparison(target, other, reference=reference)
            for target, other in zip(targets, others, strict=False)
        ),
    )


def recorded(of: CaseResult, *, planted: str = "", sources: Path | None = None) -> RecordedCase:
    """A result with the builds and versions it was obtained with; `planted` is a fault of `sp1`."""
    core = of.case.core
    return RecordedCase(
        result=of,
        core=CoreInfo(
            name=core,
            path=f"cores/{core}",
            sources_sha256="5" * 64,
            guest_elf_sha256="e" * 64,
            sp1_zkvm_version="6.10.0",
            rustc_version="rustc 1.95.0",
            guest_rustc_version="rustc 1.96.0",
        ),
        targets={
            NATIVE: TargetInfo(name=NATIVE, version="1.95.0"),
            "sp1": TargetInfo(name="sp1", version="6.10.0", planted=planted),
            "sp1-portable": TargetInfo(name="sp1-portable", version="6.10.0"),
            "rvref": TargetInfo(name="rvref", version="0.1.0"),
        },
        limits=Limits(),
        sources=sources,
    )
