"""`fuzz corpus stats`, `import` and `export` as people call them; `minimise` needs a core that is built."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fuzzer.cli.main import cli
from fuzzer.errors import InputError, StoreError, UsageError
from fuzzer.store import corpus
from fuzzer.store.artifact_store import LocalStore
from fuzzer.store.corpus import KeptCorpus


@pytest.fixture(name="project")
def fixture_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with some inputs from elsewhere."""
    (tmp_path / "fuzzer.toml").write_text("")
    (tmp_path / "from").mkdir()
    for name, data in {"a": b"1", "b": b"1", "c": b"3", "two.stdin.json": b'{"stdin": [{"u8": 1}]}'}.items():
        (tmp_path / "from" / name).write_bytes(data)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*words: str) -> Result:
    return CliRunner().invoke(cli, words, standalone_mode=False, catch_exceptions=False)


def events(*words: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in call(*words, "--json").stdout.splitlines()]


def test_inputs_are_taken_once_shown_and_given_back(project: Path) -> None:
    assert (
        "fib: 3 inputs imported, 1 there before" in call("corpus", "import", "from", "--core", "fib").output
    )
    shown = call("corpus", "stats").output.splitlines()
    assert shown[0].split() == ["core", "inputs", "size", "covered", "oldest", "newest", "from"]
    assert shown[1].split()[:3] == ["fib", "3", "3"]
    assert shown[1].endswith("3 imported")
    (event,) = events("corpus", "stats", "--core", "fib")
    assert (event["core"], event["inputs"], event["sources"]) == ("fib", 3, {"import": 3})
    call("corpus", "export", "--core", "fib", "--to", "there")
    call("corpus", "export", "--core", "fib", "--to", "there.tar.gz")
    assert len(list((project / "there").iterdir())) == 4
    for source in ("there", "there.tar.gz"):
        words = call("corpus", "import", source, "--core", "hashing").output
        assert "imported" in words
    read = KeptCorpus(LocalStore(project / "artifacts"), "hashing").read()
    assert (len(read.index.inputs), read.problems) == (3, ())


def test_what_is_passed_over_is_named_and_nothing_to_keep_is_an_error(project: Path) -> None:
    (project / "from" / "link").symlink_to("a")
    done = call("corpus", "import", "from", "--core", "fib")
    assert "1 passed over" in done.output
    assert "link: it is a link" in done.stderr
    (passed, _) = events("corpus", "import", "from", "--core", "fib")
    assert (passed["event"], passed["name"]) == ("passed_over", "link")
    (project / "empty").mkdir()
    with pytest.raises(InputError, match="no input in empty"):
        call("corpus", "import", "empty", "--core", "fib")
    (project / "empty" / "link").symlink_to("nowhere")
    with pytest.raises(InputError, match="nothing in empty can be kept"):
        call("corpus", "import", "empty", "--core", "fib")


def test_input_files_of_the_core_are_there_before(project: Path) -> None:
    (project / "inputs").mkdir()
    (project / "inputs" / "fib_1.json").write_bytes(b"3")
    (project / "fuzzer.toml").write_text('[cores.fib]\npath = "fib"\n')
    (project / "fib").mkdir()
    done = call("corpus", "import", "from", "--core", "fib")
    assert "fib: 2 inputs imported, 2 there before" in done.output


def test_there_is_an_end_to_what_is_kept(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    del project
    monkeypatch.setattr("fuzzer.cli.corpus_change.MOST_INPUTS", 2)
    monkeypatch.setattr(corpus, "MOST_INPUTS", 2)
    done = call("corpus", "import", "from", "--core", "fib")
    assert "fib: 2 inputs imported, 1 there before, 1 without room" in done.output


def test_wrong_calls(project: Path) -> None:
    with pytest.raises(UsageError, match="no core `fob`"):
        call("corpus", "import", "from", "--core", "fob")
    for cores in ((), ("--core", "fib", "--core", "json")):
        with pytest.raises(UsageError, match="about one core"):
            call("corpus", "import", "from", *cores)
    with pytest.raises(InputError, match="nothing is kept"):
        call("corpus", "minimise", "--core", "fib")
    with pytest.raises(InputError, match="nothing is kept"):
        call("corpus", "export", "--core", "fib", "--to", "there")
    assert "No corpus in artifacts yet" in call("corpus", "stats").output
    call("corpus", "import", "from", "--core", "fib")
    with pytest.raises(UsageError, match="nothing is kept of a core `json`"):
        call("corpus", "stats", "--core", "json")
    with pytest.raises(UsageError, match="has something in it"):
        call("corpus", "export", "--core", "fib", "--to", "from")
    (project / "file").touch()
    with pytest.raises(StoreError, match="cannot be written"):
        call("corpus", "export", "--core", "fib", "--to", "file/there")
    with pytest.raises(StoreError, match="cannot be written"):
        call("corpus", "export", "--core", "fib", "--to", "nowhere/a.tar.gz")


def test_damage_is_told(project: Path) -> None:
    call("corpus", "import", "from", "--core", "fib")
    kept = next((project / "artifacts" / "corpus" / "fib").glob("*.bin"))
    kept.write_bytes(b"by hand")
    done = call("corpus", "stats")
    assert f"{kept.name}: what is in it is not what its name says" in done.stderr
    assert done.output.splitlines()[1].split()[:2] == ["fib", "2"]
    assert kept.read_bytes() == b"by hand"
