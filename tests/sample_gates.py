"""Gates as tests of several packages need them: a policy, a campaign that was measured, what a gate said."""

import hashlib

import msgspec

from fuzzer.gate.measure import Measured
from fuzzer.gate.policy import Policy, Threshold
from fuzzer.model import TargetInfo
from fuzzer.store.artifact_store import ArtifactFile, ArtifactStore
from fuzzer.store.decision import GateResult, RunMode, keep_gate, result_sha256
from fuzzer.store.regression_tests import GateVerdict
from fuzzer.store.status import Status, StatusMeta, encode_status
from fuzzer.store.tree import Tree

CLEAN = Tree(sha="a" * 40, dirty=False)
TARGETS = (
    TargetInfo(name="native", version="rustc 1.95.0", runner_sha256="1" * 64),
    TargetInfo(name="sp1", version="6.10.0", runner_sha256="2" * 64),
)
MEASURED = Measured(
    subject="20261121_120000_fib",
    metrics={"cases": 10, "comparisons": 20, "unique_signatures": 0},
    targets=TARGETS,
    complete=True,
    planted="",
    run_key="campaign=20261121_120000_fib",
)
POLICY = Policy(
    gates={
        "compared_ok": Threshold(metric="comparisons", at_least=1),
        "no_divergence_ok": Threshold(metric="unique_signatures", at_most=0),
    },
    required=dict.fromkeys(RunMode, ("compared_ok", "no_divergence_ok")),
    targets=("native", "sp1"),
    versions={"native": "1.95.0", "sp1": "6.10.0"},
)
STATUS = Status(
    version="1.0.0-core",
    created_utc="2026-11-21T12:00:00Z",
    meta=StatusMeta(release_id="c", model_version="sp1 6.10.0"),
    metrics={"run_mode": "core", "git_sha": "a" * 40, "git_dirty": False, "comparisons": 3},
    gates={"compared_ok": True, "clean_tree_ok": True},
)
STATUS_DOCUMENT = encode_status(STATUS)
GATE = "campaigns/c"
"""The folder of `kept_gate`."""


def measured(**changes: object) -> Measured:
    """The campaign with other fields."""
    return msgspec.structs.replace(MEASURED, **changes)


def gate_result(verdict: GateVerdict = GateVerdict.ALLOW, *, status: bytes = STATUS_DOCUMENT) -> GateResult:
    """What a gate says of the campaign `c`."""
    return GateResult(
        gate_id="c",
        created_utc="2026-11-21T12:00:00Z",
        run_mode=RunMode.CORE,
        verdict=verdict,
        reasons=("no_divergence_ok: unique_signatures is 1",) if verdict is GateVerdict.BLOCK else (),
        checks=(),
        severity_score=0,
        score_terms=(),
        policy_path="inputs/gate_policy.toml",
        policy_sha256="",
        status_sha256=hashlib.sha256(status).hexdigest(),
        baseline_id="",
    )


def kept_gate(
    store: ArtifactStore,
    verdict: GateVerdict = GateVerdict.ALLOW,
    *,
    page: str = "",
    status: bytes = STATUS_DOCUMENT,
) -> GateResult:
    """The documents of a gate in the folder `campaigns/c`; `page` makes one report differ from another."""
    result = gate_result(verdict, status=status)
    store.put([ArtifactFile(f"{GATE}/status.json", status)])
    return keep_gate(store, GATE, result, f"<html>{page}{result_sha256(result)}".encode())
