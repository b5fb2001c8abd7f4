"""What a run or a campaign checked, in the form that other tools take: the base of JUnit and SARIF. Pure."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from fuzzer.model import CaseResult, Status, VerdictKind
from fuzzer.report import results
from fuzzer.report.campaign_page import CampaignFacts
from fuzzer.report.status import count_of
from fuzzer.report.words import counted
from fuzzer.store.campaign import FoundRecord
from fuzzer.store.run_log import RunLog
from fuzzer.triage.signature import attribution, signature, worst_symptom

ARTIFACTS = "artifacts"
_NS = 1_000_000_000


class Ended(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    """It differs, and that was confirmed or does not always repeat."""
    UNCLEAR = "unclear"
    """Nothing could be compared."""
    ERROR = "error"
    """The harness could not do its part."""


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One check: a case of a run; of a campaign, a finding or a part without one."""

    group: str
    """The core, or the generator of programs."""
    name: str
    ended: Ended
    seconds: float = 0.0
    reason: str = ""
    """Empty where it passed."""
    signature: str = ""
    """Of a difference."""
    symptom: str = ""
    is_flaky: bool = False
    hits: int = 1
    """Cases that showed it."""
    attribution: str = ""
    run_id: str = ""
    file: str = ""
    """Of a difference, the file that it is best seen in: relative to the project, with `/`."""

    @property
    def repro(self) -> str:
        """What to type to run it again; empty where nothing was kept."""
        return f"bash {ARTIFACTS}/{self.run_id}/repro.sh" if self.run_id else ""


class Checks(msgspec.Struct, frozen=True, kw_only=True):
    """All checks of a run or a campaign."""

    title: str
    created_utc: str
    seconds: float
    end: str
    properties: Mapping[str, str]
    """Versions of targets and the like."""
    checks: tuple[Check, ...]

    @property
    def compared_nothing(self) -> bool:
        """Whether there is nothing that could be green."""
        return not any(check.ended in (Ended.PASSED, Ended.FAILED) for check in self.checks)


def check_of(result: CaseResult, run_id: str) -> Check:
    """The check that a case of a run is."""
    word = results.verdict_word(result)
    differing = [entry for entry in result.comparisons if entry.verdict.kind is VerdictKind.DIVERGE]
    outcomes = [result.reference, *(entry.outcome for entry in result.comparisons)]
    failed = word in ("DIVERGE", "flaky")
    return Check(
        group=result.case.core,
        name=result.case.input_name,
        ended=_ended(word, is_error=any(outcome.status is Status.ERROR for outcome in outcomes)),
        seconds=sum(outcome.elapsed_ns for outcome in outcomes) / _NS,
        reason="; ".join(results.reasons(result)),
        signature=signature(result) if failed else "",
        symptom=worst_symptom([entry.verdict.symptom for entry in differing]) if failed else "",
        is_flaky=word == "flaky",
        attribution=attribution(result) if failed else "",
        run_id=run_id if word != "agree" else "",
        file=result.case.input_name,
    )


def _ended(word: str, *, is_error: bool) -> Ended:
    if word in ("DIVERGE", "flaky"):
        return Ended.FAILED
    if is_error:
        return Ended.ERROR
    return Ended.UNCLEAR if word == "inconclusive" else Ended.PASSED


def checks_of(evidence: CampaignFacts) -> Checks:
    """The checks of a campaign: one for each finding, and one for each part that has none."""
    record = evidence.record
    found = [_finding(each, evidence.logs.get(each.run_id)) for each in record.findings]
    parts = (*record.cores, *(name for name in record.generators if name.startswith("riscv")))
    spoiled = {check.group for check in found}
    compared = count_of(record, "compared")
    passed = [
        Check(
            group=part,
            name="no finding",
            ended=Ended.PASSED if compared else Ended.UNCLEAR,
            reason="" if compared else "nothing was compared",
        )
        for part in parts or (record.generator,)
        if part not in spoiled
    ]
    return Checks(
        title=f"campaign {record.campaign_id}",
        created_utc=record.created_utc,
        seconds=record.seconds,
        end=evidence.state,
        properties={
            "seed": str(record.seed),
            "cases": str(count_of(record, "cases")),
            "comparisons": str(compared),
            "planted": record.planted,
            **{f"target.{target.name}": target.version for target in record.targets},
        },
        checks=(*found, *passed),
    )


def _finding(found: FoundRecord, log: RunLog | None) -> Check:
    return Check(
        group=found.core,
        name=found.signature,
        ended=Ended.FAILED,
        reason=log.diff.reason if log else f"{found.signature}, in {counted(found.programs, 'case')}",
        signature=found.signature,
        symptom=found.symptom or (worst_symptom([entry.symptom for entry in log.comparisons]) if log else ""),
        hits=found.programs,
        attribution=log.attribution if log else "",
        run_id=found.run_id,
        file=_file(found, log),
    )


def _file(found: FoundRecord, log: RunLog | None) -> str:
    """The manifest of the crate of a core; of a generated program, the page of the finding."""
    if log and log.core.path:
        return f"{log.core.path}/Cargo.toml"
    return f"{ARTIFACTS}/{found.run_id}/README.md"
