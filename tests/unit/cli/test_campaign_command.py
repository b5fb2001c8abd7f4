"""`fuzz campaign` with runners and a generator that were not built but written down here."""

import signal
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from fake_generator import RIGHT, WRONG, WRONG_IN_BATCHES, fake_targets, generates

from fuzzer.build.host_rust import HostRust
from fuzzer.build.plan import Built
from fuzzer.build.runners import BuiltRunner
from fuzzer.campaign.events import BatchFinished, Event
from fuzzer.campaign.program import ProgramTargets
from fuzzer.cli import campaign as command
from fuzzer.cli import campaign_setup
from fuzzer.coverage.counts import Coverage, Share
from fuzzer.coverage.document import decode_coverage, encode_coverage
from fuzzer.coverage.map import parse_map
from fuzzer.errors import ExitCode, RunnerError, UsageError
from fuzzer.store.campaign import CampaignRecord, decode_campaign
from fuzzer.store.run_log import decode_log

pytestmark = pytest.mark.slow  # each test starts several processes

CRASHES = """
hello()
while True:
    kind, body = request()
    answer_batch(body, [ended(b"", "crash", "misaligned") for _ in body["programs"]])
"""
ENDS = """
hello()
asked = 0
while True:
    kind, body = request()
    asked += 1
    if asked > 20:
        {how}
    send(*generator_answer(kind, body, multiplies=[]))
"""
Fuzz = Callable[..., int]


class BatchesCovered:
    """Stands for what adds up coverage, which is about the reference's own numbers."""

    def __init__(self, rvref: Path, *, before: bytes | None = None) -> None:
        assert before is None
        assert rvref
        self._batches: list[bytes] = []

    def add(self, event: Event) -> None:
        """Take that of a batch."""
        if isinstance(event, BatchFinished):
            self._batches.append(event.coverage)

    @property
    def share(self) -> Share:
        """One of two bins."""
        return Share(covered=1, total=2)

    def lines(self) -> list[str]:
        """How many there were."""
        return [f"- {len(self._batches)} batches"]

    def document(self) -> bytes:
        """A map of two bins, hit as often as there were batches."""
        axis = {"name": "sp1.opcode", "description": "operation", "first": 0, "bins": [["add"], ["mul"]]}
        coverage = Coverage(parse_map(msgspec.json.encode({"version": 1, "axes": [axis]}), name="rvref"))
        for _ in self._batches:
            coverage.add(struct.pack("<II", 0, 1), programs=1)
        return encode_coverage(coverage)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Put back what the test runner had, and heed Ctrl-C meanwhile."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def fuzz(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fuzz:
    """Call the command in an empty project, with these runners as if they had been built."""
    project, built = tmp_path / "project", tmp_path / "built"
    project.mkdir()
    built.mkdir()
    (project / "fuzzer.toml").write_text('[run]\nconfirmations = 1\ntargets = ["sp1"]\n')
    monkeypatch.chdir(project)

    def call(*arguments: str, generator: str = generates(), **runners: str) -> int:
        def ready(*_: object, plants: dict[str, str]) -> ProgramTargets:
            assert plants == {}
            return fake_targets(built, generator, **runners)

        rvref = BuiltRunner(target="rvref", path=built / "rvref", version="1", sha256="", key="")
        host = HostRust(bin_dir="", version="rustc 1", target="", key="")
        only = Built(cores=(), runners=(rvref,), host=host, tools=None)
        monkeypatch.setattr(campaign_setup, "build_for", lambda *_, **__: (only, 0.0))
        monkeypatch.setattr(campaign_setup, "program_targets", ready)
        monkeypatch.setattr(campaign_setup, "programs", lambda *_, **__: [])
        monkeypatch.setattr(command, "Covered", BatchesCovered)
        words = ["--generator", "riscv", "--seed", "7", "--reduce-for", "1s", *arguments]
        code = command.campaign.main(words, standalone_mode=False)
        assert isinstance(code, int)
        return code

    return call


def folder() -> Path:
    """That of the only campaign."""
    (found,) = Path("artifacts/campaigns").iterdir()
    return found


def record() -> CampaignRecord:
    return decode_campaign((folder() / "campaign.json").read_bytes(), name="campaign.json")


