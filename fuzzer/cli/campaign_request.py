"""What a campaign is asked to do: the words of the call, checked, and the words of one that goes on."""

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from fuzzer.campaign.budget import Budget
from fuzzer.errors import UsageError
from fuzzer.model import Generator

INPUT_GENERATORS = (Generator.MUTATED, Generator.GENERATED)
PROGRAM_GENERATORS = (Generator.RISCV, Generator.RISCV_NEGATIVE, Generator.RISCV_NAIVE)


KEPT, NONE = "kept", "none"
"""Words of `--corpus`: whether inputs that earlier campaigns have kept take part, and new ones are kept."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """The call of a campaign."""

    cores: tuple[str, ...] = ()
    core_paths: tuple[str, ...] = ()
    """Relative to the project."""
    generators: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    seconds: float | None = None
    cases: int | None = None
    seed: int
    xlen: int = 64
    reduce_s: float = 30.0
    plants: tuple[str, ...] = ()
    jobs: int | None = None
    corpus: str = KEPT
    native_coverage: bool = False
    timeout: float | None = None
    """Seconds that a case of a core may take; None is the usual limit."""

    @property
    def budget(self) -> Budget:
        """How long it goes on."""
        return Budget(cases=self.cases, seconds=self.seconds)

    @property
    def names_cores(self) -> bool:
        """Whether cores were named."""
        return bool(self.cores or self.core_paths)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The generators: those that were named, else of inputs, and of programs where no core was named."""
        if self.generators:
            return tuple(dict.fromkeys(self.generators))
        return INPUT_GENERATORS if self.names_cores else (*INPUT_GENERATORS, Generator.RISCV)

    @property
    def of_inputs(self) -> tuple[str, ...]:
        """Generators of inputs for cores."""
        return tuple(name for name in self.chosen if name in INPUT_GENERATORS)

    @property
    def of_programs(self) -> str:
        """The generator of instruction programs; empty when none take part."""
        return next((name for name in self.chosen if name in PROGRAM_GENERATORS), "")

    def check(self) -> None:
        """See that the words go together.

        Raises:
            UsageError: they do not.
        """
        programs = [name for name in self.chosen if name in PROGRAM_GENERATORS]
        if len(programs) > 1:
            raise UsageError(
                f"`{programs[0]}` and `{programs[1]}` both make instruction programs",
                hint="a campaign has one generator of programs; run them one after the other",
            )
        if self.names_cores and not self.of_inputs:
            raise UsageError(
                f"no generator of inputs for the cores: `{self.chosen[0]}` makes programs of its own",
                hint="add --generator mutated or --generator generated, or leave out the cores",
            )
        if self.native_coverage and not self.of_inputs:
            raise UsageError(
                "--native-coverage is about cores, and none takes part",
                hint="leave it out, or add --generator mutated",
            )
        if self.xlen != 64 and (self.of_inputs or not programs):  # noqa: PLR2004 - the width of cores
            raise UsageError(
                "--xlen is about instruction programs alone; cores are 64 bits wide",
                hint="add --generator riscv",
            )

    def words(self) -> tuple[str, ...]:
        """The words of the call, without its budget: the same cases again."""
        named: Sequence[tuple[str, Sequence[str]]] = (
            ("--core", self.cores),
            ("--core-path", self.core_paths),
            ("--generator", self.generators),
            ("--target", self.targets),
            ("--plant", self.plants),
        )
        words = [word for option, values in named for value in values for word in (option, value)]
        words += ["--seed", str(self.seed)]
        words += ["--xlen", str(self.xlen)] * (self.xlen != 64)  # noqa: PLR2004 - the default
        words += ["--jobs", str(self.jobs)] * (self.jobs is not None)
        words += ["--corpus", self.corpus] * (self.corpus != KEPT)
        words += ["--timeout", f"{self.timeout:g}"] if self.timeout is not None else []
        words += ["--native-coverage"] * self.native_coverage
        return ("campaign", *words)


def relative_paths(paths: Sequence[Path], project: Path) -> tuple[str, ...]:
    """Folders of crates as documents can hold them."""
    return tuple(Path(os.path.relpath(path, project)).as_posix() for path in paths)


def goes_on(
    before: Request, given: Request, named: frozenset[str], *, done_s: float, done: int, complete: bool
) -> Request:
    """The request of a campaign that goes on.

    It is the one that began it, with what the new call names in its place. Without a new budget it has what
    is left of the old one; where nothing is left, what a killed process had no time for is made up for.

    Raises:
        UsageError: nothing is left of the budget, and the campaign is `complete`.
    """
    changed = {name: getattr(given, name) for name in named}
    if not named & {"seconds", "cases"}:
        changed["seconds"] = None if before.seconds is None else max(0.0, before.seconds - done_s)
        changed["cases"] = None if before.cases is None else max(0, before.cases - done)
        if complete and 0 in (changed["seconds"], changed["cases"]):
            raise UsageError(
                "the campaign has used up its budget", hint="say with --for or --cases how much more it gets"
            )
    else:
        changed = {"seconds": None, "cases": None, **changed}
    return msgspec.structs.replace(before, **changed)
