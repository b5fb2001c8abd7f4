"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click
from click.shell_completion import CompletionItem

from fuzzer.config import LEAST

Command = TypeVar("Command", bound=Callable[..., object])


def _complete_cores(_ctx: click.Context, _parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    from fuzzer.cli.session import Session  # noqa: PLC0415 - only a shell that asks for names needs it

    return [CompletionItem(name) for name in Session().cores if name.startswith(typed)]


def _complete_targets(_ctx: click.Context, _parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    from fuzzer.build.runners import target_names  # noqa: PLC0415 - as above
    from fuzzer.home import find_home  # noqa: PLC0415 - as above

    return [CompletionItem(name) for name in target_names(find_home()) if name.startswith(typed)]


_CORE = click.option(
    "--core",
    "cores",
    multiple=True,
    metavar="NAME",
    shell_complete=_complete_cores,
    help="A core by name; see `fuzz list cores`. Can be repeated.",
)
_CORE_PATH = click.option(
    "--core-path",
    "core_paths",
    multiple=True,
    metavar="DIR",
    type=click.Path(readable=False, path_type=Path),
    help="Any SP1 guest crate, unchanged. Can be repeated.",
)
_TARGET = click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="NAME",
    shell_complete=_complete_targets,
    help="A target to compare with native; see `fuzz list targets`. Can be repeated.",
)
_TIMEOUT = click.option(
    "--timeout",
    type=click.FloatRange(min=LEAST["timeout_s"]),
    metavar="S",
    help="Wall limit of a core's run in seconds.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object per line, for machines.")


def core_options(command: Command) -> Command:
    """`--core` and `--core-path`."""
    return _CORE(_CORE_PATH(command))


def target_option(command: Command) -> Command:
    """`--target`."""
    return _TARGET(command)


def timeout_option(command: Command) -> Command:
    """`--timeout`."""
    return _TIMEOUT(command)


def json_option(command: Command) -> Command:
    """`--json`."""
    return _JSON(command)
