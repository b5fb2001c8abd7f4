"""The files beside a core's inputs."""

from pathlib import Path

import pytest

from fuzzer.errors import ConfigError
from fuzzer.generate.forms import load_dictionary, load_format
from fuzzer.generate.structure import InputFormat, Json, NullSchema, ObjectSchema

SEEDS = [(b'{"n": "x"}',)]


def test_the_schema_comes_before_the_seeds(tmp_path: Path) -> None:
    (tmp_path / "panic.schema.json").write_text('{"type": "null"}')
    form = load_format(tmp_path, "panic_test", SEEDS)
    assert form == InputFormat(buffers=(Json(schema=NullSchema()),))


def test_without_files_the_seeds_speak(tmp_path: Path) -> None:
    form = load_format(tmp_path, "fib", SEEDS)
    (buffer,) = form.buffers
    assert isinstance(buffer, Json)
    assert isinstance(buffer.schema, ObjectSchema)
    assert load_dictionary(tmp_path, "fib", SEEDS, form).texts == ("x",)


def test_entries_of_the_file_come_first(tmp_path: Path) -> None:
    (tmp_path / "fib.dict").write_bytes(b"needle\n")
    found = load_dictionary(tmp_path, "fib", SEEDS, load_format(tmp_path, "fib", SEEDS))
    assert found.texts == ("needle", "x")


@pytest.mark.parametrize("suffix", ["schema.json", "dict"])
def test_files_that_cannot_be_read(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"fib.{suffix}").symlink_to(f"fib.{suffix}")
    with pytest.raises(ConfigError, match=f"fib.{suffix} cannot be read"):
        load_dictionary(tmp_path, "fib", SEEDS, load_format(tmp_path, "fib", SEEDS))
