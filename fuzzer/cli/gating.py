"""Running a gate on what artifacts hold: its status, its report and its line in the ledger are kept."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import msgspec
from rich.text import Text

from fuzzer.campaign.evidence import Evidence, load_results, load_tests
from fuzzer.cli.session import Session
from fuzzer.cli.status_document import problems_of
from fuzzer.cli.subject import utc_now
from fuzzer.errors import ConfigError, ExitCode, StoreError, UsageError
from fuzzer.gate.enforce import has_compared
from fuzzer.gate.judge import baseline_of, judge, judge_file, ledger_entry
from fuzzer.gate.metric_table import metric_rows
from fuzzer.gate.policy import POLICY_NAME, Policy, parse_policy
from fuzzer.gate.quality import QUALITY_PATH, mutation_score
from fuzzer.gate.regressions import Regressions, stand_of
from fuzzer.gate.status import Provenance, build_status
from fuzzer.report.gate_page import GateView, finding_cards, render_gate
from fuzzer.store.artifact_store import ArtifactFile, ArtifactStore
from fuzzer.store.decision import (
    GATE_DECISION_NAME,
    GATE_REPORT_NAME,
    GateCheck,
    GateResult,
    RunMode,
    evidence_problem,
    gate_files,
    keep_gate,
    read_signed,
)
from fuzzer.store.quality_ledger import LedgerEntry, add_entry, read_ledger
from fuzzer.store.regression_tests import GateVerdict
from fuzzer.store.seal import broken_seal, seal_again
from fuzzer.store.status import (
    STATUS_BASELINE_NAME,
    STATUS_NAME,
    External,
    Metric,
    Status,
    decode_status,
    encode_status,
    read_loosely,
    without_external,
)
from fuzzer.store.tree import read_tree

_Document = TypeVar("_Document", Status, GateResult)
_TO_ROOT = "../.."
"""The artifacts folder as seen from a gate's folder."""


class LoadedPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """A policy, and which file it is."""

    policy: Policy
    path: str
    """Relative to the project, or to the checkout."""
    sha256: str


def load_policy(session: Session, given: Path | None) -> LoadedPolicy:
    """The policy that was named, or the project's, or the one that comes with the harness.

    Raises:
        ConfigError: it cannot be read, or has a mistake in it.
    """
    own = session.project.inputs / POLICY_NAME
    # A link that leads nowhere is there, too: another policy must not take its place unasked.
    path = given or (own if os.path.lexists(own) else session.home.root / "inputs" / POLICY_NAME)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"the policy {path} cannot be read: {error.strerror}", hint="a gate without a policy blocks"
        ) from None
    shown = path.resolve()
    roots = (root for root in (session.project.root, session.home.root) if shown.is_relative_to(root))
    root = next(roots, shown.parent)
    return LoadedPolicy(
        policy=parse_policy(data, name=path.name),
        path=shown.relative_to(root).as_posix(),
        sha256=hashlib.sha256(data).hexdigest(),
    )


