"""Finding the checkout and the project."""

from pathlib import Path

import pytest

from fuzzer.errors import ConfigError
from fuzzer.home import find_home, find_project, prepare_cache


def a_checkout(folder: Path) -> Path:
    (folder / "runners").mkdir(parents=True)
    (folder / "pyproject.toml").touch()
    (folder / "fuzzer").mkdir()
    return folder / "fuzzer"


def test_the_checkout_is_found_from_the_package(tmp_path: Path) -> None:
    home = find_home(a_checkout(tmp_path))
    assert (home.root, home.cache) == (tmp_path, tmp_path / ".fuzz")
    assert home.shown(tmp_path / ".fuzz" / "logs") == ".fuzz/logs"


def test_a_package_that_was_copied_away_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        find_home(tmp_path / "site-packages" / "fuzzer")
    assert "pip install -e ." in caught.value.hint


def test_the_nearest_configuration_makes_the_project(tmp_path: Path) -> None:
    home = find_home(a_checkout(tmp_path / "checkout"))
    inner = tmp_path / "work" / "program" / "src"
    inner.mkdir(parents=True)
    (tmp_path / "work" / "fuzzer.toml").touch()
    project = find_project(inner, home)
    assert project.root == tmp_path / "work"
    assert project.inputs == tmp_path / "work" / "inputs"


def test_without_a_configuration_the_checkout_is_the_project(tmp_path: Path) -> None:
    home = find_home(a_checkout(tmp_path / "checkout"))
    (tmp_path / "elsewhere").mkdir()
    project = find_project(tmp_path / "elsewhere", home)
    assert (project.root, project.config) == (home.root, None)


def test_the_cache_is_marked_as_one(tmp_path: Path) -> None:
    home = find_home(a_checkout(tmp_path))
    prepare_cache(home)
    assert (home.cache / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")
