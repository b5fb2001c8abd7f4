"""`fuzz report`: reports on what was run."""

import click

from fuzzer.cli.report_iteration import iteration
from fuzzer.cli.report_validation import validation


@click.group()
def report() -> None:
    """Write reports."""


report.add_command(validation)
report.add_command(iteration)
