"""Hold rvref against Spike and Unicorn, and freeze the values of the directed cases on which all agree."""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from fuzzer.build.plan import build
from fuzzer.build.steps import Silent
from fuzzer.cli.main import show_error
from fuzzer.conformance.calibrate import OURS, Compared, Disagreement, directed, random_programs
from fuzzer.conformance.cases.groups import WIDTHS
from fuzzer.conformance.files import CaseFile, write_file
from fuzzer.conformance.reference import Reference
from fuzzer.conformance.spike import Spike
from fuzzer.conformance.unicorn import Unicorn
from fuzzer.errors import ExitCode, FuzzerError
from fuzzer.execute.generator import GeneratorProcess, Source
from fuzzer.execute.programs import ProgramRunners
from fuzzer.execute.runner import RunnerCommand
from fuzzer.home import Home, find_home
from fuzzer.model import Limits, Outcome

_GENERATOR = "riscv"
_AT_ONCE = 500
"""Random programs in one go; progress is shown after each."""
_SHOWN = 5
_SHOWN_LETTERS = 600
_LIMITS = Limits(wall_ms=10_000)


class Calibration:
    """rvref's runner and the references, ready to run programs."""

    def __init__(self, home: Home, runners: ProgramRunners, references: Sequence[Reference]) -> None:
        self.home = home
        self.references = references
        self._runners = runners
        self.disagreements = 0

    def rvref(self, programs: Sequence[bytes]) -> list[Outcome]:
        """Programs on rvref."""
        return self._runners.run(programs)[OURS]

    def note(self, what: str, compared: Compared, seconds: float) -> None:
        """Say how much was compared, and keep what differs."""
        counts = ", ".join(f"{count:,} with {name}" for name, count in compared.compared.items())
        found = len(compared.disagreements)
        _say(f"{what}: {compared.total:,}; compared {counts}; {found} disagree · {seconds:.0f} s")
        for disagreement in compared.disagreements[:_SHOWN]:
            _say(f"  {disagreement.what} on {disagreement.reference}, kept as {self._keep(disagreement)}")
            _say(f"    {OURS}: {disagreement.ours[:_SHOWN_LETTERS]}")
            _say(f"    {disagreement.reference}: {disagreement.theirs[:_SHOWN_LETTERS]}")
        self.disagreements += found

    def _keep(self, disagreement: Disagreement) -> str:
        """The program and both sides, in a file of its own."""
        folder = self.home.cache / "calibration"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{disagreement.what}-{disagreement.reference}.elf"
        path.write_bytes(disagreement.program)
        sides = f"{OURS}: {disagreement.ours}\n{disagreement.reference}: {disagreement.theirs}\n"
        path.with_suffix(".txt").write_text(sides)
        return self.home.shown(path)

    def all_directed(self, versions: dict[str, str]) -> list[CaseFile]:
        """The directed cases of both widths."""
        files = []
        for xlen in WIDTHS:
            started = time.monotonic()
            frozen, compared = directed(xlen, self.rvref, self.references, versions)
            self.note(f"RV{xlen} directed cases", compared, time.monotonic() - started)
            files += frozen
        return files

    def all_random(self, generator: Path, count: int, seed: int) -> None:
        """Random programs of both widths."""
        for xlen in WIDTHS:
            started = time.monotonic()
            parts = []
            source = Source(generator=_GENERATOR, xlen=xlen, seed=seed)
            with GeneratorProcess(generator) as process:
                for first, made in process.batches(source, first=0, count=count, size=_AT_ONCE):
                    names = [f"rv{xlen}-random-{seed}-{first + number}" for number in range(len(made))]
                    parts.append(random_programs(names, made, self.rvref, self.references))
                    if sys.stderr.isatty():
                        sys.stderr.write(f"\rRV{xlen} random programs: {first + len(made):,}\r")
            self.note(f"RV{xlen} random programs", _sum(parts), time.monotonic() - started)


def _sum(parts: Sequence[Compared]) -> Compared:
    names = {name for part in parts for name in part.compared}
    return Compared(
        total=sum(part.total for part in parts),
        compared={name: sum(part.compared[name] for part in parts) for name in sorted(names)},
        disagreements=tuple(one for part in parts for one in part.disagreements),
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/calibrate", description=__doc__)
    parser.add_argument("--programs", type=_count, default=12_000, help="random programs of each width")
    parser.add_argument("--seed", type=_count, default=1, help="seed of the random programs")
    parser.add_argument("--freeze", action="store_true", help="write inputs/conformance/ where all agree")
    return parser.parse_args()


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"`{text}` is not a number from 0 on")
    return int(text)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Compare, print, and with --freeze write the files."""
    arguments = _arguments()
    home = find_home()
    with tempfile.TemporaryDirectory(dir=_fast_folder()) as folder:
        references: list[Reference] = [Spike(Path(folder)), Unicorn()]
        built = build(home, cores=[], targets=[OURS], progress=Silent(), generator=arguments.programs > 0)
        runner = built.runners[0]
        versions = {OURS: runner.version, **{one.name: one.version for one in references}}
        _say(" ".join(f"{name} {version}" for name, version in versions.items()))
        command = RunnerCommand(target=OURS, binary=runner.path)
        with ProgramRunners([command], limits=_LIMITS) as runners:
            calibration = Calibration(home, runners, references)
            files = calibration.all_directed(versions)
            if built.generator is not None:
                calibration.all_random(built.generator, arguments.programs, arguments.seed)
    if calibration.disagreements:
        _say("a disagreement is a bug of rvref's until the ISA manual says otherwise; nothing was frozen")
        return int(ExitCode.FINDINGS)
    if arguments.freeze:
        _freeze(home, files)
    return int(ExitCode.AGREE)


def _fast_folder() -> str | None:
    """Memory, where the system has a folder for it."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
    return str(memory) if memory.is_dir() else None


def _freeze(home: Home, files: Sequence[CaseFile]) -> None:
    folder = home.root / "inputs" / "conformance"
    folder.mkdir(parents=True, exist_ok=True)
    for line in _written(home, folder, files):
        _say(line)


def _written(home: Home, folder: Path, files: Sequence[CaseFile]) -> Iterator[str]:
    for file in files:
        path = write_file(folder, file)
        yield f"{home.shown(path)}: {len(file.cases):,} cases, {path.stat().st_size:,} bytes"


def run() -> int:
    """The same, with errors shown as those of `fuzz`."""
    try:
        return main()
    except FuzzerError as error:
        show_error(error)
        return int(error.exit_code)


if __name__ == "__main__":
    sys.exit(run())
