"""A folder of a user's, with artifacts of its own, in which `fuzz` is called as users call it."""

import csv
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from fuzzer.errors import ExitCode
from fuzzer.store.run_id import RUN_ID
from fuzzer.store.run_log import RunLog, decode_log

ROOT = Path(__file__).parents[1]
FUZZ = ROOT / "scripts" / "fuzz"
INPUTS = ROOT / "inputs"
FIB = ("run", "--core", "fib", "--target", "sp1")
"""The arguments of a short run."""
FIB_24 = (*FIB, "--input", INPUTS / "fib_24.json")
"""Those of the shortest one."""


class CliProject:
    """A project beside the checkout; what is built comes from the checkout's cache."""

    def __init__(self, root: Path, settings: str = "", *, launcher: Path = FUZZ) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.root = root
        self._launcher = launcher
        self._started: list[subprocess.Popen[str]] = []
        self.artifacts = root / "artifacts"
        (root / "fuzzer.toml").write_text(settings)

    def command(self, *arguments: object) -> list[str]:
        """The command line of a call."""
        return [str(self._launcher), *map(str, arguments)]

    def fuzz(
        self,
        *arguments: object,
        expect: int | None = 0,
        env: Mapping[str, str] | None = None,
        prefix: Sequence[str] = (),
    ) -> subprocess.CompletedProcess[str]:
        """Call `fuzz` in the project and check its exit code."""
        done = subprocess.run(
            [*prefix, *self.command(*arguments)],
            cwd=self.root,
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            check=False,
        )
        assert expect is None or done.returncode == expect, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        """Call `fuzz` without waiting for it; on SIGABRT it tells where each of its threads is."""
        process = subprocess.Popen(
            self.command(*arguments),
            cwd=self.root,
            env={**os.environ, "PYTHONFAULTHANDLER": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._started.append(process)
        return process

    def close(self) -> None:
        """End what a failed test has left running."""
        for process in self._started:
            process.kill()
            process.communicate()

    def refused(self, *arguments: object, code: ExitCode, prefix: Sequence[str] = ()) -> str:
        """What a call says that is refused, after a look at its form."""
        done = self.fuzz(*arguments, expect=code, prefix=prefix)
        assert done.stdout == ""
        assert "Traceback" not in done.stderr
        return done.stderr

    def write(self, name: str, content: str | bytes) -> str:
        """Write a file of the project, and give its name."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    def rows(self) -> list[dict[str, str]]:
        """The rows of the summary."""
        with (self.artifacts / "summary.csv").open(newline="") as file:
            return list(csv.DictReader(file))

    def whole_rows(self) -> list[dict[str, str]]:
        """The rows of the summary, after a look that each line is one."""
        text = (self.artifacts / "summary.csv").read_text()
        rows = self.rows()
        assert text.endswith("\n")
        assert len(text.splitlines()) == len(rows) + 1
        assert all(row["rustc_version"].startswith("rustc ") for row in rows)
        assert len({(row["run_id"], row["zkvm_target"]) for row in rows}) == len(rows)
        return rows

    def logs(self) -> dict[str, RunLog]:
        """The run logs at the root of the artifacts, by run id."""
        return {
            path.stem: decode_log(path.read_bytes(), name=path.name)
            for path in sorted(self.artifacts.glob("[!.]*.json"))
        }

    def only_campaign(self) -> Path:
        """The folder of the campaign that was run."""
        (folder,) = sorted((self.artifacts / "campaigns").iterdir())
        return folder

    def findings(self) -> list[Path]:
        """The folders of findings."""
        return sorted(
            path for path in self.artifacts.iterdir() if path.is_dir() and RUN_ID.fullmatch(path.name)
        )


def without_root_rights() -> tuple[str, ...]:
    """Permissions bind root too in what this is put in front of."""
    if os.geteuid() != 0:
        return ()
    return ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")
