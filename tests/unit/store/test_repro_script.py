"""`repro.sh` in its folder, in a copy of it, and without a fuzzer."""

import os
import subprocess
from pathlib import Path

import pytest

from fuzzer.store.repro_script import REPRO_SCRIPT


def make_fuzz(path: Path, *, exit_code: int = 0) -> None:
    """A stand-in that shows its arguments."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\necho "$0" "$@"\nexit {exit_code}\n')
    path.chmod(0o755)


def make_checkout(root: Path, *, exit_code: int = 0) -> Path:
    """A checkout with a finding in it; returns the finding's folder."""
    make_fuzz(root / "scripts" / "fuzz", exit_code=exit_code)
    (root / "fuzzer").mkdir()
    folder = root / "artifacts" / "a run"
    folder.mkdir(parents=True)
    (folder / "repro.sh").write_text(REPRO_SCRIPT)
    return folder


def run(script: Path, *arguments: str, cwd: Path, path: str = os.defpath) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", script, *arguments], cwd=cwd, env={"PATH": path}, capture_output=True, text=True, check=False
    )


def test_runs_the_checkout_above_from_any_folder(tmp_path: Path) -> None:
    folder = make_checkout(tmp_path / "check out")
    for script, cwd in ((folder / "repro.sh", Path("/")), (Path("repro.sh"), folder)):
        done = run(script, "--unplant", cwd=cwd)
        assert done.stdout == f"{tmp_path}/check out/scripts/fuzz repro {folder} --unplant\n"
        assert done.returncode == 0


@pytest.mark.parametrize(("fuzz", "repro"), [(0, 0), (7, 1), (1, 2), (3, 2), (5, 2), (130, 2)])
def test_exit_codes(tmp_path: Path, fuzz: int, repro: int) -> None:
    folder = make_checkout(tmp_path, exit_code=fuzz)
    assert run(folder / "repro.sh", cwd=tmp_path).returncode == repro


def test_copy_in_another_checkout_uses_that_one(tmp_path: Path) -> None:
    folder = make_checkout(tmp_path / "one")
    other = make_checkout(tmp_path / "two").parent / "copied"
    folder.rename(other)
    assert run(other / "repro.sh", cwd=tmp_path).stdout.startswith(
        f"{tmp_path}/two/scripts/fuzz repro {other}"
    )


def test_installed_fuzz_is_used_outside_of_any_checkout(tmp_path: Path) -> None:
    make_fuzz(tmp_path / "bin" / "fuzz")
    (tmp_path / "repro.sh").write_text(REPRO_SCRIPT)
    done = run(tmp_path / "repro.sh", cwd=Path("/"), path=f"{tmp_path}/bin:{os.defpath}")
    assert done.stdout == f"{tmp_path}/bin/fuzz repro {tmp_path}\n"


def test_without_a_fuzzer_it_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "repro.sh").write_text(REPRO_SCRIPT)
    done = run(tmp_path / "repro.sh", cwd=tmp_path)
    assert done.returncode == 2
    assert "no checkout of the fuzzer above" in done.stderr
    assert "no `fuzz` on PATH" in done.stderr


def test_names_no_place_of_this_machine() -> None:
    lines = REPRO_SCRIPT.splitlines()[1:]
    assert [line for line in lines if " /" in line and "= / ]" not in line] == []
