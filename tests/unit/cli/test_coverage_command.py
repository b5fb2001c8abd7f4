"""`fuzz coverage` in a project of its own."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

from fuzzer.cli.coverage import coverage as command
from fuzzer.coverage.counts import Coverage
from fuzzer.coverage.document import encode_coverage
from fuzzer.coverage.map import Axis, CoverageMap
from fuzzer.errors import ExitCode, FuzzerError, InputError, StoreError, UsageError

CLASSES = ("0", "-1", "min", "max", "mid")
MAP = CoverageMap(
    version=1,
    axes=(
        Axis("sp1.opcode", "operation", 0, (("addi",), ("mul",))),
        Axis(
            "sp1.operands",
            "operation, rs1",
            2,
            tuple((op, name) for op in ("addi", "mul") for name in CLASSES),
        ),
        Axis("rv32.opcode", "operation", 12, (("add",),)),
    ),
)
OLD, NEW = "20261121_120000_riscv", "20261122_080000_riscv"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project that the command is called in."""
    (tmp_path / "fuzzer.toml").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


def campaign(name: str, *, programs: int = 64, rv32: int = 0) -> Path:
    folder = Path("artifacts", "campaigns", name)
    folder.mkdir(parents=True)
    counts = np.array([5, 9, 3, 0, 4, 4, 4, *[1] * 5, rv32], np.uint64)
    file = folder / "coverage.json"
    file.write_bytes(encode_coverage(Coverage(MAP, counts, programs=programs)))
    return file


def shown(*arguments: str) -> str:
    done = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert (done.exit_code, done.stderr) == (ExitCode.AGREE, "")
    return done.stdout


def refused(*arguments: str) -> FuzzerError:
    error = CliRunner().invoke(command, arguments).exception
    assert isinstance(error, FuzzerError)
    return error


def test_the_newest_campaign_is_shown() -> None:
    campaign(OLD)
    campaign(NEW, programs=1_234)
    Path("artifacts", "campaigns", "20261123_080000_riscv").mkdir()
    assert shown().splitlines() == [
        f"Coverage of campaign {NEW}: 1,234 programs, 11 of 12 bins (91.6 %)",
        "",
        " axis       covered        of    share  rarest",
        " opcode           2         2  100.0 %  addi: 5",
        " operands         9        10   90.0 %  mul rs1 0: 1",
        "",
        "sp1.operands: operation by class of the value in rs1",
        "  0 0, - -1, m min, M max, i mid",
        "  · never, 0 to 9 tenths of the bins with it, █ all of them; blank: cannot happen",
        "       0-mMi        0-mMi",
        "  addi █·███   mul  █████",
        "",
        "Not tested, the most important first, with the number of bins",
        " operands  addi: rs1 -1 (1)",
    ]


def test_a_campaign_or_a_file_can_be_named() -> None:
    file = campaign(OLD, programs=7)
    campaign(NEW)
    for argument in (OLD, str(file), str(file.parent)):
        assert ": 7 programs, " in shown(argument)


def test_one_axis_with_its_rarest_bins() -> None:
    campaign(OLD, rv32=1)
    for name in ("operands", "sp1.operands"):
        lines = shown("--axis", name, "--untested", "0").splitlines()
        assert [line.split()[0] for line in lines[3:4]] == ["operands"]
        assert "Rarest of sp1.operands" in lines
        assert "           3  addi rs1 0" in lines
        assert lines[-1] == " 1 more line: --untested 1 shows all, --axis NAME one axis"
    assert [line.split()[0] for line in shown("--axis", "opcode").splitlines()[3:5]] == [
        "sp1.opcode",
        "rv32.opcode",
    ]


def test_no_heat_map_where_there_is_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign(OLD)
    monkeypatch.setenv("COLUMNS", "8")
    assert "█" not in shown()


def test_a_page_is_written(project: Path) -> None:
    campaign(OLD)
    assert shown("--html", "page.html").endswith("\nPage: page.html\n")
    page = (project / "page.html").read_text(encoding="utf-8")
    assert f"<h1>Coverage of campaign {OLD}</h1>" in page
    assert isinstance(refused("--html", "missing/page.html"), StoreError)


def test_lines_for_machines() -> None:
    campaign(OLD)
    events = [msgspec.json.decode(line) for line in shown("--json", "--html", "page.html").splitlines()]
    assert [event["event"] for event in events] == ["coverage", "axis", "axis", "untested", "page"]
    file = f"artifacts/campaigns/{OLD}/coverage.json"
    assert events[0] == {"event": "coverage", "file": file, "programs": 64, "covered": 11, "total": 12}
    assert (events[2]["name"], events[2]["percent"], len(events[2]["rarest"])) == ("sp1.operands", 90.0, 9)
    assert events[3] == {"event": "untested", "axis": "sp1.operands", "text": "addi: rs1 -1", "bins": 1}


def test_no_campaign_yet() -> None:
    for error, kind in ((refused(), InputError), (refused("riscv"), UsageError)):
        assert isinstance(error, kind)
        assert "`fuzz campaign --generator riscv --for 1m`" in error.hint


def test_a_name_that_nothing_has() -> None:
    campaign(OLD)
    error = refused(OLD.replace("12", "13", 1))
    assert isinstance(error, UsageError)
    assert error.hint == f"did you mean `{OLD}`?"


def test_an_axis_that_the_map_has_not() -> None:
    campaign(OLD)
    error = refused("--axis", "operand")
    assert isinstance(error, UsageError)
    assert error.hint == "did you mean `operands`?"


def test_a_damaged_file() -> None:
    file = campaign(OLD)
    file.write_bytes(file.read_bytes()[:-20])
    error = refused()
    assert isinstance(error, StoreError)
    assert error.message.startswith(f"artifacts/campaigns/{OLD}/coverage.json is no coverage")


def test_a_file_that_cannot_be_read() -> None:
    file = campaign(OLD)
    file.unlink()
    file.mkdir()
    error = refused()
    assert isinstance(error, StoreError)
    assert "cannot be read: Is a directory" in error.message
