"""The files for continuous integration: JUnit and SARIF."""

import json
import xml.etree.ElementTree as ET
from typing import Any

import msgspec
import pytest
from sample_results import FLIPPED, OK, OOM, PANIC, comparison, result

from fuzzer.model import CaseResult, Symptom
from fuzzer.report.checks import Check, Checks, Ended, check_of
from fuzzer.report.junit import render_junit
from fuzzer.report.sarif import render_sarif
from fuzzer.triage.signature import worst_symptom

PASSED = Check(group="fib", name="inputs/fib_1.json", ended=Ended.PASSED, seconds=0.5)
FAILED = check_of(result(FLIPPED, OK), "20261121_120000_fib")


def checks(*every: Check, end: str = "Complete") -> Checks:
    return Checks(
        title="fuzz run",
        created_utc="2026-11-21T12:00:00Z",
        seconds=1.5,
        end=end,
        properties={"target.sp1": "6.10.0", "planted": ""},
        checks=every,
    )


def junit(*every: Check) -> ET.Element:
    return ET.fromstring(render_junit(checks(*every)))  # noqa: S314 - what was just written


def sarif(*every: Check, end: str = "Complete") -> dict[str, Any]:
    log = json.loads(render_sarif(checks(*every, end=end), version="0.1.0"))
    assert (log["version"], len(log["runs"])) == ("2.1.0", 1)
    run: dict[str, Any] = log["runs"][0]
    return run


@pytest.mark.parametrize(
    ("of", "ended"),
    [
        (result(OK, OK), Ended.PASSED),
        (result(FLIPPED, OK), Ended.FAILED),
        (result(OOM, OK), Ended.UNCLEAR),
        (
            msgspec.structs.replace(result(OK), comparisons=(comparison("sp1", FLIPPED, repeated=1),)),
            Ended.FAILED,
        ),
    ],
)
def test_how_a_case_ended(of: CaseResult, ended: Ended) -> None:
    assert check_of(of, "id").ended is ended


def test_the_most_severe_symptom_counts() -> None:
    assert worst_symptom([Symptom.CRASH, None, Symptom.OUTPUT]) == "output"
    assert worst_symptom([None]) == ""
    assert check_of(result(PANIC, FLIPPED), "id").symptom == "output"


def test_junit_has_a_suite_for_each_core_and_counts_that_fit() -> None:
    other = msgspec.structs.replace(PASSED, group="json")
    root = junit(PASSED, FAILED, other)
    assert root.attrib["tests"] == "3"
    assert root.attrib["failures"] == "1"
    assert [suite.attrib["name"] for suite in root] == ["fib", "json"]
    for suite in root:
        assert int(suite.attrib["tests"]) == len(suite.findall("testcase"))
    (failure,) = root.iter("failure")
    assert failure.attrib["type"] == "output"
    assert "bash artifacts/20261121_120000_fib/repro.sh" in (failure.text or "")
    assert {each.attrib["name"] for each in root[0].iter("property")} == {"end", "target.sp1", "planted"}


def test_a_run_that_compared_nothing_is_no_green_file() -> None:
    unclear = check_of(result(OOM), "id")
    root = junit(unclear)
    assert (root.attrib["errors"], root.attrib["skipped"]) == ("1", "1")
    assert junit().attrib["errors"] == "1"
    assert sarif(unclear)["invocations"] == [
        {
            "executionSuccessful": False,
            "startTimeUtc": "2026-11-21T12:00:00Z",
            "properties": {"end": "Complete"},
        }
    ]


def test_what_xml_cannot_hold_is_replaced_and_names_differ() -> None:
    odd = msgspec.structs.replace(FAILED, name="a\x00<b>", reason="\x1b[31m & ]]>")
    cases = list(junit(odd, odd).iter("testcase"))
    assert [case.attrib["name"] for case in cases] == ["a\ufffd<b>", "a\ufffd<b> #2"]


def test_sarif_has_one_result_for_a_signature_with_all_that_shows_it() -> None:
    again = check_of(result(FLIPPED, OK), "20261121_120001_fib")
    run = sarif(PASSED, FAILED, again)
    (found,) = run["results"]
    assert (found["ruleId"], found["occurrenceCount"]) == ("output", 2)
    assert found["fingerprints"] == {"signature/v1": FAILED.signature}
    place = found["locations"][0]["physicalLocation"]["artifactLocation"]
    assert not place["uri"].startswith("/")
    rules = run["tool"]["driver"]["rules"]
    assert rules[found["ruleIndex"]]["id"] == found["ruleId"]


def test_sarif_of_a_run_that_was_interrupted_is_not_successful() -> None:
    run = sarif(PASSED, end="Interrupted")
    assert run["results"] == []
    assert run["invocations"][0]["executionSuccessful"] is False
