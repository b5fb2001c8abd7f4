"""Wrong calls, settings, inputs and runners are named, with a hint."""

import re
from pathlib import Path

import pytest
from cli_project import FIB, FIB_24, CliProject, without_root_rights
from copied_checkout import project_with_runner

from fuzzer.errors import ExitCode

pytestmark = pytest.mark.real


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--core", "fob"], "error: no core `fob`\nhint: did you mean `fib`?"),
        (["--target", "sp2"], "error: no target `sp2`\nhint: did you mean `sp1`?"),
        (
            ["--target", "native"],
            "error: there is nothing to compare `native` with\nhint: add the target sp1",
        ),
        (["--timeout", "0"], "Invalid value for '--timeout': 0.0 is not in the range x>=0.001."),
        (["--timeout", "-1"], "Invalid value for '--timeout': -1.0 is not in the range x>=0.001."),
        (["--timeout", "long"], "Invalid value for '--timeout': 'long' is not a valid float"),
        (["--memory", "0"], "Invalid value for '--memory': 0 is not in the range x>=16."),
        (["--memory", "-5"], "Invalid value for '--memory': -5 is not in the range x>=16."),
        (["--jobs", "-1"], "Invalid value for '--jobs': -1 is not in the range x>=0."),
        (["--repeat", "0"], "Invalid value for '--repeat': 0 is not in the range x>=1."),
        (["--record", "some"], "'some' is not one of 'all', 'findings'."),
        (["--plant", "sp1:flip"], "no fault `flip`\nhint: did you mean `flip-bit`?"),
        (["--input", "x.json"], "error: --input goes with one core\nhint: name it with --core"),
        (["--inpt", "x"], "No such option '--inpt'. (Did you mean one of: '--input'"),
        (["stray"], "Got unexpected extra argument (stray)"),
    ],
)
def test_wrong_call(project: CliProject, arguments: list[str], says: str) -> None:
    assert says in project.refused("run", *arguments, code=ExitCode.USAGE)
    assert not project.artifacts.exists()


def test_usage_is_that_of_fuzz(project: CliProject) -> None:
    assert "Try 'fuzz run --help'" in project.refused("run", "stray", code=ExitCode.USAGE)
    assert "No such command 'rnu'" in project.refused("rnu", code=ExitCode.USAGE)
    assert "Usage: fuzz [OPTIONS] COMMAND" in project.refused(code=ExitCode.USAGE)
    assert project.fuzz("--help").stdout.startswith("Usage: fuzz [OPTIONS] COMMAND")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[run", "error: fuzzer.toml: broken TOML: Expected ']'"),
        (
            "[run]\ntimeout = 1",
            "error: fuzzer.toml: [run]: unknown key `timeout`\nhint: did you mean `timeout_s`?",
        ),
        ("[run]\ntimeout_s = 0", "error: fuzzer.toml: timeout_s is 0.0\nhint: it must be"),
        ("[run]\nmemory_mb = -1", "error: fuzzer.toml: memory_mb is -1\nhint: it must be"),
        (
            "[run]\ntargets = ['sp2']",
            "error: fuzzer.toml: [run] targets: no target `sp2`\nhint: did you mean `sp1`?",
        ),
        (
            "[run]\ntargets = []",
            "error: fuzzer.toml: [run] targets: there is nothing to compare `native` with",
        ),
        ("[cores.mine]\npath = 'gone'", "error: fuzzer.toml: [cores.mine]: no such folder"),
    ],
)
def test_wrong_settings(tmp_path: Path, text: str, says: str) -> None:
    project = CliProject(tmp_path / "[red] project", text)
    assert says in project.refused("run", code=ExitCode.BAD_INPUT)
    assert not project.artifacts.exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"stdin": [{"u32": 1]}', "error: [x]/in.stdin.json: broken JSON at line 1, column 21"),
        ('{"stdin": [{"u3": 1}]}', "entry #1: unknown kind `u3`: did you mean `u32`?"),
        ('{"stdin": [{"u8": 256}]}', "entry #1: `u8`: 256 is out of range: 0 to 255"),
        ('{"sdtin": []}', "error: [x]/in.stdin.json: no list under the key `stdin`\nhint: the form is"),
        ('{"stdin": [{"file": "gone"}]}', "error: no such input: [x]/gone"),
        (b"\xff", "error: [x]/in.stdin.json: 'utf-8' codec can't decode"),
        ("", "error: [x]/in.stdin.json: broken JSON at line 1, column 1"),
    ],
)
def test_broken_document_of_buffers(project: CliProject, text: str | bytes, says: str) -> None:
    name = project.write("[x]/in.stdin.json", text)
    assert says in project.refused(*FIB, "--input", name, code=ExitCode.BAD_INPUT)


