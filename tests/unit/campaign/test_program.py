"""Faults that are planted on purpose."""

import re
from pathlib import Path

import pytest

from fuzzer.campaign.program import FAULTS, parse_plants
from fuzzer.errors import UsageError

PLANT_RS = Path(__file__).parents[3] / "runners" / "protocol" / "src" / "plant.rs"


def test_faults_by_target() -> None:
    assert parse_plants(["sp1:flip-bit", "native:short-read"], ["sp1"]) == {
        "sp1": "flip-bit",
        "native": "short-read",
    }
    assert parse_plants([], ["sp1"]) == {}


@pytest.mark.parametrize(
    ("specification", "says", "hint"),
    [
        ("sp2:flip-bit", "`sp2` takes no part", "did you mean `sp1`?"),
        ("sp1-portable:flip-bit", "`sp1-portable` takes no part", "known: native, sp1"),
        ("sp1:flip", "no fault `flip`", "did you mean `flip-bit`?"),
        ("sp1", "no fault ``", "known: drop-commit, extra-commit, flip-bit, lose-exit-code, short-read"),
        ("", "`` takes no part", "known: native, sp1"),
    ],
)
def test_what_cannot_be_planted(specification: str, says: str, hint: str) -> None:
    with pytest.raises(UsageError, match=re.escape(f"--plant {specification}: {says}")) as caught:
        parse_plants([specification], ["sp1"])
    assert caught.value.hint == hint


def test_runners_know_the_same_faults() -> None:
    named = set(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', PLANT_RS.read_text()))
    assert set(FAULTS) <= named
