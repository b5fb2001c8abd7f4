"""How good the harness is at finding faults, from what `scripts/quality` wrote down. Pure."""

import re

QUALITY_PATH = "docs/quality.md"
"""In the checkout."""
_SCORE = re.compile(r"^- \*\*Mutation score: [\d.]+%\*\*: ([\d,]+) of ([\d,]+)\b", re.MULTILINE)


def mutation_score(text: str) -> float | None:
    """The share of planted faults that every seed found; None where the document does not say it once."""
    scores = _SCORE.findall(text)
    if len(scores) != 1:
        return None
    found, planted = (int(number.replace(",", "")) for number in scores[0])
    return round(found / planted, 4) if 0 <= found <= planted and planted else None
