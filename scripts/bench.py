"""Speed of the harness in ratios: every figure is measured in the same run as the one it is held against."""

import sys
from collections.abc import Callable

import click
from bench_campaigns import campaigns, endurance
from bench_cores import cores
from bench_kit import write_section
from bench_programs import programs, reference
from bench_validate import validate
from bench_workers import workers

from fuzzer.home import Home, find_home

SECTIONS: dict[str, Callable[[Home], list[str]]] = {
    "cores": cores,
    "programs": programs,
    "reference": reference,
    "campaigns": campaigns,
    "validate": validate,
    "workers": workers,
    "endurance": endurance,
}
LONG = frozenset({"endurance"})
"""Measured only when named."""


@click.command()
@click.argument("sections", nargs=-1, type=click.Choice([*SECTIONS]))
def main(sections: tuple[str, ...]) -> None:
    """Measure, print, and write the sections of docs/benchmarks.md; without a name, all but the long ones."""
    home = find_home()
    for name in sections or (name for name in SECTIONS if name not in LONG):
        write_section(home.root / "docs" / "benchmarks.md", name, SECTIONS[name](home))


if __name__ == "__main__":
    sys.exit(main())
