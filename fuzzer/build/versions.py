"""Version numbers, as far as the harness looks into them."""

import re

import msgspec

SP1_VERSION = "6.10.0"
"""The SP1 release that the harness is made for: runners, where no other is asked for, and cargo-prove."""
RVREF_VERSION = "0.1.0"
"""Of the reference executor, as in its manifest."""
GENERATOR_VERSION = "0.1.0"
"""Of the generator of RISC-V programs, as in its manifest."""
SP1_MAJOR = 6
"""The major version whose guests this harness runs."""

_NUMBER = re.compile(r"(\d+)(?:\.(\d+))?(?:\.(\d+))?")


class Version(msgspec.Struct, frozen=True, order=True):
    """The three numbers of a version; what follows them is left out."""

    major: int
    minor: int = 0
    patch: int = 0

    def __str__(self) -> str:
        """As people write it."""
        return f"{self.major}.{self.minor}.{self.patch}"


OLDEST_RUST = Version(1, 91, 0)
"""The oldest rustc that SP1's crates of this release accept."""


def find_version(text: str) -> Version | None:
    """The first version number in a text: a tool's answer to `--version`, or a requirement like `^6.0`."""
    match = _NUMBER.search(text)
    return Version(*(int(number or 0) for number in match.groups())) if match else None


def required_major(requirement: str) -> int | None:
    """The one major version that a cargo requirement allows (`^5.2`, `=6.10.0`, `6`); None when open."""
    if "," in requirement or requirement.lstrip().startswith((">", "<", "*")):
        return None
    found = find_version(requirement)
    return found.major if found else None
