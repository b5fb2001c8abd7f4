"""`--junit` and `--sarif`: files for continuous integration, written when a command ends."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from fuzzer import __version__
from fuzzer.cli.output_file import check_output, write_output
from fuzzer.report.checks import Checks
from fuzzer.report.junit import render_junit
from fuzzer.report.sarif import render_sarif

Command = TypeVar("Command", bound=Callable[..., object])

_FILE = click.Path(dir_okay=False, path_type=Path)
_JUNIT = click.option(
    "--junit", type=_FILE, metavar="FILE", help="Write a JUnit file for continuous integration."
)
_SARIF = click.option("--sarif", type=_FILE, metavar="FILE", help="Write findings as a SARIF 2.1.0 file.")


def check_file_options(command: Command) -> Command:
    """`--junit` and `--sarif`."""
    return _JUNIT(_SARIF(command))


class CheckFiles:
    """The files that were asked for."""

    def __init__(self, junit: Path | None, sarif: Path | None) -> None:
        """See that they can be written, before hours of work are behind them.

        Raises:
            StoreError: one of them cannot.
        """
        self._junit = junit
        self._sarif = sarif
        for path, what in ((junit, "JUnit file"), (sarif, "SARIF file")):
            if path is not None:
                check_output(path, what=what)

    @property
    def wanted(self) -> bool:
        """Whether any was asked for."""
        return self._junit is not None or self._sarif is not None

    def write(self, checks: Checks) -> None:
        """Write them."""
        if self._junit is not None:
            write_output(self._junit, render_junit(checks), what="JUnit file")
        if self._sarif is not None:
            write_output(self._sarif, render_sarif(checks, version=__version__), what="SARIF file")
