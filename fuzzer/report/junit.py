"""The JUnit file of a run or a campaign, for continuous integration. Pure.

The form is the one that Jenkins, GitLab and others read: `testsuites`, a `testsuite` for each core, a
`testcase` for each check. A check in which nothing could be compared is skipped, never passed.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence

from fuzzer.report.checks import Check, Checks, Ended

_FORBIDDEN = re.compile("[^\\t\\n\\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, not even escaped."""


def render_junit(checks: Checks) -> bytes:
    """The file."""
    groups: dict[str, list[Check]] = {}
    for check in checks.checks:
        groups.setdefault(check.group, []).append(check)
    if checks.compared_nothing:
        nothing = Check(
            group="fuzz", name="something was compared", ended=Ended.ERROR, reason="nothing was compared"
        )
        groups.setdefault(nothing.group, []).append(nothing)
    every = [check for group in groups.values() for check in group]
    root = ET.Element(
        "testsuites", {"name": _text(checks.title), **_counts(every), "time": f"{checks.seconds:.3f}"}
    )
    for name, members in groups.items():
        root.append(_suite(name, members, checks))
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return text + b"\n"


def _suite(name: str, members: Sequence[Check], checks: Checks) -> ET.Element:
    spent = sum(check.seconds for check in members)
    suite = ET.Element(
        "testsuite",
        {
            "name": _text(name),
            **_counts(members),
            "time": f"{spent:.3f}",
            # The form has no time zone; it is UTC.
            "timestamp": checks.created_utc.removesuffix("Z"),
        },
    )
    properties = ET.SubElement(suite, "properties")
    for key, value in {"end": checks.end, **checks.properties}.items():
        ET.SubElement(properties, "property", {"name": _text(key), "value": _text(value)})
    names: dict[str, int] = {}
    for check in members:
        number = names[check.name] = names.get(check.name, 0) + 1
        suite.append(_case(check, check.name if number == 1 else f"{check.name} #{number}"))
    return suite


def _case(check: Check, name: str) -> ET.Element:
    case = ET.Element(
        "testcase",
        {"name": _text(name), "classname": _text(check.group), "time": f"{check.seconds:.6f}"},
    )
    message = _text(check.reason)
    if check.ended is Ended.FAILED:
        kind = "flaky" if check.is_flaky else check.symptom or "difference"
        ET.SubElement(case, "failure", {"message": message, "type": kind}).text = _text(_told(check))
    elif check.ended is Ended.ERROR:
        ET.SubElement(case, "error", {"message": message, "type": "runner"}).text = message
    elif check.ended is Ended.UNCLEAR:
        ET.SubElement(case, "skipped", {"message": message})
    elif check.reason:
        ET.SubElement(case, "system-out").text = message
    return case


def _told(check: Check) -> str:
    lines = [check.reason, check.signature, check.attribution]
    lines += [f"{check.hits:,} cases show it"] * (check.hits > 1)
    lines += [f"run it again: {check.repro}"] * bool(check.repro)
    return "\n".join(line for line in lines if line)


def _counts(members: Sequence[Check]) -> dict[str, str]:
    counted = {
        "failures": Ended.FAILED,
        "errors": Ended.ERROR,
        "skipped": Ended.UNCLEAR,
    }
    numbers = {name: sum(check.ended is ended for check in members) for name, ended in counted.items()}
    return {"tests": str(len(members)), **{name: str(number) for name, number in numbers.items()}}


def _text(text: str) -> str:
    return _FORBIDDEN.sub("�", text)