def test_campaign_in_which_all_agree(fuzz: Fuzz, capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz("--cases", "300", sp1=RIGHT) == ExitCode.AGREE
    said = capsys.readouterr()
    assert "300 cases, 300 agree · artifacts/campaigns/" in said.out
    assert said.err == ""
    found = record()
    assert (found.end, found.seed, found.xlen, found.generator) == ("Complete", 7, 64, "riscv")
    assert (found.totals["cases"], found.totals["compared"], found.findings) == (300, 300, ())
    assert [target.name for target in found.targets] == ["rvref", "sp1"]
    report = (folder() / "report.md").read_text()
    assert "`fuzz campaign --generator riscv --seed 7`" in report
    assert report.endswith("- 2 batches\n")
    covered = decode_coverage((folder() / "coverage.json").read_bytes(), name="coverage.json")
    assert covered.programs == 2
    assert (folder() / "report.html").read_text().startswith("<!doctype html>")


def test_finding_is_recorded_counted_and_shown(fuzz: Fuzz, capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz("--cases", "9", generator=generates([2, 4, 7]), sp1=WRONG) == ExitCode.FINDINGS
    (found,) = record().findings
    assert found.signature == "riscv: rvref | sp1: output at mul"
    assert (found.case, found.instructions, found.programs) == ("riscv-64/7/2", 1, 3)
    place = Path("artifacts") / found.run_id
    log = decode_log((place / "run_log.json").read_bytes(), name="run_log.json")
    assert log.signature == found.signature
    assert (place / "program.elf").read_bytes()[:4] == b"\x7fELF"
    assert (place / "repro.sh").exists()
    out = capsys.readouterr().out
    assert f"Finding (confirmed 1/1)  {found.signature}" in out
    assert f"artifacts/{found.run_id}/README.md" in out
    assert "9 cases, 6 agree, 1 finding, 2 repeated" in out
    assert found.signature.replace("|", "\\|") in (folder() / "report.md").read_text()


def test_machines_get_lines_of_json_and_nothing_else(fuzz: Fuzz, capsys: pytest.CaptureFixture[str]) -> None:
    fuzz("--cases", "3", "--json", generator=generates([2]), sp1=WRONG)
    lines = [msgspec.json.decode(line) for line in capsys.readouterr().out.splitlines()]
    (finding,) = [line for line in lines if line["event"] == "finding"]
    assert (finding["case"], finding["verdict"], finding["instructions"]) == ("riscv-64/7/2", "diverge", 1)
    assert finding["signature"] == "riscv: rvref | sp1: output at mul"
    assert Path("artifacts", finding["run_id"], "README.md").exists()


def test_difference_that_is_gone_alone_names_no_folder_that_is_not_there(
    fuzz: Fuzz, capsys: pytest.CaptureFixture[str]
) -> None:
    fuzz("--cases", "3", generator=generates([2]), sp1=WRONG_IN_BATCHES)
    words = capsys.readouterr().out.split()
    pages = [word for word in words if word.endswith("README.md")]
    assert [page for page in pages if not Path(page).exists()] == []


def test_programs_that_the_reference_rejects_are_a_warning_and_not_green(
    fuzz: Fuzz, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fuzz("--cases", "5", rvref=CRASHES, sp1=RIGHT) == ExitCode.NOTHING_COMPARED
    said = capsys.readouterr().err
    assert "warning: 5 programs did not run to their end on rvref" in said
    assert "warning: nothing was compared" in said


def test_interrupt_ends_it_with_everything_written_down(fuzz: Fuzz) -> None:
    interrupts = ENDS.format(how="os.kill(os.getppid(), signal.SIGINT); time.sleep(60)")
    assert fuzz(generator=interrupts, sp1=RIGHT) == ExitCode.INTERRUPTED
    assert record().end == "Interrupted"
    assert record().totals["cases"] > 0  # type: ignore[operator]
    assert "Interrupted: " in (folder() / "report.md").read_text()


def test_time_that_is_up_ends_it(fuzz: Fuzz) -> None:
    assert fuzz("--for", "1s", sp1=RIGHT) == ExitCode.AGREE
    assert record().end == "Complete"
    assert 1.0 <= record().seconds < 30


def test_generator_that_fails_ends_it_with_everything_written_down(fuzz: Fuzz) -> None:
    fails = ENDS.format(how="send(6, 'out of registers')")
    with pytest.raises(RunnerError, match="out of registers"):
        fuzz(generator=fails, sp1=RIGHT)
    assert (folder() / "campaign.json").exists(), "the report says that it has not ended"
    assert record().end == "Ended by an error"


def never(*_: object, **__: object) -> None:
    raise AssertionError("nothing has to be built for a wrong call")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--target", "rvref"), "there is nothing to compare `rvref` with"),
        (("--target", "sp2"), "no target `sp2`"),
        (("--target", "sp1", "--plant", "sp1:flip"), "no fault `flip`"),
        (("--target", "sp1", "--plant", "rvref-faulty:addw-wide"), "`rvref-faulty` takes no part"),
        pytest.param(
            ("--target", "sp1", "--plant", "native:flip-bit"),
            "`native` takes no part",
        ),
    ],
)
def test_wrong_call_is_refused_before_anything_is_built(
    fuzz: Fuzz, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], says: str
) -> None:
    assert fuzz is not None
    monkeypatch.setattr(campaign_setup, "build_for", never)
    with pytest.raises(UsageError, match=says):
        command.campaign.main(["--generator", "riscv", *arguments], standalone_mode=False)
    assert not Path("artifacts/campaigns").exists()
