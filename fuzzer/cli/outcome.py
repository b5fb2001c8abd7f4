"""From what a run has counted to the exit code."""

from fuzzer.campaign.events import Totals
from fuzzer.errors import ExitCode


def exit_code_of(totals: Totals, *, interrupted: bool) -> ExitCode:
    """The exit code of a run: findings first, and having compared nothing is never green."""
    if interrupted:
        return ExitCode.INTERRUPTED
    if totals.findings or totals.flaky or totals.not_examined:
        return ExitCode.FINDINGS
    if totals.errors:
        return ExitCode.RUNNER
    if not totals.compared:
        return ExitCode.NOTHING_COMPARED
    return ExitCode.AGREE
