"""The command `fuzz`: its subcommands, and how it ends."""

import sys
import warnings
from typing import NoReturn, TextIO

import click
from rich.text import Text

from fuzzer import __version__
from fuzzer.cli.console import PlainConsole, silence_stdout
from fuzzer.cli.interrupts import end_on_signals
from fuzzer.errors import ExitCode, FuzzerError

_COMMANDS = {
    "run": ("fuzzer.cli.run", "run"),
    "campaign": ("fuzzer.cli.campaign", "campaign"),
    "build": ("fuzzer.cli.build", "build"),
    "triage": ("fuzzer.cli.triage", "triage"),
    "retest": ("fuzzer.cli.retest", "retest_command"),
    "prune": ("fuzzer.cli.prune", "prune"),
    "show": ("fuzzer.cli.show", "show"),
    "diff": ("fuzzer.cli.diff", "diff"),
    "rerun": ("fuzzer.cli.rerun", "rerun"),
    "export": ("fuzzer.cli.export", "export"),
    "report": ("fuzzer.cli.report", "report"),
    "upgrade": ("fuzzer.cli.upgrade", "upgrade"),
    "case": ("fuzzer.cli.case", "case_"),
    "summary": ("fuzzer.cli.summary", "summary"),
    "repro": ("fuzzer.cli.repro", "repro"),
    "bisect": ("fuzzer.cli.bisect", "bisect"),
    "artifacts": ("fuzzer.cli.artifacts", "artifacts"),
    "status": ("fuzzer.cli.status", "status"),
    "corpus": ("fuzzer.cli.corpus", "corpus"),
    "coverage": ("fuzzer.cli.coverage", "coverage"),
    "conformance": ("fuzzer.cli.conformance", "conformance"),
    "gate": ("fuzzer.cli.gate", "gate"),
    "regressions": ("fuzzer.cli.regressions", "regressions"),
    "regress": ("fuzzer.cli.regress", "regress"),
    "incident": ("fuzzer.cli.incident", "incident"),
    "loop": ("fuzzer.cli.loop", "loop"),
    "validate": ("fuzzer.cli.validate", "validate"),
    "ledger": ("fuzzer.cli.ledger", "ledger"),
    "list": ("fuzzer.cli.list", "list_"),
    "doctor": ("fuzzer.cli.doctor", "doctor"),
    "new-core": ("fuzzer.cli.new_core", "new_core"),
    "clean": ("fuzzer.cli.clean", "clean"),
    "completion": ("fuzzer.cli.completion", "completion"),
}


class _Commands(click.Group):
    """Subcommands that are imported when they are called: `fuzz run` should not wait for `fuzz doctor`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which people meet them."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The subcommand of this name."""
        del ctx
        if name not in _COMMANDS:
            return None
        module, attribute = _COMMANDS[name]
        command = getattr(__import__(module, fromlist=[attribute]), attribute)
        return command if isinstance(command, click.Command) else None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="fuzz")
def cli() -> None:
    """Run one program natively and in zkVMs, compare what it commits, keep what differs.

    Exit codes: 0 all agree, 1 findings, 2 wrong call, 3 bad input or setting, 4 a tool is missing or a build
    failed, 5 a runner failed, 6 nothing was compared, 7 not reproduced, 130 interrupted.
    """


def main() -> NoReturn:
    """Run the command of this process and end it with its exit code."""
    end_on_signals()
    warnings.showwarning = _show_warning
    try:
        code = cli.main(prog_name="fuzz", standalone_mode=False)
    except FuzzerError as error:
        show_error(error)
        code = error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        code = ExitCode.USAGE
    except click.ClickException as error:
        error.show()
        code = ExitCode.USAGE
    except (KeyboardInterrupt, click.Abort):
        silence_stdout()
        PlainConsole(stderr=True).print("Interrupted; what was finished is kept")
        code = ExitCode.INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone, as `head` does; what was not run must not look like agreement.
        silence_stdout()
        code = ExitCode.INTERRUPTED
    sys.exit(int(code or 0))


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Print a warning of the code below as all others are; where it was raised helps nobody."""
    del category, filename, lineno, file, line
    PlainConsole(stderr=True).print(Text.assemble(("warning: ", "yellow"), str(message)))


def show_error(error: FuzzerError) -> None:
    """Print an error: what happened, what the tool said, what to do next."""
    console = PlainConsole(stderr=True)
    if error.details:
        console.print(Text(error.details, style="dim"))
    console.print(Text.assemble(("error: ", "bold red"), error.message))
    if error.hint:
        console.print(Text.assemble(("hint: ", "cyan"), error.hint))
