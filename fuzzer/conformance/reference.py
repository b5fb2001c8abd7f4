"""Executors of others that rvref is held against; both are optional packages, the extra `reference`."""

from importlib import metadata
from typing import Protocol

from fuzzer.errors import ToolchainError
from fuzzer.model import Outcome

EXTRA = "reference"
"""Name of the extra in `pyproject.toml` that holds them."""


class Reference(Protocol):
    """Runs whole programs that end by HALT and read nothing."""

    name: str
    version: str

    def run(self, program: bytes) -> Outcome:
        """What an ELF file does on it."""


def missing(package: str, why: str) -> ToolchainError:
    """The error of a reference that is not installed or does not work.

    Args:
        package: its name at the package index.
        why: what was seen, one line.
    """
    return ToolchainError(
        f"the reference executor `{package}` cannot be used: {why}",
        hint=f"`pip install -e '.[{EXTRA}]'` in the checkout adds it, for the Python that runs this; "
        "`scripts/calibrate` makes an environment of its own with it",
    )


def version_of(package: str) -> str:
    """The version of an installed package.

    Raises:
        ToolchainError: it is not installed.
    """
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError as error:
        raise missing(package, "the package is not installed") from error
