"""`fuzz validate` on folders with archives and links in them."""

import io
import tarfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from fuzzer.cli.validate import validate
from fuzzer.errors import ExitCode


def archive(path: Path, *entries: tarfile.TarInfo) -> None:
    with tarfile.open(path, "w:gz") as tar:
        for entry in entries:
            tar.addfile(entry, io.BytesIO(bytes(entry.size)))


def link(name: str, target: str) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = tarfile.SYMTYPE, target
    return entry


def said(folder: Path) -> tuple[int, str]:
    done = CliRunner().invoke(validate, [str(folder)], standalone_mode=False)
    assert done.exception is None
    return int(done.return_value), done.stdout.replace("\n", " ")


@pytest.mark.parametrize("name", ["core.tar.gz", "bundle.tgz"])
@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (tarfile.TarInfo("/etc/a"), "leads out of its folder"),
        (tarfile.TarInfo("a/../../b"), "leads out of its folder"),
        (link("a", "/etc"), "is neither a file nor a folder"),
    ],
)
def test_members_of_an_archive_in_a_folder_may_not_lead_out(
    tmp_path: Path, name: str, entry: tarfile.TarInfo, message: str
) -> None:
    archive(tmp_path / name, tarfile.TarInfo("fine"), entry)
    code, text = said(tmp_path)
    assert code == ExitCode.BAD_INPUT
    assert message in text


@pytest.mark.parametrize("size", [0, 5, 40])
def test_an_archive_that_is_cut_off_is_named_and_the_rest_is_looked_at(tmp_path: Path, size: int) -> None:
    archive(tmp_path / "a.tar.gz", tarfile.TarInfo("fine"))
    (tmp_path / "a.tar.gz").write_bytes((tmp_path / "a.tar.gz").read_bytes()[:size])
    (tmp_path / "z.json").write_text("{")
    code, text = said(tmp_path)
    assert code == ExitCode.BAD_INPUT
    assert "a.tar.gz: $: is damaged or cut off" in text
    assert "z.json: $: is no JSON" in text


def test_sources_of_a_core_are_not_held_against_anything(tmp_path: Path) -> None:
    bad = tarfile.TarInfo("run_log.json")
    bad.size = 3
    archive(tmp_path / "core.tar.gz", bad)
    assert said(tmp_path)[0] == ExitCode.NOTHING_COMPARED
    archive(tmp_path / "bundle.tar.gz", bad)
    code, text = said(tmp_path)
    assert code == ExitCode.BAD_INPUT
    assert "bundle.tar.gz: run_log.json: $" in text


def test_a_link_that_leads_out_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "run.json").symlink_to("../elsewhere")
    assert "is a link to nothing" in said(tmp_path / "folder")[1]
