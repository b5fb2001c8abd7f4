"""`fuzz validate` on folders with archives and links in them."""

import gzip
import io
import os
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


def test_an_archive_that_would_fill_the_disk_is_not_unpacked(tmp_path: Path) -> None:
    zeros = tarfile.TarInfo("zeros.json")
    zeros.size = 300 << 20
    path = tmp_path / "a.tar.gz"
    with gzip.open(path, "wb", compresslevel=1) as packed:
        packed.write(zeros.tobuf())
        for _ in range(300):
            packed.write(bytes(1 << 20))
    code, text = said(tmp_path)
    assert code == ExitCode.BAD_INPUT
    assert "a.tar.gz: $: holds 314,572,800 bytes or more in " in text
    assert "zeros.json" not in text


def test_a_name_that_is_there_twice_is_named(tmp_path: Path) -> None:
    archive(tmp_path / "a.tar.gz", tarfile.TarInfo("a"), tarfile.TarInfo("a"))
    assert "a.tar.gz: a: is there twice" in said(tmp_path)[1]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "run.json")
    assert "run.json: $: is not there, or no regular file" in said(tmp_path)[1]


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
