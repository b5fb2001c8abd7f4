"""Input files and the cases they make."""

from pathlib import Path

import pytest

from fuzzer.errors import InputError
from fuzzer.generate.hand_written import input_name, input_prefix, inputs_of, load_case, load_inputs


def names(paths: list[Path]) -> list[str]:
    return [path.name for path in paths]


def test_prefix_drops_a_trailing_test() -> None:
    assert input_prefix("panic_test") == "panic"
    assert input_prefix("test_bench") == "test_bench"


def test_a_file_belongs_to_the_longest_prefix(tmp_path: Path) -> None:
    for name in ("io_2.json", "io_1.json", "io_big_1.json", "io.json", ".io_3.json", "iox_1.json"):
        (tmp_path / name).write_bytes(b"1")
    cores = ["io", "io_big_test", "iox"]
    assert names(inputs_of("io", tmp_path, cores)) == ["io_1.json", "io_2.json"]
    assert names(inputs_of("io_big_test", tmp_path, cores)) == ["io_big_1.json"]


def test_raw_file_is_taken_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "fib_broken.json"
    path.write_bytes(b'{"n": ')
    case = load_case(path, core="fib", name="inputs/fib_broken.json")
    assert case.buffers == (b'{"n": ',)
    assert (case.core, case.input_name) == ("fib", "inputs/fib_broken.json")


def test_stdin_document_reads_files_beside_it(tmp_path: Path) -> None:
    (tmp_path / "other.bin").write_bytes(b"\1\2")
    path = tmp_path / "io_x.stdin.json"
    path.write_text('{"stdin": [{"u8": 7}, {"file": "other.bin"}]}')
    assert load_case(path, core="io", name="io_x.stdin.json").buffers == (b"\7", b"\1\2")


def test_file_named_by_a_document_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "io_x.stdin.json"
    path.write_text('{"stdin": [{"file": "other.bin"}]}')
    with pytest.raises(InputError, match=r"no such input: inputs/other\.bin"):
        load_case(path, core="io", name="inputs/io_x.stdin.json")


def test_missing_file_names_the_closest(tmp_path: Path) -> None:
    (tmp_path / "fib_24.json").write_bytes(b"1")
    (tmp_path / "panic_no.json").write_bytes(b"1")
    with pytest.raises(InputError) as raised:
        load_inputs(tmp_path / "fib_25.json", core="fib", project=tmp_path)
    assert raised.value.message == "no such input: fib_25.json"
    assert raised.value.hint == "did you mean `fib_24.json`?"


def test_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        load_inputs(tmp_path / "nowhere" / "fib.json", core="fib", project=tmp_path)
    assert raised.value.hint == f"there is no folder {tmp_path / 'nowhere'}"


def test_folder_gives_all_its_files_sorted(tmp_path: Path) -> None:
    for name in ("b.json", "a.bin", ".hidden"):
        (tmp_path / name).write_bytes(name.encode())
    cases = load_inputs(tmp_path, core="fib", project=tmp_path.parent)
    assert [case.input_name for case in cases] == [f"{tmp_path.name}/a.bin", f"{tmp_path.name}/b.json"]


def test_folder_without_inputs(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no input in the folder"):
        load_inputs(tmp_path, core="fib", project=tmp_path)


def test_unreadable_file(tmp_path: Path) -> None:
    (tmp_path / "loop.json").symlink_to("loop.json")
    with pytest.raises(InputError, match=r"cannot read the input loop\.json"):
        load_inputs(tmp_path / "loop.json", core="fib", project=tmp_path)


def test_name_outside_the_project_stays_relative(tmp_path: Path) -> None:
    assert input_name(tmp_path / "cases" / "tx.json", tmp_path / "project") == "../cases/tx.json"


def test_name_that_is_not_text_is_spelled_out() -> None:
    assert input_name(Path("/p/a\udcff.json"), Path("/p")) == "a\\xff.json"
