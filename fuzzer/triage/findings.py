"""Findings by signature, with their severity and state. Pure."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import msgspec

from fuzzer.errors import UsageError, closest
from fuzzer.model import Case, Symptom, TargetInfo, VerdictKind
from fuzzer.triage.allowed import AllowedDivergence, AllowedDivergences
from fuzzer.triage.marks import Mark, State, mark_of

_ID_DIGITS = 8
_SEVERITIES = list(Symptom)
_SHOWN_MATCHES = 5


class DifferingTarget(msgspec.Struct, frozen=True, array_like=True):
    """A target that differs in a run."""

    name: str
    version: str
    symptom: Symptom


class FoundRun(msgspec.Struct, frozen=True, array_like=True):
    """A run that differs, in short."""

    run_id: str
    created: str
    """`2026-11-21T14:05:59Z`."""
    signature: str
    core: str
    input: str
    targets: tuple[DifferingTarget, ...]
    planted: bool
    flaky: bool


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """All runs of one signature, the oldest first."""

    signature: str
    runs: tuple[FoundRun, ...]
    mark: Mark
    accepted_by: AllowedDivergence | None

    @property
    def id(self) -> str:
        """A short name of the signature."""
        return id_of(self.signature)

    @property
    def symptom(self) -> Symptom:
        """The most severe one."""
        shown = {target.symptom for run in self.runs for target in run.targets}
        return min(shown, key=_SEVERITIES.index)

    @property
    def state(self) -> State:
        """Where it stands."""
        return State.ACCEPTED if self.accepted_by else self.mark.state

    @property
    def shown_again(self) -> str:
        """The day of the last run, where that is after the one that it was marked as fixed on; else empty."""
        since, day = self.mark.since, self.last.created[:10]
        is_later = self.mark.state is State.FIXED and since is not None and day > since.isoformat()
        return day if is_later else ""

    @property
    def first(self) -> FoundRun:
        """The run that showed it first."""
        return self.runs[0]

    @property
    def last(self) -> FoundRun:
        """The run that showed it last."""
        return self.runs[-1]

    def age_days(self, today: date) -> int:
        """Days since it was first seen."""
        return (today - date.fromisoformat(self.first.created[:10])).days


def id_of(signature: str) -> str:
    """A short name of a signature."""
    return hashlib.sha256(signature.encode()).hexdigest()[:_ID_DIGITS]


def findings_of(
    runs: Iterable[FoundRun],
    marks: Mapping[str, Mark],
    allowed: AllowedDivergences,
    today: date,
    *,
    everything: bool = False,
) -> list[Finding]:
    """Findings, the most severe and then the latest first; planted and flaky ones only with `everything`."""
    grouped: dict[str, list[FoundRun]] = {}
    for run in runs:
        if everything or not (run.planted or run.flaky):
            grouped.setdefault(run.signature, []).append(run)
    found = [
        Finding(
            signature=signature,
            runs=tuple(sorted(group, key=lambda run: run.run_id)),
            mark=mark_of(marks, signature),
            accepted_by=_accepted_by(group, allowed, today),
        )
        for signature, group in grouped.items()
    ]
    found.sort(key=lambda finding: finding.last.created, reverse=True)
    return sorted(found, key=lambda finding: _SEVERITIES.index(finding.symptom))


def _accepted_by(
    runs: Sequence[FoundRun], allowed: AllowedDivergences, today: date
) -> AllowedDivergence | None:
    """An entry in force, where each differing target of each run is covered by one."""
    used = [
        next((entry for entry in allowed.in_force(today) if _covers(entry, run, target)), None)
        for run in runs
        for target in run.targets
    ]
    return used[-1] if used and all(used) else None


def _covers(entry: AllowedDivergence, run: FoundRun, target: DifferingTarget) -> bool:
    case = Case(core=run.core, input_name=run.input, buffers=())
    info = TargetInfo(name=target.name, version=target.version)
    return entry.covers(case, info, target.symptom, signature=run.signature)


def chosen(findings: Sequence[Finding], wanted: str) -> Finding:
    """The finding that a text names: its id, its signature or a part of it, or the id of one of its runs.

    Raises:
        UsageError: there is none, or several.
    """
    exact = [
        finding
        for finding in findings
        if wanted in (finding.id, finding.signature) or any(run.run_id == wanted for run in finding.runs)
    ]
    matches = exact or [finding for finding in findings if wanted in finding.signature]
    if len(matches) == 1:
        return matches[0]
    if matches:
        shown = "; ".join(f"{finding.id} {finding.signature}" for finding in matches[:_SHOWN_MATCHES])
        raise UsageError(f"`{wanted}` is in {len(matches)} signatures", hint=f"name one by its id: {shown}")
    ids = [finding.id for finding in findings]
    hint = closest(wanted, ids) if findings else "`fuzz triage` lists those of this project"
    raise UsageError(f"no finding `{wanted}`", hint=hint)


def acceptances(finding: Finding, *, reason: str, link: str, expires: date) -> list[dict[str, object]]:
    """The entries of `allowed_divergences.toml` that accept a finding, on the versions that showed it."""
    targets = {target for run in finding.runs for target in run.targets}
    return [
        {
            "id": f"{acceptance_prefix(finding.signature)}{symptom}",
            "core": finding.first.core,
            "signature": finding.signature,
            "targets": sorted({target.name for target in targets if target.symptom is symptom}),
            "versions": sorted({target.version for target in targets if target.symptom is symptom}),
            "symptom": symptom.value,
            "reason": reason,
            "link": link or "none",
            "expires": expires,
        }
        for symptom in _SEVERITIES
        if any(target.symptom is symptom for target in targets)
    ]


def acceptance_prefix(signature: str) -> str:
    """What the ids of these entries begin with."""
    return f"triage-{id_of(signature)}-"


class FoundTarget(msgspec.Struct, frozen=True):
    """A target of a run log, as far as the index reads it."""

    name: str
    version: str


class _Ran(msgspec.Struct, frozen=True):
    target: FoundTarget


class _Compared(msgspec.Struct, frozen=True):
    target: str
    kind: VerdictKind
    symptom: Symptom | None
    confirmed: int
    attempts: int


class _Core(msgspec.Struct, frozen=True):
    name: str


class _Input(msgspec.Struct, frozen=True):
    path: str


class LogHead(msgspec.Struct, frozen=True):
    """What of a run log says which finding it is; the other fields are passed over."""

    run_id: str
    created_utc: str
    core: _Core
    input: _Input
    planted: str
    signature: str
    comparisons: tuple[_Compared, ...]
    targets: tuple[_Ran, ...]

    def found(self) -> FoundRun | None:
        """The run in short; None when no target diverges."""
        versions = {ran.target.name: ran.target.version for ran in self.targets}
        diverging = [entry for entry in self.comparisons if entry.kind is VerdictKind.DIVERGE]
        if not diverging or not self.signature:
            return None
        return FoundRun(
            run_id=self.run_id,
            created=self.created_utc,
            signature=self.signature,
            core=self.core.name,
            input=self.input.path,
            targets=tuple(
                DifferingTarget(entry.target, versions.get(entry.target, ""), entry.symptom or Symptom.OUTPUT)
                for entry in diverging
            ),
            planted=bool(self.planted),
            flaky=any(entry.confirmed < entry.attempts for entry in diverging),
        )
