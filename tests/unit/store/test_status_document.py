"""status.json: mirrors, results of other tools, and what it says in two ways."""

import json
from typing import Any

import msgspec
import pytest
from sample_gates import STATUS

from fuzzer.errors import StoreError
from fuzzer.store.status import (
    External,
    ExternalMetric,
    Status,
    baseline_name,
    contradictions,
    decode_status,
    encode_status,
    finite_number,
    with_external,
    without_external,
)


def tool(name: str = "audit_rate", value: float = 0.02, threshold: float = 0.05) -> ExternalMetric:
    return ExternalMetric(name=name, value=value, threshold=threshold, passed=value <= threshold)


AUGMENTED = with_external(STATUS, (tool(), tool("lint_rate", 0.05)), name="s")


def edited(status: Status, *path: str | int, value: object) -> bytes:
    """The document with another value in a place."""
    document: Any = json.loads(encode_status(status))
    place = document
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    return json.dumps(document).encode()


def test_gates_are_mirrored_at_the_top_and_read_from_gates() -> None:
    document = json.loads(encode_status(AUGMENTED))
    assert {name: document[name] for name in AUGMENTED.gates} == AUGMENTED.gates
    assert list(document)[-1] == "schema_version"
    assert decode_status(encode_status(AUGMENTED), name="s") == AUGMENTED
    assert "external" not in json.loads(encode_status(STATUS))


def test_results_of_other_tools_lie_in_both_places_and_make_one_gate() -> None:
    assert AUGMENTED.metrics["audit_rate"] == 0.02
    assert AUGMENTED.gates["external_all_pass"] is True
    worse = with_external(AUGMENTED, (tool(value=0.2),), name="s")
    assert worse.metrics["audit_rate"] == 0.2
    assert worse.gates["external_all_pass"] is False
    assert isinstance(worse.external, External)
    assert [metric.passed for metric in worse.external.metrics] == [False, True]


def test_a_value_at_its_threshold_passes() -> None:
    assert with_external(STATUS, (tool(value=0.05),), name="s").gates["external_all_pass"] is True


def test_whether_a_result_passes_is_not_taken_from_the_document() -> None:
    lying = msgspec.structs.replace(tool(value=0.5), passed=True)
    assert with_external(STATUS, (lying,), name="s").gates["external_all_pass"] is False


def test_no_results_pass_nothing() -> None:
    assert with_external(STATUS, (), name="s").gates["external_all_pass"] is False


@pytest.mark.parametrize("name", ["comparisons", "unique_signatures", "mutation_score", "sp1_ms_per_run"])
def test_another_tool_cannot_measure_what_the_harness_does(name: str) -> None:
    with pytest.raises(StoreError, match="a metric or a gate of the harness's own"):
        with_external(STATUS, (tool(name),), name="s")


def test_the_baseline_is_the_status_without_results() -> None:
    assert without_external(AUGMENTED) == STATUS
    assert without_external(STATUS) == STATUS
    assert baseline_name("status.json") == "status_baseline.json"
    assert baseline_name("a.b.json") == "a.b_baseline.json"
    assert baseline_name("release") == "release_baseline"


def test_what_a_foreign_status_has_beside_is_kept() -> None:
    foreign = edited(STATUS, "meta", "owner", value="us")
    foreign = foreign.replace(b'"version"', b'"refusal": {"n": 3}, "version"', 1)
    again = json.loads(encode_status(AUGMENTED, over=foreign))
    assert (again["refusal"], again["meta"]["owner"]) == ({"n": 3}, "us")
    assert again["external_all_pass"] is True


def test_a_status_as_it_was_written_does_not_contradict_itself() -> None:
    for status in (STATUS, AUGMENTED):
        assert contradictions(encode_status(status), name="s") == []


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("compared_ok",), False, "$.compared_ok is False and $.gates.compared_ok is True"),
        (("compared_ok",), 1, "$.compared_ok is 1 and $.gates.compared_ok is True"),
        (("gates", "external_all_pass"), False, "$.gates.external_all_pass is not $.external.all_pass"),
        (("external", "all_pass"), False, "$.external.all_pass is False"),
        (("external", "metrics", 0, "value"), 0.5, "$.external.metrics[0].pass is True: 0.5 <= 0.05 not"),
        (("external", "metrics", 0, "pass"), False, "$.external.metrics[0].pass is False"),
        (("external", "metrics"), [], "$.external.all_pass is True, which its metrics do not say"),
        (("metrics", "audit_rate"), 0.01, "$.metrics.audit_rate is 0.01 and in $.external 0.02"),
        (("version",), "1.0.0-prod", "$.version is 1.0.0-prod and $.metrics.run_mode 'core'"),
        (("metrics", "git_dirty"), True, "$.gates.clean_tree_ok is true"),
        (("metrics", "git_sha"), "", "$.gates.clean_tree_ok is true"),
    ],
)
def test_each_contradiction_is_named(path: tuple[str | int, ...], value: object, says: str) -> None:
    assert any(says in text for text in contradictions(edited(AUGMENTED, *path, value=value), name="s"))


def test_a_gate_on_results_that_are_not_there_contradicts() -> None:
    document = edited(STATUS, "gates", "external_all_pass", value=True)
    assert contradictions(document, name="s") == [
        "$.gates.external_all_pass is true and there is no $.external"
    ]


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3, 3.0),
        (0.5, 0.5),
        (True, None),
        ("3", None),
        (None, None),
        (float("nan"), None),
        (float("-inf"), None),
        (10**400, None),
    ],
)
def test_only_what_can_be_compared_is_a_number(value: object, number: float | None) -> None:
    assert finite_number(value) == number
