"""What commands print is text, whatever stands in it."""

import pytest
from rich.text import Text

from fuzzer.cli.console import PlainConsole


def test_no_text_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    console = PlainConsole()
    console.print("a\x1b[31m[b]\x9b2J\nc")
    console.print(Text.assemble(("bold\x1b]0;t\x07", "bold"), "\x7f!"))
    assert capsys.readouterr().out == "a\ufffd[31m[b]\ufffd2J\nc\nbold\ufffd]0;t\ufffd!\n"
