"""`fuzz completion`: what a shell needs to complete commands, cores and targets."""

import click
from click.shell_completion import get_completion_class

from fuzzer.errors import UsageError


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print a shell's completion script.

    To use it: eval "$(fuzz completion bash)"
    """
    from fuzzer.cli.main import cli  # noqa: PLC0415 - the group imports this module when it is called

    kind = get_completion_class(shell)
    if kind is None:
        raise UsageError(f"no completion for {shell}")
    click.echo(kind(cli, {}, "fuzz", "_FUZZ_COMPLETE").source())
