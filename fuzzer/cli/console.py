"""How the commands print: text as it stands, also where it holds brackets or colons."""

import os
import sys
from typing import NoReturn

from rich.console import Console


class PlainConsole(Console):
    """A console that takes nothing in a text for markup."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, soft_wrap=True, markup=False, emoji=False)

    def on_broken_pipe(self) -> NoReturn:
        """Let the command end as it does on an interrupt; rich would exit with the code for findings."""
        raise BrokenPipeError


def silence_stdout() -> None:
    """Nobody reads it any more: what is still buffered must not raise when the interpreter ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
