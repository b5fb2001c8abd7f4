"""Settings and their mistakes."""

import re
from pathlib import Path

import pytest

from fuzzer.config import ArtifactSettings, RunSettings, Settings, load_settings, parse_settings
from fuzzer.errors import ConfigError
from fuzzer.model import Limits, Record

SHIPPED = Path(__file__).parents[2] / "fuzzer.toml"


def test_defaults() -> None:
    assert parse_settings("", name="fuzzer.toml") == Settings() == load_settings(None)
    assert Settings().run.limits == Limits(wall_ms=30_000, memory_mb=2_048, output_mb=64)
    assert Settings().run.parallel >= 1


def test_every_key_can_be_set() -> None:
    settings = parse_settings(
        """
        [run]
        targets = ["sp1"]
        timeout_s = 1
        memory_mb = 100
        output_mb = 2
        jobs = 3
        record = "findings"
        confirmations = 5
        [cores.ledger]
        path = "../ledger"
        inputs = "cases"
        bin = "main"
        features = ["a", "b"]
        """,
        name="fuzzer.toml",
    )
    assert settings.run == RunSettings(
        targets=("sp1",),
        timeout_s=1.0,
        memory_mb=100,
        output_mb=2,
        jobs=3,
        record=Record.FINDINGS,
        confirmations=5,
    )
    assert settings.run.limits == Limits(wall_ms=1_000, memory_mb=100, output_mb=2)
    assert settings.run.parallel == 3
    assert settings.cores["ledger"].features == ("a", "b")


def test_shipped_file_shows_every_key_with_its_default() -> None:
    assert load_settings(SHIPPED) == Settings()
    uncommented = re.sub(r"^# (\w+ = |\[cores)", r"\1", SHIPPED.read_text(), flags=re.MULTILINE)
    settings = parse_settings(uncommented, name="fuzzer.toml")
    assert settings.run == RunSettings()
    keys = set(re.findall(r"^(\w+) = ", uncommented, flags=re.MULTILINE))
    (core,) = settings.cores.values()
    assert keys == {
        *RunSettings.__struct_fields__,
        *ArtifactSettings.__struct_fields__,
        *core.__struct_fields__,
    }


@pytest.mark.parametrize(
    ("text", "says", "hint"),
    [
        ("[run\n", "fuzzer.toml: broken TOML: ", ""),
        ("[runs]\n", "fuzzer.toml: unknown key `runs`", "did you mean `run`?"),
        ("[run]\ntimeout = 1\n", "fuzzer.toml: [run]: unknown key `timeout`", "did you mean `timeout_s`?"),
        ('[cores.a]\npth = "x"\n', "fuzzer.toml: [cores.a]: unknown key `pth`", "did you mean `path`?"),
        ("[cores.a]\n", "fuzzer.toml: Object missing required field `path`", ""),
        ("[run]\ntimeout_s = 0\n", "fuzzer.toml: timeout_s is 0.0", "it must be"),
        ("[run]\ntimeout_s = -1.5\n", "fuzzer.toml: timeout_s is -1.5", "it must be"),
        ("[run]\ntimeout_s = nan\n", "fuzzer.toml: timeout_s is nan", "it must be"),
        ("[run]\ntimeout_s = inf\n", "fuzzer.toml: timeout_s is inf", "it must be"),
        ("[run]\nmemory_mb = 0\n", "fuzzer.toml: memory_mb is 0", "it must be"),
        ("[run]\noutput_mb = -1\n", "fuzzer.toml: output_mb is -1", "it must be"),
        ("[run]\njobs = -1\n", "fuzzer.toml: jobs is -1", "it must be"),
        ("[run]\nconfirmations = 0\n", "fuzzer.toml: confirmations is 0", "it must be"),
        ('[run]\ntimeout_s = "1"\n', "fuzzer.toml: Expected `float`, got `str` - at `$.run.timeout_s`", ""),
        ('[run]\nrecord = "some"\n', "fuzzer.toml: Invalid enum value 'some' - at `$.run.record`", ""),
        ("run = 1\n", "fuzzer.toml: Expected `object`, got `int` - at `$.run`", ""),
        ("[cores]\na = 1\n", "fuzzer.toml: Expected `object`, got `int`", ""),
    ],
)
def test_mistakes_are_named(text: str, says: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(says)) as caught:
        parse_settings(text, name="fuzzer.toml")
    assert caught.value.hint.startswith(hint)


def test_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "fuzzer.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=r"fuzzer\.toml cannot be read"):
        load_settings(path)
