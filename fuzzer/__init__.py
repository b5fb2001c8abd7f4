"""Differential fuzzing harness for zkVMs: one program, one input, several executors that must agree.

As a library: `from fuzzer import Core, inputs_of`; see docs/library.md. The names are looked up when they are
asked for, so that `import fuzzer` and the start of the command `fuzz` stay quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from fuzzer.model import VERSION

if TYPE_CHECKING:
    from fuzzer.library.core import Core
    from fuzzer.library.result import Disagreement, Finding, Result
    from fuzzer.library.strategies import inputs_of

__version__ = VERSION
__all__ = ["Core", "Disagreement", "Finding", "Result", "inputs_of"]

_HOMES = {
    "Core": "fuzzer.library.core",
    "Disagreement": "fuzzer.library.result",
    "Finding": "fuzzer.library.result",
    "Result": "fuzzer.library.result",
    "inputs_of": "fuzzer.library.strategies",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module `fuzzer` has no `{name}`")
    return getattr(import_module(_HOMES[name]), name)
