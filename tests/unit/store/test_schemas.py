"""Which document lies where, by the paths that the harness gives them."""

import pytest

from fuzzer.store.schemas import KINDS, kind_of, kind_of_version

RUN = "20261121_080346_fib"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (f"artifacts/{RUN}.json", "run log"),
        (f"{RUN}_2.json", "run log"),
        (f"{RUN}/run_log.json", "run log"),
        ("run_log.json", "run log"),
        (f"{RUN}/outcomes/sp1.json", "outcome of a finding"),
        (f"{RUN}/outcomes/sp1@6.2.0.json", "outcome of a finding"),
        (f"{RUN}/incident_replay.json", "incident replay"),
        ("campaigns/c/campaign.json", "campaign"),
        ("campaigns/c/progress.jsonl", "sample of a campaign"),
        ("campaigns/c/status_baseline.json", "status"),
        ("campaigns/c/eval/gate.json", "gate result"),
        ("campaigns/c/gate_decision.0a1b2c3d.json", "gate decision"),
        (f"runs/new/{RUN}/run.json", "upgrade run"),
        (f"runs/new/{RUN}/evaluation.json", "upgrade evaluation"),
        (f"runs/baseline/{RUN}/{RUN}.json", "upgrade case"),
        (f"runs/baseline/{RUN}/assets/manifest.json", "upgrade manifest"),
        (f"runs/baseline/{RUN}/assets/a.b.body.meta.json", "upgrade failure"),
        ("inputs/triage.toml", "triage state"),
    ],
)
def test_a_document_is_known_by_its_path(path: str, name: str) -> None:
    kind = kind_of(path)
    assert kind is not None
    assert kind.name == name


@pytest.mark.parametrize(
    "path", [f"{RUN}/input.json", f"{RUN}/outcomes/sp1.commits", "gate.json", "my_campaign.json", "run.json"]
)
def test_other_files_are_none(path: str) -> None:
    assert kind_of(path) is None


def test_a_word_of_the_version_names_its_kind() -> None:
    assert [kind.name for kind in KINDS if kind.version and kind_of_version(kind.version) is not kind] == []
    assert kind_of_version("run.v2") is None
    assert kind_of_version("") is None
