"""`fuzz case`: every way to name a case, and what is exported runs as the campaign ran it."""

import csv
import json

import msgspec
import pytest
from cli_project import INPUTS, CliProject

from fuzzer.errors import ExitCode
from fuzzer.model import Generator

pytestmark = pytest.mark.real

CAMPAIGN = ("campaign", "--core", "fib", "--cases", 60, "--seed", 7, "--target", "sp1")


def shown(project: CliProject, *arguments: object) -> dict[str, object]:
    """What `fuzz case` says for machines."""
    (line, *_) = project.fuzz("case", *arguments, "--json").stdout.splitlines()
    record: dict[str, object] = json.loads(line)
    return record


def only_buffer(record: dict[str, object]) -> bytes:
    """The bytes of a case with one buffer."""
    (buffer,) = msgspec.convert(record["buffers"], list[dict[str, str]])
    return bytes.fromhex(buffer["hex"])


def test_a_case_of_a_campaign_is_shown_exported_and_runs_again(project: CliProject) -> None:
    project.fuzz(*CAMPAIGN)
    made = [shown(project, f"0:{index}") for index in (0, 30, 59)]
    assert made[0]["generator"] == "hand_written"
    assert {one["campaign"] for one in made} == {project.only_campaign().name}
    one = made[1]
    assert one["rng_seed"] == "7:0:30"
    assert shown(project, str(one["case"])) == one | {"again": shown(project, str(one["case"]))["again"]}
    assert shown(project, "7:0:30")["buffers"] == one["buffers"]
    ended = one["ended"]
    assert isinstance(ended, dict)
    assert list(ended["statuses"]) == ["native", "sp1"]

    text = project.fuzz("case", "0:30", "--write", "case.bin").stdout
    assert str(one["case"]) in text.splitlines()[0]
    assert "again" in text
    assert (project.root / "case.bin").read_bytes() == only_buffer(one)
    project.fuzz("run", "--core", "fib", "--target", "sp1", "--input", "case.bin")
    row = project.rows()[-1]  # in front of it may be one of a case that ran into a limit
    words = {"Ok": "ok", "Panic": "panic"}
    assert [words[row["native_status"]], words[row["sp1_status"]]] == list(ended["statuses"].values())

    project.fuzz("case", "0:30", "--write", "case.stdin.json")
    project.fuzz("run", "--core", "fib", "--target", "sp1", "--input", "case.stdin.json")
    again = project.rows()[-1]
    assert (row["input"], again["input"]) == ("case.bin", "case.stdin.json")
    assert [again["native_status"], again["sp1_status"]] == [row["native_status"], row["sp1_status"]]


def test_a_finding_and_its_first_form(project: CliProject) -> None:
    project.fuzz(*CAMPAIGN, "--plant", "sp1:flip-bit", "--reduce-for", "1s", expect=ExitCode.FINDINGS)
    (folder, *_) = [path for path in project.findings() if path.name != "campaigns"]
    by_id, by_path = shown(project, folder.name), shown(project, f"artifacts/{folder.name}/")
    assert by_id == by_path
    assert by_id["run_id"] == folder.name
    assert by_id["signature"] == "fib: native | sp1: output at commit 2"
    assert by_id["again"] == [f"bash artifacts/{folder.name}/repro.sh"]


def test_an_instruction_program_is_made_again(project: CliProject) -> None:
    record = shown(project, "riscv-64/7/12", "--write", "case.elf")
    assert "seed 7, index 12" in str(record["listing"])
    assert (project.root / "case.elf").read_bytes().startswith(b"\x7fELF")


def test_a_hand_written_input(project: CliProject) -> None:
    project.write("inputs/fib_24.json", (INPUTS / "fib_24.json").read_bytes())
    for arguments in (("inputs/fib_24.json", "--core", "fib"), (INPUTS / "fib_24.json",), ("fib_24",)):
        record = shown(project, *arguments)
        assert record["core"] == "fib"
        assert only_buffer(record) == (INPUTS / "fib_24.json").read_bytes()


def test_what_is_not_there_is_refused_with_a_hint(project: CliProject) -> None:
    assert "there is no campaign yet" in project.refused("case", "0:1", code=ExitCode.USAGE)
    project.fuzz(*CAMPAIGN)
    assert "its cases are 0:0 to 0:59" in project.refused("case", "0:60", code=ExitCode.BAD_INPUT)
    assert "has the seed 8" in project.refused("case", "8:0:1", code=ExitCode.USAGE)
    assert "instruction program (riscv-64/7/12)" in project.refused("case", "zzz", code=ExitCode.USAGE)
    assert "did you mean `fib_24`" in project.refused("case", "fib_2", code=ExitCode.USAGE)


def test_the_summary_of_a_campaign_has_every_case_once(project: CliProject) -> None:
    project.fuzz(*CAMPAIGN, "--plant", "sp1:flip-bit", "--reduce-for", "1s", expect=ExitCode.FINDINGS)
    own = list(csv.DictReader(project.fuzz("summary").stdout.splitlines()))
    assert own == project.rows()
    rows = list(csv.DictReader(project.fuzz("summary", "--all").stdout.splitlines()))
    assert rows[: len(own)] == own
    assert len(rows) == len({(row["core"], row["input"], row["rng_seed"]) for row in rows}) == 60
    # Which of its generators have had a turn so early depends on how long cases take.
    assert {"hand_written", "mutated"} <= {row["generator"] for row in rows} <= set(Generator)
