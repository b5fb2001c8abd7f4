"""From one finding's runs over targets and releases to its root cause and how far it reaches. Pure."""

from collections.abc import Collection, Sequence

from fuzzer.gate.severity import Severity
from fuzzer.model import NATIVE, RVREF, CaseResult, VerdictKind
from fuzzer.store.incident import RiskLevel, RootCause

JIT_TARGET = "sp1"
"""The target whose executor translates to machine code."""
_INTERPRETER = "sp1-portable"
"""The same, interpreting: where it agrees, translating is what differs."""


def root_cause(result: CaseResult) -> tuple[RootCause, str]:
    """Which part is to be suspected, and what that was told from.

    A guest that runs alike in independent executors and differs from the host was built differently; where
    only executors differ, it is one of them. A difference in proving needs a target that proves.
    """
    apart = [entry.target for entry in result.comparisons if entry.verdict.kind is VerdictKind.DIVERGE]
    beside = [
        entry.target
        for entry in result.comparisons
        if entry.verdict.kind is VerdictKind.AGREE and entry.verdict.compared
    ]
    if not apart:
        return RootCause.UNKNOWN, "it does not show on any target now"
    if any("prove" in target for target in apart) and not any("prove" in target for target in beside):
        return RootCause.PROVER, f"{_and(apart)} stands apart: only proving differs"
    names = {target.partition("@")[0] for target in apart}
    agreeing = [result.reference_name, *beside]
    interpreted = any(target.partition("@")[0] == _INTERPRETER for target in beside)
    if names == {JIT_TARGET} and interpreted:
        return (
            RootCause.JIT,
            f"{_and(apart)} stands alone against {_and(agreeing)}: only translated code differs",
        )
    if beside or result.reference_name == RVREF:
        return RootCause.EXECUTOR, f"{_and(apart)} differs from {_and(agreeing)}, which run the same program"
    if RVREF in apart and len(apart) > 1 and _alike(result, apart):
        return RootCause.CORE, f"{_and(apart)} agree with one another against {NATIVE}: {_BUILD}"
    return (
        RootCause.UNKNOWN,
        f"{_and(apart)} differ from {result.reference_name} alone: too few took part to tell",
    )


_BUILD = (
    "the guest as it was built does that, so suspect the core first (pointer width, undefined order, time), "
    "then a library that is another one on the guest, then the guest's compiler"
)


def _alike(result: CaseResult, apart: Collection[str]) -> bool:
    outcomes = [entry.outcome for entry in result.comparisons if entry.target in apart]
    return len({(outcome.status, outcome.stream) for outcome in outcomes}) == 1


def risk_level(*, shows: bool, cores: int, cases: int, versions: int, severity: str) -> RiskLevel:
    """How far a finding reaches, by a written table.

    none: it does not show any more. systemic: several cores, or several releases or targets, or a silent
    wrong output that more than one case shows. contained: more than one case. isolated: the rest.
    """
    if not shows:
        return RiskLevel.NONE
    if cores > 1 or versions > 1 or (severity == Severity.CRITICAL and cases > 1):
        return RiskLevel.SYSTEMIC
    return RiskLevel.CONTAINED if cases > 1 else RiskLevel.ISOLATED


def _and(names: Sequence[str]) -> str:
    return ", ".join(names)
