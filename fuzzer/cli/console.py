"""How the commands print: text as it stands, also where it holds brackets or colons."""

import os
import sys
from typing import Any, NoReturn

from rich.console import Console
from rich.text import Text

_CONTROLS = {code: "\ufffd" for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n"}


class PlainConsole(Console):
    """A console that takes nothing in a text for markup, or for a command to the terminal."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, soft_wrap=True, markup=False, emoji=False)

    def print(self, *objects: object, **options: Any) -> None:  # noqa: ANN401 - those of rich
        """Print them; control characters are not: a text from a file must not steer the terminal."""
        super().print(*map(_visible, objects), **options)

    def on_broken_pipe(self) -> NoReturn:
        """Let the command end as it does on an interrupt; rich would exit with the code for findings."""
        raise BrokenPipeError


def _visible(shown: object) -> object:
    if isinstance(shown, str):
        return shown.translate(_CONTROLS)
    if isinstance(shown, Text) and (plain := shown.plain.translate(_CONTROLS)) != shown.plain:
        shown = shown.copy()
        shown.plain = plain  # of the same length, so that styles stay where they are
    return shown


def silence_stdout() -> None:
    """Nobody reads it any more: what is still buffered must not raise when the interpreter ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
