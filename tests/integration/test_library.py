"""The harness as a library, with a guest outside the repository and the real SP1."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_project import INPUTS, ROOT

from fuzzer import Core
from fuzzer.errors import InputError, ToolchainError, UsageError
from fuzzer.model import Status

pytestmark = pytest.mark.real

GUESTS = ROOT / "tests" / "guests"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of a user's, which is the current folder."""
    (tmp_path / "fuzzer.toml").write_text("")
    shutil.copytree(GUESTS / "typed-reads", tmp_path / "program")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def typed(folder: Path) -> Iterator[Core]:
    """The guest in it."""
    with Core.at(folder / "program", targets=["sp1"]) as core:
        yield core


def test_inputs_of_every_kind_agree(typed: Core) -> None:
    seeds = list(typed.run_seeds())
    assert len(seeds) == len(list((GUESTS / "typed-reads" / "inputs").iterdir()))
    assert all(result.agrees for result in seeds)
    assert {result.outcomes["sp1"].status for result in seeds} == {Status.OK}
    panics = typed.run([b"\1\0\0\0"])
    assert panics.agrees
    assert panics.outcomes["sp1"].status is Status.PANIC
    same = typed.run_file("program/inputs/least.stdin.json")
    assert same.case.case.input_name == "program/inputs/least.stdin.json"
    again = typed.run_stdin([{"u32": 3}, {"string": "a"}, {"bincode": [{"u64": 0}]}, {"u8": 0}])
    assert again.agrees


def test_many_inputs_come_in_order_and_a_run_that_was_left_does_no_harm(typed: Core) -> None:
    inputs = [[number.to_bytes(4, "little")] for number in range(40)]
    results = list(typed.run_all(inputs))
    assert [result.buffers for result in results] == [tuple(buffers) for buffers in inputs]
    for result in typed.run_all(inputs):
        assert result.buffers == tuple(inputs[0])
        break
    assert typed.run(inputs[7]).buffers == tuple(inputs[7])


def test_a_core_that_is_closed_starts_again(typed: Core) -> None:
    before = typed.run([b""])
    typed.close()
    assert typed.run([b""]).outcomes["sp1"].stream == before.outcomes["sp1"].stream


def test_a_difference_is_recorded_with_a_script_that_replays_it(folder: Path) -> None:
    with Core.named("fib", targets=["sp1", "sp1-portable"], plants=["sp1:flip-bit"]) as fib:
        result = fib.run_json({"n": 24})
        assert result.diverges
        assert fib.last_disagreement == result
        finding = fib.record(result)
    assert finding.is_confirmed
    assert re.fullmatch(r"artifacts/\d{8}_\d{6}_fib", str(finding.folder))
    assert "confirmed 3/3" in finding.explain()
    assert finding.replay in finding.explain()
    assert "sp1:flip-bit" in (folder / finding.folder / "README.md").read_text()
    done = subprocess.run(["bash", str(finding.folder / "repro.sh")], env=with_launcher(), check=False)
    assert done.returncode == 0
    with pytest.raises(UsageError, match="no finding to keep"), Core.named("fib", targets=["sp1"]) as fib:
        fib.record(fib.run_file(INPUTS / "fib_24.json"))


def with_launcher() -> dict[str, str]:
    return {**os.environ, "PATH": f"{ROOT / 'scripts'}:{os.environ['PATH']}"}


def test_what_cannot_be_served_says_what_and_what_next(folder: Path, typed: Core) -> None:
    with pytest.raises(InputError, match="no such folder: nowhere"):
        Core.at("nowhere")
    with pytest.raises(UsageError, match="no option `target`") as refused:
        Core.at("program", target=["sp1"])  # type: ignore[call-arg]
    assert refused.value.hint == "did you mean `targets`?"
    with pytest.raises(UsageError, match="no target `sp2`"):
        Core.at("program", targets=["sp2"])
    with pytest.raises(UsageError, match="no core `fibb`"):
        Core.named("fibb")
    with pytest.raises(UsageError, match="a list of buffers"):
        typed.run(b"\1")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="u32"):
        typed.run_stdin([{"u32": -1}])
    with pytest.raises(InputError, match="no such input"):
        typed.run_file(folder)
    with pytest.raises(ToolchainError), Core.at(GUESTS / "does-not-compile", targets=["sp1"]):
        pass
