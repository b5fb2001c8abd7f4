"""Whom to suspect, from which targets differ; and how far a finding reaches."""

import msgspec
import pytest
from sample_results import FLIPPED, OK, TIMEOUT, result

from fuzzer.gate.incident import risk_level, root_cause
from fuzzer.model import RVREF, CaseResult, Outcome, Status
from fuzzer.store.incident import RiskLevel, RootCause

OTHER = Outcome(status=Status.OK, exit_code=0, stream=b"\x2c\0\0\0")


def by_reference(of: CaseResult) -> CaseResult:
    """The same of an instruction program, whose reference is the executor `rvref`."""
    return msgspec.structs.replace(of, reference_name=RVREF)


@pytest.mark.parametrize(
    ("of", "cause"),
    [
        (result(OK, OK, OK), RootCause.UNKNOWN),
        (result(TIMEOUT, OK, OK), RootCause.UNKNOWN),
        (result(FLIPPED, OK, OK), RootCause.JIT),
        (result(FLIPPED, OK), RootCause.JIT),
        (result(FLIPPED, TIMEOUT, OK), RootCause.EXECUTOR),
        (result(FLIPPED, FLIPPED, OK), RootCause.EXECUTOR),
        (result(FLIPPED, FLIPPED, FLIPPED), RootCause.CORE),
        (result(FLIPPED, FLIPPED, OTHER), RootCause.UNKNOWN),
        (result(FLIPPED, FLIPPED), RootCause.UNKNOWN),
        (result(FLIPPED), RootCause.UNKNOWN),
        (result(OK, FLIPPED, OK), RootCause.EXECUTOR),
        (by_reference(result(FLIPPED, OK)), RootCause.JIT),
        (by_reference(result(FLIPPED)), RootCause.EXECUTOR),
    ],
)
def test_suspicion_falls_on_what_only_the_differing_targets_share(of: CaseResult, cause: RootCause) -> None:
    found, because = root_cause(of)
    assert found is cause
    assert because


@pytest.mark.parametrize(
    ("facts", "level"),
    [
        ({"shows": False, "cores": 9, "versions": 9}, RiskLevel.NONE),
        ({}, RiskLevel.ISOLATED),
        ({"cases": 2, "severity": "high"}, RiskLevel.CONTAINED),
        ({"cases": 2}, RiskLevel.SYSTEMIC),
        ({"cores": 2}, RiskLevel.SYSTEMIC),
        ({"versions": 2}, RiskLevel.SYSTEMIC),
    ],
)
def test_how_far_it_reaches_follows_the_written_table(facts: dict[str, object], level: RiskLevel) -> None:
    ordinary = {"shows": True, "cores": 1, "cases": 1, "versions": 1, "severity": "critical"}
    assert risk_level(**{**ordinary, **facts}) is level  # type: ignore[arg-type]
