"""The coverage map: numbered bins on axes, as the reference executor describes them. Pure.

A bin is something that can happen, such as "mulhsu of the smallest number and -1". Its number is its place in
the map, so counts mean something only together with the map that they were made for.
"""

from functools import cache

import msgspec

from fuzzer.errors import RunnerError

MAP_VERSION = 1
"""The form of the description that this code reads."""


class Axis(msgspec.Struct, frozen=True):
    """Bins that answer the same question about an instruction or a program."""

    name: str
    """Profile and question: `sp1.opcode`."""
    description: str
    """What the labels of a bin say, in their order."""
    first: int
    """Number of the first bin; the others follow."""
    bins: tuple[tuple[str, ...], ...]
    """The labels of each bin."""

    @property
    def profile(self) -> str:
        """The kind of programs that it is about; empty if the name does not say."""
        return self.name.partition(".")[0] if "." in self.name else ""

    @property
    def question(self) -> str:
        """The name without the profile."""
        return self.name.partition(".")[2] or self.name

    @property
    def numbers(self) -> slice:
        """The numbers of its bins."""
        return slice(self.first, self.first + len(self.bins))


class CoverageMap(msgspec.Struct, frozen=True):
    """All bins, in the order of their numbers."""

    version: int
    axes: tuple[Axis, ...]

    @property
    def size(self) -> int:
        """Number of all bins."""
        return self.axes[-1].numbers.stop if self.axes else 0

    def problem(self) -> str:
        """What is wrong with it: axes that do not follow each other, names given twice; empty if nothing."""
        expected = 0
        names: set[str] = set()
        for axis in self.axes:
            if axis.name in names:
                return f"has two axes `{axis.name}`"
            if axis.first != expected:
                return f"numbers axis `{axis.name}` from {axis.first}, not from {expected}"
            if not axis.bins or not all(axis.bins) or len(set(axis.bins)) < len(axis.bins):
                return f"has bins without a name of their own on axis `{axis.name}`"
            names.add(axis.name)
            expected = axis.numbers.stop
        return "" if expected else "has no bins"


@cache
def _decoder() -> msgspec.json.Decoder[CoverageMap]:
    return msgspec.json.Decoder(CoverageMap)


def parse_map(data: bytes, *, name: str = "the runner") -> CoverageMap:
    """The map that a runner describes; `name` is what errors call the runner.

    Raises:
        RunnerError: it is not a map, or not one that this code can read.
    """
    hint = "the runner and the harness do not belong together; `fuzz clean --yes`, then build again"
    try:
        bins = _decoder().decode(data)
    except msgspec.DecodeError as error:
        raise RunnerError(f"{name} does not describe a coverage map: {error}", hint=hint) from None
    if bins.version > MAP_VERSION:
        newer = f"has version {bins.version}, this `fuzz` reads up to {MAP_VERSION}"
        raise RunnerError(f"the coverage map of {name} {newer}", hint=hint)
    if problem := bins.problem():
        raise RunnerError(f"the coverage map of {name} {problem}", hint=hint)
    return bins
