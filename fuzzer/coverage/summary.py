"""Coverage in a report: what was covered, axis by axis, and what was not tested, as Markdown. Pure."""

from fuzzer.coverage.counts import Coverage, rarest
from fuzzer.coverage.map import Axis
from fuzzer.coverage.untested import chosen, gap_text, untested
from fuzzer.coverage.wording import bin_text, by_importance, shown_name

GAPS = 30
"""Lines of what was not tested, unless told otherwise."""


def rarest_text(coverage: Coverage, axis: Axis) -> str:
    """The bin of an axis that was hit least often, and how often; empty if none was."""
    hits = rarest(coverage, axis)
    return f"{bin_text(axis, hits[0].labels)}: {hits[0].count:,}" if hits else ""


def headline(coverage: Coverage) -> str:
    """How much was covered, in one line."""
    share = coverage.share(*coverage.axes())
    programs = f"{coverage.programs:,} program{'' if coverage.programs == 1 else 's'}"
    return f"{programs}, {share.covered:,} of {share.total:,} bins ({share})"


def summary_lines(coverage: Coverage, *, gaps: int = GAPS) -> list[str]:
    """Lines of Markdown without a heading: a table of the axes, and at most `gaps` of what was not tested."""
    axes = by_importance(coverage.axes())
    lines = [
        f"{headline(coverage)}.",
        "",
        "| axis | covered | of | share | rarest |",
        "|---|--:|--:|--:|---|",
    ]
    for axis in axes:
        share = coverage.share(axis)
        cells = [shown_name(axis, axes), f"{share.covered:,}", f"{share.total:,}", str(share)]
        lines.append(f"| {' | '.join(map(_cell, [*cells, rarest_text(coverage, axis)]))} |")
    found = untested(coverage)
    shown = chosen(found, gaps)
    if shown:
        lines += ["", "Not tested, the most important first, with the number of bins:", ""]
        lines += [f"- {shown_name(gap.axis, axes)}: {_plain(gap_text(gap))} ({gap.bins:,})" for gap in shown]
    left = len(found) - len(shown)
    if left:
        lines += ["", f"{left:,} more such line{'' if left == 1 else 's'}: `fuzz coverage`."]
    return lines


def _cell(text: str) -> str:
    return _plain(text).replace("|", "\\|")


def _plain(text: str) -> str:
    """Labels with characters that Markdown would take for its own: `2^k`, `x0`, `SHA_EXTEND` are safe."""
    return text.replace("\\", "\\\\").replace("*", "\\*").replace("<", "&lt;")
