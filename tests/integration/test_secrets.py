"""A secret that is in the environment, in paths and in what a guest prints is nowhere in the artifacts."""

import io
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_project import ROOT, CliProject

from fuzzer.errors import ExitCode

pytestmark = pytest.mark.real

PLANTED = "pl4nted-v4lue"


def kept(artifacts: Path) -> Iterator[tuple[str, bytes]]:
    """Every file with its bytes, those inside of archives too."""
    for path in (path for path in artifacts.rglob("*") if path.is_file()):
        data = path.read_bytes()
        yield str(path.relative_to(artifacts)), data
        if path.name.endswith(".tar.gz"):
            with tarfile.open(fileobj=io.BytesIO(data)) as archive:
                for member in archive.getmembers():
                    if content := archive.extractfile(member):
                        yield f"{path.name}/{member.name}", content.read()


def test_a_planted_secret_is_nowhere_in_the_artifacts(tmp_path: Path) -> None:
    guest = f"of {PLANTED}/backwards"
    project = CliProject(tmp_path / "project", f'[cores.backwards]\npath = "{guest}"\n')
    shutil.copytree(ROOT / "tests" / "guests" / "backwards", project.root / guest)
    given = project.root / f"backwards_{PLANTED}.json"
    given.write_text(f'"{PLANTED[::-1]}"')
    run = ("run", "--core", "backwards", "--target", "sp1", "--input", given, "--plant", "sp1:flip-bit")
    project.fuzz(*run, expect=ExitCode.FINDINGS, env={"DEPLOY_TOKEN": PLANTED})
    files = dict(kept(project.artifacts))
    assert [name for name, data in files.items() if PLANTED.encode() in data] == []
    (folder,) = (path.name for path in project.findings())
    log = files[f"{folder}/run_log.json"].decode()
    for text in ('out \\"[redacted]', 'err \\"[redacted]', "backwards_[redacted].json", "of [redacted]/"):
        assert text in log, text
    assert files[f"{folder}/input.json"] == given.read_bytes()
    project.fuzz("validate", project.artifacts)


def test_a_secret_in_an_input_is_kept_and_warned_of(tmp_path: Path) -> None:
    project = CliProject(tmp_path / "project", '[cores.backwards]\npath = "backwards"\n')
    shutil.copytree(ROOT / "tests" / "guests" / "backwards", project.root / "backwards")
    given = project.root / "backwards_1.json"
    given.write_text(f'"{PLANTED}"')
    run = ("run", "--core", "backwards", "--target", "sp1", "--input", given, "--plant", "sp1:flip-bit")
    done = project.fuzz(*run, expect=ExitCode.FINDINGS, env={"DEPLOY_TOKEN": PLANTED})
    assert "input.json holds the value of DEPLOY_TOKEN; it is kept" in " ".join(done.stderr.split())
    exact = [name for name, data in kept(project.artifacts) if PLANTED.encode() in data]
    assert [name.rpartition("/")[2] for name in exact] == ["input.json"]
