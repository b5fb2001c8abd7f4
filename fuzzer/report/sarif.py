"""The SARIF 2.1.0 file of a run or a campaign: one result for each signature. Pure.

The form is that of OASIS, `sarif-v2.1.0`, sections 3.13 (log), 3.14 (run), 3.27 (result).
"""

import hashlib
from collections.abc import Mapping, Sequence
from urllib.parse import quote

import msgspec

from fuzzer.model import Symptom
from fuzzer.report.checks import Check, Checks, Ended

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_TOOL = "zkvm-fuzzer"
_FLAKY = "flaky"
_RULES = {
    Symptom.OUTPUT.value: "Targets end well and commit different bytes, or end with different exit codes.",
    Symptom.LOST_PANIC.value: "One target panics and another does not, or after different commits.",
    Symptom.CRASH.value: "One target crashes and another ends by itself.",
    Symptom.HANG.value: "One target ends and another does not within three times the limit.",
    Symptom.ROBUSTNESS.value: "Targets crash in ways of different kinds.",
    _FLAKY: "A difference between targets that does not always repeat.",
}
_DIGITS = 32
"""Of a fingerprint that stands for a signature where a short one is asked for."""


def render_sarif(checks: Checks, *, version: str) -> bytes:
    """The file; `version` is that of this tool."""
    found: dict[str, list[Check]] = {}
    for check in checks.checks:
        if check.ended is Ended.FAILED:
            found.setdefault(check.signature, []).append(check)
    results = [_result(members) for members in found.values()]
    used = [rule for rule in _RULES if any(result["ruleId"] == rule for result in results)]
    rules = [{"id": rule, "shortDescription": {"text": _RULES[rule]}} for rule in used]
    run = {
        "tool": {"driver": {"name": _TOOL, "version": version, "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": checks.end == "Complete" and not checks.compared_nothing,
                "startTimeUtc": checks.created_utc,
                "properties": {"end": checks.end},
            }
        ],
        "properties": {"title": checks.title, **checks.properties},
        "results": [{**result, "ruleIndex": used.index(str(result["ruleId"]))} for result in results],
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _result(members: Sequence[Check]) -> dict[str, object]:
    """All cases of one signature; the first one stands for them."""
    first = members[0]
    hits = sum(check.hits for check in members)
    told = [first.signature, first.reason, first.attribution]
    told += [f"{hits:,} cases show it"] * (hits > 1)
    told += [f"Run it again: {first.repro}"] * bool(first.repro)
    digest = hashlib.sha256(first.signature.encode()).hexdigest()[:_DIGITS]
    return {
        "ruleId": _FLAKY if first.is_flaky else first.symptom,
        "level": "warning" if first.is_flaky else "error",
        "message": {"text": "\n".join(line for line in told if line)},
        "locations": [_location(first.file)],
        "fingerprints": {"signature/v1": first.signature},
        "partialFingerprints": {"signatureHash/v1": digest},
        "occurrenceCount": hits,
        "properties": {"runId": first.run_id, "core": first.group, "repro": first.repro},
    }


def _location(file: str) -> Mapping[str, object]:
    # The files are text of some kind; a difference is not about one of their lines.
    artifact = {"uri": quote(file, safe="/"), "uriBaseId": "%SRCROOT%"}
    return {"physicalLocation": {"artifactLocation": artifact, "region": {"startLine": 1}}}
