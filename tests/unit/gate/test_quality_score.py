"""The mutation score is what scripts/quality wrote, or nothing."""

from pathlib import Path

import pytest

from fuzzer.gate.quality import QUALITY_PATH, mutation_score

LINE = "- **Mutation score: 93.5%**: 101 of 108, each on every seed\n"


def test_the_document_of_the_checkout_says_it() -> None:
    score = mutation_score((Path(__file__).parents[3] / QUALITY_PATH).read_text())
    assert score is not None
    assert 0.9 <= score <= 1


@pytest.mark.parametrize(
    ("text", "score"),
    [
        (f"# Quality\n\n{LINE}", 0.9352),
        (LINE.replace("101 of 108", "1,001 of 1,001"), 1.0),
        (LINE.replace("101", "0"), 0.0),
        (LINE.replace("101", "109"), None),
        (LINE.replace("101 of 108", "0 of 0"), None),
        (LINE + LINE, None),
        (f"text {LINE}", None),
        ("", None),
    ],
)
def test_only_one_plain_line_counts(text: str, score: float | None) -> None:
    assert mutation_score(text) == score