def test_missing_input_names_the_closest(project: CliProject) -> None:
    project.write("tx_17.json", "{}")
    said = project.refused(*FIB, "--input", "tx_71.json", code=ExitCode.BAD_INPUT)
    assert said == "error: no such input: tx_71.json\nhint: did you mean `tx_17.json`?\n"
    said = project.refused(*FIB, "--input", "none/x", code=ExitCode.BAD_INPUT)
    assert said == "error: no such input: none/x\nhint: there is no folder none\n"


def test_folder_without_inputs(project: CliProject) -> None:
    project.write("cases/.hidden", "{}")
    said = project.refused(*FIB, "--input", "cases", code=ExitCode.BAD_INPUT)
    assert said == "error: no input in the folder cases\nhint: put an input file there, or name a file\n"


def test_unreadable_input(project: CliProject) -> None:
    project.write("secret.json", "{}")
    (project.root / "secret.json").chmod(0)
    said = project.refused(
        *FIB, "--input", "secret.json", code=ExitCode.BAD_INPUT, prefix=without_root_rights()
    )
    assert said == (
        "error: cannot read the input secret.json: Permission denied\nhint: check its permissions\n"
    )


def test_what_the_core_does_not_take_is_a_status_on_both_sides(project: CliProject) -> None:
    project.write("cases/text", "no number at all")
    project.write("cases/empty", b"")
    project.write("cases/bytes", bytes(range(256)))
    project.fuzz(*FIB, "--input", "cases")
    words = [(row["native_status"], row["sp1_status"], row["equal"]) for row in project.rows()]
    assert words == [("Panic", "Panic", "true")] * 3


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (
            "print('no license', file=sys.stderr); sys.exit(3)",
            "no license\nerror: the runner of sp1 exited with code 3",
        ),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "error: the runner of sp1 ended by signal 11"),
        ("write(b'Hello, I am no runner at all')", "error: the runner of sp1 does not keep the protocol"),
        ("hello(protocol=99); time.sleep(60)", "protocol 99, where this harness speaks 1"),
        (
            "hello(); request(); send(6, 'not an ELF file')",
            "error: sp1 cannot load the program: not an ELF file",
        ),
    ],
    ids=["dies", "crashes", "garbage", "another protocol", "refuses"],
)
def test_runner_that_is_no_runner(tmp_path: Path, body: str, says: str) -> None:
    project = project_with_runner(tmp_path, body)
    done = project.fuzz(*FIB_24, expect=ExitCode.RUNNER)
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert "Ended by an error: 0 cases" in done.stdout
    assert project.rows() == []
    broken = project.fuzz("doctor", expect=ExitCode.TOOLCHAIN).stdout
    assert re.search(r"^ target sp1 +broken ", broken, re.MULTILINE)


def test_runner_that_cannot_be_started(tmp_path: Path) -> None:
    project = project_with_runner(tmp_path, b"\x7fELF and nothing more")
    done = project.fuzz(*FIB_24, expect=ExitCode.RUNNER)
    assert "error: the runner of sp1 cannot be started: " in done.stderr
    assert "Traceback" not in done.stderr


def test_runner_that_turns_to_garbage_in_mid_run_is_an_outcome(
    tmp_path: Path,
) -> None:
    project = project_with_runner(
        tmp_path,
        """
        hello()
        for run in runs():
            if b"200" in run["buffers"][0]:
                write(b"garbage" * 9)
            answer(run)
    """,
    )
    project.fuzz(*FIB, expect=ExitCode.FINDINGS)
    crashed = {Path(row["input"]).stem for row in project.rows() if row["sp1_status"] == "Crash"}
    assert crashed == {"fib_200"}
