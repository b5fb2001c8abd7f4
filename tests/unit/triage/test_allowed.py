"""Accepted differences."""

from datetime import date
from pathlib import Path

import pytest
from sample_results import FLIPPED, OK, OOM, PANIC, comparison, recorded, result

from fuzzer.errors import ConfigError
from fuzzer.model import Outcome
from fuzzer.triage.allowed import load_allowed, parse_allowed

TODAY = date(2026, 11, 21)
ENTRY = """
[[allowed]]
id = "width"
core = "fib"
input = "inputs/fib_*"
targets = ["sp1", "sp1-portable"]
versions = ["6.10.*", "7.*"]
symptom = "output"
reason = "usize"
link = "https://example.org/1"
expires = 2027-01-01
"""


def match(text: str, *, other: Outcome = FLIPPED, today: date = TODAY, target: str = "sp1") -> str:
    run = recorded(result(other))
    verdict = comparison(target, other).verdict
    return parse_allowed(text, name="a.toml").match(run.result.case, run.targets[target], verdict, today)


def test_entry_that_fits() -> None:
    assert match(ENTRY) == "width"


@pytest.mark.parametrize(
    ("was", "is_now"),
    [
        ('core = "fib"', 'core = "fi"'),
        ("inputs/fib_*", "inputs/other_*"),
        ('["sp1", "sp1-portable"]', '["rvref"]'),
        ("6.10.*", "6.9.*"),
        ('symptom = "output"', 'symptom = "crash"'),
        ("2027-01-01", "2026-11-21"),
    ],
)
def test_entry_that_misses_in_one_thing(was: str, is_now: str) -> None:
    assert match(ENTRY.replace(was, is_now)) == ""


def test_input_versions_and_expiry_are_optional() -> None:
    lines = [
        line for line in ENTRY.splitlines() if line.split(" ")[0] not in {"input", "versions", "expires"}
    ]
    assert match("\n".join(lines), today=date(2099, 1, 1)) == "width"


@pytest.mark.parametrize("other", [OK, OOM, PANIC])
def test_only_a_divergence_with_the_symptom_is_allowed(other: Outcome) -> None:
    assert match(ENTRY, other=other) == ""


def test_unused_and_expired_entries() -> None:
    allowed = parse_allowed(ENTRY, name="a.toml")
    assert [entry.id for entry in allowed.unused({"other"})] == ["width"]
    assert allowed.unused({"width"}) == []
    assert allowed.expired(TODAY) == []
    assert [entry.id for entry in allowed.expired(date(2027, 1, 1))] == ["width"]


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        (ENTRY.replace("reason", "raeson"), "a.toml: [[allowed]] #1: unknown key `raeson`", "`reason`"),
        ("[[alowed]]", "a.toml: unknown key `alowed`", "`allowed`"),
        (ENTRY.replace('link = "https://example.org/1"', ""), "missing required field `link`", ""),
        (ENTRY.replace('"output"', '"outputs"'), "Invalid enum value 'outputs'", ""),
        (ENTRY + ENTRY, "two entries have the id `width`", ""),
        ("allowed = 3", "`allowed` is not a list", ""),
        ("allowed = [", "broken TOML", ""),
    ],
)
def test_wrong_file(text: str, said: str, hint: str) -> None:
    with pytest.raises(ConfigError) as raised:
        parse_allowed(text, name="a.toml")
    assert said in raised.value.message
    assert hint in raised.value.hint


def test_files(tmp_path: Path) -> None:
    assert load_allowed(tmp_path / "none.toml").entries == ()
    (tmp_path / "a.toml").write_text(ENTRY)
    assert [entry.id for entry in load_allowed(tmp_path / "a.toml").entries] == ["width"]
    with pytest.raises(ConfigError, match="cannot read"):
        load_allowed(tmp_path)
