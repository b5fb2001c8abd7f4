"""Speed of the harness in ratios: every figure is measured in the same run as the one it is held against."""

import sys
from collections.abc import Callable

import click
from bench_cores import cores
from bench_kit import write_section
from bench_programs import programs, reference

from fuzzer.home import Home, find_home

SECTIONS: dict[str, Callable[[Home], list[str]]] = {
    "cores": cores,
    "programs": programs,
    "reference": reference,
}


@click.command()
@click.argument("sections", nargs=-1, type=click.Choice([*SECTIONS]))
def main(sections: tuple[str, ...]) -> None:
    """Measure, print, and write the sections of docs/benchmarks.md; all of them if none is named."""
    home = find_home()
    for name in sections or SECTIONS:
        write_section(home.root / "docs" / "benchmarks.md", name, SECTIONS[name](home))


if __name__ == "__main__":
    sys.exit(main())
