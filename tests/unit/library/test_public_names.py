"""The names that users import, and what an import costs."""

import subprocess
import sys

import pytest

import fuzzer


def test_every_public_name_is_there_and_described() -> None:
    for name in fuzzer.__all__:
        assert getattr(fuzzer, name).__doc__


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no `Cores`"):
        _ = fuzzer.Cores


@pytest.mark.parametrize("module", ["fuzzer", "fuzzer.library.plugin", "fuzzer.cli.main"])
def test_an_import_does_not_bring_in_what_is_not_asked_for(module: str) -> None:
    heavy = ("hypothesis", "pandas", "numpy", "fuzzer.library.core", "fuzzer.campaign")
    code = f"import sys, {module}; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
