"""The signature of a divergence, and whom to suspect. Pure.

Both rest on the sides: which targets did the same. The reference's side comes first.
"""

from collections.abc import Iterable, Sequence

import msgspec

from fuzzer.compare.compare import compare
from fuzzer.model import NATIVE, CaseResult, Comparison, Outcome, Symptom, Verdict, VerdictKind

_BRANCHES = frozenset({"beq", "bne", "blt", "bge", "bltu", "bgeu"})
_TARGET = "target of "
"""At these places the symptom only says what the program happens to hold where it wrongly goes."""


def target_of(jump: str) -> str:
    """The place of a jump that leads executors apart, and not only by the register that it writes."""
    return f"{_TARGET}{jump}"


_ZERO = "x0 of "
"""At these places the symptom only says what became of the first use of x0."""


def zero_of(operation: str) -> str:
    """The place of an operation that changes x0."""
    return f"{_ZERO}{operation}"


class _Side(msgspec.Struct, frozen=True):
    """Targets that did the same; `verdict` is the one that set them apart from the reference."""

    targets: tuple[str, ...]
    outcome: Outcome
    verdict: Verdict


def signature(result: CaseResult, *, place: str = "") -> str:
    """Who disagrees with whom, on what, where: `fib: native | sp1, sp1-portable: output at commit 3`.

    Equal bugs give equal signatures: nothing of the input or of the committed bytes is in it. `place` says
    better than the number of the commit where it is. Empty when no target diverges.
    """
    others = _diverging_sides(result.comparisons)
    if not others:
        return ""
    sides = [_reference_side(result), *(side.targets for side in others)]
    symptoms = dict.fromkeys(_symptom(side.verdict, place) for side in others)
    return f"{result.case.core}: {' | '.join(map(', '.join, sides))}: {' | '.join(symptoms)}"


def attribution(result: CaseResult) -> str:
    """Whom to suspect of a divergence, as one plain sentence; empty when no target diverges."""
    others = _diverging_sides(result.comparisons)
    if not others:
        return ""
    reference = result.reference_name
    agreeing = _reference_side(result)[1:]
    apart = [target for side in others for target in side.targets]
    if len(agreeing) + len(apart) == 1:
        alone = f"only {apart[0]} can be held against {reference}"
        return f"{alone}: another executor would tell which one to suspect"
    if len(others) > 1:
        sides = " | ".join(", ".join(side.targets) for side in others)
        return f"the executors differ among themselves ({sides}): suspect an executor first"
    if not agreeing:
        return _all_against(reference, apart)
    if len(apart) == 1:
        return f"{apart[0]} stands alone: suspect its executor"
    return (
        f"{', '.join(apart)} differ alike from {reference} and {', '.join(agreeing)}: suspect what they share"
    )


def _all_against(reference: str, apart: Sequence[str]) -> str:
    if reference == NATIVE:
        return "the executors agree: suspect the guest build (compiler, width, library), not the executor"
    return f"{reference} stands alone: suspect it first, or what {', '.join(apart)} share"


def _reference_side(result: CaseResult) -> tuple[str, ...]:
    """The reference and the targets that were seen to agree with it."""
    agreeing = (entry.target for entry in result.comparisons if entry.equal and entry.verdict.compared)
    return (result.reference_name, *agreeing)


def _diverging_sides(comparisons: Sequence[Comparison]) -> list[_Side]:
    sides: list[_Side] = []
    for entry in comparisons:
        if entry.verdict.kind is not VerdictKind.DIVERGE:
            continue
        for place, side in enumerate(sides):
            if compare(side.outcome, entry.outcome).kind is VerdictKind.AGREE:
                sides[place] = msgspec.structs.replace(side, targets=(*side.targets, entry.target))
                break
        else:
            sides.append(_Side((entry.target,), entry.outcome, entry.verdict))
    return sides


def _symptom(verdict: Verdict, place: str) -> str:
    if place in _BRANCHES or place.startswith(_TARGET):
        return f"wrong way at {place.removeprefix(_TARGET)}"
    if place.startswith(_ZERO):
        return f"wrong x0 at {place.removeprefix(_ZERO)}"
    symptom = verdict.symptom.value if verdict.symptom else "difference"
    if place:
        return f"{symptom} at {place}"
    commit = verdict.first_difference
    return f"{symptom} at commit {commit.commit}" if commit else symptom


def worst_symptom(symptoms: Iterable[Symptom | None]) -> str:
    """The most severe of them; empty where none is known."""
    order = list(Symptom)
    known = [symptom for symptom in symptoms if symptom is not None]
    return min(known, key=order.index).value if known else ""
