"""Patterns of strings, held against Python's own regular expressions."""

import random
import re

import pytest

from fuzzer.generate import pattern


@pytest.mark.parametrize(
    "text",
    [
        "^[0-9a-f]{64}$",
        "^0x[0-9A-Fa-f]*$",
        "^\\d{4}-\\d{2}-\\d{2}$",
        "^[^a-y]+\\.[\\w-]{2,}$",
        "^a?b*c+$",
        "^\\$\\{x\\}$",
        "needle",
        "^start",
        "end$",
        "^.{3}$",
        "^[\\]\\-^]{1,3}$",
        "^\\s\\n$",
        "",
    ],
)
def test_what_is_made_matches(text: str) -> None:
    rng = random.Random(text)  # noqa: S311 -- no secrets
    made = {pattern.draw(rng, pattern.parse(text), 0, None) for _ in range(200)}
    assert [one for one in made if not re.search(text, one)] == []
    assert len(made) > 1 or text in ("^\\$\\{x\\}$", "^\\s\\n$")


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("^[ab]+$", 40, 42), ("^[ab]*c$", 0, 1), ("x", 30, 33), ("^a{2,9}b{1,9}$", 17, 18)],
)
def test_lengths_are_kept(text: str, low: int, high: int) -> None:
    rng = random.Random(7)  # noqa: S311 -- no secrets
    for _ in range(200):
        made = pattern.draw(rng, pattern.parse(text), low, high)
        assert low <= len(made) <= high
        assert re.search(text, made)


@pytest.mark.parametrize(
    "text", ["(a|b)", "a|b", "^(?=a)", "[a", "a{3,1}", "\\b", "\\p{L}", "a++", "*", "[z-a]", "a^b", "\\"]
)
def test_what_is_not_simple_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"simple pattern|no range|ends before"):
        pattern.parse(text)