class Gating:
    """A gate on a campaign or on runs."""

    def __init__(
        self,
        session: Session,
        store: ArtifactStore,
        *,
        policy: LoadedPolicy,
        mode: RunMode,
        baseline: str = "",
    ) -> None:
        self._session = session
        self._store = store
        self._policy = policy
        self._mode = mode
        self._wanted = baseline

    def run(self, evidence: Evidence) -> GateResult:
        """Judge, and keep the status, the report, the result and a line of the ledger.

        Raises:
            StoreError: documents of an earlier gate are damaged.
        """
        with self._store.lock():  # of two gates at once, each leaves documents that go together
            return self._run(evidence)

    def _run(self, evidence: Evidence) -> GateResult:
        stand = stand_of(
            load_tests(self._store),
            load_results(self._store),
            evidence.measured,
            self._policy.policy.versions,
        )
        for test_id, why in stand.unchecked.items():
            command = f"fuzz regress {subject_words(evidence)}"
            self._session.warn(f"{test_id} is unchecked: {why}; `{command}` runs it")
        changed = broken_seal(self._store, evidence.folder)
        status = self._status(evidence, stand.metrics | self._quality(), changed)
        status = without_secrets(self._store, status)
        history, damaged = read_ledger(self._store)
        if damaged:
            self._session.warn(f"{damaged} lines of the quality ledger cannot be read and are passed over")
        baseline = self._baseline(history, evidence)
        result = judge(
            status,
            self._policy.policy,
            evidence.measured,
            failures=evidence.failures.failures,
            regressions=stand.results,
            baseline=baseline,
            tampered=self._tampered(evidence.folder, changed),
        )
        result = without_secrets(self._store, result)
        entry = ledger_entry(result, status)
        view = self._view(evidence, status, result, baseline, stand, [*history, entry])
        self._keep_status(evidence.folder, status)
        kept = keep_gate(self._store, evidence.folder, result, render_gate(view).encode())
        seal_again(self._store, evidence.folder, gate_files(self._store, evidence.folder))
        add_entry(self._store, msgspec.structs.replace(entry, report_sha256=kept.report_sha256))
        return kept

    def _status(
        self,
        evidence: Evidence,
        further: dict[str, bool | int | float | str],
        changed: Mapping[str, str],
    ) -> Status:
        provenance = Provenance(
            mode=self._mode,
            tree=read_tree(self._session.project.root),
            policy_path=self._policy.path,
            policy_sha256=self._policy.sha256,
            run_key=_machine_key(),
            created_utc=utc_now(),
        )
        return build_status(
            evidence.measured,
            self._policy.policy,
            provenance,
            further=further,
            external=self._external(evidence.folder, changed.get(STATUS_NAME, "")),
        )

    def _keep_status(self, folder: str, status: Status) -> None:
        files = [ArtifactFile(f"{folder}/{STATUS_NAME}", encode_status(status))]
        if isinstance(status.external, External):
            before = without_external(status)
            files.insert(0, ArtifactFile(f"{folder}/{STATUS_BASELINE_NAME}", encode_status(before)))
        self._store.put(files)

    def _quality(self) -> dict[str, Metric]:
        """How good the harness itself is, where that was measured."""
        try:
            score = mutation_score((self._session.home.root / QUALITY_PATH).read_text())
        except (OSError, UnicodeDecodeError):
            return {}
        return {} if score is None else {"mutation_score": score}

    def _external(self, folder: str, problem: str) -> External | None:
        """What other tools said of it before; a status that was augmented keeps that.

        `problem` is what is wrong with the status by the evidence of the folder.
        """
        name = f"{folder}/{STATUS_NAME}"
        if not self._store.exists(name):
            return None
        if problem:
            raise StoreError(
                f"{name} {problem}", hint="remove it, and add results of other tools again after the gate"
            )
        try:
            external = decode_status(self._store.get(name), name=name).external
        except StoreError as error:
            raise StoreError(
                error.message, hint="remove it, and add results of other tools again after the gate"
            ) from None
        return external if isinstance(external, External) else None

    def _baseline(self, history: list[LedgerEntry], evidence: Evidence) -> LedgerEntry | None:
        found = baseline_of(history, subject=evidence.measured.subject, wanted=self._wanted)
        if self._wanted and found is None:
            raise UsageError(f"no gate was run on `{self._wanted}`", hint="`fuzz ledger` lists them")
        return found

    def _tampered(self, folder: str, changed: Mapping[str, str]) -> str:
        """What was changed since it was written: what is judged, or the signed report of the gate before."""
        if problem := evidence_problem(self._store, folder, changed):
            return problem
        if not self._store.exists(f"{folder}/{GATE_DECISION_NAME}"):
            return ""
        try:
            return read_signed(self._store, folder).problem
        except StoreError as error:  # this gate blocks, and leaves a report that the next one can go on from
            return f"the signed report of the gate before: {error.message}"

    def _view(
        self,
        evidence: Evidence,
        status: Status,
        result: GateResult,
        baseline: LedgerEntry | None,
        stand: Regressions,
        history: list[LedgerEntry],
    ) -> GateView:
        before = baseline.metrics if baseline else {}
        cards = finding_cards(
            evidence.failures, evidence.logs, artifacts=self._session.project.artifacts.name, to_root=_TO_ROOT
        )
        return GateView(
            result=result,
            status=status,
            rows=tuple(metric_rows(status.metrics, before, self._policy.policy, result.checks)),
            baseline=baseline,
            failures=evidence.failures,
            cards=cards,
            regressions=stand.results,
            unchecked=stand.unchecked,
            history=tuple(history),
            targets=evidence.measured.targets,
            sign_command=f"fuzz gate sign {subject_words(evidence)}",
        )


