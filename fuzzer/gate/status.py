"""The status of what was measured, under a policy. Pure."""

from collections.abc import Mapping

import msgspec

from fuzzer.gate.enforce import derive_gates
from fuzzer.gate.measure import Measured, versions_text
from fuzzer.gate.policy import Policy
from fuzzer.store.decision import RunMode
from fuzzer.store.status import External, Metric, Status, StatusMeta, with_external
from fuzzer.store.tree import Tree

CONTRACT_VERSION = "1.0.0"


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """Where a status comes from, beside what was measured."""

    mode: RunMode
    tree: Tree
    policy_path: str
    """Relative to the project."""
    policy_sha256: str
    run_key: str
    """What the machine that runs this calls it; empty when nothing does."""
    created_utc: str

    def metrics(self, measured: Measured) -> dict[str, Metric]:
        """The contract's hints on where a status comes from."""
        return {
            "run_mode": self.mode.value,
            "git_sha": self.tree.sha,
            "git_dirty": self.tree.dirty,
            "run_key": "|".join(filter(None, (self.run_key, measured.run_key))),
            "gate_policy_path": self.policy_path,
            "gate_policy_sha256": self.policy_sha256,
        }


def build_status(
    measured: Measured,
    policy: Policy,
    provenance: Provenance,
    *,
    further: Mapping[str, Metric],
    external: External | None,
    notes: str = "",
) -> Status:
    """The status; `further` are metrics beside those of the run, `external` what other tools said of it."""
    metrics = {**provenance.metrics(measured), **measured.metrics, **further}
    status = _with_results(measured, metrics, provenance, external, notes=notes)
    # Last, since a gate may be one on the result of another tool.
    derived = derive_gates(policy, measured, status.metrics, provenance.tree)
    return msgspec.structs.replace(status, gates={**derived, **status.gates})


def _with_results(
    measured: Measured,
    metrics: Mapping[str, Metric],
    provenance: Provenance,
    external: External | None,
    *,
    notes: str,
) -> Status:
    status = Status(
        version=f"{CONTRACT_VERSION}-{provenance.mode.value}",
        created_utc=provenance.created_utc,
        meta=StatusMeta(
            release_id=measured.subject,
            model_version=versions_text(measured.targets),
            notes="; ".join(filter(None, (notes, measured.planted))),
        ),
        metrics=metrics,
        gates={},
    )
    return with_external(status, external.metrics, name="the status") if external else status