def without_secrets(store: ArtifactStore, document: _Document) -> _Document:
    """A document as the store will keep it: the hashes that others hold of it are to be of that."""
    data = store.as_kept(ArtifactFile("document.json", msgspec.json.encode(document))).data
    return msgspec.json.decode(data, type=type(document))


def subject_words(evidence: Evidence) -> str:
    """How a command names what was judged."""
    option = "--campaign" if evidence.folder.startswith("campaigns/") else "--run"
    return f"{option} {evidence.measured.subject}"


def gate_status_file(session: Session, path: Path, policy: LoadedPolicy, mode: RunMode) -> ExitCode:
    """Enforce a policy on a status that somebody made; nothing is written.

    Raises:
        StoreError: it is no status.
        UsageError: the file is not there.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    metrics, gates = read_loosely(data, name=path.name)
    problems = problems_of(data, name=path.name)
    checks, reasons = judge_file(policy.policy, mode, metrics, gates, problems=problems)
    verdict = GateVerdict.BLOCK if reasons else GateVerdict.ALLOW
    show_checks(session, checks)
    show_verdict(session, str(path), verdict, reasons)
    session.emit("gate", {"status": path.name, "verdict": verdict, "reasons": reasons, "run_mode": mode})
    return gate_exit(verdict, metrics)


def gate_exit(verdict: GateVerdict, metrics: Mapping[str, object]) -> ExitCode:
    """The exit code of a gate; one that had nothing to look at says that first."""
    if not has_compared(metrics):
        return ExitCode.NOTHING_COMPARED
    return ExitCode.AGREE if verdict is GateVerdict.ALLOW else ExitCode.FINDINGS


def show_gate(session: Session, evidence: Evidence, result: GateResult) -> None:
    """A gate for people, or for machines."""
    folder = f"{session.artifacts}/{evidence.folder}"
    show_checks(session, result.checks)
    show_verdict(session, result.gate_id, result.verdict, result.reasons, score=result.severity_score)
    session.show(f"  report   {folder}/{GATE_REPORT_NAME}")
    session.show(f"  status   {folder}/{STATUS_NAME}")
    choice = "approve" if result.verdict is GateVerdict.ALLOW else "override"
    sign = f"gate sign {subject_words(evidence)} --as NAME --decision {choice} --reason TEXT"
    session.show(f"  sign     {session.launcher} {sign}")
    session.emit("gate", {**msgspec.to_builtins(result), "folder": f"artifacts/{evidence.folder}"})


def show_checks(session: Session, checks: tuple[GateCheck, ...]) -> None:
    """The gates, one a line."""
    width = max((len(check.gate) for check in checks), default=0)
    for check in checks:
        failed = ("FAIL", "bold red") if check.required else ("fail", "yellow")
        word = ("pass", "green") if check.passed else failed
        name = f" {check.gate:<{width}}  {'required' if check.required else 'not required':<12}  "
        session.show(Text.assemble(name, word, f"  {check.reason or check.says}"))


def show_verdict(
    session: Session, what: str, verdict: GateVerdict, reasons: tuple[str, ...], *, score: int | None = None
) -> None:
    """The verdict and why."""
    style = "bold green" if verdict is GateVerdict.ALLOW else "bold red"
    tail = "" if score is None else f", severity score {score:,}"
    session.show(Text.assemble((verdict.value, style), f"  {what}{tail}"))
    for reason in reasons:
        session.show(f"   {reason}")


def _machine_key() -> str:
    """What a known build service calls this build; empty elsewhere."""
    names = ("GITHUB_RUN_ID", "GITHUB_RUN_NUMBER", "CI_PIPELINE_ID", "BUILD_ID")
    return "|".join(f"{name}={os.environ[name]}" for name in names if os.environ.get(name))
